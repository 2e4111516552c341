"""Files of payments, the payments in them, and what two people do to the ledger together (docs/decisions/161, 162)."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loans.models.ledger import LedgerEntry
from loans.models.loan import Loan
from loans.payment_enums import CLAIMING, Aside, ImportState, IncomingState, MoneyAfter, ProposalState, Why
from microloan.core import clock
from microloan.core.history import Refuse, locked_when, no_truncate, tracked

KEY_LENGTH = 200


@tracked()
class PaymentImport(models.Model):
    """A file of payments. Its content counts once, however it is called; one that was discarded may come again."""

    sha256 = models.CharField(_("checksum"), max_length=64)
    name = models.CharField(_("file"), max_length=120)
    kind = models.CharField(_("format"), max_length=20)
    # A settlement from the authority that recovers: each entry is what it has brought in, not a payment to us.
    is_recovery = models.BooleanField(_("settlement from recovery"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=ImportState, default=ImportState.PREVIEW)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), default=clock.now, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("booked by")
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        ordering = ("-uploaded_at", "-pk")
        verbose_name = _("payment file")
        verbose_name_plural = _("payment files")
        constraints = [
            models.UniqueConstraint(
                name="payment_file_once", fields=["sha256"], condition=~Q(state=ImportState.DISCARDED)
            ),
            models.CheckConstraint(
                name="payment_file_confirmed",
                condition=Q(
                    state__in=[ImportState.PREVIEW, ImportState.DISCARDED],
                    confirmed_by__isnull=True,
                    confirmed_at__isnull=True,
                )
                | Q(
                    state__in=[ImportState.BOOKING, ImportState.DONE],
                    confirmed_by__isnull=False,
                    confirmed_at__isnull=False,
                ),
            ),
        ]
        triggers = [
            Refuse(
                name="payment_file_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("sha256", "name", "kind", "is_recovery", "uploaded_by", "uploaded_at"),
                message="what was uploaded is never changed",
            ),
            Refuse(name="payment_file_kept", operation=pgtrigger.Delete, message="payment files are kept"),
            no_truncate("payment_file", "payment files are kept"),
        ]

    def __str__(self) -> str:
        return self.name


# What the bank has told stays as it was told.
TOLD = (
    "source", "position", "key", "amount", "currency", "is_credit", "is_reversal", "is_booked", "booked_on",
    "value_date", "reference", "payer", "text", "account", "batch_ref",
)  # fmt: skip


@tracked()
class IncomingPayment(models.Model):
    """One entry of a payment file, from the preview to the ledger. Never deleted, and money never leaves it unnoticed.

    `key` is what makes the entry the same entry in another file; the same key again with `ordinal` 1 is a second payment
    that a person has said is one. Keys count among the states that claim (`CLAIMING`).
    """

    source = models.ForeignKey(PaymentImport, on_delete=models.PROTECT, related_name="payments")
    position = models.PositiveIntegerField(_("line"))
    key = models.CharField(_("key"), max_length=KEY_LENGTH)
    ordinal = models.PositiveSmallIntegerField(_("which of several"), default=0)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    is_credit = models.BooleanField(_("money in"))
    is_reversal = models.BooleanField(_("taken back by the bank"), default=False)
    is_booked = models.BooleanField(_("booked by the bank"), default=True)
    booked_on = models.DateField(_("booked by the bank on"))
    value_date = models.DateField(_("value date"))
    reference = models.CharField(_("payment reference"), max_length=140, blank=True)
    payer = models.CharField(_("payer"), max_length=140, blank=True)
    text = models.CharField(_("text from the payer"), max_length=500, blank=True)
    account = models.CharField(_("account"), max_length=40, blank=True)
    batch_ref = models.CharField(_("the bank's reference of the entry"), max_length=KEY_LENGTH, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=IncomingState, default=IncomingState.NEW)
    aside = models.CharField(_("why no payment"), max_length=10, choices=Aside, blank=True)
    why = models.CharField(_("why it waits"), max_length=14, choices=Why, blank=True)
    loan = models.ForeignKey(Loan, null=True, on_delete=models.PROTECT, related_name="incoming", verbose_name=_("loan"))
    entry = models.OneToOneField(
        LedgerEntry, null=True, on_delete=models.PROTECT, related_name="incoming", verbose_name=_("ledger entry")
    )
    same_as = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    bookings = models.PositiveSmallIntegerField(_("bookings"), default=0)
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("matched by")
    )
    return_reason = models.TextField(_("why it is not ours"), blank=True)
    return_proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    returned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("confirmed by")
    )
    returned_on = models.DateField(_("confirmed on"), null=True)

    class Meta:
        ordering = ("source", "position", "pk")
        verbose_name = _("incoming payment")
        verbose_name_plural = _("incoming payments")
        constraints = [
            models.UniqueConstraint(
                name="incoming_counts_once", fields=["key", "ordinal"], condition=Q(state__in=CLAIMING)
            ),
            models.CheckConstraint(
                name="incoming_booked_has_entry",
                condition=Q(state=IncomingState.BOOKED, entry__isnull=False, loan__isnull=False)
                | (~Q(state=IncomingState.BOOKED) & Q(entry__isnull=True)),
            ),
            models.CheckConstraint(
                name="incoming_waiting_has_loan",
                condition=~Q(state=IncomingState.WAITING) | Q(loan__isnull=False),
            ),
            models.CheckConstraint(
                # Only kroner that came in, and were not taken back, can be booked.
                name="incoming_money_came_in",
                condition=~Q(state__in=CLAIMING)
                | Q(is_credit=True, is_reversal=False, is_booked=True, currency="DKK", amount__gt=0),
            ),
            models.CheckConstraint(
                name="incoming_aside_says_why",
                condition=(Q(state=IncomingState.ASIDE) & ~Q(aside="")) | ~Q(state=IncomingState.ASIDE),
            ),
            models.CheckConstraint(
                name="incoming_return_whole",
                condition=~Q(state__in=[IncomingState.RETURNING, IncomingState.RETURNED])
                | (Q(return_proposed_by__isnull=False) & ~Q(return_reason="")),
            ),
            models.CheckConstraint(
                name="incoming_returned_by_another",
                condition=Q(state=IncomingState.RETURNED, returned_by__isnull=False, returned_on__isnull=False)
                & ~Q(returned_by=F("return_proposed_by"))
                | (~Q(state=IncomingState.RETURNED) & Q(returned_by__isnull=True, returned_on__isnull=True)),
                violation_error_message=_("You proposed it. Another person confirms it."),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-booked_on", "-id"], name="incoming_by_state"),
            models.Index(fields=["source", "state", "id"], name="incoming_of_file"),
            models.Index(fields=["key"], name="incoming_key"),
            models.Index(fields=["batch_ref"], name="incoming_batch", condition=~Q(batch_ref="")),
        ]
        triggers = [
            Refuse(
                name="incoming_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(*TOLD),
                message="what the bank told is never changed",
            ),
            Refuse(name="incoming_kept", operation=pgtrigger.Delete, message="payments are never lost"),
            no_truncate("incoming", "payments are never lost"),
            pgtrigger.Trigger(
                # Claimed money is booked or given back, and in no other way does it leave; what is final stays.
                name="incoming_moves",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("state", "entry"),
                func="""
                    IF OLD.state IN ('returned', 'counted', 'discarded')
                       OR (NEW.state IN ('new', 'discarded') AND OLD.state <> 'new')
                       OR (OLD.state IN ('waiting', 'booked', 'parked', 'returning')
                           AND NEW.state NOT IN ('waiting', 'booked', 'parked', 'returning', 'returned')) THEN
                        RAISE EXCEPTION 'incoming_moves' USING ERRCODE = 'check_violation';
                    END IF;
                    IF OLD.entry_id IS NOT NULL AND NEW.entry_id IS DISTINCT FROM OLD.entry_id AND NOT EXISTS (
                        SELECT 1 FROM loans_ledgerentry e WHERE e.reverses_id = OLD.entry_id
                    ) THEN
                        RAISE EXCEPTION 'incoming_stays_booked' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                # The entry of the ledger is this payment: same loan, same kroner, same day.
                name="incoming_entry_fits",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__entry__isnull=False),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM loans_ledgerentry e
                        WHERE e.id = NEW.entry_id AND e.loan_id = NEW.loan_id
                          AND e.kind = CASE WHEN (SELECT i.is_recovery FROM loans_paymentimport i WHERE i.id = NEW.source_id)
                                            THEN 'recovery_payment' ELSE 'payment' END
                          AND e.amount = -NEW.amount AND e.value_date = NEW.value_date
                    ) THEN
                        RAISE EXCEPTION 'incoming_entry_fits' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}/{self.position}"


