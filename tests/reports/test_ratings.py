"""Ratings against outcomes: each person once, and no small number for those who read aggregates (domain.md §4, §10)."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from random import Random

import pytest
from django.urls import reverse

from microloan.accounts.enums import Role
from microloan.core import clock
from reports import scores
from reports.rules.scores import LOAN, NEITHER, SELF_SUPPORTING, Group, Rated, lines, safe
from reports.rules.suppression import Hidden
from reports.scores import Came
from screening.models import Score
from tests.screening.builders import BACK, TODAY, YES, decided, drafted
from tests.support.world import World


@pytest.fixture(autouse=True)
def _friday() -> Iterator[None]:
    """The clock stands at the day of the figures, whatever the day of the run."""
    with clock.at(TODAY):
        yield


def rated(spread):
    """{rating: (people, with the outcome)} as rows."""
    return [Rated("plan", value, place < came) for value, (people, came) in spread.items() for place in range(people)]


def test_everything_is_counted_for_those_who_see_the_cases():
    (line,) = lines(rated({1: (1, 0), 4: (2, 1)}), ["plan"])
    cells = [(group.rating, group.rated, group.with_outcome) for group in line.groups]
    assert cells == [(1, 1, 0), (2, 0, 0), (3, 0, 0), (4, 2, 1), (5, 0, 0)]
    assert (line.rated, line.mean_tenths) == (3, 30)


def test_a_share_is_rounded_half_up():
    assert (Group(1, 200, 25).percent, Group(1, 9, 4).percent) == (13, None)


# --- Without small numbers -------------------------------------------------------------------------------------------------


def people(spread):
    """{(rating, result): how many} as ratings and results by person."""
    everybody = [key for key, count in spread.items() for _place in range(count)]
    return {n: rating for n, (rating, _result) in enumerate(everybody)}, {n: key[1] for n, key in enumerate(everybody)}


def one(spread):
    ratings, results = people(spread)
    (line,) = safe({"plan": ratings}, results).lines
    return line


def cells(line):
    return [(part.words, "+".join(part.results), part.people) for part in line.parts]


def test_each_person_stands_in_one_part_of_at_least_five():
    spread = {(rating, result): 5 for rating in range(1, 6) for result in (SELF_SUPPORTING, LOAN, NEITHER)}
    assert len(one(spread).parts) == 15
    spread[2, LOAN] = 4
    assert cells(one(spread))[:3] == [("1–2", SELF_SUPPORTING, 10), ("1–2", LOAN, 9), ("1–2", NEITHER, 10)]
    few = {key: count for key, count in spread.items() if key[1] != LOAN or key[0] == 5}
    both = f"{SELF_SUPPORTING}+{LOAN}"
    assert cells(one(few))[:2] == [("1", both, 5), ("1", NEITHER, 5)]
    assert one({(4, LOAN): 4, (4, NEITHER): 30}).parts == ()


def test_under_five_people_nothing_is_told():
    found = safe(*_few())
    assert (found.people, found.lines[0].rated, found.lines[0].parts) == (Hidden.SMALL, Hidden.OTHER, ())


def _few():
    ratings, results = people({(5, LOAN): 4})
    return {"plan": ratings}, results


def test_a_mean_is_in_halves_and_never_at_its_ends():
    means = {
        people: one({(rating, NEITHER): count}).mean_halves
        for people, rating, count in ((9, 3, 9), (10, 5, 10), (11, 1, 11))
    }
    assert means == {9: None, 10: 9, 11: 3}
    assert one({(3, NEITHER): 7, (4, NEITHER): 3}).mean_halves == 7


def test_a_criterion_that_few_were_not_rated_on_is_hidden():
    """Its numbers could be taken from those of the others."""
    ratings, results = people({(4, NEITHER): 20})
    later = {person: 3 for person in list(ratings)[:17]}
    found = {line.code: line for line in safe({"plan": ratings, "new": later}, results).lines}
    assert (found["plan"].rated, found["new"].rated) == (20, Hidden.OTHER)
    later = {person: 3 for person in list(ratings)[:15]}
    assert [line.rated for line in safe({"plan": ratings, "new": later}, results).lines] == [20, 15]


def test_a_screening_that_few_did_not_come_to_is_hidden():
    """Who fell away between two screenings could be counted."""
    ratings, results = people({(4, LOAN): 10, (3, NEITHER): 10})
    results |= {99: LOAN}
    everybody = frozenset(results)
    found = safe({"plan": ratings}, results, earlier=[everybody])
    assert (found.people, found.lines[0].rated) == (Hidden.OTHER, Hidden.OTHER)
    assert safe({"plan": ratings}, results, earlier=[frozenset(ratings)]).people == 20


def test_whatever_people_are_rated_no_two_numbers_give_a_small_one():
    chance = Random(4)
    for _time in range(300):
        count = chance.randrange(60)
        results = {person: chance.choice((SELF_SUPPORTING, LOAN, NEITHER)) for person in range(count)}
        ratings = {
            code: {person: chance.randint(1, 5) for person in range(count) if chance.random() < share}
            for code, share in (("a", 1), ("b", 0.9), ("c", 0.6))
        }
        found = safe(ratings, results)
        totals = [line.rated for line in found.lines if isinstance(line.rated, int)]
        assert all(abs(a - b) not in range(1, 5) for a, b in product(totals, repeat=2))
        for line in found.lines:
            assert all(part.people >= 5 for part in line.parts)
            assert sum(part.people for part in line.parts) in (0, line.rated)


# --- From the rows -------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(db):
    return World()


def test_the_last_decided_round_counts_and_drafts_do_not(world):
    first = decided(world, 1, BACK)
    assert first.outcome
    drafted(world, 1, case=first.case)
    found = scores.figures(number=1, came=Came.CONTINUED, as_of=TODAY)
    assert found.people == 1
    assert found.titles["trust"] == "Tillid"
    assert [(line.rated, sum(group.with_outcome for group in line.groups)) for line in found.lines] == [(1, 0)] * 6


def test_the_number_of_queries_is_fixed(world, django_assert_num_queries):
    for _time in range(2):
        decided(world, 1, YES)
        with django_assert_num_queries(4):
            scores.figures(number=1, came=Came.LOAN, as_of=TODAY)
        with django_assert_num_queries(4):
            scores.safe_figures(number=1, as_of=TODAY)


@pytest.mark.parametrize("came", Came.values)
@pytest.mark.parametrize("role", [Role.PROJECT_LEAD, Role.MANAGER])
def test_the_page_and_the_file(world, client_for, role, came):
    decided(world, 1, YES)
    asked = {"screening": "1", "came": came}
    with clock.at(TODAY + timedelta(days=60)):
        client = client_for(world.user(role))
        page = client.get(reverse("reports:ratings"), asked)
        response = client.get(reverse("reports:ratings_csv"), asked)
        text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert "Vurderinger og resultater" in page.content.decode()
    assert ("outcomes" in page.context) == (
        role == Role.PROJECT_LEAD
    )  # outcomes that overlap are never chosen one by one
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert ["Tillid", "1–5", "alle", "skjult"] in rows
    assert {len(row) for row in rows} == {4}


def test_an_unknown_question_gives_the_usual_one(world, client_for):
    client = client_for(world.user(Role.PROJECT_LEAD))
    page = client.get(reverse("reports:ratings"), {"screening": "9", "came": "x"})
    assert page.context["figures"].number == 3


def test_every_rating_of_every_criterion_can_be_held_against_what_came(world):
    """From the row to the report: each criterion of each screening, with the rating that was given and its outcome."""
    for number, decision in ((1, YES), (2, BACK), (3, BACK)):
        decided(world, number, decision)
        for came in Came:
            found = scores.figures(number=number, came=came, as_of=TODAY)
            kept = dict(Score.objects.filter(screening__number=number).values_list("criterion__code", "value"))
            shown = {line.code: [group.rating for group in line.groups if group.rated] for line in found.lines}
            assert shown == {code: [value] for code, value in kept.items()}
            outcomes = {group.with_outcome for line in found.lines for group in line.groups if group.rated}
            assert outcomes == {int(came == Came.CONTINUED and decision == YES)}
