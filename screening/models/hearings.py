import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from microloan.core import clock
from microloan.core.history import Refuse, tracked
from screening.models.locks import locked_with
from screening.models.screenings import Screening


def _kept() -> list[pgtrigger.Trigger]:
    """What the citizen was shown stays, and so does the answer: a new recommendation is heard in a record of its own."""
    sent = ("screening_id", "recommendation_number", "shown", "sent_on", "sent_by_id", "answer_by", "created_at")
    return [
        Refuse(
            name="hearing_kept",
            operation=pgtrigger.UpdateOf(*sent) | pgtrigger.Delete,
            message="a hearing that was sent is kept",
        ),
        Refuse(
            name="hearing_answer_kept",
            operation=pgtrigger.Update,
            condition=~pgtrigger.Q(old__answer=""),
            message="the answer of the citizen is kept",
        ),
    ]


@tracked()
class HearingRecord(models.Model):
    """The hearing of a citizen before a stop: what was shown, when, until when, and the answer or none (danish-rules.md §2.1).

    It is about one recommendation. A recommendation that was taken back and written anew is heard anew.
    """

    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="hearing_records")
    # Which of the recommendations of the round (`Screening.recommendation_number`).
    recommendation_number = models.PositiveSmallIntegerField(_("recommendation number"), default=1)
    shown = models.TextField(_("what the citizen is shown"))
    sent_on = models.DateField(_("sent on"))
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answer_by = models.DateField(_("answer by"))
    answer = models.TextField(_("the citizen's answer"), blank=True)
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("sent_on", "pk")
        verbose_name = _("hearing of the citizen")
        verbose_name_plural = _("hearings of citizens")
        constraints = [
            models.UniqueConstraint(name="hearing_once", fields=["screening", "recommendation_number"]),
            models.CheckConstraint(name="hearing_shows_something", condition=Q(shown__regex=r"\S")),
            models.CheckConstraint(name="hearing_has_time", condition=Q(answer_by__gt=F("sent_on"))),
            models.CheckConstraint(
                name="hearing_answer_whole",
                condition=Q(answer="", answered_on__isnull=True, recorded_by__isnull=True)
                | (Q(answer__regex=r"\S", recorded_by__isnull=False, answered_on__gte=F("sent_on"))),
            ),
        ]
        triggers = [
            *locked_with(
                "hearing_locked_with_screening",
                parent="screening_screening",
                key="screening_id",
                when="decided_at",
                message="the screening is decided",
            ),
            *_kept(),
        ]

    def __str__(self) -> str:
        return f"{self.screening_id}: {self.sent_on}"
