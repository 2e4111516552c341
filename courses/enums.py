from django.db import models
from django.utils.translation import gettext_lazy as _


class Rhythm(models.TextChoices):
    """How the sessions of a run lie (domain.md §5)."""

    WEEKLY = "weekly", _("Weekly meetings")
    CONSECUTIVE = "consecutive", _("Days in a row")
    HALF_DAYS = "half_days", _("Single half days")
    EVENING = "evening", _("Evening")
    MONTHLY = "monthly", _("Once a month")
    AD_HOC = "ad_hoc", _("As needed")


class EnrolmentState(models.TextChoices):
    INVITED = "invited", _("Invited")
    ENROLLED = "enrolled", _("Enrolled")
    WAITING = "waiting", _("On the waiting list")
    DECLINED = "declined", _("Does not come")
    WITHDRAWN = "withdrawn", _("Withdrawn")


HOLDS_A_PLACE = (EnrolmentState.ENROLLED, EnrolmentState.WAITING)
# Asked to a voluntary meeting, and without a seat: no answer yet, or no.
WITHOUT_A_PLACE = (EnrolmentState.INVITED, EnrolmentState.DECLINED)
# Of these a person has at most one on a run.
ON_THE_LIST = (*HOLDS_A_PLACE, *WITHOUT_A_PLACE)


class Audience(models.TextChoices):
    """Whom a voluntary meeting is for (domain.md §3.1, §5)."""

    MAIN_COURSE = "main", _("Main course")
    AFTERCARE = "aftercare", _("Aftercare")
    BOTH = "both", _("Main course and aftercare")


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
