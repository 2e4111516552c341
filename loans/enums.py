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
    # Not a day of the ladder: a person sends it when the rest is in place.
    NOTICE = "notice", _("Notice of hand-over")


class Obstacle(models.TextChoices):
    """What stands in the way of handing a claim over (domain.md §7.6)."""

    TOO_YOUNG = "too_young", _("It is not old enough")
    DEFERRED = "deferred", _("The citizen has a deferment")
    PAUSED = "paused", _("The reminders are paused")
    TOO_SMALL = "too_small", _("It is smaller than what is handed over")
    LETTERS = "letters", _("Both reminder letters have not been sent")
    CONTACT = "contact", _("The citizen has not been reached, and too few attempts are logged")
    NOTICE = "notice", _("The notice has not been sent")
    NOTICE_RUNS = "notice_runs", _("The days of the notice are not over")
    OLDER_FIRST = "older_first", _("An older claim has to be ready first")


class AttemptChannel(models.TextChoices):
    """How the team tried to reach the citizen."""

    CALL = "call", _("Telephone")
    SMS = "sms", _("Text message")
    EMAIL = "email", _("E-mail")
    VISIT = "visit", _("Visit")
    MEETING = "meeting", _("Meeting")


class PauseReason(models.TextChoices):
    APPEAL = "appeal", _("Appeal")
    ILLNESS = "illness", _("Illness")
    DISPUTE = "dispute", _("Disagreement about the amount")
    OTHER = "other", _("Other")


class HandoverState(models.TextChoices):
    OPEN = "open", _("Waiting for the project lead")
    APPROVED = "approved", _("Handed over")
    DECLINED = "declined", _("Not handed over")


class ClaimState(models.TextChoices):
    """A claim on its way to recovery. Of each due date one at most is proposed or with recovery."""

    PROPOSED = "proposed", _("Proposed")
    WITH_RECOVERY = "with_recovery", _("With recovery")
    DROPPED = "dropped", _("Not handed over")
    RECALLED = "recalled", _("Recalled")


class InterruptionKind(models.TextChoices):
    """What starts a new period of limitation (danish-rules.md §3.3). A reminder does not."""

    ACKNOWLEDGEMENT = "acknowledgement", _("The citizen has acknowledged the debt in writing")
    JUDGEMENT = "judgement", _("Judgement")
    SETTLEMENT = "settlement", _("Settlement")


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
