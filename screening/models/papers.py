import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models import CaseFile, Contact, Document
from microloan.core import clock
from microloan.core.history import Refuse, append_only, locked_when
from screening.papers.enums import READABLE, FormResult, GoalResult, PaperKind, PaperSource, PlanStage


class Paper(models.Model):
    """One version of a person profile, plan, self-evaluation or action plan; append-only (domain.md §4).

    `answers` maps the code of a question (`screening.papers.questions`) to what is answered; what is not, is left out.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField(_("kind"), max_length=20, choices=PaperKind)
    number = models.PositiveSmallIntegerField(_("version"))
    stage = models.CharField(_("stage"), max_length=12, choices=PlanStage, blank=True)
    answers = models.JSONField(_("answers"))
    answered_on = models.DateField(_("answered on"))
    source = models.CharField(_("source"), max_length=8, choices=PaperSource, default=PaperSource.TYPED)
    # The file that the answers were read from.
    document = models.ForeignKey(Document, null=True, blank=True, on_delete=models.PROTECT, related_name="papers")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("case", "kind", "-number")
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        constraints = [
            models.UniqueConstraint(name="paper_version", fields=["case", "kind", "number"]),
            models.CheckConstraint(name="paper_from_one", condition=Q(number__gte=1)),
            models.CheckConstraint(name="paper_kind_known", condition=Q(kind__in=[kind.value for kind in PaperKind])),
            models.CheckConstraint(
                name="paper_stage_of_plan",
                condition=Q(kind=PaperKind.BUSINESS_PLAN, stage__in=[stage.value for stage in PlanStage])
                | (~Q(kind=PaperKind.BUSINESS_PLAN) & Q(stage="")),
            ),
            models.CheckConstraint(
                name="paper_read_from_a_file",
                condition=Q(source=PaperSource.FORM, document__isnull=False)
                | Q(source=PaperSource.TYPED, document__isnull=True),
            ),
            models.CheckConstraint(name="paper_answers_something", condition=~Q(answers={})),
        ]
        triggers = append_only("paper")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} v{self.number}"

    @property
    def title(self) -> str:
        """“Business plan, provisional”."""
        kind = str(PaperKind(self.kind).label)
        return f"{kind}, {str(PlanStage(self.stage).label).lower()}" if self.stage else kind


# Of a form that came back; only what was taken of it comes later.
CAME_BACK = (
    "case_id",
    "document_id",
    "kind",
    "form_version",
    "result",
    "values",
    "received_at",
    "received_by_id",
)


class ReceivedForm(models.Model):
    """A file that came back: what it turned out to be, what stood in its fields, and what was taken of it.

    The file itself is a document of the case. Values of another case's form are not kept.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="received_forms")
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="received_form")
    kind = models.CharField(_("kind"), max_length=40, blank=True)
    form_version = models.PositiveSmallIntegerField(_("version of the form"), null=True, blank=True)
    result = models.CharField(_("what it is"), max_length=12, choices=FormResult)
    values = models.JSONField(default=dict, blank=True)
    taken = models.JSONField(default=list, blank=True)
    received_at = models.DateTimeField(default=clock.now, editable=False)
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("-received_at", "-pk")
        verbose_name = _("form that came back")
        verbose_name_plural = _("forms that came back")
        indexes = [models.Index(fields=["case", "-received_at", "-id"], name="received_form_newest")]
        constraints = [
            models.CheckConstraint(
                name="received_form_result_known", condition=Q(result__in=[result.value for result in FormResult])
            ),
            models.CheckConstraint(
                name="received_form_values_when_read",
                condition=Q(values={}) | Q(result__in=sorted(READABLE), kind__gt=""),
            ),
            models.CheckConstraint(
                name="received_form_settled_by_someone",
                condition=Q(settled_at__isnull=True, settled_by__isnull=True, taken=[])
                | Q(settled_at__isnull=False, settled_by__isnull=False, settled_at__gte=F("received_at")),
            ),
        ]
        triggers = [
            *locked_when("received_form", pgtrigger.Q(old__settled_at__isnull=False)),
            Refuse(
                name="received_form_kept",
                operation=pgtrigger.UpdateOf(*CAME_BACK) | pgtrigger.Delete,
                message="what came back is kept as it was",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.result}"

    @property
    def is_readable(self) -> bool:
        return self.result in READABLE

    @property
    def is_waiting(self) -> bool:
        return self.is_readable and self.settled_at is None


class GoalReview(models.Model):
    """How it stood with one goal at an evaluation meeting; append-only. `goal` is its number on the action plan."""

    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="reviews")
    goal = models.PositiveSmallIntegerField(_("goal"))
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="goal_reviews")
    result = models.CharField(_("how it stands"), max_length=12, choices=GoalResult)
    note = models.TextField(_("note"), blank=True)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("follow-up on a goal")
        verbose_name_plural = _("follow-ups on goals")
        constraints = [
            models.CheckConstraint(name="goal_review_number", condition=Q(goal__gte=1, goal__lte=5)),
            models.CheckConstraint(
                name="goal_review_result_known", condition=Q(result__in=[result.value for result in GoalResult])
            ),
        ]
        triggers = append_only("goal_review")

    def __str__(self) -> str:
        return f"{self.paper_id}.{self.goal}: {self.result}"
