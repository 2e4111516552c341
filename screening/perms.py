"""Who may hold, decide and read screenings (domain.md §2)."""

from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User


def may_screen(user: User) -> bool:
    """Draft and recommend."""
    return user.role in TEAM


def may_decide(user: User) -> bool:
    """Decide screenings and approve budgets."""
    return user.role == Role.PROJECT_LEAD
