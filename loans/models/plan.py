"""Repayment plans in versions, and the changes of plan that the project lead decides (domain.md §7.3)."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.models import Decision
from loans.enums import (
    DefermentKind,
    LoanOutcome,
    PlanCause,
    PlanChangeKind,
)
from loans.models.loan import Loan
from microloan.core import danish
from microloan.core.history import append_only, locked_when, sealed, tracked
from microloan.core.money import ZERO
from microloan.policy.models import RuleSet
from screening.enums import Hearing


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
    # Of a refusal, as with the loan itself (`LoanDecision`).
    hearing = models.CharField(_("hearing"), max_length=10, choices=Hearing, blank=True)
    hearing_note = models.TextField(_("about the hearing"), blank=True)

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
                name="plan_refusal_has_hearing",
                condition=~Q(outcome=LoanOutcome.REFUSED) | (~Q(hearing="") & ~Q(hearing_note="")),
                violation_error_message=_("Write how the citizen was heard, or why that is not needed."),
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


@sealed()
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
