from datetime import date, timedelta

import pytest

from cases import services
from cases.enums import (
    ClosedBy,
    ClosingReason,
    ContactKind,
    ContactState,
    EntryKind,
    Holder,
    Livelihood,
    Phase,
)
from cases.models import CaseFile, Citizen, Cohort, LivelihoodPeriod, Task
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from tests.cases import builders
from tests.cases.builders import TODAY


def test_a_referral_promises_an_answer_within_five_working_days(cast):
    case = builders.refer(cast.caseworker)
    assert case.number == "ML-2026-0001"
    assert case.phase == Phase.REFERRED
    assert case.centre == cast.north
    assert case.referral.answer_due_on == date(2026, 11, 27)
    task = Task.objects.get(case=case)
    assert (task.kind, task.is_promise, task.due_on) == ("accept_referral", True, date(2026, 11, 27))
    assert [entry.kind for entry in case.journal.all()] == [EntryKind.PHASE]


def test_case_numbers_follow_each_other(cast):
    numbers = [builders.refer(cast.caseworker).number for _ in range(3)]
    assert numbers == ["ML-2026-0001", "ML-2026-0002", "ML-2026-0003"]


def test_a_second_referral_of_the_same_citizen_is_refused(cast):
    data = builders.referral_data()
    services.refer(data=data, by=cast.caseworker, today=TODAY)
    with pytest.raises(Refused) as refused:
        services.refer(data=data, by=cast.colleague, today=TODAY)
    assert refused.value.field == "cpr"
    assert CaseFile.objects.count() == 1


def test_a_citizen_may_come_back_after_a_closed_case(cast):
    data = builders.referral_data()
    first = services.refer(data=data, by=cast.caseworker, today=TODAY)
    _close(first, cast.lead)
    second = services.refer(data=data, by=cast.caseworker, today=TODAY)
    assert second.citizen == first.citizen
    assert Citizen.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"livelihood": Livelihood.UNEMPLOYMENT_INSURANCE}, "livelihood"),
        ({"livelihood": Livelihood.UNKNOWN}, "livelihood"),
        ({"own_wish": False}, "own_wish"),
        ({"cpr": builders.fictitious_cpr(7, born=date(1998, 1, 5))}, "under_30"),
    ],
)
def test_a_warning_is_a_question_to_be_answered(cast, changes, code):
    with pytest.raises(Refused) as refused:
        builders.refer(cast.caseworker, **changes)
    assert refused.value.field == f"answer_{code}"
    case = builders.refer(cast.caseworker, answers={code: "Aftalt med teamet"}, **changes)
    assert case.referral.warnings[code]["answer"] == "Aftalt med teamet"


def test_the_citizen_must_know(cast):
    with pytest.raises(Refused) as refused:
        builders.refer(cast.caseworker, citizen_informed=False)
    assert refused.value.field == "citizen_informed"


