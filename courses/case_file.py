"""Granted modules, seats and attendance in the case file (docs/decisions/113)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.case_file import Item, Section, register
from cases.models import CaseFile
from courses.models import Enrolment, ResidentialException
from microloan.core import danish


def register_sections() -> None:
    register(Section("courses", gettext_lazy("Courses and attendance"), items, order=45))


def items(case: CaseFile) -> Iterator[Item]:
    """What was granted, then every seat, also one that was given up, oldest first in each."""
    for grant in case.module_grants.select_related("module").order_by("granted_on", "module__order", "pk"):
        yield Item(title=_("Granted: %(module)s") % {"module": grant.module.title}, at=grant.granted_on)
    for exception in ResidentialException.objects.filter(case=case).select_related("given_by"):
        title = _("The main course may start without the residential course, or late after it")
        yield Item(title=title, at=exception.given_on, by=exception.given_by.full_name, text=exception.reason)
    seats = case.enrolments.select_related("run__module", "run__place", "enrolled_by", "exception_by").prefetch_related(
        "attendance__session"
    )
    for seat in seats.order_by("run__starts_on", "pk"):
        yield _seat(seat)


def _seat(seat: Enrolment) -> Item:
    marks = sorted(seat.attendance.all(), key=lambda mark: mark.session.starts_at)
    return Item(
        title=f"{seat.run.module.title}: {seat.get_state_display()}",
        at=seat.enrolled_on,
        by=seat.enrolled_by.full_name,
        rows=[
            (_("Period"), f"{danish.long_date(seat.run.starts_on)} – {danish.long_date(seat.run.ends_on)}"),
            (_("Place"), seat.run.place.name),
            (_("Why without a grant"), _exception(seat)),
            (_("Why withdrawn"), _left(seat)),
            (
                _("Attendance"),
                "\n".join(
                    f"{danish.date_and_time(mark.session.starts_at)}: {mark.get_mark_display()}" for mark in marks
                ),
            ),
        ],
        text=seat.engagement,
    )


def _exception(seat: Enrolment) -> str:
    return f"{seat.exception_reason} ({seat.exception_by.full_name})" if seat.exception_by else ""


def _left(seat: Enrolment) -> str:
    return ". ".join(part for part in (str(seat.get_withdrawn_why_display()), seat.withdrawn_reason) if part)
