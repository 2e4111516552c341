"""Whose the services of the screenings are."""

from datetime import date, timedelta
from decimal import Decimal

from cases.models import Contact
from cases.services import Upload
from screening import services
from screening.budget_rules import Row
from screening.enums import BudgetKind, LineKind, Outcome
from screening.models import HearingRecord, ReceivedForm, Screening
from screening.perms import SCREENERS
from screening.rules import usual_answer
from tests.screening.paper_builders import action_plan, came_back, evaluation, filled, form_of
from tests.support.acting import act
from tests.support.files import pdf
from tests.support.routes.screening import make_budget, make_recommended, make_screening
from tests.support.routing import ADMINISTRATOR, LEAD, TEAM, Role
from tests.support.world import World

DAYS = timedelta(days=14)
CRITERION = services.CriterionData("Netværk", "Få at spørge", "Mange at spørge")


def make_drafted(world: World) -> Screening:
    """The recommended screening, taken back: a draft in which nothing is missing."""
    screening = world.of(make_recommended)
    return services.take_back(screening=screening, by=world.user(Role.COACH), today=world.today)


def make_hearing(world: World) -> HearingRecord:
    return services.hold_hearing(
        screening=world.of(make_recommended),
        shown="Der er ingen kunder.",
        answer_by=usual_answer(world.today),
        by=world.user(Role.COACH),
        today=world.today,
    )


def make_answered(world: World) -> ReceivedForm:
    """A form that came back filled in."""
    return came_back(world, world.case, filled(form_of(world.case), {"background": "Jeg syr."}))


def make_meeting(world: World) -> Contact:
    """An evaluation meeting about an action plan."""
    action_plan(world, world.case)
    return evaluation(world, world.case)


def whole_draft(world: World) -> services.ScreeningDraft:
    return services.ScreeningDraft(held_on=world.today, staff=[world.user(Role.COACH)], strengths="Du kan dit fag.")


