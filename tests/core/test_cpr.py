import copy
import json
import pickle
from datetime import date

import pytest

from microloan.core import cpr
from microloan.core.cpr import Cpr, Unreadable

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("digits", "born"),
    [
        ("0101900000", date(1990, 1, 1)),
        ("0101003999", date(1900, 1, 1)),
        ("0101364000", date(2036, 1, 1)),
        ("0101374000", date(1937, 1, 1)),
        ("0101575000", date(2057, 1, 1)),
        ("0101585000", date(1858, 1, 1)),
        ("3112998000", date(1899, 12, 31)),
        ("0101369000", date(2036, 1, 1)),
        ("0101379000", date(1937, 1, 1)),
        ("2902004000", date(2000, 2, 29)),
        ("7203901234", date(1990, 3, 12)),
    ],
)
def test_digit_seven_and_the_year_give_the_century(digits, born):
    assert cpr.birth_date(digits) == born


@pytest.mark.parametrize("text", ["010190-1234", "0101901234", " 010190 1234 ", "010190\u20131234"])
def test_separators_do_not_matter(text):
    assert cpr.normalise(text) == "0101901234"


@pytest.mark.parametrize("text", ["", "010190", "01019012345", "010190-12x4", "٠١٠١٩٠١٢٣٤"])
def test_ten_digits_are_needed(text):
    with pytest.raises(Unreadable) as refusal:
        cpr.normalise(text)
    assert "ti cifre" in str(refusal.value.message)


def test_modulus_eleven_is_not_demanded():
    for last in range(10):
        assert cpr.validate(f"010190123{last}", today=TODAY, fictitious=False)


@pytest.mark.parametrize(
    ("number", "fictitious", "hint"),
    [
        ("3002901234", False, "ikke en dato"),
        ("0113901234", False, "ikke en dato"),
        ("0001901234", False, "ikke en dato"),
        ("2902014000", False, "ikke en dato"),
        ("2111264000", False, "fremtiden"),
        ("7203901234", False, "opdigtet"),
        ("0101901234", True, "60"),
        ("9902901234", True, "60"),
        ("9002901234", True, "ikke en dato"),
    ],
)
def test_impossible_numbers_are_refused_without_repeating_them(number, fictitious, hint):
    with pytest.raises(Unreadable) as refusal:
        cpr.validate(number, today=TODAY, fictitious=fictitious)
    message = str(refusal.value.message)
    assert hint in message
    assert number not in message
    assert number[6:] not in message


def test_demo_takes_invented_numbers_only_and_production_none(settings):
    settings.ALLOW_FICTITIOUS_CPR = True
    assert cpr.validate("720390-1234", today=TODAY) == "7203901234"
    with pytest.raises(Unreadable):
        cpr.validate("120390-1234", today=TODAY)
    settings.ALLOW_FICTITIOUS_CPR = False
    assert cpr.validate("120390-1234", today=TODAY) == "1203901234"
    with pytest.raises(Unreadable):
        cpr.validate("720390-1234", today=TODAY)


def test_somebody_born_today_has_a_number():
    assert cpr.validate("2011264000", today=TODAY, fictitious=False) == "2011264000"


def test_registered_sex_is_the_last_digit():
    assert cpr.registered_sex("0101901234") == "K"
    assert cpr.registered_sex("0101901235") == "M"


def test_nothing_shows_the_number_by_accident():
    number = Cpr("010190-1234")
    for shown in (str(number), repr(number), f"{number}", f"{number:>20}", str([number])):
        assert "1234" not in shown
        assert "010190-••••" in shown
    with pytest.raises(TypeError):
        json.dumps(number)
    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(number)
    with pytest.raises(AttributeError):
        number.other = 1


def test_the_number_is_shown_when_asked_for():
    number = Cpr("010190-1234")
    assert number.digits == "0101901234"
    assert number.formatted == "010190-1234"
    assert number.birth_date == date(1990, 1, 1)
    assert not number.is_fictitious


def test_equal_numbers_are_equal():
    assert Cpr("010190-1234") == Cpr("0101901234") == Cpr(Cpr("0101901234"))
    assert len({Cpr("010190-1234"), Cpr("0101901234")}) == 1
    assert Cpr("0101901234") != "0101901234"
    assert copy.deepcopy(Cpr("0101901234")) == Cpr("0101901234")


def test_the_blind_index_is_keyed(settings):
    first = cpr.blind_index("010190-1234")
    assert first == cpr.blind_index(Cpr("0101901234"))
    assert len(first) == 64
    assert "1234" not in first or first != "0101901234"
    settings.CPR_INDEX_KEY = "another-key-0123456789-another-key"
    assert cpr.blind_index("010190-1234") != first
