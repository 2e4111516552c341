"""What happens with courses: modules granted, runs planned, seats given, attendance taken (domain.md §5)."""

from courses.services.attendance import mark_attendance, save_engagement
from courses.services.catalogue import add_teacher, ensure_catalogue
from courses.services.enrolments import enrol, give_up_seats, grant_from_decision, grant_modules, withdraw
from courses.services.runs import plan_run, update_run

__all__ = [
    "add_teacher",
    "enrol",
    "ensure_catalogue",
    "give_up_seats",
    "grant_from_decision",
    "grant_modules",
    "mark_attendance",
    "plan_run",
    "save_engagement",
    "update_run",
    "withdraw",
]
