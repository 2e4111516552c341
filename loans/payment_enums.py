"""What can become of money that a bank file tells of (domain.md §7.5)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportState(models.TextChoices):
    PREVIEW = "preview", _("Waits for your answer")
    BOOKING = "booking", _("Is being booked")
    DONE = "done", _("Booked")
    DISCARDED = "discarded", _("Not taken in")


class IncomingState(models.TextChoices):
    """Where an incoming payment stands. Money that is ours to account for claims its key: it counts once."""

    NEW = "new", _("In the preview")
    WAITING = "waiting", _("Waits to be booked")
    BOOKED = "booked", _("Booked")
    PARKED = "parked", _("Parked")
    RETURNING = "returning", _("Proposed as not ours")
    RETURNED = "returned", _("Not ours")
    COUNTED = "counted", _("Counted already")
    CONFLICT = "conflict", _("Conflict")
    ASIDE = "aside", _("No payment")
    DISCARDED = "discarded", _("Not taken in")


CLAIMING = (
    IncomingState.WAITING,
    IncomingState.BOOKED,
    IncomingState.PARKED,
    IncomingState.RETURNING,
    IncomingState.RETURNED,
)


class Aside(models.TextChoices):
    """Why an entry of the file is no payment to us."""

    DEBIT = "debit", _("Money that went out")
    REVERSAL = "reversal", _("Taken back by the bank")
    ACCOUNT = "account", _("Another account")
    CURRENCY = "currency", _("Another currency")
    PENDING = "pending", _("Not booked by the bank yet")
    ZERO = "zero", _("No amount")


class Why(models.TextChoices):
    """Why a payment waits for a person."""

    UNKNOWN = "unknown", _("No payment reference")
    MISTYPED = "mistyped", _("A figure of the payment reference is wrong")
    NO_LOAN = "no_loan", _("No loan has this payment reference")
    SEVERAL = "several", _("Several payment references")
    NOT_OWED = "not_owed", _("The loan takes no payments")
    REPEATED = "repeated", _("Stands twice in the file")
    OTHER_CONTENT = "other_content", _("The bank's reference is known with another content")
    PART_OF_KNOWN = "part_of_known", _("Part of an entry that has come before as one, or the other way round")
    REVERSED = "reversed", _("The booking was reversed")
    FAILED = "failed", _("Could not be booked three times")


class ProposalState(models.TextChoices):
    OPEN = "open", _("Waits for another person")
    CONFIRMED = "confirmed", _("Confirmed")
    DECLINED = "declined", _("Declined")


class MoneyAfter(models.TextChoices):
    """What a reversal means for the money itself, when it came from a file."""

    PARK = "park", _("The money is still here: park the payment")
    GONE = "gone", _("The money has gone back to the payer")
