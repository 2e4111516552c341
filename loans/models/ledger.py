"""The ledger: append-only entries whose sum is the balance (domain.md §7.4)."""

from decimal import Decimal

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loans.enums import (
    EntryKind,
    Extra,
)
from loans.models import guards
from loans.models.loan import Loan
from microloan.core import clock
from microloan.core.history import append_only, sealed


@sealed()
class LedgerEntry(models.Model):
    """One entry of a loan's ledger, append-only (domain.md §7.4). Balance = sum of `amount`.

    `amount` is signed kroner: a payout is positive, a payment negative. A mistake is reversed by an entry that names
    it. `key` makes an entry count once; used again with other content (`content_hash`) it is a conflict.
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=16, choices=EntryKind)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    value_date = models.DateField()
    booked_at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    voucher = models.CharField(max_length=60, blank=True)
    reason = models.TextField(blank=True)
    # Of a payment: what money ahead of plan does, as the citizen asked (domain.md §7.3).
    extra = models.CharField(max_length=7, choices=Extra, default=Extra.COVER, db_default=Extra.COVER)
    # Of a hand-over: the numbers of the instalments it is for.
    claims = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True, db_default=[])
    reverses = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversed_by")
    key = models.CharField(max_length=120, unique=True)
    content_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("value_date", "pk")
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.CheckConstraint(name="entry_not_zero", condition=~Q(amount=Decimal("0"))),
            models.CheckConstraint(
                name="entry_sign_fits_kind",
                condition=Q(kind__in=[EntryKind.PAYOUT, EntryKind.REFUND], amount__gt=0)
                | Q(
                    kind__in=[
                        EntryKind.PAYMENT,
                        EntryKind.HANDOVER,
                        EntryKind.RECOVERY_PAYMENT,
                        EntryKind.WRITE_OFF,
                    ],
                    amount__lt=0,
                )
                | Q(kind__in=[EntryKind.REVERSAL, EntryKind.CORRECTION]),
            ),
            models.CheckConstraint(
                name="entry_reversal_names_entry",
                condition=(Q(kind=EntryKind.REVERSAL, reverses__isnull=False) & ~Q(reason=""))
                | (~Q(kind=EntryKind.REVERSAL) & Q(reverses__isnull=True)),
            ),
            models.CheckConstraint(
                name="entry_extra_of_payment", condition=Q(extra=Extra.COVER) | Q(kind=EntryKind.PAYMENT)
            ),
            models.CheckConstraint(
                name="entry_claims_of_handover", condition=Q(claims=[]) | Q(kind=EntryKind.HANDOVER)
            ),
        ]
        indexes = [
            models.Index(fields=["loan", "value_date", "id"], name="entry_loan_date"),
            # Sums over many loans, such as the cohort tables, without reading the rows.
            models.Index(fields=["kind", "value_date", "loan"], include=["amount"], name="entry_kind_sums"),
        ]
        triggers = [
            *append_only("ledger"),
            pgtrigger.Trigger(
                # Only the loan is repaid (domain.md §7.1): a grant is paid out, or taken back by a reversal.
                name="entry_grant_is_not_repaid",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(new__kind__in=["payout", "reversal"]),
                func="""
                    IF EXISTS (SELECT 1 FROM loans_loan l WHERE l.id = NEW.loan_id AND l.kind = 'grant') THEN
                        RAISE EXCEPTION 'entry_grant_is_not_repaid' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            *guards.ENTRY_TRIGGERS,
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.kind} {self.amount}"
