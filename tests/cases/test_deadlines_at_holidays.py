"""Deadlines of domain.md §9 around Christmas and Easter. The table of all of them: docs/domain-map.md."""

from datetime import date

import pytest
from django.utils import translation

from cases.models import Task
from cases.services import reconcile_all
from microloan.core import clock
from screening import rules as screening
from tests.cases import builders


@pytest.mark.parametrize(
    ("referred", "answer"),
    [
        (date(2026, 12, 16), date(2026, 12, 23)),  # the last day before Christmas
        (date(2026, 12, 17), date(2026, 12, 28)),  # 24, 25 and 26 December and the weekend do not count
        (date(2026, 12, 23), date(2027, 1, 5)),  # nor do 31 December, 1 January and the weekend after it
        (date(2027, 3, 19), date(2027, 3, 31)),  # nor Maundy Thursday, Good Friday and Easter Monday
        (date(2027, 4, 30), date(2027, 5, 10)),  # nor Ascension Day; a bank's Friday is a working day here
        (date(2027, 5, 12), date(2027, 5, 20)),  # nor Whit Monday
        (date(2028, 5, 8), date(2028, 5, 15)),  # Great Prayer Day is a working day since 2024
    ],
)
def test_a_referral_is_answered_within_five_working_days(cast, referred, answer):
    with clock.at(referred):
        case = builders.refer(cast.caseworker, on=referred)
        reconcile_all(referred)
    task = Task.objects.get(case=case, kind="accept_referral")
    assert (task.due_on, task.is_promise) == (answer, True)
    assert case.referral.answer_due_on == answer


@pytest.mark.parametrize(
    ("sent", "soonest"),
    [
        (date(2026, 12, 10), date(2026, 12, 17)),
        (date(2026, 12, 17), date(2026, 12, 28)),  # not on Christmas Eve
        (date(2027, 3, 18), date(2027, 3, 30)),  # not on Maundy Thursday, nor on any day of Easter
    ],
)
def test_a_hearing_never_ends_on_a_closed_day(sent, soonest):
    with translation.override("da"):
        assert screening.answer_day_refusal(soonest, sent) == ""
        assert "helligdag" in screening.answer_day_refusal(date(2027, 1, 1), date(2026, 12, 10))
    assert screening.earliest_answer(sent) == soonest
