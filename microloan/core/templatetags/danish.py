"""Danish notation in templates: `{{ loan.principal|kr }}`, `{{ task.due_on|due_words:today }}`. Loaded everywhere.

Every filter gives an empty text for a missing value, so that a template need not ask first.
"""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django import template

from microloan.core import danish
from microloan.core.forms import phone_groups

register = template.Library()


def _empty_for_none(function: Callable[..., str]) -> Callable[..., str]:
    @wraps(function)
    def wrapper(value: Any, *args: Any) -> str:
        return "" if value is None or value == "" else function(value, *args)

    return wrapper


for _function in (
    danish.kr,
    danish.grouped,
    danish.number,
    danish.percent,
    danish.long_date,
    danish.short_date,
    danish.day_month,
    danish.weekday_date,
    danish.weekday_day_month,
    danish.input_date,
    danish.month_name,
    danish.clock_time,
    danish.time_span,
    danish.date_and_time,
    danish.days,
    danish.months,
    danish.weeks,
):
    register.filter(_function.__name__, _empty_for_none(_function))


@register.filter
def due_words(due: date | None, today: date) -> str:
    return danish.due_words(due, today) if due else ""


@register.filter
def relative_day(day: date | None, today: date) -> str:
    return danish.relative_day(day, today) if day else ""


# `{{ coach.phone|phone }}` → 12 34 56 78
register.filter("phone", _empty_for_none(phone_groups))

# The short name of templates: `{{ entry.at|at }}` → 27. nov. 2026 kl. 10.15
register.filter("at", _empty_for_none(danish.date_and_time))
