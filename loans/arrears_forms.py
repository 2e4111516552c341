"""What the screens of arrears take. The services decide; a form reads and says at the field what to write instead."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loans.enums import AttemptChannel, InterruptionKind, PauseReason
from loans.services.arrears import LONGEST_PAUSE, OLDEST_ATTEMPT
from microloan.core import danish
from microloan.core.forms import AmountField, BaseForm, DateField

RADIO = forms.RadioSelect
TWO_LINES = {"rows": 2}


def text(label: Any, missing: Any, *, hint: Any = "", required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=1000,
        widget=forms.Textarea(attrs=TWO_LINES),
        error_messages={"required": missing},
    )


class AttemptForm(BaseForm):
    """An attempt to reach the citizen. How it went is said by the button that is pressed."""

    made_on = DateField(label=_("When?"))
    note = text(_("Note"), "", hint=_("What was agreed, or whom you talked with."), required=False)

    def __init__(self, *args: Any, today: date, **more: Any) -> None:
        more.setdefault("initial", {"made_on": today})
        super().__init__(*args, **more)
        day: Any = self.fields["made_on"]
        day.min_value, day.max_value = today - OLDEST_ATTEMPT, today


# The buttons of the form: channel, whether the citizen was reached, and the words.
ATTEMPTS = (
    (AttemptChannel.CALL, False, _("Rang: no answer")),
    (AttemptChannel.CALL, True, _("Rang: talked with the citizen")),
    (AttemptChannel.SMS, False, _("Sent a text message")),
    (AttemptChannel.EMAIL, False, _("Sent an e-mail")),
    (AttemptChannel.VISIT, False, _("Visited: nobody at home")),
    (AttemptChannel.MEETING, True, _("Met the citizen")),
)


def attempt_buttons() -> list[tuple[str, Any]]:
    return [(f"{channel.value}:{int(reached)}", words) for channel, reached, words in ATTEMPTS]


def read_attempt(value: str) -> tuple[str, bool] | None:
    """The channel and outcome of the button that was pressed."""
    known = {f"{channel.value}:{int(reached)}": (channel.value, reached) for channel, reached, _words in ATTEMPTS}
    return known.get(value)


class PauseForm(BaseForm):
    """Stop the reminders until a day."""

    reason = forms.ChoiceField(
        label=_("Why are the reminders paused?"),
        choices=PauseReason.choices,
        widget=RADIO,
        error_messages={"required": _("Choose why the reminders are paused.")},
    )
    note = text(_("What has happened?"), _("Write why the reminders are paused."))
    until = DateField(
        label=_("Until and including"), help_text=_("dd-mm-yyyy. The reminders go on by themselves afterwards.")
    )

    def __init__(self, *args: Any, today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        day: Any = self.fields["until"]
        day.min_value, day.max_value = today, today + LONGEST_PAUSE


class InterruptionForm(BaseForm):
    """What starts a new period of limitation."""

    kind = forms.ChoiceField(
        label=_("What has happened?"),
        choices=InterruptionKind.choices,
        widget=RADIO,
        error_messages={"required": _("Choose what happened.")},
    )
    due_on = forms.TypedChoiceField(
        label=_("Which instalment?"), coerce=date.fromisoformat, empty_value=None, required=False
    )
    happened_on = DateField(label=_("When?"))
    note = text(_("Where is the document, and what does it say?"), _("Write where the document is, and what it says."))

    def __init__(self, *args: Any, dues: list[date], today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        choice: Any = self.fields["due_on"]
        choice.choices = [("", _("All of them")), *((due.isoformat(), danish.long_date(due)) for due in dues)]
        day: Any = self.fields["happened_on"]
        day.max_value = today


class HandoverForm(BaseForm):
    reason = text(
        _("Why should it be handed over?"),
        _("Write why the claims should be handed over, and what was tried."),
        hint=_("It stands in the dossier. Write to a reader who is the citizen."),
    )


class AnswerForm(BaseForm):
    """Why a proposal is declined."""

    answer = text(_("Why not?"), _("Write why it is declined."))


class RecoveryForm(BaseForm):
    """What recovery has brought in."""

    amount = AmountField(label=_("Amount"))
    value_date = DateField(label=_("Settled on"))
    voucher = forms.CharField(
        label=_("Voucher number"),
        help_text=_("From your accounting system"),
        max_length=60,
        widget=forms.TextInput(attrs={"class": "mk-w-short"}),
        error_messages={"required": _("Write the voucher number of the booking.")},
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, most: Decimal, today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        amount: Any = self.fields["amount"]
        amount.max_value, amount.suffix = most, "kr."
        day: Any = self.fields["value_date"]
        day.max_value = today


class WriteDownForm(BaseForm):
    """The authority was told of a payment that came to us."""

    amount = AmountField(
        label=_("The claim is written down by"),
        min_value=0,
        help_text=_("0 where the payment was for an instalment that is not with recovery."),
    )
    told_on = DateField(label=_("When was the authority told?"))
    note = text(
        _("How was it told, or why is nothing written down?"),
        _("Write how the authority was told, or why nothing is written down."),
    )

    def __init__(self, *args: Any, most: Decimal, today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        amount: Any = self.fields["amount"]
        amount.max_value, amount.suffix = most, "kr."
        day: Any = self.fields["told_on"]
        day.min_value, day.max_value = today - timedelta(days=366), today


class WriteOffForm(BaseForm):
    """Give up a part of what is owed."""

    amount = AmountField(label=_("Amount"))
    reason = text(_("Why is the debt given up?"), _("Write why the debt is given up."))

    def __init__(self, *args: Any, most: Decimal, **more: Any) -> None:
        super().__init__(*args, **more)
        amount: Any = self.fields["amount"]
        amount.max_value, amount.suffix = most, "kr."
