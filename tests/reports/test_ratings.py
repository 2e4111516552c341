"""Ratings against outcomes: each person once, and no small number for those who read aggregates (domain.md §4, §10)."""

import csv
import io
from datetime import timedelta
from itertools import product

import pytest
from django.urls import reverse

from microloan.accounts.enums import Role
from microloan.core import clock
from reports import scores
from reports.rules.scores import Group, Rated, lines
from reports.rules.suppression import Hidden
from reports.scores import Came
from tests.screening.builders import BACK, TODAY, YES, decided, drafted
from tests.support.world import World


def rated(spread):
    """{rating: (people, with the outcome)} as rows."""
    return [Rated("plan", value, place < came) for value, (people, came) in spread.items() for place in range(people)]


def one(spread, *, suppress=True):
    (line,) = lines(rated(spread), ["plan"], suppress=suppress)
    return line


def cells(line):
    return [(group.words, group.rated, group.with_outcome) for group in line.groups]


def test_everything_is_counted_for_those_who_see_the_cases():
    line = one({1: (1, 0), 4: (2, 1)}, suppress=False)
    assert cells(line) == [("1", 1, 0), ("2", 0, 0), ("3", 0, 0), ("4", 2, 1), ("5", 0, 0)]
    assert (line.rated, line.mean_tenths) == (3, 30)


def test_ratings_are_put_together_until_no_group_gives_anybody_away():
    fine = dict.fromkeys(range(1, 6), (10, 5))
    assert len(one(fine).groups) == 5
    assert cells(one({**fine, 1: (5, 3), 2: (5, 2)})) == [("1–2", 10, 5), ("3", 10, 5), ("4–5", 20, 10)]
    assert cells(one({**fine, 3: (0, 0)})) == [("1–3", 20, 10), ("4–5", 20, 10)]


def test_where_nothing_is_harmless_only_how_many_were_rated_is_told():
    line = one({4: (20, 3), 5: (20, 20)})
    assert (line.rated, line.mean_tenths, line.groups) == (40, None, ())


def test_another_outcome_does_not_give_a_hidden_rating_away():
    people = {1: 3, 2: 20, 3: 20, 4: 6, 5: 30}
    came = {1: 0, 2: 4, 3: 10, 4: 3, 5: 15}
    shown = one({rating: (count, came[rating]) for rating, count in people.items()})
    assert cells(shown) == [("1–3", 43, 14), ("4–5", 36, 18)]
    assert one({rating: (count, 0) for rating, count in people.items()}).groups == ()


def test_a_share_is_rounded_half_up():
    assert (Group((1,), 200, 25).percent, Group((1,), 9, 4).percent) == (13, None)


def test_under_five_people_nothing_is_told():
    assert (one({5: (4, 4)}).rated, one({5: (4, 4)}).groups) == (Hidden.SMALL, ())


def test_no_split_of_few_people_shows_a_small_count():
    for people, came in product(range(12), repeat=2):
        if came <= people:
            for group in one({2: (people, came), 5: (10, 5)}).groups:
                assert min(group.with_outcome, group.rated - group.with_outcome) >= 5


# --- From the rows -------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(db):
    return World()


def test_the_last_decided_round_counts_and_drafts_do_not(world):
    first = decided(world, 1, BACK)
    assert first.outcome
    drafted(world, 1, case=first.case)
    found = scores.figures(number=1, came=Came.CONTINUED, as_of=TODAY, suppress=False)
    assert found.people == 1
    assert found.titles["trust"] == "Tillid"
    assert [(line.rated, sum(group.with_outcome for group in line.groups)) for line in found.lines] == [(1, 0)] * 6


def test_the_number_of_queries_is_fixed(world, django_assert_num_queries):
    for _time in range(2):
        decided(world, 1, YES)
        with django_assert_num_queries(4):
            scores.figures(number=1, came=Came.LOAN, as_of=TODAY, suppress=True)


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
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert ["Tillid", "1–5", "0–4", "skjult"] in rows
    assert {len(row) for row in rows} == {4}


def test_an_unknown_question_gives_the_usual_one(world, client_for):
    client = client_for(world.user(Role.PROJECT_LEAD))
    page = client.get(reverse("reports:ratings"), {"screening": "9", "came": "x"})
    assert page.context["figures"].number == 3
