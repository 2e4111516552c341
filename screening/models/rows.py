"""The lines of operating and liquidity budgets. A version is never edited: both tables only grow (docs/decisions/135)."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from microloan.core.history import append_only
from microloan.policy.models import RuleSet
from screening.enums import RowSection, VatPeriod
from screening.models.budgets import Budget
from screening.models.locks import sealed_with_budget


class NoneBelowZero(Func):
    """`0 <= ALL(amounts)`: no amount of the array is below zero, and none is missing."""

    template = "(0 <= ALL(%(expressions)s) AND array_position(%(expressions)s, NULL) IS NULL)"
    arity = 1
    output_field = models.BooleanField()


def kroner_of_months() -> ArrayField:
    return ArrayField(models.DecimalField(max_digits=12, decimal_places=2), size=12)


class BudgetFrame(models.Model):
    """What goes with the lines of a version: its first month, VAT, tax, and the loan as its plan was when it was saved."""

    budget = models.OneToOneField(Budget, on_delete=models.PROTECT, related_name="frame")
    rule_set = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField(_("first month"))
    vat_period = models.CharField(_("VAT"), max_length=10, choices=VatPeriod)
    opening = models.DecimalField(_("money at the start"), max_digits=12, decimal_places=2, default=Decimal("0"))
    b_tax = models.DecimalField(_("B-tax for the year"), max_digits=12, decimal_places=2, default=Decimal("0"))
    loan = kroner_of_months()
    repayments = kroner_of_months()
    # The amount the plan is made for, and whether it is a loan that has been decided or the need of the budget.
    loan_amount = models.DecimalField(_("loan"), max_digits=12, decimal_places=2, default=Decimal("0"))
    loan_is_decided = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("frame of a budget")
        verbose_name_plural = _("frames of budgets")
        constraints = [
            models.CheckConstraint(name="budget_frame_first_of_month", condition=Q(starts_on__day=1)),
            models.CheckConstraint(
                name="budget_frame_amounts",
                condition=Q(NoneBelowZero("loan"))
                & Q(NoneBelowZero("repayments"))
                & Q(loan__len=12, repayments__len=12, b_tax__gte=0, loan_amount__gte=0),
            ),
        ]
        triggers = [*append_only("budget_frame"), sealed_with_budget("budget_frame_locked")]

    def __str__(self) -> str:
        return f"{self.budget_id}"


class BudgetRow(models.Model):
    """One line: one amount (a year), or twelve (a liquidity budget)."""

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="rows")
    order = models.PositiveSmallIntegerField()
    section = models.CharField(_("section"), max_length=10, choices=RowSection)
    text = models.CharField(_("what"), max_length=120)
    source = models.CharField(_("who says so"), max_length=200, blank=True)
    vat = models.BooleanField(_("with VAT"), default=False)
    amounts = ArrayField(models.DecimalField(max_digits=12, decimal_places=2), size=12)

    class Meta:
        ordering = ("order", "pk")
        verbose_name = _("line of a budget")
        verbose_name_plural = _("lines of budgets")
        constraints = [
            models.UniqueConstraint(name="budget_row_order", fields=["budget", "order"]),
            models.CheckConstraint(
                name="budget_row_amounts", condition=Q(NoneBelowZero("amounts")) & Q(amounts__len__in=[1, 12])
            ),
        ]
        triggers = [*append_only("budget_row"), sealed_with_budget("budget_row_locked")]

    def __str__(self) -> str:
        return self.text
