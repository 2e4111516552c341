"""What a round rests on: frozen when it is decided, and what has come since it was sent (domain.md §4)."""

from datetime import timedelta

import pytest

from cases.models import CaseFile
from microloan.accounts.enums import Role
from screening import services
from screening.enums import BudgetKind
from tests.screening.builders import BACK, budget, case_for, decided, draft_of, drafted, line, recommended
from tests.screening.pages import address, case_page, text_of


def versions(screening):
    return {item.code: item.version for item in services.material_of(screening)}


def fresh(case):
    return CaseFile.objects.get(pk=case.pk)


@pytest.fixture
def yellow(world):
    """Screening 3 sent back, with a budget of two versions."""
    case = case_for(world, 3)
    budget(world, case, line(amount="12000.00"))
    budget(world, case, line(amount="15000.00"))
    return decided(world, 3, BACK, case=fresh(case))


def test_a_decided_round_keeps_the_version_and_its_figures(world, yellow):
    assert versions(yellow) == {BudgetKind.ESTABLISHMENT: 2}
    budget(world, fresh(yellow.case), line(amount="9000.00"))
    yellow.refresh_from_db()
    (kept,) = services.material_of(yellow)
    assert kept.version == 2
    assert "15.000" in dict(kept.figures)["Lånebehov"]


def test_a_newer_budget_after_the_recommendation_is_told_to_the_project_lead(world, lead):
    case = case_for(world, 3)
    budget(world, case, line(amount="12000.00"))
    screening = recommended(world, 3, case=fresh(case))
    assert services.newer_since_sent(screening) == []
    budget(world, fresh(case), line(amount="13000.00"))
    page = text_of(lead.get(address("decide", screening)))
    assert "Etableringsbudget v2 ( den var v1 )" in page.replace("(den var v1)", "( den var v1 )")


def test_a_decision_rests_on_what_has_come_until_it_is_made(world):
    case = case_for(world, 3)
    budget(world, case, line(amount="12000.00"))
    screening = recommended(world, 3, case=fresh(case))
    budget(world, fresh(case), line(amount="13000.00"))
    lead = world.user(Role.PROJECT_LEAD)
    screening = services.decide(screening=screening, decision=BACK, by=lead, today=world.today)
    assert versions(screening) == {BudgetKind.ESTABLISHMENT: 2}


def test_the_same_budget_after_yellow_is_asked_about_and_a_newer_is_not(world, yellow):
    again = drafted(world, 3, case=fresh(yellow.case), answers={})
    assert "not_resubmitted" in services.unanswered(again, world.today)
    assert "Etableringsbudget v2" in services.current_warnings(again, world.today)["not_resubmitted"].text
    budget(world, fresh(yellow.case), line(amount="9000.00"))
    again.case = fresh(yellow.case)
    assert "not_resubmitted" not in services.current_warnings(again, world.today)


def test_the_clock_and_what_was_agreed_stay_in_sight(world, yellow, coach):
    page = text_of(coach.get(case_page("list", yellow.case)))
    assert "Sendt tilbage: Borgeren kommer igen senest den 18. december 2026." in page
    assert "Tid i fasen" in page
    assert "0 dage af 98" in page
    page = text_of(coach.get(case_page("budget", yellow.case)))
    assert "Sendt tilbage: Borgeren kommer igen senest den 18. december 2026." in page
    assert "Find to faste kunder." in page
    again = services.open_screening(case=yellow.case, number=3, by=world.user(Role.COACH), today=world.today)
    page = text_of(coach.get(address("edit", again)))
    assert "Aftalt i runde 1" in page
    assert "Find to faste kunder." in page


def test_the_clock_runs_only_where_something_was_sent_back(world, coach):
    screening = drafted(world, 3)
    assert "dage af 98" not in text_of(coach.get(case_page("list", screening.case)))


