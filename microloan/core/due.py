"""How a due date looks: date + words + icon + tone, never fewer (ui-guide §2). Pure."""

from dataclasses import dataclass
from datetime import date

from microloan.core import danish

SOON_DAYS = 7


@dataclass(frozen=True)
class DueState:
    """`kind` is the tone in CSS: overdue, soon, later, done. `icon` is empty where the words are enough."""

    kind: str
    icon: str
    text: str
    words: str


def due_state(due: date, today: date, *, done: bool = False) -> DueState:
    """Over the date: red triangle. Up to 7 days: amber clock. Later: calendar. Done: plain text."""
    words = danish.due_words(due, today)
    if done:
        return DueState("done", "", danish.short_date(due), "")
    if due == today:
        return DueState("soon", "clock-fill", "", words)
    near = due.year == today.year and (due - today).days <= SOON_DAYS
    text = danish.day_month(due) if near else danish.short_date(due)
    if due < today:
        return DueState("overdue", "exclamation-triangle-fill", text, words)
    if (due - today).days <= SOON_DAYS:
        return DueState("soon", "clock-fill", text, words)
    return DueState("later", "calendar3", text, words)
