"""The pure rules of a case."""

import pytest

from cases.enums import PHASE_ORDER, Phase
from cases.rules import Reliability, may_complete, same_name


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Amina Testesen", "amina  TESTESEN", True),
        ("Amina Testesen", "Amina Sofie Testesen", True),
        ("Åse Müller", "Aase Muller", True),
        ("Amina Testesen", "Amina Prøvesen", False),
        ("Amina Testesen", "Sofie Testesen", False),
        ("Amina", "Amina Testesen", False),
        ("", "", False),
    ],
)
def test_first_and_last_name_tell_who_may_be_the_same(one, other, same):
    assert same_name(one, other) is same_name(other, one) is same


@pytest.mark.parametrize("phase", PHASE_ORDER)
def test_a_case_is_completed_from_aftercare_alone(phase):
    assert may_complete(phase) is (phase == Phase.AFTERCARE)


@pytest.mark.parametrize(
    ("attended", "no_show", "percent"), [(0, 0, None), (0, 3, 0), (1, 2, 33), (2, 1, 67), (1, 7, 13), (5, 0, 100)]
)
def test_reliability_is_whole_per_cent_rounded_half_up(attended, no_show, percent):
    reliability = Reliability(attended, no_show)
    assert (reliability.percent, reliability.total) == (percent, attended + no_show)