def test_earlier_rounds_stay_as_they_were(world, yellow):
    before = (yellow.material, yellow.facts, yellow.warnings, yellow.improvements)
    budget(world, fresh(yellow.case), line(amount="9000.00"))
    again = drafted(world, 3, case=fresh(yellow.case), strengths="Noget andet.")
    services.recommend(
        screening=again, recommendation="continue", by=world.user(Role.COACH), today=world.today + timedelta(days=1)
    )
    yellow.refresh_from_db()
    assert (yellow.material, yellow.facts, yellow.warnings, yellow.improvements) == before


def test_warnings_are_kept_with_why_and_source(world):
    screening = decided(world, 3, BACK)
    kept = services.current_warnings(screening, world.today)["no_budget"]
    assert kept.why
    assert kept.source
    assert services.answer_to(screening, kept) == "Vi har talt om det."


def test_a_warning_that_no_longer_holds_is_not_kept(world):
    case = case_for(world, 3)
    screening = recommended(world, 3, case=case)
    assert "no_budget" in screening.warnings
    budget(world, fresh(case), line(amount="12000.00"))
    lead = world.user(Role.PROJECT_LEAD)
    screening = services.decide(screening=screening, decision=BACK, by=lead, today=world.today)
    assert "no_budget" not in screening.warnings


def test_what_no_longer_holds_when_it_is_sent_is_not_sent_along(world):
    case = case_for(world, 3)
    screening = drafted(world, 3, case=case)
    assert "no_budget" in screening.warnings
    budget(world, fresh(case), line(amount="12000.00"))
    coach = world.user(Role.COACH)
    sent = services.recommend(screening=screening, recommendation="continue", by=coach, today=world.today)
    assert "no_budget" not in sent.warnings


# --- The writer's own draft ----------------------------------------------------------------------------------------------


def typed(coach, screening, **changes):
    form = coach.get(address("edit", screening)).context["form"]
    data = {name: form[name].value() if form[name].value() is not None else "" for name in form.fields}
    data["held_on"] = "20-11-2026"
    return {**data, "seen": form.seen_note, "draft_page": "side-1", **changes}


def keep(client, screening, data):
    key = f"{screening.case.number}.{screening.pk}"
    return client.post(f"/drafts/screening/{key}/", data, headers={"HX-Request": "true"})


def test_what_is_typed_is_kept_for_the_writer_alone(world, coach, lead):
    screening = drafted(world)
    score = screening.scores.first()
    data = typed(coach, screening, strengths="Halvt skre", **{f"score_{score.criterion_id}": ""})
    assert "Kladde gemt" in text_of(keep(coach, screening, data))
    form = coach.get(address("edit", screening)).context["form"]
    assert form["strengths"].value() == "Halvt skre"
    assert form[f"score_{score.criterion_id}"].value() == ""
    assert lead.get(address("edit", screening)).context["form"]["strengths"].value() != "Halvt skre"
    screening.refresh_from_db()
    assert screening.strengths.startswith("Du kan dit fag.")


def test_saving_ends_the_draft(world, coach):
    screening = drafted(world)
    data = typed(coach, screening, strengths="Helt skrevet")
    keep(coach, screening, data)
    coach.post(address("edit", screening), data)
    page = coach.get(address("edit", screening))
    assert page.context["draft"].content == {}
    assert page.context["form"]["strengths"].value() == "Helt skrevet"


def test_a_draft_from_before_another_save_shows_both(world, coach):
    screening = drafted(world)
    keep(coach, screening, typed(coach, screening, strengths="Min kladde"))
    other = draft_of(world, screening, strengths="Den andens ord")
    services.save_draft(
        screening=screening, draft=other, version=None, by=world.user(Role.PROJECT_LEAD), today=world.today
    )
    form = coach.get(address("edit", screening)).context["form"]
    data = {name: form[name].value() if form[name].value() is not None else "" for name in form.fields}
    response = coach.post(address("edit", screening), {**data, "seen": form.seen_note})
    assert [rival.label for rival in response.context["form"].rivals] == ["Det taler for"]
    screening.refresh_from_db()
    assert screening.strengths == "Den andens ord"


def test_a_screening_that_is_sent_has_no_draft(world, coach):
    screening = recommended(world)
    assert keep(coach, screening, {"strengths": "Sent", "draft_page": "x"}).status_code == 404
