from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models import Mentor
from courses.models.catalogue import Teacher
from microloan.core.history import append_only


class RegisterMentor(models.Model):
    """A mentor on a case who was taken from the register of teachers and mentors; never changed (domain.md §5).

    Name and trade on the case stay as they were agreed there; the register says who else the person is mentor for.
    """

    mentor = models.OneToOneField(Mentor, on_delete=models.PROTECT, related_name="in_register")
    teacher = models.ForeignKey(Teacher, on_delete=models.PROTECT, related_name="mentors")

    class Meta:
        ordering = ("pk",)
        verbose_name = _("mentor from the register")
        verbose_name_plural = _("mentors from the register")
        triggers = append_only("register_mentor")

    def __str__(self) -> str:
        return f"{self.teacher_id}: {self.mentor_id}"