class TwoPairs(models.Model):
    """Something about money that one person proposes and another confirms or declines; then it is locked."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="%(class)ss", verbose_name=_("loan"))
    reason = models.TextField(_("reason"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_on = models.DateField(_("proposed on"))
    state = models.CharField(_("state"), max_length=10, choices=ProposalState, default=ProposalState.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("decided by")
    )
    decided_on = models.DateField(_("decided on"), null=True)
    answer = models.TextField(_("why declined"), blank=True)

    class Meta:
        abstract = True


def two_pairs_constraints(name: str, entry: str) -> list[models.BaseConstraint]:
    """Another person decides, and a confirmed one has its entry; written out per table, since names are unique."""
    return [
        models.CheckConstraint(
            name=f"{name}_by_another",
            condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")) | Q(state=ProposalState.DECLINED),
            violation_error_message=_("You proposed it. Another person confirms it."),
        ),
        models.CheckConstraint(
            name=f"{name}_whole",
            condition=(
                Q(state=ProposalState.OPEN, decided_by__isnull=True, decided_on__isnull=True)
                & Q(**{f"{entry}__isnull": True})
            )
            | (
                Q(state=ProposalState.CONFIRMED, decided_by__isnull=False, decided_on__isnull=False)
                & Q(**{f"{entry}__isnull": False})
            )
            | (
                Q(state=ProposalState.DECLINED, decided_by__isnull=False, decided_on__isnull=False)
                & Q(**{f"{entry}__isnull": True})
                & ~Q(answer="")
            ),
        ),
        models.CheckConstraint(name=f"{name}_with_reason", condition=~Q(reason="")),
    ]


@tracked()
class Reversal(TwoPairs):
    """A proposal to reverse an entry of the ledger; confirmed by another person it is an entry itself."""

    target = models.ForeignKey(
        LedgerEntry, on_delete=models.PROTECT, related_name="reversals", verbose_name=_("entry to reverse")
    )
    money = models.CharField(_("the money"), max_length=4, choices=MoneyAfter, blank=True)
    entry = models.OneToOneField(
        LedgerEntry, null=True, on_delete=models.PROTECT, related_name="reversal", verbose_name=_("ledger entry")
    )

    class Meta:
        ordering = ("-proposed_on", "-pk")
        verbose_name = _("reversal")
        verbose_name_plural = _("reversals")
        constraints = [
            *two_pairs_constraints("reversal", "entry"),
            models.UniqueConstraint(name="reversal_one_open", fields=["target"], condition=Q(state=ProposalState.OPEN)),
        ]
        triggers = [
            *locked_when("reversal", ~pgtrigger.Q(old__state="open")),
            Refuse(name="reversal_kept", operation=pgtrigger.Delete, message="proposals are kept"),
            Refuse(
                name="reversal_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("loan", "target", "reason", "proposed_by", "proposed_on", "money"),
                message="what was proposed is never changed",
            ),
            pgtrigger.Trigger(
                name="reversal_fits",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NOT EXISTS (SELECT 1 FROM loans_ledgerentry e
                                   WHERE e.id = NEW.target_id AND e.loan_id = NEW.loan_id)
                       OR (NEW.entry_id IS NOT NULL AND NOT EXISTS (
                           SELECT 1 FROM loans_ledgerentry e
                           WHERE e.id = NEW.entry_id AND e.reverses_id = NEW.target_id AND e.loan_id = NEW.loan_id
                       )) THEN
                        RAISE EXCEPTION 'reversal_fits' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.target_id}"


@tracked()
class Refund(TwoPairs):
    """Money that was paid too much and goes back to the citizen; confirmed by another person it is an entry."""

    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    paid_on = models.DateField(_("refunded on"))
    voucher = models.CharField(_("voucher number"), max_length=60)
    entry = models.OneToOneField(
        LedgerEntry, null=True, on_delete=models.PROTECT, related_name="refund", verbose_name=_("ledger entry")
    )

    class Meta:
        ordering = ("-proposed_on", "-pk")
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            *two_pairs_constraints("refund", "entry"),
            models.CheckConstraint(name="refund_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="refund_has_voucher", condition=~Q(voucher="")),
            models.UniqueConstraint(name="refund_one_open", fields=["loan"], condition=Q(state=ProposalState.OPEN)),
        ]
        triggers = [
            *locked_when("refund", ~pgtrigger.Q(old__state="open")),
            Refuse(name="refund_kept", operation=pgtrigger.Delete, message="proposals are kept"),
            Refuse(
                name="refund_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("loan", "amount", "paid_on", "voucher", "reason", "proposed_by"),
                message="what was proposed is never changed",
            ),
            pgtrigger.Trigger(
                name="refund_fits",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__entry__isnull=False),
                func="""
                    IF NOT EXISTS (SELECT 1 FROM loans_ledgerentry e
                                   WHERE e.id = NEW.entry_id AND e.kind = 'refund' AND e.loan_id = NEW.loan_id
                                     AND e.amount = NEW.amount AND e.value_date = NEW.paid_on) THEN
                        RAISE EXCEPTION 'refund_fits' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.amount}"