def test_accepting_gives_a_coach_and_moves_to_recruitment(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    assert (case.phase, case.coach) == (Phase.RECRUITMENT, cast.coach)
    open_kinds = set(Task.objects.filter(case=case, done_at__isnull=True).values_list("kind", "owner"))
    assert ("telephone_interview", cast.coach.pk) in open_kinds
    assert "accept_referral" not in {kind for kind, _ in open_kinds}


def test_only_the_team_can_be_coach(cast):
    case = builders.refer(cast.caseworker)
    with pytest.raises(Refused) as refused:
        services.accept(case=case, coach=cast.officer, by=cast.lead, today=TODAY)
    assert refused.value.field == "coach"
    case.refresh_from_db()
    assert case.phase == Phase.REFERRED


def test_phases_cannot_be_skipped(cast):
    case = builders.refer(cast.caseworker)
    with pytest.raises(Refused):
        services.enter_phase(case=case, phase=Phase.COURSES, by=cast.lead, today=TODAY)
    with pytest.raises(Refused):
        services.enter_phase(case=case, phase=Phase.CLOSED, by=cast.lead, today=TODAY)


def _close(case, by, **changes):
    values = {"reason": ClosingReason.FOUND_JOB, "choice_of": ClosedBy.CITIZEN, "text": ""}
    return services.close_case(case=case, by=by, today=TODAY, **{**values, **changes})


def test_closing_needs_a_reason_and_whose_choice(cast):
    case = builders.refer(cast.caseworker)
    for changes, field in (
        ({"reason": ""}, "reason"),
        ({"reason": ClosingReason.ILLNESS, "choice_of": ""}, "choice_of"),
        ({"reason": ClosingReason.OTHER}, "text"),
        ({"reason": ClosingReason.COMPLETED}, "reason"),
    ):
        with pytest.raises(Refused) as refused:
            _close(case, cast.coach, **changes)
        assert refused.value.field == field
    closed = _close(case, cast.coach, reason=ClosingReason.OTHER, text="Flyttede til udlandet")
    assert closed.phase == Phase.CLOSED
    assert not Task.objects.filter(case=case, done_at__isnull=True).exists()
    with pytest.raises(Conflict):
        _close(case, cast.coach)


def test_closing_ends_hand_made_tasks_too(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    services.add_task(case=case, title="Ring", due_on=TODAY, holder=Holder.TEAM, owner=cast.coach, by=cast.coach)
    _close(case, cast.coach)
    assert not Task.objects.filter(case=case, done_at__isnull=True).exists()


def test_a_closed_case_records_what_the_citizen_lives_on(cast):
    case = builders.refer(cast.caseworker)
    services.record_livelihood(
        citizen=case.citizen, kind=Livelihood.CASH_BENEFIT, from_on=date(2026, 1, 1), by=cast.coach
    )
    _close(case, cast.coach, livelihood=Livelihood.EMPLOYMENT)
    periods = LivelihoodPeriod.objects.filter(citizen=case.citizen).values_list("kind", "from_on", "to_on")
    assert list(periods) == [
        (Livelihood.CASH_BENEFIT, date(2026, 1, 1), TODAY - timedelta(days=1)),
        (Livelihood.EMPLOYMENT, TODAY, None),
    ]


def test_only_the_lead_reopens_and_the_case_comes_back_to_its_phase(cast):
    case = _close(builders.accepted(cast.caseworker, cast.coach), cast.coach)
    with pytest.raises(Refused):
        services.reopen_case(case=case, reason="Fortrudt", by=cast.coach, today=TODAY)
    with pytest.raises(Refused):
        services.reopen_case(case=case, reason=" ", by=cast.lead, today=TODAY)
    case = services.reopen_case(case=case, reason="Borgeren vil gerne i gang igen", by=cast.lead, today=TODAY)
    assert case.phase == Phase.RECRUITMENT
    assert case.closing_reason == ""
    assert Task.objects.filter(case=case, done_at__isnull=True).exists()
    with pytest.raises(Conflict):
        services.reopen_case(case=case, reason="Igen", by=cast.lead, today=TODAY)


def test_a_first_meeting_needs_two_staff(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    with pytest.raises(Refused) as refused:
        builders.held(case, ContactKind.FIRST_MEETING, [cast.coach])
    assert refused.value.field == "staff"
    with pytest.raises(Refused):
        builders.held(case, ContactKind.FIRST_MEETING, [cast.coach, cast.coach])
    builders.held(case, ContactKind.FIRST_MEETING, [cast.coach, cast.lead])
    entry = case.journal.filter(kind=EntryKind.CONTACT).get()
    assert "Mette Medarbejder, Petra Projektleder" in entry.text


def test_a_planned_contact_is_a_promise_until_it_is_registered(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    at = clock.now() + timedelta(days=3)
    contact = services.plan_contact(
        case=case,
        kind=ContactKind.TELEPHONE_INTERVIEW,
        at=at,
        place="Café Torvet",
        staff=[cast.coach],
        by=cast.coach,
        today=TODAY,
    )
    task = Task.objects.get(case=case, key=f"contact-{contact.pk}")
    assert task.is_promise
    assert task.why == "kl.\u00a009.00, Café Torvet"
    with clock.at(at + timedelta(hours=2)):
        services.register_contact(
            case=case,
            contact=contact,
            kind=ContactKind.TELEPHONE_INTERVIEW,
            at=at,
            state=ContactState.ATTENDED,
            staff=[cast.coach],
            by=cast.coach,
            today=clock.today(),
            seen_state=ContactState.PLANNED,
        )
        task.refresh_from_db()
        assert task.is_done
        with pytest.raises(Conflict):
            services.register_contact(
                case=case,
                contact=contact,
                kind=ContactKind.TELEPHONE_INTERVIEW,
                at=at,
                state=ContactState.NO_SHOW,
                staff=[],
                by=cast.lead,
                today=clock.today(),
                seen_state=ContactState.PLANNED,
            )


def test_the_time_of_a_contact_fits_how_it_went(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    with pytest.raises(Refused):
        builders.held(case, ContactKind.COACHING, [cast.coach], days_ago=-1)
    with pytest.raises(Refused):
        services.plan_contact(
            case=case,
            kind=ContactKind.COACHING,
            at=clock.now() - timedelta(hours=1),
            place="",
            staff=[],
            by=cast.coach,
            today=TODAY,
        )


def test_nothing_is_registered_on_a_closed_case(cast):
    case = _close(builders.accepted(cast.caseworker, cast.coach), cast.coach)
    with pytest.raises(Refused):
        builders.held(case, ContactKind.COACHING, [cast.coach])
    with pytest.raises(Refused):
        services.add_task(case=case, title="x", due_on=TODAY, holder=Holder.TEAM, owner=None, by=cast.coach)
    services.write_note(case=case, text="Ringede for at sige tak.", by=cast.coach)


def test_a_correction_names_the_line_it_corrects(cast):
    case, other = builders.refer(cast.caseworker), builders.refer(cast.caseworker)
    note = services.write_note(case=case, text="Mødte kl. 10", by=cast.coach)
    correction = services.write_note(case=case, text="Det var kl. 11", by=cast.coach, corrects=note)
    assert (correction.kind, correction.corrects) == (EntryKind.CORRECTION, note)
    with pytest.raises(Refused):
        services.write_note(case=other, text="Forkert sag", by=cast.coach, corrects=note)


@pytest.mark.parametrize("text", ["", "   \n"])
def test_an_empty_note_is_refused(cast, text):
    with pytest.raises(Refused):
        services.write_note(case=builders.refer(cast.caseworker), text=text, by=cast.coach)


def test_an_event_cannot_lie_in_the_future(cast):
    with pytest.raises(Refused):
        services.write_note(
            case=builders.refer(cast.caseworker), text="x", by=cast.coach, event_at=clock.now() + timedelta(hours=1)
        )


def test_a_message_to_the_team_becomes_a_task(cast):
    case = builders.refer(cast.caseworker)
    entry = services.write_to_team(case=case, text="Borgeren er flyttet", by=cast.caseworker, today=TODAY)
    assert entry.for_referrer
    task = Task.objects.get(case=case, key="")
    assert task.due_on == date(2026, 11, 23)
    assert "Jens Jobkonsulent" in task.title


def test_the_business_belongs_to_the_citizen_alone(cast):
    case = builders.refer(cast.caseworker)
    values = {"name": "Bageriet", "trade": "Bager", "cvr": "", "started_on": None, "by": cast.coach, "today": TODAY}
    with pytest.raises(Refused) as refused:
        services.save_business(case=case, form="partnership", **values)
    assert refused.value.field == "form"
    business = services.save_business(case=case, form="sole_proprietorship", **values)
    assert business.name == "Bageriet"


def test_a_stale_form_changes_nothing(cast):
    case = builders.refer(cast.caseworker)
    seen = case.version
    services.update_citizen(case=case, values={"phone": "87654321"}, by=cast.coach, today=TODAY, version=seen)
    with pytest.raises(Conflict):
        services.update_citizen(case=case, values={"phone": "11111111"}, by=cast.lead, today=TODAY, version=seen)
    case.citizen.refresh_from_db()
    assert case.citizen.phone == "87654321"


def test_the_journal_says_which_facts_were_corrected_but_not_what_they_are(cast):
    case = builders.refer(cast.caseworker)
    services.update_citizen(
        case=case, values={"street": "Hemmeligvej 1", "protected_address": True}, by=cast.coach, today=TODAY
    )
    entry = case.journal.first()
    assert "Hemmeligvej" not in entry.title + entry.text


def test_a_cohort_can_be_given_and_taken(cast):
    case = builders.refer(cast.caseworker)
    cohort = Cohort.objects.create(code="M6", start_on=date(2026, 9, 1), end_on=date(2027, 2, 28))
    assert services.set_cohort(case=case, cohort=cohort, by=cast.coach).cohort == cohort
    assert services.set_cohort(case=case, cohort=None, by=cast.coach).cohort is None


def test_a_hand_made_task_is_done_and_undone(cast):
    case = builders.refer(cast.caseworker)
    task = services.add_task(
        case=case, title=" Find lokale ", due_on=TODAY, holder=Holder.TEAM, owner=cast.coach, by=cast.coach
    )
    assert task.title == "Find lokale"
    assert services.complete_task(task=task, by=cast.coach).is_done
    assert not services.undo_complete_task(task=task, by=cast.coach).is_done
    with pytest.raises(Refused):
        services.undo_complete_task(task=task, by=cast.coach)


def test_a_derived_task_closes_by_itself(cast):
    case = builders.refer(cast.caseworker)
    derived = Task.objects.get(case=case)
    with pytest.raises(Refused):
        services.complete_task(task=derived, by=cast.coach)