ROWS = [
    act(
        "screening.open_screening",
        allow=SCREENERS,
        call=lambda w, by: services.open_screening(case=w.case, number=1, by=by, today=w.today),
    ),
    act(
        "screening.save_draft",
        allow=SCREENERS,
        call=lambda w, by: services.save_draft(
            screening=w.of(make_screening), draft=whole_draft(w), version=None, by=by, today=w.today
        ),
    ),
    act(
        "screening.recommend",
        allow=SCREENERS,
        call=lambda w, by: services.recommend(
            screening=w.of(make_drafted), recommendation=Outcome.CONTINUE, by=by, today=w.today
        ),
    ),
    act(
        "screening.take_back",
        allow=SCREENERS,
        call=lambda w, by: services.take_back(screening=w.of(make_recommended), by=by, today=w.today),
    ),
    act(
        "screening.check_decision",
        allow=LEAD,
        call=lambda w, by: services.check_decision(
            screening=w.of(make_recommended),
            decision=services.ScreeningDecision(Outcome.REVISE, "Mangler", "Ret", w.today + DAYS),
            by=by,
            today=w.today,
        ),
    ),
    act(
        "screening.decide",
        allow=LEAD,
        call=lambda w, by: services.decide(
            screening=w.of(make_recommended),
            decision=services.ScreeningDecision(Outcome.REVISE, "Mangler", "Ret", w.today + DAYS),
            by=by,
            today=w.today,
        ),
    ),
    act(
        "screening.hold_hearing",
        allow=TEAM,
        call=lambda w, by: services.hold_hearing(
            screening=w.of(make_recommended),
            shown="Ingen kunder.",
            answer_by=usual_answer(w.today),
            by=by,
            today=w.today,
        ),
    ),
    act(
        "screening.record_answer",
        allow=TEAM,
        call=lambda w, by: services.record_answer(
            record=w.of(make_hearing), answer="Nu er der to.", answered_on=w.today, by=by, today=w.today
        ),
    ),
    act(
        "screening.change_criteria",
        allow=ADMINISTRATOR,
        call=lambda w, by: services.change_criteria(number=1, criteria=[CRITERION], note="Nyt", base_version=1, by=by),
    ),
    act(
        "screening.save_budget",
        allow=TEAM,
        call=lambda w, by: services.save_budget(
            case=w.case,
            lines=[services.LineData(LineKind.EXPENSE, "Ovn", Decimal("100.00"))],
            note="",
            by=by,
            today=w.today,
        ),
    ),
    act(
        "screening.save_year_budget",
        allow=TEAM,
        call=lambda w, by: services.save_year_budget(
            case=w.case,
            kind=BudgetKind.LIQUIDITY,
            rows=[Row("sales", "Syning", (Decimal("1000.00"),) * 12)],
            data=services.FrameData(starts_on=date(2027, 1, 1)),
            note="",
            by=by,
            today=w.today,
        ),
    ),
    act(
        "screening.approve_budget",
        allow=LEAD,
        call=lambda w, by: services.approve_budget(budget=w.of(make_budget), by=by, today=w.today),
    ),
    act(
        "screening.save_paper",
        allow=TEAM,
        call=lambda w, by: services.save_paper(
            case=w.case,
            data=services.PaperData(kind="person_profile", answers={"background": "Jeg syr."}, answered_on=w.today),
            by=by,
            today=w.today,
        ),
    ),
    act(
        "screening.receive_form",
        allow=TEAM,
        call=lambda w, by: services.receive_form(
            case=w.case, upload=Upload(name="skema.pdf", data=pdf()), by=by, today=w.today
        ),
    ),
    act(
        "screening.accept_form",
        allow=TEAM,
        call=lambda w, by: services.accept_form(
            received=w.of(make_answered), fields=["background"], base=0, by=by, today=w.today
        ),
    ),
    act(
        "screening.set_aside_form",
        allow=TEAM,
        call=lambda w, by: services.set_aside_form(received=w.of(make_answered), by=by, today=w.today),
    ),
    act(
        "screening.review_goals",
        allow=TEAM,
        call=lambda w, by: services.review_goals(
            case=w.case, contact=w.of(make_meeting), results={1: services.Reviewed("reached")}, by=by, today=w.today
        ),
    ),
]
READS, PART = "reads only", "part of what guarded services do"
PARTS = {
    "screening.assumed_of": "reads",
    **dict.fromkeys(
        (
            "screening.budget_totals",
            "screening.totals_of",
            "screening.latest_budget",
            "screening.data_of",
            "screening.latest_paper",
            "screening.months_asked",
            "screening.link_to_paper",
            "screening.pairs_of",
            "screening.standings",
            "screening.reviews_of",
            "screening.evaluation_meetings",
            "screening.sections_of",
            "screening.amounts_of",
            "screening.taxes_of",
            "screening.plan_of",
            "screening.draw_up",
            "screening.drawn_under",
            "screening.year_budget_of",
            "screening.frame_data_of",
            "screening.loan_has_changed",
            "screening.tidy",
            "screening.check_rows",
            "screening.check_frame",
            "screening.plan_facts_of",
            "screening.warnings_of",
            "screening.material_now",
            "screening.material_of",
            "screening.newer_since_sent",
            "screening.not_resubmitted",
            "screening.clocks_of",
            "screening.hearing_of",
            "screening.hearings_of",
            "screening.has_come_again",
            "screening.is_about_present",
            "screening.check_hearing",
            "screening.check_phase",
            "screening.check_versions",
            "screening.unfinished",
            "screening.versions_now",
            "screening.current_warnings",
            "screening.in_order",
            "screening.kept_warning",
            "screening.missing_of",
            "screening.unanswered",
            "screening.answer_to",
            "screening.facts_of",
            "screening.outcome_words",
            "screening.worked_out",
            "screening.link_to",
        ),
        READS,
    ),
    "screening.lock_screening": PART,
    "screening.finish_version": PART,
    "screening.freeze_warnings": PART,
    "screening.freeze_material": PART,
    "screening.ensure_criteria": "puts in what the product starts with, and changes nothing that is there",
}
