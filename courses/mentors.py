"""Mentors of cases who stand in the register of teachers, often former borrowers (domain.md §5; docs/decisions/154)."""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from cases import registry as cases
from cases.models import CaseFile, Mentor
from cases.registry import KnownMentor, MentorRegister
from courses.models import RegisterMentor, Teacher
from microloan.accounts.models import User
from microloan.core.errors import Refused


def register() -> None:
    cases.mentor_registers.register("courses", MentorRegister(known, link, pages))


def known() -> list[KnownMentor]:
    """Those in the register who have said yes to being a mentor."""
    teachers = Teacher.objects.filter(is_active=True, is_mentor=True).order_by("name", "pk")
    return [KnownMentor(str(one.pk), one.name, one.phone, one.email) for one in teachers]


def link(mentor: Mentor, key: str) -> None:
    """Keep that the mentor of a case is this person of the register."""
    teacher = Teacher.objects.filter(pk=int(key), is_active=True, is_mentor=True).first()
    if teacher is None:
        raise Refused(_("The person is no longer in the register as a mentor."), field="known")
    if teacher.former_case_id == mentor.case_id:
        raise Refused(_("Nobody can be a mentor in their own case."), field="known")
    RegisterMentor.objects.create(mentor=mentor, teacher=teacher)


def pages(mentor_ids: Iterable[int]) -> dict[int, str]:
    """Mentor of a case → the page of the register."""
    rows = RegisterMentor.objects.filter(mentor__in=list(mentor_ids)).values_list("mentor", "teacher")
    return {mentor: reverse("courses:teacher_edit", kwargs={"pk": teacher}) for mentor, teacher in rows}


def mentor_for(teacher: Teacher, user: User) -> QuerySet[Mentor]:
    """Where somebody of the register is or was a mentor, of the cases that this person may see."""
    rows = Mentor.objects.filter(in_register__teacher=teacher, case__in=CaseFile.objects.visible_to(user))
    return rows.select_related("case__citizen").order_by("-from_on", "-pk")
