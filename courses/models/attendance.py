import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from courses.enums import AttendanceMark
from courses.models.enrolments import Enrolment
from courses.models.runs import CourseSession
from microloan.core import clock
from microloan.core.history import append_only, tracked


@tracked()
class Attendance(models.Model):
    """How one participant took part in one session: the newest of the marks made (`AttendanceEntry`)."""

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


class OnlyOfThisRun(pgtrigger.Trigger):
    """Refuse a mark of somebody on another run, made before the session began, or in a session that is cancelled."""

    when = pgtrigger.Before
    operation = pgtrigger.Insert
    declare = [  # noqa: RUF012  as its base
        ("begins", "timestamptz"),
        ("cancelled", "timestamptz"),
        ("of_session", "bigint"),
        ("of_seat", "bigint"),
    ]
    func = """
        SELECT starts_at, cancelled_at, run_id INTO begins, cancelled, of_session
            FROM courses_coursesession WHERE id = NEW.session_id;
        SELECT run_id INTO of_seat FROM courses_enrolment WHERE id = NEW.enrolment_id;
        IF of_session <> of_seat OR NEW.marked_at < begins OR cancelled IS NOT NULL THEN
            RAISE EXCEPTION 'The mark does not fit the session (mark_fits_session)'
            USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'mark_fits_session';
        END IF;
        RETURN NEW;
    """


class AttendanceEntry(models.Model):
    """One tap: a mark of one participant in one session, kept for ever. A correction is a further one.

    `key` comes from the telephone, so that a tap that is sent again after a lost answer counts once; `marked_at` is when it
    was tapped, which may be long before it arrived (docs/decisions/157).
    """

    session = models.ForeignKey(CourseSession, on_delete=models.PROTECT, related_name="entries")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="entries")
    mark = models.CharField(_("attendance"), max_length=10, choices=AttendanceMark)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    marked_at = models.DateTimeField(_("marked at"))
    received_at = models.DateTimeField(_("received at"), default=clock.now)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("marked_at", "pk")
        verbose_name = _("mark")
        verbose_name_plural = _("marks")
        indexes = [models.Index(fields=["enrolment", "session", "marked_at", "id"], name="attendance_entry_newest")]
        triggers = [*append_only("attendance_entry"), OnlyOfThisRun(name="mark_fits_session")]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.enrolment_id}: {self.mark}"
