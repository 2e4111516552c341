import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from loans.rules import check_reference, payment_reference, slip_line
from loans.rules.reference import check_digit


@pytest.mark.parametrize(
    ("digits", "check"),
    [("7992739871", "3"), ("00000000000000", "0"), ("00000000000001", "8"), ("00000000000005", "9"), ("9", "1")],
)
def test_check_digits(digits, check):
    assert check_digit(digits) == check


@pytest.mark.parametrize(
    ("serial", "prefix", "expected"),
    [
        (1, "", "000000000000018"),
        (1, "71", "710000000000019"),
        (99999999999999, "", "999999999999994"),
        (42, "000000000000", "000000000000422"),
    ],
)
def test_references(serial, prefix, expected):
    assert payment_reference(serial, prefix) == expected
    assert check_reference(expected)


@pytest.mark.parametrize(
    ("serial", "prefix"), [(0, ""), (-1, ""), (True, ""), (1.5, ""), (10**14, ""), (100, "0" * 12), (1, "7a"), (1, "٣")]
)
def test_impossible_references(serial, prefix):
    with pytest.raises(ValueError, match=r"serial|prefix"):
        payment_reference(serial, prefix)


@pytest.mark.parametrize(
    "text", ["", "18", "000000000000017", "00000000000001٨", "0000000000000018", "00000000000001 8"]
)
def test_wrong_references(text):
    assert not check_reference(text)


def test_the_line_of_a_slip():
    assert slip_line("000000000000018", "81234567") == "+71<000000000000018+81234567<"
    for reference, creditor in (("000000000000017", "81234567"), ("000000000000018", "71234567")):
        with pytest.raises(ValueError, match=r"reference|creditor"):
            slip_line(reference, creditor)


@given(digits=st.text("0123456789", min_size=1, max_size=20))
def test_an_independent_implementation_agrees(digits):
    assert check_digit(digits) == luhn.calc_check_digit(digits)


@given(serial=st.integers(1, 10**14 - 1), position=st.integers(0, 14), step=st.integers(1, 9))
def test_a_wrong_digit_is_found(serial, position, step):
    reference = payment_reference(serial)
    wrong = str((int(reference[position]) + step) % 10)
    assert not check_reference(reference[:position] + wrong + reference[position + 1 :])


@given(serial=st.integers(1, 10**14 - 1), position=st.integers(0, 13))
def test_swapped_neighbours_are_found(serial, position):
    reference = payment_reference(serial)
    left, right = reference[position], reference[position + 1]
    swapped = reference[:position] + right + left + reference[position + 2 :]
    assert check_reference(swapped) == (left == right or {left, right} == {"0", "9"})
