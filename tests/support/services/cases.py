"""Whose the services of a case are."""

from datetime import timedelta

from cases import services
from cases.enums import ContactKind, ContactState, Holder, Livelihood, Phase
from cases.models import Cohort, Interpreter
from cases.services import ReferralData
from cases.services.around import end_with_case
from microloan.accounts.models import User
from microloan.core import clock
from tests.support.acting import act
from tests.support.files import png
from tests.support.people import make_user
from tests.support.routes.cases import (
    done_task,
    make_absence,
    make_closed,
    make_consent,
    make_contact,
    make_document,
    make_exemption,
    make_flag,
    make_mentor,
    make_referral,
    make_task,
)
from tests.support.routing import LEAD, REFERRERS, TEAM, Role
from tests.support.world import World


def referral(world: World) -> ReferralData:
    return ReferralData(
        cpr="7703801234",
        name="Dan Testesen",
        phone="00000000",
        livelihood=Livelihood.CASH_BENEFIT,
        own_wish=True,
        idea="Syværksted",
        citizen_informed=True,
    )


def make_colleague(world: World) -> User:
    return make_user(Role.COACH, full_name="Bo Testesen")


def cohort(world: World) -> Cohort:
    return Cohort.objects.create(code="M9", start_on=world.today, end_on=world.today + timedelta(days=180))


