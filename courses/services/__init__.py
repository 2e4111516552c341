"""What happens with courses: modules granted, runs planned, seats given, attendance taken (domain.md §5)."""

from courses.services.attendance import Tap, mark_attendance, save_engagement, tap_attendance
from courses.services.catalogue import add_teacher, ensure_catalogue
from courses.services.enrolments import (
    enrol,
    enrol_by_exception,
    enrol_guest,
    free_seats,
    give_up_seats,
    grant_from_decision,
    grant_modules,
    has_grant,
    join_waiting_list,
    take_seat,
    withdraw,
)
from courses.services.guests import add_guest, update_guest
from courses.services.invitations import Round, invite, plan_invitations
from courses.services.runs import plan_run, update_run

__all__ = [
    "Round",
    "Tap",
    "add_guest",
    "add_teacher",
    "enrol",
    "enrol_by_exception",
    "enrol_guest",
    "ensure_catalogue",
    "free_seats",
    "give_up_seats",
    "grant_from_decision",
    "grant_modules",
    "has_grant",
    "invite",
    "join_waiting_list",
    "mark_attendance",
    "plan_invitations",
    "plan_run",
    "save_engagement",
    "take_seat",
    "tap_attendance",
    "update_guest",
    "update_run",
    "withdraw",
]
