from decimal import Decimal

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import CaseFile
from microloan.core import clock
from microloan.core.history import Refuse, append_only, locked_when, tracked
from screening.enums import BudgetKind, BudgetState, LineKind
from screening.models.locks import sealed_with_budget

# What a version is once it is written; only its approval comes later.
WRITTEN = ("case_id", "kind", "number", "note", "created_at", "created_by_id", "sealed_at")


@tracked(exclude=["sealed_at"])
class Budget(models.Model):
    """One version of a budget, as it was saved. The establishment budget gives the loan need (domain.md §4).

    Written once: sealed with its lines in the transaction that makes it, and locked whole when it is approved.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="budgets")
    kind = models.CharField(max_length=24, choices=BudgetKind)
    number = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(max_length=10, choices=BudgetState, default=BudgetState.DRAFT)
    note = models.TextField(_("remarks"), blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Set when all lines are in: no line is added, changed or taken away from then on.
    sealed_at = models.DateTimeField(null=True, blank=True, editable=False)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("case", "kind", "-number")
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.UniqueConstraint(name="budget_version", fields=["case", "kind", "number"]),
            models.CheckConstraint(
                name="budget_approved_by_someone",
                condition=Q(state=BudgetState.APPROVED, approved_at__isnull=False, approved_by__isnull=False)
                | (~Q(state=BudgetState.APPROVED) & Q(approved_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="budget_approved_as_written", condition=Q(approved_at__isnull=True) | Q(sealed_at__isnull=False)
            ),
        ]
        triggers = [
            *locked_when("budget", pgtrigger.Q(old__approved_at__isnull=False)),
            Refuse(
                name="budget_kept",
                operation=pgtrigger.UpdateOf(*WRITTEN) | pgtrigger.Delete,
                condition=pgtrigger.Q(old__sealed_at__isnull=False),
                message="a saved version of a budget is kept as it is",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} v{self.number}"


class BudgetLine(models.Model):
    """One line of a budget, in kroner."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="lines")
    order = models.PositiveSmallIntegerField()
    kind = models.CharField(_("kind"), max_length=12, choices=LineKind, default=LineKind.EXPENSE)
    text = models.CharField(_("what"), max_length=120)
    amount = models.DecimalField(
        _("amount"), max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )

    class Meta:
        ordering = ("order", "pk")
        verbose_name = _("budget line")
        verbose_name_plural = _("budget lines")
        constraints = [models.CheckConstraint(name="budget_line_positive", condition=Q(amount__gt=0))]
        triggers = [*append_only("budget_line"), sealed_with_budget("budget_line_locked")]

    def __str__(self) -> str:
        return self.text
