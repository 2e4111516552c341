"""The letters about courses: the invitation with its programme, those about changed days and about one that is cancelled
(domain.md §8)."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.letters.registry import REQUIRED, LetterKind, register, send_checks
from courses.enums import EnrolmentState
from courses.models import CourseRun, CourseSession, Enrolment, Invitation, Meeting
from courses.papers import place_of
from microloan.core import danish
from microloan.core.clock import COPENHAGEN

INVITATION, CHANGED, MEETING = "course_invitation", "course_changed", "meeting_invitation"
CANCELLED = "course_cancelled"
# Who is told about a run: those with a seat, and those who are asked to come.
TOLD = (EnrolmentState.ENROLLED, EnrolmentState.INVITED)
LABELS = {
    MEETING: gettext_lazy("Invitation to a meeting"),
    INVITATION: gettext_lazy("Invitation to a course"),
    CHANGED: gettext_lazy("Changed days of a course"),
    CANCELLED: gettext_lazy("A course is cancelled"),
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
MEETING_FIELDS: dict[str, Any] = {**FIELDS, "theme": "", "agenda": (), "reply_by": None}
CANCELLED_FIELDS: dict[str, Any] = {"module": REQUIRED, "starts_on": REQUIRED, "is_meeting": False}


def register_kinds() -> None:
    for code, label in LABELS.items():
        fields = {MEETING: MEETING_FIELDS, CANCELLED: CANCELLED_FIELDS}.get(code, FIELDS)
        register(
            LetterKind(
                code=code,
                label=label,
                template=f"letters/{code}.html",
                fields=fields,
                derived=("first_day", "first_time") if "sessions" in fields else (),
                more_values=_first_time if "sessions" in fields else None,
            )
        )
        send_checks.register(code, why_not)


def _first_time(facts: dict[str, Any]) -> dict[str, Any]:
    first = facts["sessions"][0]
    return {"first_day": first["day"], "first_time": first["time"]}


def why_not(letter: Any) -> str:
    """Asked at the moment of sending: the seat may have been given up, or the days changed once more."""
    invitation = Invitation.objects.filter(letter=letter.copy_of_id or letter.pk).select_related("enrolment").first()
    if invitation is None:
        return ""
    if invitation.enrolment.state not in TOLD:
        return _("The citizen has given up the seat in the meantime.")
    if Invitation.objects.filter(enrolment=invitation.enrolment, number__gt=invitation.number).exists():
        return _("The days have been changed again in the meantime.")
    return ""


def programme_of(run: CourseRun, sessions: list[CourseSession], seats: list[Enrolment], today: Any) -> dict[str, Any]:
    """What a letter says of when and where, as plain values: two programmes are the same when these are."""
    place = place_of(run, seats, today)
    meeting = getattr(run, "meeting", None)
    return {
        **(_of_meeting(meeting) if meeting else {}),
        "module": run.module.title,
        "starts_on": run.starts_on.isoformat(),
        "sessions": [
            [session.starts_at.astimezone(COPENHAGEN).isoformat(), session.ends_at.astimezone(COPENHAGEN).isoformat()]
            for session in sessions
        ],
        "place": place,
        "address": run.place.address if place else "",
        "directions": run.place.directions if place else "",
        "teacher": run.teacher.name if run.teacher else "",
    }


def programme_now(run: CourseRun, today: Any) -> dict[str, Any]:
    """What a letter would say today, of the run as it is stored."""
    seats = list(run.enrolments.filter(state__in=TOLD).select_related("case__citizen"))
    return programme_of(run, list(run.sessions.held_or_planned().order_by("starts_at", "pk")), seats, today)


def _of_meeting(meeting: Meeting) -> dict[str, Any]:
    return {
        "meeting": True,
        "theme": meeting.theme,
        "agenda": meeting.programme.splitlines(),
        "reply_by": meeting.reply_by.isoformat() if meeting.reply_by else "",
    }


def kind_of(programme: dict[str, Any], *, is_change: bool) -> str:
    """Which letter tells of this programme."""
    if is_change:
        return CHANGED if programme["sessions"] else CANCELLED
    return MEETING if programme.get("meeting") else INVITATION


def is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether somebody who knows the one need not be told the other: same days, times and place, or cancelled both."""
    if not one["sessions"] and not other["sessions"]:
        return True
    return all(one.get(name) == other.get(name) for name in ("sessions", "place", "address"))


def context_of(programme: dict[str, Any], bring: str, *, is_change: bool = False) -> dict[str, Any]:
    """The facts of the letter."""
    if kind_of(programme, is_change=is_change) == CANCELLED:
        starts_on = date.fromisoformat(programme["starts_on"])
        return {"module": programme["module"], "starts_on": starts_on, "is_meeting": bool(programme.get("meeting"))}
    times = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in programme["sessions"]]
    return {
        **(_meeting_facts(programme) if kind_of(programme, is_change=is_change) == MEETING else {}),
        **{name: programme[name] for name in ("module", "place", "address", "directions", "teacher")},
        "sessions": [{"day": start.date(), "time": danish.time_span(start, end)} for start, end in times],
        "bring": [line.strip(" -•\t") for line in bring.splitlines() if line.strip(" -•\t")],
    }


def _meeting_facts(programme: dict[str, Any]) -> dict[str, Any]:
    reply_by = programme["reply_by"]
    return {
        "theme": programme["theme"],
        "agenda": [line.strip() for line in programme["agenda"] if line.strip()],
        "reply_by": date.fromisoformat(reply_by) if reply_by else None,
    }
