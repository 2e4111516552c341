from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from microloan.core import clock
from microloan.core.history import tracked
from screening.models.locks import locked_with
from screening.models.screenings import Screening


@tracked()
class HearingRecord(models.Model):
    """The hearing of a citizen before a stop: what was shown, when, until when, and the answer or none (danish-rules.md §2.1)."""

    screening = models.OneToOneField(Screening, on_delete=models.PROTECT, related_name="hearing_record")
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
            models.CheckConstraint(name="hearing_shows_something", condition=Q(shown__regex=r"\S")),
            models.CheckConstraint(name="hearing_has_time", condition=Q(answer_by__gt=F("sent_on"))),
            models.CheckConstraint(
                name="hearing_answer_whole",
                condition=Q(answer="", answered_on__isnull=True, recorded_by__isnull=True)
                | (Q(answer__regex=r"\S", recorded_by__isnull=False, answered_on__gte=F("sent_on"))),
            ),
        ]
        triggers = locked_with(
            "hearing_locked_with_screening",
            parent="screening_screening",
            key="screening_id",
            when="decided_at",
            message="the screening is decided",
        )

    def __str__(self) -> str:
        return f"{self.screening_id}: {self.sent_on}"