ROWS = [
    act(
        "cases.refer",
        allow=TEAM | REFERRERS,
        call=lambda w, by: services.refer(data=referral(w), by=by, today=w.today),
    ),
    act(
        "cases.accept",
        allow=TEAM,
        call=lambda w, by: services.accept(case=w.of(make_referral), coach=w.user(Role.COACH), by=by, today=w.today),
    ),
    act(
        "cases.write_to_team",
        allow=TEAM | REFERRERS,
        call=lambda w, by: services.write_to_team(case=w.case, text="Har I aftalt et møde?", by=by, today=w.today),
    ),
    act("cases.write_note", allow=TEAM, call=lambda w, by: services.write_note(case=w.case, text="Talt sammen", by=by)),
    act(
        "cases.plan_contact",
        allow=TEAM,
        call=lambda w, by: services.plan_contact(
            case=w.case,
            kind=ContactKind.COACHING,
            at=clock.now() + timedelta(days=1),
            place="",
            staff=[],
            by=by,
            today=w.today,
        ),
    ),
    act(
        "cases.register_contact",
        allow=TEAM,
        call=lambda w, by: services.register_contact(
            case=w.case,
            contact=w.of(make_contact),
            kind=ContactKind.COACHING,
            at=clock.now() - timedelta(days=1),
            state=ContactState.NO_SHOW,
            staff=[],
            by=by,
            today=w.today,
        ),
    ),
    act(
        "cases.move_contact",
        allow=TEAM,
        call=lambda w, by: services.move_contact(
            contact=w.of(make_contact), at=clock.now() + timedelta(days=5), place="", by=by, today=w.today
        ),
    ),
    act(
        "cases.cancel_contact",
        allow=TEAM,
        call=lambda w, by: services.cancel_contact(
            contact=w.of(make_contact), state=ContactState.CANCELLED, reason="Syg", by=by, today=w.today
        ),
    ),
    act(
        "cases.renew_feed_of",
        allow=TEAM,
        call=lambda w, by: services.renew_feed_of(subject="run-1", by=by),
    ),
    act(
        "cases.close_feed_of",
        allow=TEAM,
        call=lambda w, by: services.close_feed_of(subject="run-1", by=by),
    ),
    act("cases.renew_feed", allow=TEAM, call=lambda w, by: services.renew_feed(user=by)),
    act(
        "cases.assign_coach",
        allow=TEAM,
        call=lambda w, by: services.assign_coach(case=w.case, coach=w.user(Role.PROJECT_LEAD), by=by, today=w.today),
    ),
    act(
        "cases.set_cohort",
        allow=TEAM,
        call=lambda w, by: services.set_cohort(case=w.case, cohort=w.of(cohort), by=by),
    ),
    act(
        "cases.update_citizen",
        allow=TEAM,
        call=lambda w, by: services.update_citizen(case=w.case, values={"city": "Prøveby"}, by=by, today=w.today),
    ),
    act(
        "cases.save_business",
        allow=TEAM,
        call=lambda w, by: services.save_business(
            case=w.case,
            name="Syværkstedet",
            form="sole_proprietorship",
            trade="",
            cvr="",
            started_on=None,
            by=by,
            today=w.today,
        ),
    ),
    act(
        "cases.record_livelihood",
        allow=TEAM,
        call=lambda w, by: services.record_livelihood(
            citizen=w.case.citizen, kind=Livelihood.CASH_BENEFIT, from_on=w.today, by=by
        ),
    ),
    act(
        "cases.enter_phase",
        allow=TEAM,
        call=lambda w, by: services.enter_phase(
            case=w.of(make_referral), phase=Phase.RECRUITMENT, by=by, today=w.today
        ),
    ),
    act(
        "cases.close_case",
        allow=TEAM,
        call=lambda w, by: services.close_case(
            case=w.case, reason="found_job", choice_of="citizen", text="", by=by, today=w.today
        ),
    ),
    act(
        "cases.reopen_case",
        allow=LEAD,
        call=lambda w, by: services.reopen_case(
            case=w.of(make_closed), reason="Jobbet blev ikke til noget", by=by, today=w.today
        ),
    ),
    act(
        "cases.add_task",
        allow=TEAM,
        call=lambda w, by: services.add_task(
            case=w.case, title="Ring til banken", due_on=w.today, holder=Holder.TEAM, owner=None, by=by
        ),
    ),
    act(
        "cases.update_task",
        allow=TEAM,
        call=lambda w, by: services.update_task(
            task=w.of(make_task), title="Ring igen", due_on=w.today, holder=Holder.TEAM, owner=None, by=by
        ),
    ),
    act("cases.complete_task", allow=TEAM, call=lambda w, by: services.complete_task(task=w.of(make_task), by=by)),
    act(
        "cases.undo_complete_task",
        allow=TEAM,
        call=lambda w, by: services.undo_complete_task(task=w.of(done_task), by=by),
    ),
    act(
        "cases.hand_over",
        allow=TEAM,
        call=lambda w, by: services.hand_over(
            worker=w.user(Role.COACH), to=w.of(make_colleague), note="Ny coach", by=by, today=w.today
        ),
    ),
    act(
        "cases.record_absence",
        allow=TEAM,
        call=lambda w, by: services.record_absence(
            worker=w.user(Role.COACH),
            substitute=w.of(make_colleague),
            from_on=w.today,
            to_on=w.today,
            note="",
            by=by,
            today=w.today,
        ),
    ),
    act(
        "cases.cancel_absence",
        allow=TEAM,
        call=lambda w, by: services.cancel_absence(absence=w.of(make_absence), by=by),
    ),
    act(
        "cases.add_person",
        allow=TEAM,
        call=lambda w, by: services.add_person(
            case=w.case,
            kind=Interpreter,
            values={"language": "Arabisk", "from_on": w.today},
            by=by,
            today=w.today,
        ),
    ),
    act(
        "cases.change_person",
        allow=TEAM,
        call=lambda w, by: services.change_person(
            person=w.of(make_mentor), values={"trade": "Kok"}, by=by, today=w.today
        ),
    ),
    act(
        "cases.end_person",
        allow=TEAM,
        call=lambda w, by: services.end_person(person=w.of(make_mentor), on=w.today, by=by, today=w.today),
    ),
    act(
        "cases.give_consent",
        allow=TEAM,
        call=lambda w, by: services.give_consent(
            case=w.case, kind="evaluation", scope="Et brev", given_on=w.today, by=by, today=w.today
        ),
    ),
    act(
        "cases.withdraw_consent",
        allow=TEAM,
        call=lambda w, by: services.withdraw_consent(consent=w.of(make_consent), on=w.today, by=by, today=w.today),
    ),
    act(
        "cases.exempt",
        allow=TEAM,
        call=lambda w, by: services.exempt(
            case=w.case,
            from_on=w.today,
            to_on=None,
            begun_before="",
            useful="",
            consultant=w.user(Role.CASEWORKER),
            by=by,
            today=w.today,
        ),
    ),
    act(
        "cases.end_exemption",
        allow=TEAM,
        call=lambda w, by: services.end_exemption(exemption=w.of(make_exemption), on=w.today, by=by, today=w.today),
    ),
    act(
        "cases.end_with_case",
        allow=TEAM,
        call=lambda w, by: end_with_case(case=w.of(make_exemption).case, on=w.today, by=by, today=w.today),
    ),
    act("cases.raise_flag", allow=TEAM, call=lambda w, by: services.raise_flag(case=w.case, reason="Ring", by=by)),
    act(
        "cases.resolve_flag",
        allow=TEAM,
        call=lambda w, by: services.resolve_flag(flag=w.of(make_flag), resolution="Talt med dem", by=by),
    ),
    act(
        "cases.add_document",
        allow=TEAM,
        call=lambda w, by: services.add_document(
            case=w.case,
            upload=services.Upload("bilag.png", png()),
            kind="offer",
            title="Tilbud",
            dated=w.today,
            others_data=False,
            by=by,
            today=w.today,
        ),
    ),
    act(
        "cases.add_version",
        allow=TEAM,
        call=lambda w, by: services.add_version(
            document=w.of(make_document), upload=services.Upload("bilag.png", png((5, 5))), by=by, today=w.today
        ),
    ),
    act(
        "cases.update_document",
        allow=TEAM,
        call=lambda w, by: services.update_document(
            document=w.of(make_document), values={"title": "Plan"}, by=by, today=w.today
        ),
    ),
    act(
        "cases.withdraw_document",
        allow=TEAM,
        call=lambda w, by: services.withdraw_document(
            document=w.of(make_document), reason="Hører til en anden sag", by=by
        ),
    ),
    act(
        "cases.mark_entry",
        allow=TEAM,
        call=lambda w, by: services.mark_entry(entry=w.case.journal.first(), others_data=True, by=by),
    ),
    act(
        "cases.order_case_file",
        allow=TEAM,
        call=lambda w, by: services.order_case_file(
            case=w.case, sections=["contacts"], leave_out=True, mask_cpr=True, by=by
        ),
    ),
]

