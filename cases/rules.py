"""The pure rules of a case: order of phases, the ten-step journey, reliability, what a referral warns about."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import PHASE_ORDER, Livelihood, Phase
from microloan.core.months import add_months

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
    """Phases follow each other one by one (domain.md §3.1). Closing and reopening have services of their own."""
    if Phase.CLOSED in (current, target):
        return False
    return PHASE_ORDER.index(Phase(target)) == PHASE_ORDER.index(Phase(current)) + 1


def next_phase(current: str) -> Phase | None:
    """The phase that follows, or None from aftercare, which ends by closing."""
    following = PHASE_ORDER[PHASE_ORDER.index(Phase(current)) + 1 :]
    return following[0] if following and following[0] != Phase.CLOSED else None


# What moves a case on by itself, by the phase it is in (domain.md §3.1, "left by"). The rest is moved by hand.
LEFT_BY = {
    Phase.REFERRED: gettext_lazy("The referral is accepted."),
    Phase.RECRUITMENT: gettext_lazy("Screening 1 is decided: the citizen goes on."),
    Phase.BUSINESS_DEVELOPMENT: gettext_lazy("Screening 2 is decided: the citizen goes on."),
    Phase.COURSES: gettext_lazy("Screening 3 is decided: green."),
    Phase.APPROVAL: gettext_lazy("The loan is paid out."),
}


def may_complete(phase: str) -> bool:
    """Only a case that came through to aftercare can be closed as completed (domain.md §3.1)."""
    return phase == Phase.AFTERCARE


# The step a phase begins at; a screening begun in the phase moves the case one further (`registry.steps`).
FIRST_STEP = {
    Phase.REFERRED: 1,
    Phase.RECRUITMENT: 2,
    Phase.BUSINESS_DEVELOPMENT: 4,
    Phase.COURSES: 6,
    Phase.APPROVAL: 8,
    Phase.MAIN_COURSE: 8,
    Phase.AFTERCARE: 10,
}


def step_states(at: int, *, stopped: bool = False, completed: bool = False) -> list[str]:
    """The state of each of the ten steps for a case that stands at step `at` (ui-guide.md §2)."""
    last = len(JOURNEY_LABELS)
    if completed:
        return ["done"] * last
    here = "stopped" if stopped else "current"
    return ["done"] * (at - 1) + [here] + ["upcoming"] * (last - at)


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
    *,
    livelihood: str,
    eligible: Iterable[str],
    own_wish: bool,
    birth_date: date | None,
    today: date,
    heard_from_other: bool = False,
    unknown_name: str = "",
) -> dict[str, str]:
    """Named warnings of a referral: each must be answered, none blocks what the law allows (domain.md §3.2).

    `unknown_name` is the name stated where the CPR number is known under another: a wrong number, or a new name.
    """
    warnings: dict[str, str] = {}
    if unknown_name:
        warnings["other_name"] = _(
            "The CPR number may be known to the team under another name than “%(name)s”. "
            "Is the number right, and has the citizen changed name?"
        ) % {"name": unknown_name}
    if livelihood not in set(eligible):
        warnings["livelihood"] = _(
            "The citizen's livelihood is not one the programme normally covers. Why is the programme right?"
        )
    if livelihood == Livelihood.OTHER:
        warnings["livelihood"] = _("What does the citizen live on, and why is the programme right?")
    if livelihood == Livelihood.UNKNOWN:
        warnings["livelihood"] = _("You have not stated what the citizen lives on. When will we know?")
    if not own_wish:
        warnings["own_wish"] = _("The wish has to come from the citizen. What did the citizen say, and when?")
    elif heard_from_other:
        warnings["own_wish_heard"] = _("Who has said that the citizen wants to become self-employed, and when?")
    if birth_date and age_on(birth_date, today) < 30:
        warnings["under_30"] = _("The citizen is under 30. Is there an education order, and what has been agreed?")
    return warnings


def furthest_due(today: date) -> date:
    """A loan runs ten years at most, deferment included (domain.md §7.2): a later due date is a wrong year."""
    return add_months(today, 120)


def is_quiet(last_contact: date | None, since: date, today: date, limit_days: int) -> bool:
    """No contact for `limit_days` days, counted from the last contact or from when the phase began (domain.md §9)."""
    return (last_contact or since) + timedelta(days=limit_days) <= today


# --- Names in search (ui-guide.md §2: aa = å, accents are ignored; ä goes with æ and ö with ø, as Danes sort them) ------


def _unaccented(letter: str) -> str:
    special = {"å": "å", "ä": "æ", "ö": "ø", "æ": "æ", "ø": "ø", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "ħ": "h"}
    return special.get(letter) or unicodedata.normalize("NFKD", letter)[0]


# Small letters of Latin-1 and Latin Extended-A that become a plain one; PostgreSQL's TRANSLATE takes the two texts.
_LETTERS = [chr(code) for code in range(0x00DF, 0x0180) if chr(code).islower()]
_FOLDED = {letter: _unaccented(letter) for letter in _LETTERS}
ACCENTED = "".join(letter for letter, plain in _FOLDED.items() if plain != letter)
UNACCENTED = "".join(plain for letter, plain in _FOLDED.items() if plain != letter)
_TRANSLATION = str.maketrans(ACCENTED, UNACCENTED)


def fold_name(name: str) -> str:
    """A name as it is searched: `Åse Müller` → `aase muller`."""
    composed = unicodedata.normalize("NFC", name)
    return composed.lower().replace("å", "aa").translate(_TRANSLATION)


def same_name(one: str, other: str) -> bool:
    """Whether two names may be one person's: first and last name agree, however they are spelt in between."""
    first, second = fold_name(one).split(), fold_name(other).split()
    return bool(first and second) and (first[0], first[-1]) == (second[0], second[-1])
