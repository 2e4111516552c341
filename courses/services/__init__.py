"""What happens with courses: modules granted, runs planned, seats given, attendance taken (domain.md §5)."""

from courses.services.attendance import Tap, mark_attendance, save_engagement, tap_attendance
from courses.services.catalogue import (
    add_school_holiday,
    add_teacher,
    ensure_catalogue,
    place_called,
    remove_school_holiday,
    save_module,
    save_place,
    update_teacher,
)
from courses.services.cohorts import RunPlan, except_from_residential, plan_pre_course, save_cohort
from courses.services.enrolments import (
    enrol,
    enrol_by_exception,
    enrol_guest,
    enrol_many,
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
from courses.services.meetings import MeetingPlan, answer, invite_to_meeting, plan_meetings, save_meeting
from courses.services.runs import add_session, cancel_session, move_session, plan_run, undo_session, update_run

__all__ = [
    "MeetingPlan",
    "Round",
    "RunPlan",
    "Tap",
    "add_guest",
    "add_school_holiday",
    "add_session",
    "add_teacher",
    "answer",
    "cancel_session",
    "enrol",
    "enrol_by_exception",
    "enrol_guest",
    "enrol_many",
    "ensure_catalogue",
    "except_from_residential",
    "free_seats",
    "give_up_seats",
    "grant_from_decision",
    "grant_modules",
    "has_grant",
    "invite",
    "invite_to_meeting",
    "join_waiting_list",
    "mark_attendance",
    "move_session",
    "place_called",
    "plan_invitations",
    "plan_meetings",
    "plan_pre_course",
    "plan_run",
    "remove_school_holiday",
    "save_cohort",
    "save_engagement",
    "save_meeting",
    "save_module",
    "save_place",
    "take_seat",
    "tap_attendance",
    "undo_session",
    "update_guest",
    "update_run",
    "update_teacher",
    "withdraw",
]
