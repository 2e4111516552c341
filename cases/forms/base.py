"""What several forms of a case share."""

from datetime import date, datetime
from typing import Any

from django import forms

from microloan.core import clock
from microloan.core.errors import Refused


def add_refusal(form: forms.BaseForm, refusal: Refused) -> None:
    """Show why a service refused: at the field it names, else on top of the form."""
    field = refusal.field if refusal.field in form.fields else None
    for message in refusal.messages:
        form.add_error(field, message)


def moment(day: date | None, hour: Any) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, hour or clock.START_OF_WORK, tzinfo=clock.COPENHAGEN)
