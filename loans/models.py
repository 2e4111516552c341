from decimal import Decimal

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.models import CaseFile, Decision
from loans.enums import (
    Charge,
    DefermentKind,
    EntryKind,
    Extra,
    LoanOutcome,
    OrderState,
    PeriodKind,
    PlanCause,
    PlanChangeKind,
    SupportKind,
)
from microloan.core import clock, danish
from microloan.core.history import Refuse, append_only, locked_when, tracked
from microloan.core.money import ZERO
from microloan.policy.models import LegalBasis, RuleSet, closed_range
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
            *locked_when("order", pgtrigger.Q(old__state="paid"), message="a payout is never changed"),
            Refuse(
                name="order_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("loan", "amount", "approved_by"),
                message="what was ordered is never changed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.state}"


class PlanVersion(models.Model):
    """One version of the repayment plan; the newest is in force, older ones stay readable. Append-only."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="plan_versions")
    version = models.PositiveSmallIntegerField()
    made_on = models.DateField()
    cause = models.CharField(max_length=16, choices=PlanCause)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("loan", "-version")
        verbose_name = _("plan version")
        verbose_name_plural = _("plan versions")
        constraints = [models.UniqueConstraint(name="plan_version_once", fields=["loan", "version"])]
        triggers = append_only("plan_version")

    def __str__(self) -> str:
        return f"{self.loan_id} v{self.version}"


class Instalment(models.Model):
    """One line of a plan version: what is due when. Whether it is paid is computed from the ledger."""

    plan = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="instalments")
    number = models.PositiveSmallIntegerField()
    nominal_due_on = models.DateField()
    due_on = models.DateField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        ordering = ("plan", "number")
        verbose_name = _("instalment")
        verbose_name_plural = _("instalments")
        constraints = [
            models.UniqueConstraint(name="instalment_once", fields=["plan", "number"]),
            models.CheckConstraint(name="instalment_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="instalment_due_not_before_nominal", condition=Q(due_on__gte=F("nominal_due_on"))
            ),
        ]
        indexes = [models.Index(fields=["due_on"], name="instalment_due")]
        triggers = append_only("instalment")

    def __str__(self) -> str:
        return f"{self.plan_id}/{self.number}"


@tracked()
class PlanChange(Decision):
    """A change of plan that the team proposes and the project lead decides (domain.md §7.3); locked once decided.

    It counts from the first of a month. What it does to the lines is computed by `loans.rules`, never stored here;
    taken back (`PlanChangeUndo`), it is left out of the computation, which gives the plan as it was before.
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="plan_changes")
    kind = models.CharField(_("change"), max_length=12, choices=PlanChangeKind)
    from_month = models.DateField(_("from month"))
    months = models.PositiveSmallIntegerField(_("months"), null=True, blank=True)
    deferment_kind = models.CharField(_("kind of deferment"), max_length=10, choices=DefermentKind, blank=True)
    amount = models.DecimalField(_("monthly amount"), max_digits=12, decimal_places=2, null=True, blank=True)
    # Of an arrangement: what was overdue on the day it was decided, in kroner.
    total = models.DecimalField(_("overdue amount"), max_digits=12, decimal_places=2, null=True, blank=True)
    asked = models.TextField(_("why"))
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_on = models.DateField()
    outcome = models.CharField(_("decision"), max_length=8, choices=LoanOutcome, blank=True)

    class Meta:
        ordering = ("loan", "-pk")
        verbose_name = _("change of plan")
        verbose_name_plural = _("changes of plan")
        constraints = [
            models.UniqueConstraint(name="plan_change_one_open", fields=["loan"], condition=Q(decided_at__isnull=True)),
            models.CheckConstraint(name="plan_change_from_first", condition=Q(from_month__day=1)),
            models.CheckConstraint(
                name="plan_change_fits_kind",
                condition=(Q(kind=PlanChangeKind.DEFERMENT, months__gte=1, amount__isnull=True) & ~Q(deferment_kind=""))
                | Q(
                    kind__in=[PlanChangeKind.NEW_AMOUNT, PlanChangeKind.ARRANGEMENT],
                    amount__gt=0,
                    months__isnull=True,
                    deferment_kind="",
                ),
            ),
            models.CheckConstraint(
                name="plan_change_total_of_arrangement",
                condition=Q(total__isnull=True) | Q(kind=PlanChangeKind.ARRANGEMENT, total__gt=0),
            ),
            models.CheckConstraint(
                name="plan_change_whole",
                condition=Q(decided_at__isnull=True, outcome="")
                | (
                    Q(decided_at__isnull=False, decided_on__isnull=False, decided_by__isnull=False)
                    & ~Q(outcome="")
                    & ~Q(appeal_variant="")
                ),
            ),
            models.CheckConstraint(
                name="plan_refusal_has_reasons",
                condition=~Q(outcome=LoanOutcome.REFUSED) | ~Q(reasons=""),
                violation_error_message=_("Write the reasons for the refusal."),
            ),
            models.CheckConstraint(
                name="plan_arrangement_has_total",
                condition=~Q(kind=PlanChangeKind.ARRANGEMENT, outcome=LoanOutcome.GRANTED) | Q(total__isnull=False),
            ),
        ]
        triggers = [
            *locked_when("plan_change", pgtrigger.Q(old__decided_at__isnull=False)),
            pgtrigger.Trigger(
                # Deferments never share a month, and those the programme grants stay within the loan's cap (§7.3).
                name="plan_change_limits",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__kind="deferment", new__outcome="granted"),
                declare=[("deferred", "integer"), ("cap", "integer")],
                func="""
                    PERFORM 1 FROM loans_loan l WHERE l.id = NEW.loan_id FOR UPDATE;
                    IF EXISTS (
                        SELECT 1 FROM loans_planchange c
                        WHERE c.loan_id = NEW.loan_id AND c.id <> NEW.id AND c.kind = 'deferment'
                          AND c.outcome = 'granted'
                          AND NOT EXISTS (SELECT 1 FROM loans_planchangeundo u WHERE u.change_id = c.id)
                          AND c.from_month < (NEW.from_month + make_interval(months => NEW.months))::date
                          AND NEW.from_month < (c.from_month + make_interval(months => c.months))::date
                    ) THEN
                        RAISE EXCEPTION 'deferments_overlap' USING ERRCODE = 'check_violation';
                    END IF;
                    SELECT coalesce(sum(c.months), 0) INTO deferred FROM loans_planchange c
                     WHERE c.loan_id = NEW.loan_id AND c.id <> NEW.id AND c.kind = 'deferment' AND c.outcome = 'granted'
                       AND NOT EXISTS (SELECT 1 FROM loans_planchangeundo u WHERE u.change_id = c.id);
                    SELECT r.max_deferment_months INTO cap
                      FROM loans_loan l JOIN policy_ruleset r ON r.id = l.rule_set_id WHERE l.id = NEW.loan_id;
                    IF NEW.deferment_kind = 'granted' AND deferred + NEW.months > cap THEN
                        RAISE EXCEPTION 'deferments_over_cap' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.kind} {self.from_month:%Y-%m}"

    @property
    def in_words(self) -> str:
        """`Henstand i 3 måneder fra juni 2027`."""
        words = {"month": danish.month_name(self.from_month), "months": danish.months(self.months or 0)}
        words["amount"] = danish.kr(self.amount or ZERO)
        if self.kind == PlanChangeKind.DEFERMENT:
            return gettext("Deferment for %(months)s from %(month)s") % words
        if self.kind == PlanChangeKind.ARRANGEMENT:
            return gettext("Arrangement for arrears: %(amount)s a month from %(month)s") % words
        return gettext("%(amount)s a month from %(month)s") % words

    @property
    def is_undone(self) -> bool:
        return hasattr(self, "undo")

    @property
    def is_in_force(self) -> bool:
        """Whether it counts in the plan: granted, and not taken back."""
        return self.outcome == LoanOutcome.GRANTED and not self.is_undone


class PlanChangeUndo(models.Model):
    """A change of plan taken back, with the reason. Append-only, like what it takes back."""

    change = models.OneToOneField(PlanChange, on_delete=models.PROTECT, related_name="undo")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    reason = models.TextField(_("why"))

    class Meta:
        ordering = ("pk",)
        verbose_name = _("change of plan taken back")
        verbose_name_plural = _("changes of plan taken back")
        constraints = [models.CheckConstraint(name="plan_change_undo_has_reason", condition=~Q(reason=""))]
        triggers = append_only("plan_change_undo")

    def __str__(self) -> str:
        return f"{self.change_id} {self.on}"


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
            # The historic fault: a loan paid out twice. One payout entry per voucher and loan is not enough; one in all
            # until payout in parts is built.
            models.UniqueConstraint(
                name="entry_one_payout_per_loan", fields=["loan"], condition=Q(kind=EntryKind.PAYOUT)
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
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.kind} {self.amount}"


@tracked()
class SupportPeriod(Decision):
    """Months of living support, decided by the project lead (domain.md §6). Both days counted; ends are computed.

    The database refuses overlap (exclusion), gaps, more than the limit in all, and any period for a pensioner (trigger).
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="support_periods")
    kind = models.CharField(max_length=10, choices=PeriodKind)
    months = models.PositiveSmallIntegerField(_("months"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    screening = models.ForeignKey(Screening, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("case", "starts_on")
        verbose_name = _("support period")
        verbose_name_plural = _("support periods")
        constraints = [
            models.CheckConstraint(
                name="support_period_decided",
                condition=Q(decided_at__isnull=False, decided_on__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(name="support_months_1_to_12", condition=Q(months__gte=1) & Q(months__lte=12)),
            models.CheckConstraint(name="support_ends_after_start", condition=Q(ends_on__gt=F("starts_on"))),
            models.CheckConstraint(
                name="support_extension_from_screening",
                condition=Q(kind=PeriodKind.BASE) | Q(screening__isnull=False),
            ),
            models.UniqueConstraint(name="support_one_base", fields=["case"], condition=Q(kind=PeriodKind.BASE)),
            models.UniqueConstraint(
                name="support_one_extension_per_screening",
                fields=["screening"],
                condition=Q(kind=PeriodKind.EXTENSION),
            ),
            ExclusionConstraint(
                name="support_no_overlap",
                expressions=[
                    ("case", RangeOperators.EQUAL),
                    (closed_range("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("There is already living support in that period."),
            ),
        ]
        triggers = [
            *locked_when("support_period", pgtrigger.Q(old__decided_at__isnull=False)),
            pgtrigger.Trigger(
                name="support_period_limits",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("base", "loans_supportperiod%ROWTYPE"),
                    ("rules", "policy_ruleset%ROWTYPE"),
                    ("months_so_far", "integer"),
                    ("extended", "integer"),
                    ("last_end", "date"),
                    ("livelihood", "text"),
                ],
                func="""
                    PERFORM 1 FROM cases_casefile c WHERE c.id = NEW.case_id FOR UPDATE;
                    SELECT c.livelihood INTO livelihood FROM cases_casefile c WHERE c.id = NEW.case_id;
                    IF livelihood = 'disability_pension' THEN
                        RAISE EXCEPTION 'support_not_for_pensioners' USING ERRCODE = 'check_violation';
                    END IF;
                    SELECT coalesce(sum(p.months), 0), coalesce(sum(p.months) FILTER (WHERE p.kind = 'extension'), 0),
                           max(p.ends_on)
                      INTO months_so_far, extended, last_end
                      FROM loans_supportperiod p WHERE p.case_id = NEW.case_id;
                    -- The limits are the rule set's (domain.md §6, §7.2).
                    SELECT * INTO rules FROM policy_ruleset r WHERE r.id = NEW.rule_set_id;
                    IF rules.id IS NULL THEN
                        RAISE EXCEPTION 'support_without_rules' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.kind = 'base' AND NEW.months > rules.support_months THEN
                        RAISE EXCEPTION 'support_base_over_limit' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.kind = 'extension' AND NEW.months NOT BETWEEN rules.extension_min_months
                                                                     AND rules.extension_max_months THEN
                        RAISE EXCEPTION 'support_extension_length' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.kind = 'extension' AND extended + NEW.months > rules.extension_total_months THEN
                        RAISE EXCEPTION 'support_over_limit' USING ERRCODE = 'check_violation';
                    END IF;
                    SELECT * INTO base FROM loans_supportperiod p WHERE p.case_id = NEW.case_id AND p.kind = 'base';
                    IF NEW.kind = 'base' THEN
                        IF last_end IS NOT NULL THEN
                            RAISE EXCEPTION 'support_second_base' USING ERRCODE = 'check_violation';
                        END IF;
                        base := NEW;
                    ELSIF base.id IS NULL OR NEW.starts_on <> last_end + 1 THEN
                        RAISE EXCEPTION 'support_gap' USING ERRCODE = 'check_violation';
                    END IF;
                    -- Every end is computed from the original start, never from the previous end (domain.md §6).
                    IF NEW.ends_on <> (base.starts_on + make_interval(months => months_so_far + NEW.months))::date - 1 THEN
                        RAISE EXCEPTION 'support_wrong_end' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.starts_on}–{self.ends_on}"


# What comes in from the bank has a module of its own; Django finds models through this one.
from loans.payment_models import IncomingPayment, PaymentImport, Refund, Reversal  # noqa: E402

__all__ = [
    "DisbursementOrder",
    "IncomingPayment",
    "Instalment",
    "LedgerEntry",
    "Loan",
    "LoanDecision",
    "PaymentImport",
    "PlanChange",
    "PlanChangeUndo",
    "PlanVersion",
    "Refund",
    "Reversal",
    "SupportPeriod",
]
