from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import CaseFile
from courses.enums import EnrolmentState
from courses.models.catalogue import CourseModule
from courses.models.runs import CourseRun
from microloan.core.history import tracked
from screening.models import Screening


class ModuleGrant(models.Model):
    """A module granted to a case by a decided screening 2 (domain.md §4)."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="module_grants")
    module = models.ForeignKey(CourseModule, on_delete=models.PROTECT, related_name="grants")
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="module_grants")
    granted_on = models.DateField(_("granted"))

    class Meta:
        ordering = ("module__order", "pk")
        verbose_name = _("granted module")
        verbose_name_plural = _("granted modules")
        constraints = [models.UniqueConstraint(name="module_granted_once", fields=["case", "module"])]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.module_id}"


@tracked()
class Enrolment(models.Model):
    """A seat on a run for a case. Seats cannot be oversold: the run's row is locked while one is given."""

    run = models.ForeignKey(CourseRun, on_delete=models.PROTECT, related_name="enrolments")
    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="enrolments")
    state = models.CharField(max_length=10, choices=EnrolmentState, default=EnrolmentState.ENROLLED)
    enrolled_on = models.DateField()
    enrolled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_reason = models.CharField(_("why withdrawn"), max_length=200, blank=True)
    engagement = models.TextField(_("engagement"), blank=True)

    class Meta:
        ordering = ("case__citizen__name", "pk")
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.UniqueConstraint(
                name="enrolled_once_per_run", fields=["run", "case"], condition=Q(state=EnrolmentState.ENROLLED)
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} → {self.run_id}"
