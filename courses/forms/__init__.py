from courses.forms.attendance import AttendanceForm, EngagementForm, TapForm
from courses.forms.catalogue import TeacherForm
from courses.forms.enrolments import EnrolForm
from courses.forms.participants import ExceptionForm, GuestForm, InvitationForm, NewGuestForm, WithdrawForm
from courses.forms.runs import CADENCES, SHORT, RunEditForm, RunForm

__all__ = [
    "AttendanceForm",
    "CADENCES",
    "EngagementForm",
    "EnrolForm",
    "ExceptionForm",
    "GuestForm",
    "InvitationForm",
    "NewGuestForm",
    "RunEditForm",
    "RunForm",
    "SHORT",
    "TapForm",
    "TeacherForm",
    "WithdrawForm",
]
