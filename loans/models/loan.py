"""Proposals and decisions, the loan itself, and the order to pay it out (domain.md §7.1)."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models import CaseFile, Decision
from loans.enums import (
    Charge,
    LoanOutcome,
    OrderState,
    SupportKind,
)
from loans.models import guards
from microloan.core import clock
from microloan.core.history import Refuse, locked_when, no_truncate, tracked
from microloan.policy.models import LegalBasis, RuleSet
from screening.enums import Hearing
from screening.models import Budget, Screening


@tracked()
class LoanDecision(Decision):
    """A proposal for a loan or grant, and the project lead's decision on it; locked once decided (domain.md §7.1)."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="loan_decisions")
    kind = models.CharField(_("loan or grant"), max_length=8, choices=SupportKind, default=SupportKind.LOAN)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    purpose = models.TextField(_("what the money is for"))
    planned_payout_on = models.DateField(_("planned payout"))
    budget = models.ForeignKey(Budget, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    screening = models.ForeignKey(Screening, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    over_maximum_reason = models.TextField(_("why more than the maximum"), blank=True)
    # The answer to the warning that the main course starts late after the residential course (domain.md §5).
    late_start_reason = models.TextField(_("why so long after the residential course"), blank=True)
    rehabilitation_on = models.DateField(_("rehabilitation decided"), null=True, blank=True)
    rehabilitation_reference = models.CharField(_("decision or practice followed"), max_length=120, blank=True)
    transition_on = models.DateField(_("granted before the basis closed"), null=True, blank=True)
    declared_fit_on = models.DateField(_("declared fit"), null=True, blank=True)
    charge = models.CharField(_("registered charge"), max_length=14, choices=Charge, blank=True)
    charge_note = models.CharField(_("which asset, or why not"), max_length=200, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_on = models.DateField()
    outcome = models.CharField(_("decision"), max_length=8, choices=LoanOutcome, blank=True)
    hearing = models.CharField(_("hearing"), max_length=10, choices=Hearing, blank=True)
    # What was shown, when, the deadline and the answer; or why no hearing is needed.
    hearing_note = models.TextField(_("about the hearing"), blank=True)

    class Meta:
        ordering = ("-proposed_on", "-pk")
        verbose_name = _("loan decision")
        verbose_name_plural = _("loan decisions")
        constraints = [
            models.UniqueConstraint(
                name="loan_decision_one_open", fields=["case"], condition=Q(decided_at__isnull=True)
            ),
            models.CheckConstraint(
                name="loan_decision_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Write an amount above 0 kr."),
            ),
            models.CheckConstraint(
                name="loan_decision_whole",
                condition=Q(decided_at__isnull=True, outcome="")
                | (
                    Q(
                        decided_at__isnull=False,
                        decided_on__isnull=False,
                        decided_by__isnull=False,
                        rule_set__isnull=False,
                        legal_basis__isnull=False,
                    )
                    & ~Q(outcome="")
                    & ~Q(appeal_variant="")
                ),
            ),
            models.CheckConstraint(
                # Full favour needs no reasons; a refusal always does (danish-rules.md §2.1).
                name="loan_refusal_has_reasons",
                condition=~Q(outcome=LoanOutcome.REFUSED) | ~Q(reasons=""),
                violation_error_message=_("Write the reasons for the refusal."),
            ),
            models.CheckConstraint(
                name="loan_refusal_has_hearing",
                condition=~Q(outcome=LoanOutcome.REFUSED) | (~Q(hearing="") & ~Q(hearing_note="")),
                violation_error_message=_("Write how the citizen was heard, or why that is not needed."),
            ),
        ]
        triggers = locked_when("loan_decision", pgtrigger.Q(old__decided_at__isnull=False))

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.amount}"


# What was decided stays what was decided: a change is a new decision, never an edit of the loan.
FROZEN_LOAN = (
    "case", "decision", "number", "kind", "principal", "payment_reference", "rule_set", "legal_basis", "approved_by",
    "debt_instrument",
)  # fmt: skip


@tracked()
class Loan(models.Model):
    """A granted loan (or grant). It keeps the rules it was decided under; its balance is the sum of its ledger."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="loans")
    # Empty only for a loan imported from a former cohort.
    decision = models.OneToOneField(LoanDecision, null=True, on_delete=models.PROTECT, related_name="loan")
    number = models.CharField(_("loan no."), max_length=20, unique=True)
    kind = models.CharField(_("loan or grant"), max_length=8, choices=SupportKind, default=SupportKind.LOAN)
    principal = models.DecimalField(_("loan amount"), max_digits=12, decimal_places=2)
    payment_reference = models.CharField(_("payment reference"), max_length=15, blank=True)
    rule_set = models.ForeignKey(RuleSet, null=True, on_delete=models.PROTECT, related_name="loans")
    legal_basis = models.ForeignKey(LegalBasis, null=True, on_delete=models.PROTECT, related_name="loans")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    planned_payout_on = models.DateField(_("planned payout"), null=True, blank=True)
    agreement_signed_on = models.DateField(_("agreement signed"), null=True, blank=True)
    debt_instrument = models.BooleanField(_("debt instrument"), default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = _("loan")
        verbose_name_plural = _("loans")
        constraints = [
            models.CheckConstraint(name="loan_principal_positive", condition=Q(principal__gt=0)),
            models.UniqueConstraint(
                name="loan_payment_reference_once", fields=["payment_reference"], condition=~Q(payment_reference="")
            ),
            models.UniqueConstraint(name="loan_one_per_case", fields=["case"]),
        ]
        triggers = [
            Refuse(
                name="loan_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(*FROZEN_LOAN),
                message="what was decided is never changed",
            ),
            Refuse(name="loan_kept", operation=pgtrigger.Delete, message="loans are kept"),
            guards.LOAN_OF_DECISION,
        ]

    def __str__(self) -> str:
        return self.number


@tracked()
class DisbursementOrder(models.Model):
    """The order to pay out one loan. Who approved never disburses: guarded here too (domain.md §2)."""

    loan = models.OneToOneField(Loan, on_delete=models.PROTECT, related_name="order")
    state = models.CharField(max_length=10, choices=OrderState, default=OrderState.READY)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ordered_on = models.DateField(_("ordered"))
    due_on = models.DateField(_("due"))
    disbursed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    paid_on = models.DateField(_("paid out"), null=True, blank=True)
    voucher = models.CharField(_("voucher number"), max_length=40, blank=True)
    sent_back_reason = models.TextField(_("why sent back"), blank=True)

    class Meta:
        ordering = ("due_on", "pk")
        verbose_name = _("disbursement order")
        verbose_name_plural = _("disbursement orders")
        constraints = [
            models.CheckConstraint(
                name="order_approver_is_not_disburser",
                condition=Q(disbursed_by__isnull=True) | ~Q(disbursed_by=F("approved_by")),
                violation_error_message=_("You approved the loan. Somebody else has to pay it out."),
            ),
            models.CheckConstraint(
                name="order_paid_whole",
                condition=(Q(state=OrderState.PAID, disbursed_by__isnull=False, paid_on__isnull=False) & ~Q(voucher=""))
                | (~Q(state=OrderState.PAID) & Q(disbursed_by__isnull=True, paid_on__isnull=True)),
            ),
            models.CheckConstraint(
                name="order_sent_back_with_reason",
                condition=~Q(state=OrderState.SENT_BACK) | ~Q(sent_back_reason=""),
            ),
        ]
        triggers = [
            # Paid stays paid; it waits again only where a payout was reversed on its day (loans.services.payouts).
            pgtrigger.Trigger(
                name="order_locked",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="paid"),
                func="""
                    IF TG_OP = 'UPDATE' AND NEW.state = 'ready' AND OLD.amount > (
                        SELECT coalesce(sum(e.amount), 0) FROM loans_ledgerentry e
                         WHERE e.loan_id = OLD.loan_id AND e.kind = 'payout'
                           AND NOT EXISTS (SELECT 1 FROM loans_ledgerentry r WHERE r.reverses_id = e.id)
                    ) THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'a payout is never changed (order_locked)'
                        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'order_locked';
                """,
            ),
            no_truncate("order", "a payout is never changed"),
            Refuse(
                name="order_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("loan", "amount", "approved_by"),
                message="what was ordered is never changed",
            ),
            guards.ORDER_OF_LOAN,
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.state}"
