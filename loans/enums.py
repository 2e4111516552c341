from django.db import models
from django.utils.translation import gettext_lazy as _


class SupportKind(models.TextChoices):
    """The law knows both; only the loan is repaid, and the two are never mistaken (domain.md §7.1)."""

    LOAN = "loan", _("Microloan")
    GRANT = "grant", _("Grant")


class LoanOutcome(models.TextChoices):
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")


class OrderState(models.TextChoices):
    """A disbursement order on its way (domain.md §7.1, ui-guide.md §3.5)."""

    READY = "ready", _("Ready for payout")
    SENT_BACK = "sent_back", _("Sent back to the team")
    PAID = "paid", _("Paid out")


class EntryKind(models.TextChoices):
    """Kinds of ledger entry (domain.md §7.4). Amounts are signed: what raises the debt is positive."""

    PAYOUT = "payout", _("Payout")
    PAYMENT = "payment", _("Payment")
    REVERSAL = "reversal", _("Reversal")
    REFUND = "refund", _("Refund")
    HANDOVER = "handover", _("Hand-over to recovery")
    RECOVERY_PAYMENT = "recovery_payment", _("Recovered by the tax authority")
    WRITE_OFF = "write_off", _("Write-off")
    CORRECTION = "correction", _("Correction")


class Extra(models.TextChoices):
    """What money ahead of plan does to the coming instalments, as the citizen asked (domain.md §7.3)."""

    COVER = "cover", _("Covers the coming instalments")
    SHORTEN = "shorten", _("Shortens the plan from the end")
    LOWER = "lower", _("Lowers the coming instalments")


class DefermentKind(models.TextChoices):
    """Granted by the programme within its cap, or mandatory by law (danish-rules.md §1.3)."""

    GRANTED = "granted", _("Granted")
    MANDATORY = "mandatory", _("Mandatory")


class PlanChangeKind(models.TextChoices):
    """What may be changed in a repayment plan by decision (domain.md §7.3)."""

    DEFERMENT = "deferment", _("Deferment")
    NEW_AMOUNT = "new_amount", _("New instalment")
    ARRANGEMENT = "arrangement", _("Instalment arrangement")


class LadderStep(models.TextChoices):
    """The steps from a friendly reminder to a proposal for hand-over (domain.md §7.6)."""

    REMINDER = "reminder", _("Friendly reminder")
    CALL = "call", _("Call the citizen")
    FIRST_DUNNING = "first_dunning", _("First reminder letter")
    SECOND_DUNNING = "second_dunning", _("Second reminder letter")
    HANDOVER = "handover", _("Proposal for hand-over")


class PlanCause(models.TextChoices):
    DECISION = "decision", _("Loan decision")
    PAYOUT = "payout", _("Payout")
    DEFERMENT = "deferment", _("Deferment")
    EXTRA_PAYMENT = "extra_payment", _("Extra payment")
    NEW_AMOUNT = "new_amount", _("New instalment")
    ARRANGEMENT = "arrangement", _("Instalment arrangement")
    UNDONE = "undone", _("A change was taken back")
    REPLAY = "replay", _("Payments registered or reversed")


class PeriodKind(models.TextChoices):
    BASE = "base", _("First period")
    EXTENSION = "extension", _("Extension")


class Charge(models.TextChoices):
    """Security by registered charge, "when possible" (danish-rules.md §1.2)."""

    POSSIBLE = "possible", _("Possible")
    NOT_POSSIBLE = "not_possible", _("Not possible")
