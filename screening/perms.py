"""Who may hold, decide and read screenings (domain.md §2)."""

from cases.models import CaseFile
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User
from microloan.accounts.perms import role_required
from screening.enums import ScreeningNumber

# Who may come to the pages of screenings at all; which case and which screening is `may_screen`.
SCREENERS = frozenset({*TEAM, Role.REFERRAL_SPECIALIST})
screener_required = role_required(*SCREENERS)


def may_screen(user: User, case: CaseFile, number: int) -> bool:
    """Draft and recommend. The first screening also by a referral specialist, for the cases of the own centre."""
    if user.role in TEAM:
        return True
    own_centre = case.centre_id is not None and case.centre_id == user.centre_id
    return user.role == Role.REFERRAL_SPECIALIST and number == ScreeningNumber.ONE and own_centre


def may_budget(user: User) -> bool:
    """Make budgets."""
    return user.role in TEAM


def may_decide(user: User) -> bool:
    """Decide screenings and approve budgets."""
    return user.role == Role.PROJECT_LEAD


def may_hear(user: User) -> bool:
    """Hold a hearing before a stop, and register its answer."""
    return user.role in TEAM


def may_set_criteria(user: User) -> bool:
    """Change what the screenings ask: wording, order and weights (domain.md §4)."""
    return user.role == Role.ADMINISTRATOR


def may_write_papers(user: User) -> bool:
    """Write profiles and plans, read forms in, follow up on goals."""
    return user.role in TEAM
