from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from microloan.core import danish
from microloan.core.danish import NBSP, Unreadable, parse_amount, parse_date, parse_time

D = Decimal
TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("35000", "35000.00"),
        ("35.000", "35000.00"),
        ("35 000", "35000.00"),
        ("35\u00a0000", "35000.00"),
        ("35.000,00 kr.", "35000.00"),
        ("35.000 kr", "35000.00"),
        ("kr. 35.000", "35000.00"),
        ("35.000 DKK", "35000.00"),
        ("35.000,-", "35000.00"),
        ("  416,67 ", "416.67"),
        ("416,6", "416.60"),
        ("0", "0.00"),
        ("1.500.250", "1500250.00"),
        ("1.234,00", "1234.00"),
        ("1.234 kr.", "1234.00"),
        ("1.234,5", "1234.50"),
        ("-5", "-5.00"),
        ("\u22125", "-5.00"),
        ("9999999999,99", "9999999999.99"),
    ],
)
def test_amounts_as_danes_write_them(text, amount):
    assert str(parse_amount(text)) == amount


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1.234", "1.234,00"),
        ("35.500", "35500"),
        ("12.50", "12,50"),
        ("12.5", "12,5"),
        ("1,234.50", "1234,50"),
        ("1,234,567", "1234567"),
        ("1,234", "1234"),
        ("12,345", "12345"),
        ("1234,567", "to cifre"),
        ("0,001", "to cifre"),
        ("abc", "35.000"),
        ("", "35.000"),
        ("12 50", "35.000"),
        ("1.50.000", "35.000"),
        ("0.000", "35.000"),
        ("35.000.00", "35.000"),
        ("1e5", "35.000"),
        ("NaN", "35.000"),
        ("Infinity", "35.000"),
        ("--5", "35.000"),
        ("1_000", "35.000"),
        ("٣٤", "35.000"),
        (",50", "35.000"),
        ("35,", "35.000"),
        ("99999999999", "for stort"),
    ],
)
def test_ambiguous_and_wrong_amounts_are_refused_with_what_to_write(text, hint):
    with pytest.raises(Unreadable) as refusal:
        parse_amount(text)
    assert hint in str(refusal.value.message)


@given(st.decimals(min_value=D("-9999999999.99"), max_value=D("9999999999.99"), places=2))
def test_every_amount_we_write_is_read_back(amount):
    assert parse_amount(danish.kr(amount)) == amount
    assert parse_amount(danish.amount_input(amount)) == amount


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_is_refused(text):
    try:
        amount = parse_amount(text)
    except Unreadable:
        return
    assert amount == round(amount, 2)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (D("35000.00"), "35.000 kr."),
        (D("416.67"), "416,67 kr."),
        (D("416.60"), "416,60 kr."),
        (D("-1234.5"), "-1.234,50 kr."),
        (0, "0 kr."),
    ],
)
def test_amounts_are_written_with_a_no_break_space(amount, text):
    assert danish.kr(amount) == text.replace(" ", NBSP)


@pytest.mark.parametrize("amount", [1.5, "35", True, None])
def test_only_exact_numbers_are_amounts(amount):
    with pytest.raises(TypeError):
        danish.kr(amount)


def test_an_amount_is_not_rounded_silently():
    with pytest.raises(ValueError, match="two decimals"):
        danish.kr(D("1.005"))


def test_numbers_and_percentages():
    assert danish.number(12345) == "12.345"
    assert danish.number(D("12345.65"), 1) == "12.345,7"
    assert danish.percent(54) == f"54{NBSP}%"
    assert danish.percent(D("46.5")) == f"47{NBSP}%"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("5/3-2026", date(2026, 3, 5)),
        ("05-03-2026", date(2026, 3, 5)),
        ("5.3.2026", date(2026, 3, 5)),
        ("5. 3. 2026", date(2026, 3, 5)),
        ("5/3 2026", date(2026, 3, 5)),
        ("050326", date(2026, 3, 5)),
        ("05032026", date(2026, 3, 5)),
        ("2026-03-05", date(2026, 3, 5)),
        ("3/5-27", date(2027, 5, 3)),
        ("27. november 2026", date(2026, 11, 27)),
        ("27. nov. 2026", date(2026, 11, 27)),
        ("27 Nov 2026", date(2026, 11, 27)),
        ("1. maj 2027", date(2027, 5, 1)),
        ("010168", date(2068, 1, 1)),
        ("010169", date(1969, 1, 1)),
        ("29-02-2028", date(2028, 2, 29)),
    ],
)
def test_dates_as_danes_write_them(text, day):
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("30-02-2027", "Februar 2027 har ikke 30 dage"),
        ("29-02-2027", "Februar 2027 har ikke 29 dage"),
        ("31-04-2027", "April 2027 har ikke 31 dage"),
        ("12/31-2026", "måned 31"),
        ("00-01-2026", "dd-mm-åååå"),
        ("32-01-2026", "dd-mm-åååå"),
        ("5/3", "dd-mm-åååå"),
        ("5/3-202", "dd-mm-åååå"),
        ("i går", "dd-mm-åååå"),
        ("", "dd-mm-åååå"),
        ("05-03-1026", "1026"),
        ("05-03-9999", "9999"),
        ("5. marz 2026", "dd-mm-åååå"),
        ("٠٥-٠٣-٢٠٢٦", "dd-mm-åååå"),
    ],
)
def test_impossible_dates_are_refused_with_the_form(text, hint):
    with pytest.raises(Unreadable) as refusal:
        parse_date(text)
    assert hint in str(refusal.value.message)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)))