PARTS = {
    "cases.step_back": "part of taking a payout back, which is guarded",
    "cases.add_journal_entry": "the line that every guarded service of every room writes",
    "cases.close_feed": "the user's own calendar, whatever the role",
    "cases.hash_of": "reads",
    "cases.note_reading": "run when a calendar program reads a feed",
    "cases.check_hand_over": "reads, for the check page",
    "cases.check_version": "reads",
    "cases.check_withdrawal": "reads, for the check page",
    "cases.delete_expired_drafts": "run by the clock",
    "cases.expire_with_documents": "part of withdraw_document",
    "cases.make_lost_case_files": "run by the clock",
    "cases.draft_content": "reads",
    "cases.draft_page": "reads",
    "cases.finish_draft": "the writer's own draft, whatever the role",
    "cases.lock_case": "locks",
    "cases.lock_cases": "locks",
    "cases.lock_open_case": "locks",
    "cases.make_ordered_case_file": "run by the worker for whoever ordered",
    "cases.missing_for": "reads",
    "cases.phase_before": "reads",
    "cases.next_case_number": "a part of `refer`",
    "cases.next_number": "a part of services that number what they make",
    "cases.open_draft": "reads",
    "cases.save_draft": "the writer's own draft, whatever the role",
    "cases.reconcile_all": "run by the clock",
    "cases.reconcile_cases": "the same for many cases",
    "cases.tasks_held_back": "for the demo, which plays many steps at once",
    "cases.reconcile_tasks": "derives tasks from the data after every guarded service",
    "cases.referral_warnings": "reads",
    "cases.tidy_case_files": "run by the clock",
}
