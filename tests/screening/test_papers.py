"""Profiles, plans and self-evaluations: versions, what is refused, two versions side by side."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from cases.enums import Livelihood
from cases.models import JournalEntry
from microloan.accounts.enums import TEAM, Role
from microloan.core.errors import Conflict, Refused
from screening import services
from screening.citizen_forms.kinds import form_kinds
from screening.models import Paper
from screening.paper_journey import facts, material, plan_facts
from screening.paper_pdf import answered
from screening.papers import rules
from screening.papers.enums import PaperKind, PlanStage
from screening.papers.questions import PARTS, AnswerKind, Question, codes_of, parts_of, questions_of
from tests.loans.builders import decided_screening
from tests.screening.paper_builders import GOALS, PROFILE, a_case, paper

pytestmark = pytest.mark.django_db
LINE = Question("x", "X", kind=AnswerKind.LINE)


def data(world, kind=PaperKind.PERSON_PROFILE, **changes):
    return services.PaperData(**{"kind": kind, "answers": PROFILE, "answered_on": world.today, **changes})


def test_every_save_is_a_version_and_the_same_again_is_none(world):
    case = a_case(world)
    first = paper(world, case)
    assert paper(world, case).pk == first.pk
    second = paper(world, case, why="Jeg vil have min egen butik.")
    assert [first.number, second.number] == [1, 2]
    assert second.answers == {**PROFILE, "why": "Jeg vil have min egen butik."}  # what is not asked again, stands
    assert Paper.objects.get(pk=first.pk).answers == PROFILE
    assert JournalEntry.objects.filter(case=case, title="Personprofil, version 2").count() == 1


def test_the_same_answers_on_another_day_are_a_version(world):
    case = a_case(world)
    coach, day = world.user(Role.COACH), world.today - timedelta(days=30)
    for answered_on in (day, world.today, world.today):
        services.save_paper(case=case, data=data(world, answered_on=answered_on), by=coach, today=world.today)
    found = Paper.objects.filter(case=case).order_by("number").values_list("number", "answered_on")
    assert list(found) == [(1, day), (2, world.today)]


def test_an_answer_can_be_taken_out_but_not_the_last(world):
    case = a_case(world)
    paper(world, case)
    assert "why" not in paper(world, case, why="").answers
    with pytest.raises(Refused, match="mindst ét"):
        paper(world, case, background="")


@pytest.mark.parametrize("role", sorted(set(Role) - TEAM))
def test_only_the_team_writes(world, role):
    with pytest.raises(Refused):
        services.save_paper(case=a_case(world), data=data(world), by=world.user(role), today=world.today)


def test_a_version_since_is_a_conflict(world):
    case = a_case(world)
    paper(world, case)
    coach = world.user(Role.COACH)
    newer = data(world, answers={"why": "Andet"})
    with pytest.raises(Conflict):
        services.save_paper(case=case, data=newer, by=coach, today=world.today, base_number=0)


def test_the_future_and_unknown_questions_are_refused(world):
    case, coach = a_case(world), world.user(Role.COACH)
    tomorrow = data(world, answered_on=world.today + timedelta(days=1))
    with pytest.raises(Refused, match="fremtid"):
        services.save_paper(case=case, data=tomorrow, by=coach, today=world.today)
    with pytest.raises(ValueError, match="Not asked"):
        services.save_paper(case=case, data=data(world, answers={"cpr": "1"}), by=coach, today=world.today)
    with pytest.raises(ValueError, match="Not a kind"):
        services.save_paper(case=case, data=data(world, kind="budget"), by=coach, today=world.today)


def test_a_plan_becomes_detailed_and_stays_so(world):
    case = a_case(world)
    plan = PaperKind.BUSINESS_PLAN
    assert paper(world, case, plan, product="Kjoler").stage == PlanStage.PROVISIONAL
    assert paper(world, case, plan, stage=PlanStage.DETAILED, permits="Ingen").stage == PlanStage.DETAILED
    last = paper(world, case, plan, product="Kjoler og jakker")
    assert (last.stage, last.answers) == (PlanStage.DETAILED, {"product": "Kjoler og jakker", "permits": "Ingen"})
    assert [part.code for part, _rows in answered(last)] == ["idea", "operation"]


@pytest.mark.parametrize(
    ("answers", "field"),
    [({"goal_1": "Ti kunder"}, "goal_1_by"), ({"goal_2_by": "2026-12-01"}, "goal_2"), ({"goal_1_how": "x"}, "goal_1")],
)
def test_a_goal_has_a_date_and_a_date_a_goal(world, answers, field):
    with pytest.raises(Refused) as refusal:
        paper(world, a_case(world), PaperKind.ACTION_PLAN, **answers)
    assert refusal.value.field == field


def test_the_facts_beside_the_screenings(world):
    case = a_case(world)
    assert [(fact.code, fact.value) for fact in facts(case, 1, world.today)] == [
        ("paper_person_profile", "Ikke skrevet endnu"),
        ("paper_business_plan", "Ikke skrevet endnu"),
    ]
    asked = {"wants_extension": "Ja", "extension_months": "2", "extension_why": "To aftaler er på vej."}
    paper(world, case, PaperKind.SELF_EVALUATION, **asked)
    paper(world, case, PaperKind.ACTION_PLAN, **GOALS)
    found = {fact.code: fact.value for fact in facts(case, 4, world.today)}
    assert found["paper_self_evaluation"] == "20. nov. 2026"
    assert (found["extension_asked"], found["extension_why"]) == ("Ja, 2 måneder", "To aftaler er på vej.")
    assert found["goals"] == "0 af 2 mål nået, 1 over datoen"


def test_what_was_asked_for_before_the_last_extension_is_asked_no_more(world):
    case = a_case(world)
    data = services.PaperData(
        kind=PaperKind.SELF_EVALUATION,
        answers={"wants_extension": "Ja", "extension_months": "2"},
        answered_on=world.today - timedelta(days=1),
    )
    services.save_paper(case=case, data=data, by=world.user(Role.COACH), today=world.today)
    assert "extension_asked" in {fact.code for fact in facts(case, 4, world.today)}
    decided_screening(world, case, 4)
    found = {fact.code: fact.value for fact in facts(case, 4, world.today)}
    assert found["paper_self_evaluation"] == "19. nov. 2026, før den sidste afgørelse"
    assert "extension_asked" not in found


def test_a_pensioner_is_not_asked_about_support(world):
    case = a_case(world, livelihood=Livelihood.DISABILITY_PENSION)
    paper(world, case, PaperKind.SELF_EVALUATION, good="Det går godt", wants_extension="Ja")
    assert "extension_asked" not in {fact.code for fact in facts(case, 4, world.today)}
    asked = {q.code for q in questions_of(PaperKind.SELF_EVALUATION, pensioner=True)}
    assert "good" in asked
    assert not asked & {"money_after", "wants_extension", "extension_months", "extension_why"}


def test_the_screening_rests_on_the_newest_versions(world):
    case = a_case(world)
    paper(world, case)
    paper(world, case, PaperKind.BUSINESS_PLAN, product="Pizza", difference="Surdej")
    assert [(item.code, item.version) for item in material(case)] == [("person_profile", 1), ("business_plan", 1)]
    assert plan_facts(case, world.today)["difference"] == "Surdej"
    assert plan_facts(a_case(world), world.today) == {}


# --- Pure rules ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "stored", "shown"),
    [
        (AnswerKind.TEXT, " En\r\nto \n", "En\nto", "En\nto"),
        (AnswerKind.LINE, "En\nto", "En to", "En to"),
        (AnswerKind.DATE, "1/12-26", "2026-12-01", "1. december 2026"),
        (AnswerKind.AMOUNT, "12.000", "12000.00", "12.000 kr."),
        (AnswerKind.AMOUNT, "0", "0.00", "0 kr."),
        (AnswerKind.NUMBER, "007", "7", "7"),
        (AnswerKind.CHOICE, "ja", "Ja", "Ja"),
        (AnswerKind.TEXT, "\x00a\x07", "a", "a"),
        (AnswerKind.DATE, "  ", "", ""),
    ],
)
def test_answers_are_read_and_shown(kind, text, stored, shown):
    question = Question("x", "X", kind=kind, choices=("Ja", "Nej"))
    assert rules.read(question, text) == stored
    assert rules.shown(question, stored).replace("\xa0", " ") == shown
    assert rules.read(question, rules.typed(question, stored)) == stored  # what stands in a field is read the same


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (AnswerKind.DATE, "i morgen"),
        (AnswerKind.AMOUNT, "12.50"),
        (AnswerKind.AMOUNT, "99999999"),
        (AnswerKind.NUMBER, "mange"),
        (AnswerKind.NUMBER, "123456"),
        (AnswerKind.NUMBER, "²"),
        (AnswerKind.CHOICE, "Måske"),
        (AnswerKind.LINE, "x" * 121),
        (AnswerKind.TEXT, "x" * 2001),
    ],
)
def test_what_cannot_be_kept_is_unfit(kind, text):
    with pytest.raises(rules.Unfit):
        rules.read(Question("x", "X", kind=kind, choices=("Ja", "Nej")), text)


def test_two_versions_side_by_side():
    parts = parts_of(PaperKind.PERSON_PROFILE)
    found = rules.compare(parts, {"background": "a", "why": "b"}, {"background": "a", "future": "c", "why": "d"})
    changes = {pair.question.code: pair.change for part in found for pair in part.pairs}
    assert {code: change for code, change in changes.items() if change} == {"why": "changed", "future": "added"}
    assert rules.compare(parts, {"why": "b"}, {})[2].pairs[0].change == "removed"


def test_goals_and_their_dates():
    goals = rules.goals_of(GOALS)
    assert [(goal.number, goal.text) for goal in goals] == [(1, "Ti faste kunder"), (2, "Egen hjemmeside")]
    today = date(2026, 11, 20)
    assert [rules.is_late(goal, "", today) for goal in goals] == [False, True]
    assert not rules.is_late(goals[1], "reached", today)


def test_codes_are_unique_and_fit_a_form():
    for kind in PARTS:
        codes = codes_of(kind)
        assert len(set(codes)) == len(codes)
        assert not {"stage", "answered_on", "seen", "form_number"} & set(codes)


# --- What the database refuses -------------------------------------------------------------------------------------------


def refused(sql, *values, match):
    with pytest.raises(IntegrityError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_a_version_is_never_changed_or_deleted(world):
    first = paper(world, a_case(world))
    refused("UPDATE screening_paper SET answers = '{}' WHERE id = %s", first.pk, match="paper_append_only")
    refused("DELETE FROM screening_paper WHERE id = %s", first.pk, match="paper_append_only")


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"number": 1}, "paper_version"),
        ({"number": 0}, "paper_from_one"),
        ({"kind": "budget"}, "paper_kind_known"),
        ({"stage": "detailed"}, "paper_stage_of_plan"),
        ({"source": "form"}, "paper_read_from_a_file"),
        ({"answers": {}}, "paper_answers_something"),
    ],
)
def test_the_database_refuses_a_crooked_paper(world, changes, guard):
    first = paper(world, a_case(world))
    values = {"case": first.case, "kind": first.kind, "number": 2, "answers": {"why": "x"}, "answered_on": world.today}
    with pytest.raises(IntegrityError, match=guard), transaction.atomic():
        Paper.objects.create(created_by=first.created_by, **{**values, **changes})


@pytest.mark.parametrize(("since", "months"), [(None, 2), (0, 2), (1, None)])
def test_what_was_asked_before_the_present_period_counts_no_more(world, since, months):
    case = a_case(world)
    paper(world, case, PaperKind.SELF_EVALUATION, wants_extension="Ja", extension_months="2")
    day = None if since is None else world.today + timedelta(days=since)
    assert services.months_asked(case, day) == months


def test_a_new_version_of_either_paper_makes_the_form_of_both_an_older_one(world):
    case, kind = a_case(world), form_kinds["self_evaluation"]
    versions = []
    for paper_kind, answers in ((PaperKind.SELF_EVALUATION, {"good": "Godt"}), (PaperKind.ACTION_PLAN, GOALS)):
        paper(world, case, paper_kind, **answers)
        versions.append(kind.stored(case).version)
    assert versions == [1, 2]


@pytest.mark.parametrize(("text", "kept"), [("14.500", "14500.00"), (" 1.250 ", "1250.00"), ("2.000,50", "2000.50")])
def test_a_point_groups_thousands_in_a_form_that_came_back(text, kept):
    assert rules.read_back(Question("it", "Hvad?", kind=AnswerKind.AMOUNT), text) == kept
    assert rules.read_back(LINE, text) == text.strip()
    for wrong in ("14.50", "0.500", "14.500.0"):
        with pytest.raises(rules.Unfit):
            rules.read_back(Question("it", "Hvad?", kind=AnswerKind.AMOUNT), wrong)


def test_an_amount_below_zero_is_told_with_both_ends():
    with pytest.raises(rules.Unfit, match="Skriv et beløb fra 0 til 9.999.999,99.kr.$"):
        rules.read(Question("it", "Hvad?", kind=AnswerKind.AMOUNT), "-5")
