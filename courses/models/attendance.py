from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from courses.enums import AttendanceMark
from courses.models.enrolments import Enrolment
from courses.models.runs import CourseSession
from microloan.core import clock
from microloan.core.history import tracked


@tracked()
class Attendance(models.Model):
    """How one participant took part in one session; a correction keeps the earlier value in the change history."""

    session = models.ForeignKey(CourseSession, on_delete=models.PROTECT, related_name="attendance")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="attendance")
    mark = models.CharField(_("attendance"), max_length=10, choices=AttendanceMark)
    marked_at = models.DateTimeField(default=clock.now)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("session__starts_at", "pk")
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")
        constraints = [models.UniqueConstraint(name="attendance_once", fields=["session", "enrolment"])]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.enrolment_id}: {self.mark}"
