"""The papers of a run: attendance list, name badges, certificates (docs/decisions/158).

None holds a CPR number, an address or a case number. They lie on tables and hang on jackets, so whoever has a protected
name and address stands on them by the first name alone; the certificate, which only the participant gets, has the whole.
"""

from dataclasses import dataclass
from datetime import date

from django.template.loader import render_to_string
from django.utils import translation

from courses.models import CourseRun, CourseSession, Enrolment, Guest
from microloan.core.pdf import render_pdf
from microloan.policy.services import municipality

FONTS = "vendor/ibm-plex-sans-1.1.0/IBMPlexSans"
# So that signatures of a long course do not run off the sheet.
SESSIONS_PER_SHEET = 4
# Signs of a name from which a badge writes it smaller.
LONG, LONGEST = 30, 60


@dataclass(frozen=True)
class Named:
    """A participant as the papers name one."""

    whole: str
    shown: str

    @property
    def size(self) -> str:
        """How a badge writes the name, so that the longest still fits."""
        return "longest" if len(self.shown) > LONGEST else "long" if len(self.shown) > LONG else ""

    @classmethod
    def of(cls, enrolment: Enrolment, today: date) -> "Named":
        whole = enrolment.person
        hidden = enrolment.case is not None and enrolment.case.citizen.is_protected_on(today)
        return cls(whole, whole.split()[0] if hidden and whole.split() else whole)


def place_of(run: CourseRun, seats: list[Enrolment], today: date) -> str:
    """Where the course is held, unless that tells where a protected participant lives."""
    place = str(run.place)
    return "" if any(seat.case and seat.case.citizen.hides(place, today) for seat in seats) else place


def attendance_list(run: CourseRun, seats: list[Enrolment], sessions: list[CourseSession], today: date) -> bytes:
    """One line for each participant, with a box for the signature at each session."""
    sheets = [sessions[at : at + SESSIONS_PER_SHEET] for at in range(0, len(sessions), SESSIONS_PER_SHEET)] or [[]]
    people = [Named.of(seat, today) for seat in seats]
    return _pdf(
        "attendance_list", {"run": run, "people": people, "sheets": sheets, "place": place_of(run, seats, today)}
    )


def name_badges(run: CourseRun, seats: list[Enrolment], today: date) -> bytes:
    """Badges to cut out, ten on a sheet."""
    return _pdf("name_badges", {"run": run, "people": [Named.of(seat, today) for seat in seats]})


def certificates(run: CourseRun, seats: list[Enrolment], sessions: list[CourseSession], today: date) -> bytes:
    """A certificate (*kursusbevis*) on a sheet of its own for each of those who completed the run."""
    hours = sum((session.ends_at - session.starts_at).total_seconds() for session in sessions) / 3600
    context = {
        "run": run,
        "people": [Named.of(seat, today) for seat in seats],
        "sessions": len(sessions),
        "hours": round(hours),
        "today": today,
    }
    return _pdf("certificates", context)


def guest_invitation(run: CourseRun, guest: Guest, facts: dict[str, object], today: date) -> bytes:
    """The invitation of a participant without a case, to be printed and handed over: no address, no case number."""
    return _pdf("guest_invitation", {"run": run, "guest": guest, **facts, "today": today})


def _pdf(name: str, context: dict[str, object]) -> bytes:
    with translation.override("da"):
        html = render_to_string(f"courses/papers/{name}.html", {**context, "authority": municipality()})
        return render_pdf(html, stylesheets=[render_to_string("courses/papers/papers.css", {"fonts": FONTS})])
