from decimal import Decimal

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import CaseFile, Decision
from microloan.core import clock
from microloan.core.history import append_only, locked_when, no_truncate, tracked
from screening.enums import BudgetKind, BudgetState, Hearing, LineKind, Outcome, ScreeningNumber, ScreeningState


def locked_with(name: str, *, parent: str, key: str, when: str, message: str) -> list[pgtrigger.Trigger]:
    """Refuse every change of rows that belong to a locked row of the table `parent`.

    The parent is read FOR SHARE, so that a row slipped in beside a decision waits for it, and is refused then.
    """
    return [
        pgtrigger.Trigger(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            declare=[("locked", "timestamptz")],
            func=f"""
                SELECT max(held.{when}) INTO locked FROM (
                    SELECT {when} FROM {parent} WHERE id IN (NEW.{key}, OLD.{key}) FOR SHARE
                ) held;
                IF locked IS NOT NULL THEN
                    RAISE EXCEPTION 'Cannot % rows of %: {message} ({name})', lower(TG_OP), TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = '{name}';
                END IF;
                IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                RETURN NEW;
            """,  # noqa: S608  names of tables and columns from this file
        ),
        no_truncate(name, message),
    ]


class CriteriaSet(models.Model):
    """The criteria of one screening, in a version. A decided screening keeps the version it used (domain.md §4)."""

    number = models.PositiveSmallIntegerField(_("screening"), choices=ScreeningNumber)
    version = models.PositiveSmallIntegerField(_("version"))
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("number", "-version")
        verbose_name = _("criteria set")
        verbose_name_plural = _("criteria sets")
        constraints = [
            models.UniqueConstraint(name="criteria_set_version", fields=["number", "version"]),
            models.UniqueConstraint(name="criteria_set_one_current", fields=["number"], condition=Q(is_current=True)),
        ]

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"


class Criterion(models.Model):
    """One thing that is rated 1–5, with what 1 and 5 mean written out (ui-guide.md §3.3). Rows are never changed: a new set is made."""

    criteria_set = models.ForeignKey(CriteriaSet, on_delete=models.PROTECT, related_name="criteria")
    code = models.SlugField(max_length=40)
    order = models.PositiveSmallIntegerField()
    weight = models.PositiveSmallIntegerField(_("weight"), default=1)
    title = models.CharField(_("criterion"), max_length=160)
    low = models.CharField(_("1 means"), max_length=160)
    high = models.CharField(_("5 means"), max_length=160)

    class Meta:
        ordering = ("order", "pk")
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        constraints = [models.UniqueConstraint(name="criterion_code_in_set", fields=["criteria_set", "code"])]
        triggers = append_only("criterion")

    def __str__(self) -> str:
        return self.title


