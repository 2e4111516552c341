"""On the pages of budgets and plans: that the last screening sent them back, what is to be better, and the clocks."""

from datetime import date
from typing import Any

from django import template

from cases.models import CaseFile
from screening import presentation, queries, services

register = template.Library()


@register.inclusion_tag("screening/_sent_back.html")
def sent_back(case: CaseFile, today: date) -> dict[str, Any]:
    """Nothing, unless the newest round of the case's own screening is decided "revise"."""
    back = queries.sent_back(case)
    clocks = presentation.clock_rows(services.clocks_of(case, today)) if back else []
    return {"case": case, "back": back, "clocks": clocks, "today": today}