def test_every_date_we_write_is_read_back(day):
    for write in (danish.input_date, danish.long_date, danish.short_date, date.isoformat):
        assert parse_date(write(day)) == day


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_is_refused(text):
    try:
        assert isinstance(parse_date(text), date)
    except Unreadable:
        return


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("10.15", time(10, 15)),
        ("10:15", time(10, 15)),
        ("1015", time(10, 15)),
        ("kl. 10.15", time(10, 15)),
        ("9.05", time(9, 5)),
        ("905", time(9, 5)),
        ("9", time(9)),
        ("00.00", time(0)),
        ("23:59", time(23, 59)),
    ],
)
def test_times_of_day(text, moment):
    assert parse_time(text) == moment


@pytest.mark.parametrize("text", ["24.00", "10.60", "10.5", "", "ti", "10.15.30", "12345"])
def test_wrong_times_are_refused(text):
    with pytest.raises(Unreadable) as refusal:
        parse_time(text)
    assert "tt.mm" in str(refusal.value.message)


@given(st.times())
def test_every_time_we_write_is_read_back(moment):
    minute = moment.replace(second=0, microsecond=0)
    assert parse_time(danish.input_time(minute)) == minute
    assert parse_time(danish.clock_time(minute)) == minute


def test_dates_and_times_in_text():
    evening = datetime(2026, 11, 26, 23, 15, tzinfo=UTC)  # the 27th in Denmark
    assert danish.long_date(evening) == "27. november 2026"
    assert danish.short_date(date(2026, 5, 1)) == "1. maj 2026"
    assert danish.day_month(date(2026, 3, 4)) == "4. mar."
    assert danish.weekday_date(TODAY) == "fredag 20. november 2026"
    assert danish.clock_time(evening) == f"kl.{NBSP}00.15"
    assert danish.date_and_time(evening) == f"27. nov. 2026 kl.{NBSP}00.15"
    assert danish.month_name(TODAY) == "november 2026"


def test_naive_moments_are_refused():
    with pytest.raises(ValueError, match="aware"):
        danish.long_date(datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="aware"):
        danish.clock_time(datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("day", "relative", "due"),
    [
        (date(2026, 11, 20), "i dag", "i dag"),
        (date(2026, 11, 21), "i morgen", "i morgen"),
        (date(2026, 11, 27), "om 7 dage", "om 7 dage"),
        (date(2026, 11, 19), "i går", "1 dag over"),
        (date(2026, 11, 18), "for 2 dage siden", "2 dage over"),
        (date(2023, 11, 18), "for 1.098 dage siden", "1.098 dage over"),
    ],
)
def test_days_in_words(day, relative, due):
    assert danish.relative_day(day, TODAY) == relative
    assert danish.due_words(day, TODAY) == due


def test_counts_in_words():
    assert [danish.days(1), danish.months(1), danish.weeks(1)] == ["1 dag", "1 måned", "1 uge"]
    assert [danish.days(0), danish.months(84), danish.weeks(4)] == ["0 dage", "84 måneder", "4 uger"]


def test_filters_are_there_in_every_template():
    template = Template(
        "{{ a|kr }}|{{ d|short_date }}|{{ d|due_words:today }}|{{ d|relative_day:today }}|{{ n|months }}|"
    )
    filled = template.render(Context({"a": D("35000"), "d": TODAY, "today": TODAY, "n": 84}))
    assert filled == f"35.000{NBSP}kr.|20. nov. 2026|i dag|i dag|84 måneder|"
    empty = template.render(Context({"a": None, "d": None, "today": TODAY, "n": None}))
    assert empty == "|||||"
