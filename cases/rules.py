"""The pure rules of a case: order of phases, the ten-step journey, reliability, what a referral warns about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import PHASE_ORDER, Livelihood, Phase

# ui-guide.md §2: ten steps; which of them a phase is in.
JOURNEY_LABELS = (
    gettext_lazy("Referred"),
    gettext_lazy("Conversations"),
    gettext_lazy("Screening 1"),
    gettext_lazy("Plan and budget"),
    gettext_lazy("Screening 2"),
    gettext_lazy("Courses"),
    gettext_lazy("Screening 3"),
    gettext_lazy("Loan and start"),
    gettext_lazy("Screening 4"),
    gettext_lazy("Repayment"),
)
# domain.md §9: days without contact count in recruitment and pre-course.
QUIET_PHASES = frozenset({Phase.RECRUITMENT, Phase.BUSINESS_DEVELOPMENT, Phase.COURSES})


def may_follow(current: str, target: str) -> bool:
    """Phases follow each other one by one; any open phase may close (domain.md §3.1)."""
    if current == Phase.CLOSED:
        return False
    if target == Phase.CLOSED:
        return True
    return PHASE_ORDER.index(Phase(target)) == PHASE_ORDER.index(Phase(current)) + 1


def current_step(phase: str, *, held: Iterable[int] = (), decided: Iterable[int] = ()) -> int:
    """The step 1–10 a case stands at (ui-guide.md §2).

    `held` are the screenings 1–4 begun in the phase, `decided` those decided with "continue".
    """
    started, done = set(held), set(decided)
    match phase:
        case Phase.REFERRED:
            return 1
        case Phase.RECRUITMENT:
            return 3 if 1 in started else 2
        case Phase.BUSINESS_DEVELOPMENT:
            return 5 if 2 in started else 4
        case Phase.COURSES:
            return 7 if 3 in started else 6
        case Phase.APPROVAL:
            return 8
        case Phase.MAIN_COURSE:
            return 9 if 4 in started and 4 not in done else 8
        case _:
            return 10


@dataclass(frozen=True)
class Reliability:
    """Attendance reliability (*mødestabilitet*), always shown with both numbers (domain.md §3.5)."""

    attended: int
    no_show: int

    @property
    def total(self) -> int:
        return self.attended + self.no_show

    @property
    def percent(self) -> int | None:
        """Whole per cent, rounded half up; None where there is nothing to count."""
        return (self.attended * 200 + self.total) // (2 * self.total) if self.total else None


def age_on(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def referral_warnings(
    *, livelihood: str, eligible: Iterable[str], own_wish: bool, birth_date: date | None, today: date
) -> dict[str, str]:
    """Named warnings of a referral: each must be answered, none blocks what the law allows (domain.md §3.2)."""
    warnings: dict[str, str] = {}
    if livelihood not in set(eligible):
        warnings["livelihood"] = _(
            "The citizen's livelihood is not one the programme normally covers. Why is the programme right?"
        )
    if livelihood == Livelihood.UNKNOWN:
        warnings["livelihood"] = _("You have not stated what the citizen lives on. When will we know?")
    if not own_wish:
        warnings["own_wish"] = _("The wish has to come from the citizen. What did the citizen say, and when?")
    if birth_date and age_on(birth_date, today) < 30:
        warnings["under_30"] = _("The citizen is under 30. Is there an education order, and what has been agreed?")
    return warnings


def is_quiet(last_contact: date | None, since: date, today: date, limit_days: int) -> bool:
    """No contact for `limit_days` days, counted from the last contact or from when the phase began (domain.md §9)."""
    return (last_contact or since) + timedelta(days=limit_days) <= today
