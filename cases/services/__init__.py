"""What happens in a case: one atomic, guarded, logged function per thing. Views, tasks and commands call these."""

from cases.services.around import (
    add_person,
    change_person,
    end_exemption,
    end_person,
    exempt,
    give_consent,
    withdraw_consent,
)
from cases.services.bulk import assign_tasks, move_tasks, undo_bulk
from cases.services.calendar import close_feed, close_feed_of, renew_feed, renew_feed_of
from cases.services.contacts import cancel_contact, move_contact, plan_contact, register_contact
from cases.services.documents import (
    DOCUMENT_FIELDS,
    Upload,
    add_document,
    add_version,
    check_withdrawal,
    mark_entry,
    update_document,
    withdraw_document,
)
from cases.services.drafts import (
    DraftState,
    delete_expired_drafts,
    draft_content,
    draft_page,
    finish_draft,
    open_draft,
    save_draft,
)
from cases.services.duplicates import ANOTHER, UNKNOWN, Known, citizen_with, known_by_cpr, possible_duplicates
from cases.services.exports import make_lost_case_files, make_ordered_case_file, order_case_file, tidy_case_files
from cases.services.flags import raise_flag, resolve_flag
from cases.services.handover import cancel_absence, check_hand_over, hand_over, record_absence
from cases.services.identity import record_cpr
from cases.services.intake import (
    ReferralData,
    accept,
    check_no_open_case,
    duplicates_of,
    refer,
    referral_warnings,
    write_to_team,
)
from cases.services.journal import add_journal_entry, write_note
from cases.services.locking import check_version, lock_case, lock_cases, next_case_number, next_number
from cases.services.notices import mark_seen, send_lost_notices, send_waiting
from cases.services.partners import save_partner
from cases.services.people import (
    CITIZEN_FIELDS,
    assign_coach,
    record_livelihood,
    save_business,
    set_cohort,
    update_citizen,
)
from cases.services.phases import close_case, enter_phase, missing_for, phase_before, reopen_case, step_back
from cases.services.saved_views import remove_view, restore_view, save_view
from cases.services.task_edit import update_task
from cases.services.tasks import (
    add_task,
    complete_task,
    reconcile_all,
    reconcile_cases,
    reconcile_tasks,
    tasks_held_back,
    undo_complete_task,
)
from cases.services.turns import note_turns

__all__ = [
    "ANOTHER",
    "CITIZEN_FIELDS",
    "DOCUMENT_FIELDS",
    "UNKNOWN",
    "DraftState",
    "Known",
    "ReferralData",
    "Upload",
    "accept",
    "add_document",
    "add_journal_entry",
    "add_person",
    "add_task",
    "add_version",
    "assign_coach",
    "assign_tasks",
    "cancel_absence",
    "cancel_contact",
    "change_person",
    "check_hand_over",
    "check_no_open_case",
    "check_version",
    "check_withdrawal",
    "citizen_with",
    "close_case",
    "close_feed",
    "close_feed_of",
    "complete_task",
    "delete_expired_drafts",
    "draft_content",
    "draft_page",
    "duplicates_of",
    "end_exemption",
    "end_person",
    "enter_phase",
    "step_back",
    "exempt",
    "finish_draft",
    "give_consent",
    "hand_over",
    "known_by_cpr",
    "lock_case",
    "lock_cases",
    "make_lost_case_files",
    "make_ordered_case_file",
    "mark_entry",
    "mark_seen",
    "missing_for",
    "move_contact",
    "move_tasks",
    "next_case_number",
    "next_number",
    "note_turns",
    "open_draft",
    "order_case_file",
    "phase_before",
    "plan_contact",
    "possible_duplicates",
    "raise_flag",
    "reconcile_all",
    "reconcile_cases",
    "reconcile_tasks",
    "record_absence",
    "record_cpr",
    "record_livelihood",
    "refer",
    "referral_warnings",
    "register_contact",
    "remove_view",
    "renew_feed",
    "renew_feed_of",
    "reopen_case",
    "resolve_flag",
    "restore_view",
    "save_business",
    "save_draft",
    "save_partner",
    "save_view",
    "send_lost_notices",
    "send_waiting",
    "set_cohort",
    "tasks_held_back",
    "tidy_case_files",
    "undo_bulk",
    "undo_complete_task",
    "update_citizen",
    "update_document",
    "update_task",
    "withdraw_consent",
    "withdraw_document",
    "write_note",
    "write_to_team",
]
