from courses.models.attendance import Attendance, AttendanceEntry
from courses.models.catalogue import CourseModule, Place, SchoolHoliday, Teacher
from courses.models.enrolments import Enrolment, ModuleGrant, ResidentialException
from courses.models.guests import Guest
from courses.models.invitations import Invitation
from courses.models.meetings import Meeting
from courses.models.mentors import RegisterMentor
from courses.models.runs import CourseRun, CourseSession, OverruledClash, SessionMove

__all__ = [
    "Attendance",
    "AttendanceEntry",
    "CourseModule",
    "CourseRun",
    "CourseSession",
    "Enrolment",
    "Guest",
    "Invitation",
    "Meeting",
    "ModuleGrant",
    "OverruledClash",
    "Place",
    "RegisterMentor",
    "ResidentialException",
    "SchoolHoliday",
    "SessionMove",
    "Teacher",
]
