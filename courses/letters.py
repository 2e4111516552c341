"""The letters about courses: the invitation with its programme, and the one about changed days (domain.md §8)."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.letters.registry import REQUIRED, LetterKind, register, send_checks
from courses.enums import EnrolmentState
from courses.models import CourseRun, CourseSession, Enrolment, Invitation
from courses.papers import place_of
from microloan.core import danish
from microloan.core.clock import COPENHAGEN

INVITATION, CHANGED = "course_invitation", "course_changed"
LABELS = {
    INVITATION: gettext_lazy("Invitation to a course"),
    CHANGED: gettext_lazy("Changed days of a course"),
}
FIELDS: dict[str, Any] = {
    "module": REQUIRED,
    "sessions": REQUIRED,  # [{"day", "time"}]
    "place": "",
    "address": "",
    "directions": "",
    "bring": (),
    "teacher": "",
}


def register_kinds() -> None:
    for code, label in LABELS.items():
        register(LetterKind(code=code, label=label, template=f"letters/{code}.html", fields=FIELDS))
        send_checks.register(code, why_not)


def why_not(letter: Any) -> str:
    """Asked at the moment of sending: the seat may have been given up, or the days changed once more."""
    invitation = Invitation.objects.filter(letter=letter.copy_of_id or letter.pk).select_related("enrolment").first()
    if invitation is None:
        return ""
    if invitation.enrolment.state != EnrolmentState.ENROLLED:
        return _("The citizen has given up the seat in the meantime.")
    if Invitation.objects.filter(enrolment=invitation.enrolment, number__gt=invitation.number).exists():
        return _("The days have been changed again in the meantime.")
    return ""


def programme_of(run: CourseRun, sessions: list[CourseSession], seats: list[Enrolment], today: Any) -> dict[str, Any]:
    """What a letter says of when and where, as plain values: two programmes are the same when these are."""
    place = place_of(run, seats, today)
    return {
        "module": run.module.title,
        "sessions": [
            [session.starts_at.astimezone(COPENHAGEN).isoformat(), session.ends_at.astimezone(COPENHAGEN).isoformat()]
            for session in sessions
        ],
        "place": place,
        "address": run.place.address if place else "",
        "directions": run.place.directions if place else "",
        "teacher": run.teacher.name if run.teacher else "",
    }


def is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether somebody who knows the one need not be told the other: same days, times and place."""
    return all(one.get(name) == other.get(name) for name in ("sessions", "place", "address"))


def context_of(programme: dict[str, Any], bring: str) -> dict[str, Any]:
    """The facts of the letter."""
    times = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in programme["sessions"]]
    return {
        **{name: programme[name] for name in ("module", "place", "address", "directions", "teacher")},
        "sessions": [{"day": start.date(), "time": danish.time_span(start, end)} for start, end in times],
        "bring": [line.strip(" -•\t") for line in bring.splitlines() if line.strip(" -•\t")],
    }
