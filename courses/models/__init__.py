from courses.models.attendance import Attendance, AttendanceEntry
from courses.models.catalogue import CourseModule, Teacher
from courses.models.enrolments import Enrolment, ModuleGrant
from courses.models.guests import Guest
from courses.models.invitations import Invitation
from courses.models.runs import CourseRun, CourseSession

__all__ = [
    "Attendance",
    "AttendanceEntry",
    "CourseModule",
    "CourseRun",
    "CourseSession",
    "Enrolment",
    "Guest",
    "Invitation",
    "ModuleGrant",
    "Teacher",
]
