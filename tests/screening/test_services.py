"""Every guard of the services, and what each step leaves behind."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from cases import services as cases
from cases.enums import BusinessForm, ClosedBy, ClosingReason, Phase
from cases.letters.models import Letter
from cases.models import CaseFile
from courses.models import CourseModule, ModuleGrant
from courses.services import ensure_catalogue
from microloan.accounts.enums import Role
from microloan.core.errors import Conflict, Refused
from screening import queries, rules, services
from screening.enums import Hearing, Outcome, ScreeningState
from screening.models import CriteriaSet
from screening.papers.enums import PaperKind, PlanStage
from tests.loans.builders import business
from tests.screening.builders import (
    BACK,
    LATER,
    NO,
    TEXTS,
    YES,
    another_coach,
    budget,
    case_for,
    decided,
    draft_of,
    drafted,
    line,
    opened,
    recommended,
)
from tests.screening.paper_builders import paper

OUTSIDERS = [role for role in Role if role not in (Role.COACH, Role.PROJECT_LEAD)]


def refusal(work, **values):
    with pytest.raises(Refused) as caught:
        work(**values)
    return caught.value


def decide(world, screening, decision=YES, **changes):
    values = {"by": world.user(Role.PROJECT_LEAD), "today": world.today, **changes}
    return services.decide(screening=screening, decision=decision, **values)


# --- Opening -----------------------------------------------------------------------------------------------------------


def test_a_round_has_the_criteria_of_the_current_set(world):
    screening = opened(world)
    assert screening.round == 1
    assert [score.value for score in screening.scores.all()] == [None] * screening.criteria_set.criteria.count()


def test_a_screening_is_opened_only_in_its_phase(world):
    case = case_for(world, 1)
    refused = refusal(services.open_screening, case=case, number=2, by=world.user(Role.COACH), today=world.today)
    assert refused.messages == ["Screening 2 hører til fasen »Forretningsudvikling«. Sagen er i »Rekruttering«."]


@pytest.mark.parametrize("role", OUTSIDERS)
def test_only_the_team_screens(world, role):
    """… and a referral specialist, screening 1 of the own centre (tests/screening/test_specialist.py), not of another."""
    screening, by = opened(world), world.strangers.get(role, world.user(role))
    case, today = screening.case, world.today
    for work, values in (
        (services.open_screening, {"case": case, "number": 1}),
        (services.save_draft, {"screening": screening, "draft": draft_of(world, screening), "version": None}),
        (services.recommend, {"screening": screening, "recommendation": Outcome.CONTINUE}),
        (services.take_back, {"screening": screening}),
        (services.save_budget, {"case": case, "lines": [line()], "note": ""}),
    ):
        assert "mikrolånsteamet" in refusal(work, **values, by=by, today=today).messages[0]


def test_an_open_round_is_given_again(world):
    first = opened(world)
    again = services.open_screening(case=first.case, number=1, by=world.user(Role.COACH), today=world.today)
    assert again == first


def test_the_criteria_are_put_in_once(world):
    services.ensure_criteria()
    services.ensure_criteria()
    assert CriteriaSet.objects.count() == 4


# --- Drafts ------------------------------------------------------------------------------------------------------------


def test_a_draft_keeps_what_was_written(world):
    screening = drafted(world)
    screening.refresh_from_db()
    assert {name: getattr(screening, name) for name in TEXTS} == TEXTS
    assert {(score.value, score.note) for score in screening.scores.all()} == {(4, "Talt igennem.")}
    assert screening.staff.count() == 2
    assert screening.saved_by == world.user(Role.COACH)


def test_a_later_save_from_an_older_page_is_a_conflict_and_changes_nothing(world):
    screening = opened(world)
    version, coach = screening.version, world.user(Role.COACH)
    first = draft_of(world, screening, strengths="Den første.")
    services.save_draft(screening=screening, draft=first, version=version, by=coach, today=world.today)
    second = draft_of(world, screening, strengths="Den anden.")
    with pytest.raises(Conflict, match="Begge versioner"):
        services.save_draft(screening=screening, draft=second, version=version, by=another_coach(), today=world.today)
    screening.refresh_from_db()
    assert screening.strengths == "Den første."


def test_a_screening_is_not_held_in_the_future(world):
    screening = opened(world)
    draft = draft_of(world, screening, held_on=world.today + timedelta(days=1))
    refused = refusal(
        services.save_draft,
        screening=screening,
        draft=draft,
        version=None,
        by=world.user(Role.COACH),
        today=world.today,
    )
    assert refused.field == "held_on"


def test_a_rating_of_another_screening_is_refused(world):
    screening, other = opened(world), opened(world, 2)
    strange = {score.criterion_id: (3, "") for score in other.scores.all()}
    draft = draft_of(world, screening, scores=strange)
    refusal(
        services.save_draft,
        screening=screening,
        draft=draft,
        version=None,
        by=world.user(Role.COACH),
        today=world.today,
    )


def test_what_lies_with_the_project_lead_is_taken_back_before_it_is_changed(world):
    screening = recommended(world)
    coach, draft = world.user(Role.COACH), draft_of(world, screening)
    values = {"draft": draft, "version": None, "by": coach, "today": world.today}
    assert "projektlederen" in refusal(services.save_draft, screening=screening, **values).messages[0]
    screening = services.take_back(screening=screening, by=coach, today=world.today)
    assert (screening.state, screening.recommendation, screening.recommended_by) == (ScreeningState.DRAFT, "", None)
    services.save_draft(screening=screening, **values)


def test_nothing_is_written_after_the_case_is_closed(world):
    screening = drafted(world)
    cases.close_case(
        case=screening.case,
        reason=ClosingReason.FOUND_JOB,
        choice_of=ClosedBy.CITIZEN,
        text="",
        by=world.user(Role.COACH),
        today=world.today,
    )
    common = {"by": world.user(Role.COACH), "today": world.today}
    refusal(services.save_draft, screening=screening, draft=draft_of(world, screening), version=None, **common)
    refusal(services.recommend, screening=screening, recommendation=Outcome.CONTINUE, **common)
    refusal(services.open_screening, case=screening.case, number=1, **common)
    refusal(services.save_budget, case=screening.case, lines=[line()], note="", **common)


# --- Recommending ------------------------------------------------------------------------------------------------------


def test_screening_1_needs_two_members_of_staff(world):
    screening = drafted(world, staff=[world.user(Role.COACH)])
    refused = refusal(
        services.recommend,
        screening=screening,
        recommendation=Outcome.CONTINUE,
        by=world.user(Role.COACH),
        today=world.today,
    )
    assert refused.field == "staff"
    assert "mindst to" in refused.messages[0]
    assert screening.staff.count() == 1


def test_later_screenings_need_one(world):
    assert recommended(world, 2, staff=[world.user(Role.COACH)]).state == ScreeningState.RECOMMENDED


@pytest.mark.parametrize("name", TEXTS)
def test_strengths_and_the_three_ps_are_written(world, name):
    screening = drafted(world, **{name: "  "})
    assert list(services.missing_of(screening, world.today)) == [name]


def test_a_recommendation_goes_to_the_project_lead_once(world):
    screening = recommended(world, recommendation=Outcome.REVISE)
    task = screening.case.tasks.get(kind="screening_decide")
    assert task.holder == "project_lead"
    again = {"recommendation": Outcome.STOP, "by": world.user(Role.COACH), "today": world.today}
    with pytest.raises(Conflict):
        services.recommend(screening=screening, **again)
    screening.refresh_from_db()
    assert screening.recommendation == Outcome.REVISE


@pytest.mark.parametrize("number", [1, 4])
@pytest.mark.parametrize("wrong", ["", "maybe", "revise"])
def test_a_recommendation_is_one_of_those_offered(world, number, wrong):
    if (number, wrong) == (1, "revise"):
        wrong = "REVISE"
    screening = drafted(world, number)
    values = {"recommendation": wrong, "by": world.user(Role.COACH), "today": world.today}
    assert refusal(services.recommend, screening=screening, **values).field == "recommendation"


# --- Warnings ----------------------------------------------------------------------------------------------------------


MISSING = {"no_operating", "no_liquidity", "no_plan"}


def test_screening_3_raises_its_warnings_and_others_do_not(world):
    case = case_for(world, 3)
    business(world, case, form=BusinessForm.APS, trade="Pizzeria")
    budget(world, case, line(amount="80000.00"))
    case = CaseFile.objects.get(pk=case.pk)
    screening = opened(world, 3, case=case)
    found = services.current_warnings(screening, world.today)
    assert set(found) == {*MISSING, "over_maximum", "aps", "crowded_trade"}
    assert services.current_warnings(opened(world, 2), world.today) == {}


def test_what_the_plan_says_of_trade_and_form_reaches_the_warnings(world):
    case = case_for(world, 3)
    business(world, case, form=BusinessForm.SOLE_PROPRIETORSHIP, trade="Syværksted")
    paper(world, case, PaperKind.BUSINESS_PLAN, stage=PlanStage.DETAILED, business_form="I/S", trade="Kiosk")
    case = CaseFile.objects.get(pk=case.pk)
    found = services.current_warnings(opened(world, 3, case=case), world.today)
    assert set(found) >= {"form_not_eligible", "form_differs", "crowded_trade"}
    assert not {"no_plan", "plan_provisional"} & set(found)
    paper(world, case, PaperKind.BUSINESS_PLAN, business_form="Ved ikke endnu", difference="Åbent om natten")
    found = services.warnings_of(CaseFile.objects.get(pk=case.pk), world.today)
    assert not {"form_not_eligible", "form_differs", "crowded_trade"} & set(found)


def test_each_warning_is_answered_before_it_goes_on(world):
    screening = drafted(world, 3, answers={})
    values = {"by": world.user(Role.COACH), "today": world.today}
    refused = refusal(services.recommend, screening=screening, recommendation=Outcome.CONTINUE, **values)
    assert refused.field == "answer_no_budget"
    assert refused.messages[0].startswith("Svar med ord: ")


def test_a_warning_that_changes_after_the_answer_is_answered_again(world):
    case = case_for(world, 3)
    budget(world, case, line(amount="80000.00"))
    screening = recommended(world, 3, case=case)
    budget(world, case, line(amount="90000.00"))
    refused = refusal(decide, world=world, screening=screening)
    assert refused.messages == ["Svar på hver advarsel med ord, før screeningen går videre."]
    back = services.take_back(screening=screening, by=world.user(Role.COACH), today=world.today)
    assert list(services.unanswered(back, world.today)) == ["over_maximum"]


# --- Deciding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PROJECT_LEAD])
def test_only_the_project_lead_decides(world, role):
    screening = recommended(world)
    refused = refusal(decide, world=world, screening=screening, by=world.user(role))
    assert refused.messages == ["Kun projektlederen kan afgøre en screening."]
    screening.refresh_from_db()
    assert not screening.is_decided


def test_a_draft_is_not_decided(world):
    assert "endnu" in refusal(decide, world=world, screening=drafted(world)).messages[0]


def test_all_is_assessed_before_the_decision(world):
    screening = opened(world)
    scores = {score.criterion_id: (4, "") for score in screening.scores.all()}
    scores[next(iter(scores))] = (None, "")
    screening = recommended(world, case=screening.case, scores=scores)
    assert "ikke vurderet" in refusal(decide, world=world, screening=screening).messages[0]


@pytest.mark.parametrize(
    ("decision", "field"),
    [
        (replace(YES, outcome="perhaps"), "outcome"),
        (replace(NO, reasons=" "), "reasons"),
        (replace(BACK, reasons=""), "reasons"),
        (replace(BACK, improvements=""), "improvements"),
        (replace(BACK, return_by=None), "return_by"),
        (replace(BACK, return_by=LATER - timedelta(days=28)), "return_by"),
        (replace(BACK, return_by=LATER.replace(year=2062)), "return_by"),
        (replace(NO, hearing=""), "hearing"),
        (replace(NO, hearing="perhaps"), "hearing"),
        (replace(NO, hearing_note=" "), "hearing_note"),
        (replace(NO, hearing=Hearing.NOT_NEEDED, hearing_note=""), "hearing_note"),
    ],
)
def test_a_decision_has_what_belongs_to_it(world, decision, field):
    screening = recommended(world)
    assert refusal(decide, world=world, screening=screening, decision=decision).field == field
    screening.refresh_from_db()
    assert not screening.is_decided
    assert not Letter.objects.exists()


def test_continue_moves_the_case_on_and_tells_the_citizen(world):
    screening = decided(world, 1)
    case = CaseFile.objects.get(pk=screening.case_id)
    assert case.phase == Phase.BUSINESS_DEVELOPMENT
    assert [letter.kind for letter in case.letters.all()] == ["screening_admission"]
    assert screening.legal_basis.appeal_variant == screening.appeal_variant
    assert screening.rule_set is not None
    assert screening.facts["attendance_reliability"]["label"] == "Mødestabilitet"
    entry = case.journal.get(title__startswith="Screening 1 er afgjort")
    assert entry.for_referrer  # the caseworker follows the decisions on the own referrals


def test_revise_keeps_the_round_and_opens_a_second(world):
    first = decided(world, 1, BACK)
    before = list(first.scores.values_list("criterion_id", "value", "note"))
    assert CaseFile.objects.get(pk=first.case_id).phase == Phase.RECRUITMENT
    second = opened(world, 1, case=first.case)
    assert (second.round, second.state) == (2, ScreeningState.DRAFT)
    scores = {score.criterion_id: (1, "Nyt") for score in second.scores.all()}
    services.save_draft(
        screening=second,
        draft=draft_of(world, second, scores=scores, strengths="Nyt"),
        version=None,
        by=world.user(Role.COACH),
        today=world.today,
    )
    kept = queries.screening_of(first.case).get(pk=first.pk)
    assert list(kept.scores.values_list("criterion_id", "value", "note")) == before
    assert (kept.strengths, kept.improvements, kept.return_by) == (TEXTS["strengths"], BACK.improvements, LATER)


@pytest.mark.parametrize("decision", [NO, YES])
def test_only_a_revision_opens_a_new_round(world, decision):
    first = decided(world, 1, decision)
    refusal(services.open_screening, case=first.case, number=1, by=world.user(Role.COACH), today=world.today)


def test_stop_leaves_the_case_to_be_closed_and_sends_reasons_hearing_and_appeal(world):
    screening = decided(world, 1, NO)
    case = CaseFile.objects.get(pk=screening.case_id)
    assert case.phase == Phase.RECRUITMENT
    assert case.tasks.filter(kind="screening_stopped", done_at=None).exists()
    letter = case.letters.get()
    assert letter.kind == "screening_refusal"
    assert letter.context["considerations"] == [NO.reasons]
    assert letter.context["hearing"] == [NO.hearing_note]


def test_why_no_hearing_was_needed_is_kept_and_not_printed(world):
    screening = decided(world, 1, replace(NO, hearing=Hearing.NOT_NEEDED, hearing_note="Du har selv sagt alt."))
    assert screening.hearing_note == "Du har selv sagt alt."
    assert not Letter.objects.get().context["hearing"]


def test_fields_of_other_outcomes_are_not_kept(world):
    decision = replace(BACK, hearing=Hearing.ANSWERED, hearing_note="Svar")
    screening = decided(world, 1, decision)
    assert (screening.hearing, screening.hearing_note) == ("", "")
    screening = decided(world, 1, replace(NO, improvements="Find kunder", return_by=LATER))
    assert (screening.improvements, screening.return_by) == ("", None)


def test_a_decision_is_taken_once(world):
    screening = decided(world, 1)
    with pytest.raises(Conflict):
        decide(world, screening, NO)


def test_a_decision_from_an_older_page_is_a_conflict(world):
    screening = recommended(world)
    with pytest.raises(Conflict):
        decide(world, screening, version=screening.version - 1)


def test_screening_2_grants_the_modules(world):
    ensure_catalogue()

    module = CourseModule.objects.get(code="vat_tax")
    screening = decided(world, 2, values={"modules": [module]})
    granted = set(ModuleGrant.objects.filter(case=screening.case).values_list("module__code", flat=True))
    assert granted == {"vat_tax", "residential_course"}
    assert module.title in screening.gives["modules"]


# --- Screening 4 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("months", [0, 4, None])
def test_an_extension_of_the_wrong_length_changes_nothing(world, months):
    screening = recommended(world, 4)
    refused = refusal(decide, world=world, screening=screening, decision=replace(YES, values={"months": months}))
    assert refused.field == "months"
    assert "1 til 3 måneder" in refused.messages[0]
    screening.refresh_from_db()
    assert not screening.is_decided
    assert screening.case.support_periods.count() == 1


def test_a_seventh_month_in_all_is_refused(world):
    case = case_for(world, 4)
    for _round in range(2):
        decided(world, 4, case=case, values={"months": 3})
    screening = recommended(world, 4, case=case)
    refused = refusal(decide, world=world, screening=screening, decision=replace(YES, values={"months": 1}))
    assert refused.field == "months"
    assert "6" in refused.messages[0]
    assert case.support_periods.count() == 3
    ended = decide(world, screening, services.ScreeningDecision(Outcome.STOP, reasons="Tiden er brugt."))
    assert ended.gives == {"support_ends": True}
    assert not ended.hearing
    refusal(services.open_screening, case=case, number=4, by=world.user(Role.COACH), today=world.today)


def test_a_pensioner_gets_status_only(world):
    case = case_for(world, 4, pensioner=True)
    assert rules.outcomes_for(4, pensioner=True) == [Outcome.CONTINUE]
    screening = decided(world, 4, case=case)
    assert services.outcome_words(screening) == "Status registreret"
    assert (screening.gives, case.support_periods.count()) == ({}, 0)
    assert (screening.legal_basis, screening.appeal_variant) == (None, "")
    asked = set(screening.scores.values_list("criterion__code", flat=True))
    assert asked == {"self_evaluation", "meetings", "progress"}  # nothing about an extension
    refusal(services.open_screening, case=case, number=4, by=world.user(Role.COACH), today=world.today)


# --- Budgets -----------------------------------------------------------------------------------------------------------


def test_every_save_is_a_version_and_the_earlier_stays(world):
    case = case_for(world, 2)
    first = budget(world, case, line())
    second = budget(world, case, line(amount="9000.00"), line("Opsparing", "2000.00", "own_funds"), base_number=1)
    assert (first.number, second.number) == (1, 2)
    assert [item.amount for item in first.lines.all()] == [Decimal("12000.00")]
    assert services.budget_totals(second)["loan_need"] == Decimal("7000.00")


def test_the_same_budget_twice_makes_one_version(world):
    case = case_for(world, 2)
    assert budget(world, case, base_number=0) == budget(world, case, base_number=0)


def test_a_budget_from_an_older_version_is_a_conflict(world):
    case = case_for(world, 2)
    budget(world, case)
    with pytest.raises(Conflict):
        budget(world, case, line(amount="9000.00"), base_number=0)
    assert case.budgets.count() == 1


@pytest.mark.parametrize(
    "lines",
    [
        [line("Opsparing", "1.00", "own_funds")],
        [line(), line("Skilt", "0.00")],
        [line(), line("Skilt", "-5.00")],
        [line(" ")],
    ],
)
def test_a_budget_has_expenses_above_zero_with_words(world, lines):
    case = case_for(world, 2)
    with pytest.raises(Refused):
        budget(world, case, *lines)
    assert not case.budgets.exists()


def test_the_project_lead_approves_the_newest_version_once(world):
    case, lead = case_for(world, 2), world.user(Role.PROJECT_LEAD)
    first = budget(world, case)
    refused = refusal(services.approve_budget, budget=first, by=world.user(Role.COACH), today=world.today)
    assert refused.messages == ["Kun projektlederen kan godkende et budget."]
    second = budget(world, case, line(amount="9000.00"))
    with pytest.raises(Conflict):
        services.approve_budget(budget=first, by=lead, today=world.today)
    approved = services.approve_budget(budget=second, by=lead, today=world.today)
    assert services.approve_budget(budget=second, by=lead, today=world.today) == approved
    third = budget(world, case, line(amount="8000.00"))
    assert services.latest_budget(case) == third
    assert services.latest_budget(case, approved=True) == second
