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


class AsLastMarked(pgtrigger.Trigger):
    """Refuse what the marks do not say: the mark that was made last stands, and it stays while the session counts."""

    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
    declare = [("last", "record")]  # noqa: RUF012  as its base
    func = """
        IF TG_OP = 'DELETE' THEN
            IF EXISTS (SELECT 1 FROM courses_coursesession WHERE id = OLD.session_id AND cancelled_at IS NOT NULL) THEN
                RETURN OLD;
            END IF;
        ELSE
            SELECT mark, marked_at, marked_by_id INTO last FROM courses_attendanceentry
                WHERE enrolment_id = NEW.enrolment_id AND session_id = NEW.session_id
                ORDER BY marked_at DESC, id DESC LIMIT 1;
            IF FOUND AND (last.mark, last.marked_at, last.marked_by_id) = (NEW.mark, NEW.marked_at, NEW.marked_by_id) THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'The attendance is not as it was marked (attendance_as_marked)'
        USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'attendance_as_marked';
    """


class StandsAtTheEnd(pgtrigger.Trigger):
    """At the end of the transaction the newest mark is the attendance, unless the session was cancelled since."""

    when = pgtrigger.After
    operation = pgtrigger.Insert
    timing = pgtrigger.Deferred
    declare = [("last", "record")]  # noqa: RUF012  as its base
    func = """
        SELECT mark, marked_at INTO last FROM courses_attendanceentry
            WHERE enrolment_id = NEW.enrolment_id AND session_id = NEW.session_id
            ORDER BY marked_at DESC, id DESC LIMIT 1;
        IF NOT EXISTS (
            SELECT 1 FROM courses_attendance WHERE session_id = NEW.session_id AND enrolment_id = NEW.enrolment_id
                AND (mark, marked_at) = (last.mark, last.marked_at)
        ) AND EXISTS (SELECT 1 FROM courses_coursesession WHERE id = NEW.session_id AND cancelled_at IS NULL) THEN
            RAISE EXCEPTION 'The newest mark is not the attendance (mark_stands)'
            USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'mark_stands';
        END IF;
        RETURN NULL;
    """


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
        triggers = [AsLastMarked(name="attendance_as_marked")]

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
        triggers = [
            *append_only("attendance_entry"),
            OnlyOfThisRun(name="mark_fits_session"),
            StandsAtTheEnd(name="mark_stands"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.enrolment_id}: {self.mark}"
