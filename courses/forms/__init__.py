from courses.forms.attendance import AttendanceForm, EngagementForm
from courses.forms.catalogue import TeacherForm
from courses.forms.enrolments import EnrolForm, WithdrawForm
from courses.forms.runs import CADENCES, SHORT, RunEditForm, RunForm

__all__ = [
    "AttendanceForm",
    "CADENCES",
    "EngagementForm",
    "EnrolForm",
    "RunEditForm",
    "RunForm",
    "SHORT",
    "TeacherForm",
    "WithdrawForm",
]
