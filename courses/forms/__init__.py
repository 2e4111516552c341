from courses.forms.attendance import AttendanceForm, EngagementForm, TapForm
from courses.forms.catalogue import ModuleForm, PeriodForm, PlaceForm, SchoolHolidayForm, TeacherEditForm, TeacherForm
from courses.forms.cohorts import CohortForm, ModuleRowForm, PlanForm, PreCourseForm, ResidentialForm
from courses.forms.enrolments import CandidatesForm, EnrolForm, EnrolManyForm
from courses.forms.meetings import MeetingForm, MeetingsForm
from courses.forms.participants import ExceptionForm, GuestForm, InvitationForm, NewGuestForm, WithdrawForm
from courses.forms.runs import (
    AddSessionForm,
    CancelSessionForm,
    MoveSessionForm,
    OverruleForm,
    RunEditForm,
    RunForm,
    session_forms,
    times_of,
)

__all__ = [
    "AddSessionForm",
    "AttendanceForm",
    "CancelSessionForm",
    "CandidatesForm",
    "CohortForm",
    "EngagementForm",
    "EnrolForm",
    "EnrolManyForm",
    "ExceptionForm",
    "GuestForm",
    "InvitationForm",
    "MeetingForm",
    "MeetingsForm",
    "ModuleForm",
    "ModuleRowForm",
    "MoveSessionForm",
    "NewGuestForm",
    "OverruleForm",
    "PeriodForm",
    "PlaceForm",
    "PlanForm",
    "PreCourseForm",
    "ResidentialForm",
    "RunEditForm",
    "RunForm",
    "SchoolHolidayForm",
    "TapForm",
    "TeacherEditForm",
    "TeacherForm",
    "WithdrawForm",
    "session_forms",
    "times_of",
]
