from django.db import models
from django.utils.translation import gettext_lazy as _


class Rhythm(models.TextChoices):
    """How the sessions of a run lie (domain.md §5)."""

    WEEKLY = "weekly", _("Weekly meetings")
    CONSECUTIVE = "consecutive", _("Days in a row")
    HALF_DAYS = "half_days", _("Single half days")
    EVENING = "evening", _("Evening")
    AD_HOC = "ad_hoc", _("As needed")


class EnrolmentState(models.TextChoices):
    ENROLLED = "enrolled", _("Enrolled")
    WAITING = "waiting", _("On the waiting list")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# Of these a person has at most one on a run.
HOLDS_A_PLACE = (EnrolmentState.ENROLLED, EnrolmentState.WAITING)


class WithdrawalReason(models.TextChoices):
    """Why a seat is given up (domain.md §3.4, as far as it concerns a single course)."""

    ILLNESS = "illness", _("Illness")
    TIME = "time", _("Day or time does not fit")
    JOB = "job", _("Found a job")
    EDUCATION = "education", _("Started education")
    KNOWS_IT = "knows_it", _("Does not need the module")
    STOPPED = "stopped", _("Has stopped coming")
    CASE_CLOSED = "case_closed", _("The case is closed")
    OTHER = "other", _("Another reason")


class AttendanceMark(models.TextChoices):
    PRESENT = "present", _("Present")
    LATE = "late", _("Late")
    EXCUSED = "excused", _("Excused")
    ABSENT = "absent", _("Absent")


# domain.md §3.5: attended ÷ (attended + no-show); an excused absence counts in neither.
ATTENDED = frozenset({AttendanceMark.PRESENT, AttendanceMark.LATE})
