"""A screening with plans and year budgets: its pages open, and nothing newer is locked unseen."""

import pytest
from django.urls import reverse

from microloan.core.errors import Conflict
from screening import services
from screening.enums import BudgetKind, Outcome
from screening.papers.enums import PaperKind
from tests.screening.budget_builders import year_budget
from tests.screening.builders import YES, case_for, draft_of, drafted, recommended
from tests.screening.pages import text_of
from tests.screening.paper_builders import paper


def with_material(world, number=1):
    case = case_for(world, number)
    paper(world, case, PaperKind.PERSON_PROFILE)
    for kind in (BudgetKind.OPERATING, BudgetKind.LIQUIDITY):
        year_budget(world, case, kind=kind)
    return case


def address(name, screening):
    return reverse(f"screening:{name}", kwargs={"number": screening.case.number, "pk": screening.pk})


def decide(world, screening, **changes):
    lead = world.user("project_lead")
    return services.decide(screening=screening, decision=YES, by=lead, today=world.today, **changes)


def test_every_page_opens_and_leads_to_the_versions(world, coach, lead):
    case = with_material(world)
    screening = drafted(world, case=case)
    link = f"/cases/{case.number}/papers/person_profile/?version=1"
    assert link in coach.get(address("edit", screening)).content.decode()
    screening = services.recommend(
        screening=screening, recommendation=Outcome.CONTINUE, by=world.user("coach"), today=world.today
    )
    assert link in lead.get(address("decide", screening)).content.decode()
    decide(world, screening)
    locked = lead.get(address("detail", screening)).content.decode()
    assert link in locked
    assert "?version=1" in locked


def test_a_version_that_came_since_is_not_decided_on_unseen(world, lead):
    case = with_material(world)
    screening = recommended(world, case=case)
    seen = services.versions_now(case)
    paper(world, case, PaperKind.PERSON_PROFILE, why="Noget helt andet")
    page = lead.post(
        address("decide", screening),
        {"version": screening.version, "rests_on": seen, "outcome": "continue", "step": "check"},
        follow=True,
    )
    assert "Der er kommet en nyere udgave" in text_of(page)
    form = page.context["form"]  # what was typed stands, beside the newer version
    assert (form["outcome"].value(), form["rests_on"].value()) == ("continue", services.versions_now(case))
    with pytest.raises(Conflict):
        decide(world, screening, rests_on=seen)
    assert decide(world, screening, rests_on=services.versions_now(case)).is_decided


def test_what_is_missing_is_said_before_the_lead_tries(world, lead):
    screening = drafted(world)
    screening.scores.update(value=None)
    services.recommend(screening=screening, recommendation=Outcome.CONTINUE, by=world.user("coach"), today=world.today)
    page = text_of(lead.get(address("decide", screening)))
    assert "Tag screeningen tilbage som kladde for at svare." in page


def test_an_answer_to_other_words_does_not_stand_in_the_form(world, coach):
    screening = drafted(world, 3)
    case = screening.case
    year_budget(world, case, kind=BudgetKind.LIQUIDITY)
    draft = draft_of(world, screening)
    for code in draft.answers:
        screening.warnings[code] = {"text": "Andre ord", "answer": "Det gamle svar"}
    screening.save()
    assert draft.answers
    assert "Det gamle svar" not in coach.get(address("edit", screening)).content.decode()


def test_the_lead_may_hear_the_citizen_where_the_coach_did_not_propose_a_stop(world, coach, lead):
    screening = recommended(world)
    assert (
        reverse("screening:hearing", args=[screening.case.number, screening.pk])
        in lead.get(address("detail", screening)).content.decode()
    )
    assert (
        reverse("screening:hearing", args=[screening.case.number, screening.pk])
        not in coach.get(address("detail", screening)).content.decode()
    )
