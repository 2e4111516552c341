"""The letters of the screenings (domain.md §8)."""

from datetime import date

from microloan.accounts.models import User
from screening.models import Screening


def send_outcome_letter(*, screening: Screening, by: User, today: date) -> None:
    """Tell the citizen the outcome of a decided screening."""