@tracked()
class Screening(Decision):
    """One round of one of the four screenings. Decided by the project lead, then locked; a revision is a new round."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="screenings")
    number = models.PositiveSmallIntegerField(_("screening"), choices=ScreeningNumber)
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    state = models.CharField(max_length=12, choices=ScreeningState, default=ScreeningState.DRAFT)
    criteria_set = models.ForeignKey(CriteriaSet, on_delete=models.PROTECT, related_name="screenings")
    held_on = models.DateField(_("date"))
    staff = models.ManyToManyField(settings.AUTH_USER_MODEL, verbose_name=_("present"), related_name="+")
    strengths = models.TextField(_("what speaks for"), blank=True)
    person = models.TextField(_("the person"), blank=True)
    money = models.TextField(_("the money"), blank=True)
    plan = models.TextField(_("the plan"), blank=True)
    # Named warnings raised by the system, each answered in words: {"code": {"text": …, "answer": …}}
    warnings = models.JSONField(default=dict, blank=True)
    recommendation = models.CharField(_("recommendation"), max_length=10, choices=Outcome, blank=True)
    recommended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    recommended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(_("decision"), max_length=10, choices=Outcome, blank=True)
    improvements = models.TextField(_("what must be better"), blank=True)
    return_by = models.DateField(_("back by"), null=True, blank=True)
    # A stop rests on a hearing of the citizen, or on a person's word why none is needed (danish-rules.md §2.1).
    hearing = models.CharField(_("hearing of the citizen"), max_length=12, choices=Hearing, blank=True)
    hearing_note = models.TextField(_("hearing in words"), blank=True)
    # What the decision gives, filled in by higher rooms: granted modules, months of extension (domain.md §4).
    gives = models.JSONField(default=dict, blank=True)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    saved_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ("number", "round", "pk")
        verbose_name = _("screening")
        verbose_name_plural = _("screenings")
        constraints = [
            models.UniqueConstraint(name="screening_round", fields=["case", "number", "round"]),
            # One open round of a screening at a time: two tabs cannot start two.
            models.UniqueConstraint(
                name="screening_one_open_round", fields=["case", "number"], condition=Q(decided_at__isnull=True)
            ),
            models.CheckConstraint(
                name="screening_decided_whole",
                condition=(
                    Q(
                        state=ScreeningState.DECIDED,
                        decided_at__isnull=False,
                        decided_on__isnull=False,
                        decided_by__isnull=False,
                    )
                    & ~Q(outcome="")
                )
                | (~Q(state=ScreeningState.DECIDED) & Q(decided_at__isnull=True, outcome="")),
            ),
            models.CheckConstraint(
                name="screening_revise_names_improvements",
                condition=~Q(outcome=Outcome.REVISE) | (~Q(improvements="") & Q(return_by__isnull=False)),
                violation_error_message=_("Write what must be better, and by when."),
            ),
            models.CheckConstraint(
                name="screening_stop_after_hearing",
                condition=~Q(outcome=Outcome.STOP)
                | Q(number=ScreeningNumber.FOUR)
                | Q(hearing=Hearing.EXPIRED)
                | (Q(hearing__in=[Hearing.ANSWERED, Hearing.NOT_NEEDED]) & ~Q(hearing_note="")),
                violation_error_message=_("State how the citizen was heard, or why a hearing is not needed."),
            ),
            # What does not give the citizen everything asked for is explained (danish-rules.md §2.1).
            models.CheckConstraint(
                name="screening_with_reasons",
                condition=~Q(outcome__in=[Outcome.REVISE, Outcome.STOP]) | Q(reasons__regex=r"\S"),
                violation_error_message=_("Write the reasons for the decision."),
            ),
        ]
        triggers = locked_when("screening", pgtrigger.Q(old__decided_at__isnull=False))

    def __str__(self) -> str:
        return f"{self.get_number_display()} · {self.round}"


class ScreeningStaff(Screening.staff.through):  # type: ignore[misc,name-defined]
    """Who was present. Only here to lock the rows of the many-to-many field with the screening."""

    class Meta:
        proxy = True
        triggers = locked_with(
            "staff_locked_with_screening",
            parent="screening_screening",
            key="screening_id",
            when="decided_at",
            message="the screening is decided",
        )


@tracked()
class Score(models.Model):
    """One criterion's rating 1–5 with a note; empty = not assessed, allowed until the decision."""

    screening = models.ForeignKey(Screening, on_delete=models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="scores")
    value = models.PositiveSmallIntegerField(
        _("rating"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    note = models.TextField(_("reasons"), blank=True)

    class Meta:
        ordering = ("criterion__order", "pk")
        verbose_name = _("rating")
        verbose_name_plural = _("ratings")
        constraints = [
            models.UniqueConstraint(name="score_once", fields=["screening", "criterion"]),
            models.CheckConstraint(
                name="score_1_to_5", condition=Q(value__isnull=True) | (Q(value__gte=1) & Q(value__lte=5))
            ),
        ]
        triggers = locked_with(
            "score_locked_with_screening",
            parent="screening_screening",
            key="screening_id",
            when="decided_at",
            message="the screening is decided",
        )

    def __str__(self) -> str:
        return f"{self.criterion_id}: {self.value}"


@tracked()
class Budget(models.Model):
    """One version of a budget; an approved one is locked. The establishment budget gives the loan need (domain.md §4)."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="budgets")
    kind = models.CharField(max_length=24, choices=BudgetKind)
    number = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(max_length=10, choices=BudgetState, default=BudgetState.DRAFT)
    note = models.TextField(_("remarks"), blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
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
        ]
        triggers = locked_when("budget", pgtrigger.Q(old__approved_at__isnull=False))

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
        triggers = locked_with(
            "budget_line_locked",
            parent="screening_budget",
            key="budget_id",
            when="approved_at",
            message="the budget is approved",
        )

    def __str__(self) -> str:
        return self.text
