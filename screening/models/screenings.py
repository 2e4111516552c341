import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import CaseFile, Decision
from microloan.core.history import locked_when, tracked
from screening.enums import Hearing, Outcome, ScreeningNumber, ScreeningState
from screening.models.criteria import CriteriaSet, Criterion
from screening.models.locks import locked_with


def _stop_fits_hearing() -> pgtrigger.Trigger:
    """A stop says of its hearing what the record says: heard about just this recommendation, and not while it runs."""
    name = "screening_stop_fits_hearing"
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        condition=pgtrigger.Q(new__outcome=Outcome.STOP.value) & ~pgtrigger.Q(new__number=ScreeningNumber.FOUR.value),
        declare=[("heard", "screening_hearingrecord%ROWTYPE"), ("is_over", "boolean")],
        func=f"""
            SELECT * INTO heard FROM screening_hearingrecord
             WHERE screening_id = NEW.id AND recommendation_number = NEW.recommendation_number;
            is_over := heard.answer = '' AND heard.answer_by < NEW.decided_on;
            IF (NEW.hearing = '{Hearing.EXPIRED.value}' AND is_over IS NOT TRUE)
                OR (heard.answer = '' AND NOT is_over)
                OR (heard.answer <> '' AND NEW.hearing <> '{Hearing.ANSWERED.value}')
            THEN
                RAISE EXCEPTION 'Cannot % rows of %: the hearing of the citizen says otherwise ({name})', lower(TG_OP), TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = '{name}';
            END IF;
            RETURN NEW;
        """,  # noqa: S608  names of tables and values from this room
    )


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
    # The versions of budgets, plans and forms that the recommendation, then the decision, rests on, with their figures.
    material = models.JSONField(_("material"), default=list, blank=True)
    recommendation = models.CharField(_("recommendation"), max_length=10, choices=Outcome, blank=True)
    recommended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    recommended_at = models.DateTimeField(null=True, blank=True)
    # Counts on where a recommendation is taken back: a hearing is about one of them (`HearingRecord`).
    recommendation_number = models.PositiveSmallIntegerField(_("recommendation number"), default=1)
    outcome = models.CharField(_("decision"), max_length=10, choices=Outcome, blank=True)
    improvements = models.TextField(_("what must be better"), blank=True)
    return_by = models.DateField(_("back by"), null=True, blank=True)
    # A stop rests on a hearing of the citizen, or on a person's word why none is needed (danish-rules.md §2.1).
    hearing = models.CharField(_("hearing of the citizen"), max_length=12, choices=Hearing, blank=True)
    hearing_note = models.TextField(_("hearing in words"), blank=True)
    # While the citizen is heard: the last day to answer (`HearingRecord`). Empty once answered.
    hearing_until = models.DateField(_("the citizen answers by"), null=True, blank=True)
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
        triggers = [*locked_when("screening", pgtrigger.Q(old__decided_at__isnull=False)), _stop_fits_hearing()]

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
