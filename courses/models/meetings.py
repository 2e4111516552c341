from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.enums import Audience
from courses.models.runs import CourseRun
from microloan.core.history import tracked


@tracked()
class Meeting(models.Model):
    """What makes a run of a voluntary module a meeting to which people are invited and come as they like (domain.md §5).

    The run has its day, place, seats and attendance. The programme stands in the invitation; the script and the ideas are
    for the team (docs/decisions/154).
    """

    run = models.OneToOneField(CourseRun, on_delete=models.PROTECT, related_name="meeting")
    audience = models.CharField(_("for"), max_length=10, choices=Audience, default=Audience.BOTH)
    theme = models.CharField(_("theme"), max_length=120, blank=True)
    programme = models.TextField(_("programme"), blank=True)
    script = models.TextField(_("script"), blank=True)
    ideas = models.TextField(_("ideas for the next one"), blank=True)
    reply_by = models.DateField(_("answer wanted by"), null=True, blank=True)

    class Meta:
        ordering = ("run__starts_on", "pk")
        verbose_name = _("meeting")
        verbose_name_plural = _("meetings")
        constraints = [models.CheckConstraint(name="meeting_audience", condition=Q(audience__in=Audience.values))]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.theme}"
