"""Tables 1–8: R's published figures, the edges, and an independent recalculation."""

import json
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.enums import SELF_SUPPORTING
from reports.rules.cohort_tables import (
    Cohort,
    Livelihood,
    Loan,
    Participant,
    Payment,
    cohort_tables,
    days_after_course,
    degree_band,
    percent,
    self_supporting_stretch,
    size_band,
)
from tests.reports.review_data import COHORTS, CUT_OFF, PUBLISHED, review_sheets

ALL = [Cohort(name, start, end) for name, (start, end) in COHORTS.items()]
M3 = ALL[0]


def review_rows():
    sheets = review_sheets()
    return {
        "participants": [
            Participant(ref, cohort, sex, year, before or "unknown", own_end)
            for ref, cohort, _start, _end, own_end, sex, year, before in sheets["participants"]
        ],
        "loans": [Loan(ref, ref, principal, payout, handed) for ref, principal, payout, handed in sheets["loans"]],
        "payments": [Payment(ref, day, amount) for ref, day, amount, _reference in sheets["payments"]],
        "livelihoods": [Livelihood(*row) for row in sheets["livelihoods"]],
    }


def tables(*, participants=(), loans=(), payments=(), livelihoods=(), cohorts=(M3,), as_of=CUT_OFF):
    return cohort_tables(
        participants=participants,
        loans=loans,
        payments=payments,
        livelihoods=livelihoods,
        cohorts=cohorts,
        as_of=as_of,
    )


def one(**kwargs):
    return Participant("A", "M3", **kwargs)


def test_review_is_reproduced_to_the_letter_in_the_promised_order():
    found = tables(**review_rows(), cohorts=ALL)
    assert json.dumps(found) == json.dumps(PUBLISHED)


def test_only_chosen_cohorts_count_in_the_order_asked_for():
    found = tables(**review_rows(), cohorts=[ALL[3], ALL[0]])
    assert found["cohorts"] == ["M6", "M3"]
    assert found["participants"] == 19
    assert found["table7_total"] == {"original": "415650.00", "current": "285139.00", "repaid_percent": 31}
    assert [row["total"] for row in found["table8"]] == [9, 6, 0, 2, 2]
    assert found["handed_over"] == 7


def test_what_is_dated_after_the_cut_off_is_ignored():
    rows = review_rows()
    later = CUT_OFF + timedelta(days=1)
    rows["payments"] += [Payment(loan.loan_ref, later, loan.principal) for loan in rows["loans"]]
    rows["livelihoods"].append(Livelihood("M3-10", "own_business", later))
    rows["participants"].append(Participant("M3-11", "M3", "K", 1980))
    rows["loans"].append(Loan("M3-11", "M3-11", Decimal(9000), later, later))
    rows["loans"][0] = Loan("M3-01", "M3-01", Decimal(45000), date(2013, 11, 10), later)
    found = tables(**rows, cohorts=ALL)
    for table in ("table6", "table7", "table7_total", "table8", "handed_over"):
        assert found[table] == PUBLISHED[table]
    assert found["table5_total"]["self_supporting"] == 21
    assert found["table5_total"]["participants"] == 35


def test_nothing_at_all():
    found = tables(cohorts=[])
    assert found["participants"] == 0
    assert found["table2"] == {"K": {"count": 0, "percent": None}, "M": {"count": 0, "percent": None}}
    assert found["mean_age"] is None
    assert found["age_range"] is None
    assert found["table4"] == {"unknown": 0}
    assert found["table5"] == []
    assert found["table5_total"] == {"participants": 0, "self_supporting": 0, "days": 0, "mean_days": None}
    assert found["table6"]["min"] is found["table6"]["max"] is found["table6"]["mean"] is None
    assert found["table7_total"] == {"original": "0.00", "current": "0.00", "repaid_percent": None}
    assert found["table8"][0] == {"band": "0-24", "total": 0}


def test_cohort_without_participants_has_its_rows():
    found = tables(cohorts=[M3])
    assert found["table1"][0]["participants"] == 0
    assert found["table5"] == [
        {"cohort": "M3", "delayed": False, "participants": 0, "self_supporting": 0, "days": 0, "mean_days": None}
    ]
    assert found["table7"] == [{"cohort": "M3", "original": "0.00", "current": "0.00", "repaid_percent": None}]


def test_unknown_sex_and_birth_year_are_counted_and_kept_out_of_mean_and_range():
    found = tables(participants=[one(sex="K", birth_year=1966), Participant("B", "M3")])
    assert found["table2"]["unknown"] == {"count": 1, "percent": 50}
    assert found["table3"][-1] == {"band": "unknown", "count": 1, "percent": 50}
    assert (found["mean_age"], found["age_range"]) == (50, [50, 50])


@pytest.mark.parametrize(
    ("age", "band"),
    [(18, "27-30"), (30, "27-30"), (31, "31-40"), (50, "41-50"), (51, "51-60"), (60, "51-60"), (67, "51-60")],
)
def test_age_is_of_the_year_and_outer_bands_stretch(age, band):
    found = tables(participants=[one(birth_year=2016 - age)], as_of=date(2016, 1, 1))
    assert [row["band"] for row in found["table3"] if row["count"]] == [band]


def test_livelihood_before_lists_only_what_occurs_and_always_the_unknown():
    assert tables(participants=[one(livelihood_before="cash_benefit")])["table4"] == {"cash_benefit": 1, "unknown": 0}


def periods(*spells):
    return [Livelihood("A", kind, start, end) for kind, start, end in spells]


D = date


@pytest.mark.parametrize(
    ("spells", "stretch"),
    [
        pytest.param([], None, id="nothing known"),
        pytest.param([("own_business", D(2014, 1, 1), None)], D(2014, 1, 1), id="open"),
        pytest.param([("own_business", D(2014, 1, 1), CUT_OFF)], D(2014, 1, 1), id="last day is the cut-off"),
        pytest.param([("own_business", D(2014, 1, 1), D(2016, 12, 30))], None, id="ended the day before"),
        pytest.param([("own_business", CUT_OFF, None)], CUT_OFF, id="began on the cut-off"),
        pytest.param([("own_business", D(2017, 1, 1), None)], None, id="begins after"),
        pytest.param([("cash_benefit", D(2014, 1, 1), None)], None, id="on benefits"),
        pytest.param(
            [("own_business", D(2014, 1, 1), D(2014, 12, 31)), ("employment", D(2015, 1, 1), None)],
            D(2014, 1, 1),
            id="joined across kinds",
        ),
        pytest.param(
            [("own_business", D(2014, 1, 1), D(2014, 12, 30)), ("employment", D(2015, 1, 1), None)],
            D(2015, 1, 1),
            id="one day's gap breaks",
        ),
        pytest.param(
            [
                ("own_business", D(2014, 1, 1), D(2014, 12, 31)),
                ("sickness_benefit", D(2015, 1, 1), D(2015, 1, 31)),
                ("own_business", D(2015, 2, 1), None),
            ],
            D(2015, 2, 1),
            id="benefits between break",
        ),
        pytest.param(
            [("own_business", D(2014, 1, 1), None), ("education", D(2015, 1, 1), D(2015, 6, 30))],
            D(2014, 1, 1),
            id="side by side",
        ),
        pytest.param(
            [("own_business", D(2014, 1, 1), D(2016, 12, 31)), ("employment", D(2017, 1, 1), None)],
            D(2014, 1, 1),
            id="continues after",
        ),
    ],
)
def test_stretch(spells, stretch):
    assert self_supporting_stretch(periods(*spells), CUT_OFF) == stretch
    assert self_supporting_stretch(periods(*reversed(spells)), CUT_OFF) == stretch


@pytest.mark.parametrize(
    ("start", "course_end", "as_of", "days"),
    [
        (D(2016, 12, 31), D(2016, 5, 15), CUT_OFF, 1),
        (D(2016, 5, 16), D(2016, 5, 15), CUT_OFF, 230),
        (D(2016, 5, 15), D(2016, 5, 15), CUT_OFF, 230),  # the course's last day is not after it
        (D(2015, 1, 1), D(2016, 5, 15), CUT_OFF, 230),  # self-supporting before the course ended
        (D(2016, 2, 28), D(2015, 5, 15), D(2016, 3, 1), 3),  # leap day
        (D(2016, 1, 1), D(2016, 12, 31), CUT_OFF, 0),  # the course ends on the cut-off
        (D(2016, 1, 1), D(2017, 3, 1), CUT_OFF, 0),  # and after it
    ],
)
def test_days_count_both_ends_from_the_day_after_the_course(start, course_end, as_of, days):
    assert days_after_course(start, course_end, as_of) == days


def test_own_course_end_equal_to_the_cohorts_is_not_delayed_and_two_delayed_share_a_row():
    people = [
        Participant("A", "M3", course_end=M3.end),
        Participant("B", "M3", course_end=M3.end + timedelta(days=30)),
        Participant("C", "M3", course_end=M3.end - timedelta(days=30)),
    ]
    rows = tables(participants=people)["table5"]
    assert [(row["delayed"], row["participants"]) for row in rows] == [(False, 1), (True, 2)]


def loan(principal):
    return Loan("L", "A", Decimal(principal), D(2014, 1, 1))


@pytest.mark.parametrize(
    ("repaid", "band"),
    [
        ("0", "0-24"),
        ("249.99", "0-24"),
        ("250", "25-49"),
        ("499.99", "25-49"),
        ("500", "50-74"),
        ("750", "75-99"),
        ("999.99", "75-99"),
        ("1000", "100"),
        ("1200", "100"),
        ("-5", "0-24"),
    ],
)
def test_repayment_degree_is_cut_not_rounded(repaid, band):
    found = tables(participants=[one()], loans=[loan(1000)], payments=[Payment("L", CUT_OFF, Decimal(repaid))])
    assert [row["band"] for row in found["table8"] if row["total"]] == [band]
    assert (found["table6"]["count"] == 0) is (band == "100")


def test_table_7_rounds_half_up_where_table_8_cuts():
    found = tables(participants=[one()], loans=[loan(1000)], payments=[Payment("L", CUT_OFF, Decimal(245))])
    assert found["table7_total"]["repaid_percent"] == 25
    assert [row["band"] for row in found["table8"] if row["total"]] == ["0-24"]


def test_reversed_payment_opens_the_loan_again():
    payments = [Payment("L", D(2015, 1, 1), Decimal(1000)), Payment("L", D(2016, 1, 1), Decimal(-1000))]
    rows = {"participants": [one()], "loans": [loan(1000)], "payments": payments}
    assert tables(**rows, as_of=D(2015, 6, 1))["table6"]["count"] == 0
    assert tables(**rows)["table6"]["count"] == 1


@pytest.mark.parametrize(
    ("principal", "band"),
    [
        ("500", "2000-19999"),
        ("19999.99", "2000-19999"),
        ("20000", "20000-29999"),
        ("49999.99", "40000-49999"),
        ("50000", "50000+"),
        ("120000", "50000+"),
    ],
)
def test_size_bands(principal, band):
    assert size_band(Decimal(principal)) == band


@pytest.mark.parametrize(("part", "of", "expected"), [(1, 8, 13), (1, 40, 3), (1, 200, 1), (0, 5, 0), (5, 0, None)])
def test_percent_rounds_half_up(part, of, expected):
    assert percent(part, of) == expected


# --- Independent recalculation ---

DAYS = st.dates(date(2013, 1, 1), date(2018, 12, 31))
KINDS = st.sampled_from(sorted(SELF_SUPPORTING) + ["cash_benefit", "sickness_benefit", "unknown"])


@st.composite
def programmes(draw):
    """Up to three cohorts of people with loans, payments and livelihoods that do not overlap."""
    names = draw(st.lists(st.sampled_from(["M1", "M2", "M3"]), min_size=1, max_size=3, unique=True))
    cohorts = [Cohort(name, draw(DAYS), draw(DAYS)) for name in names]
    people, loans, payments, spells = [], [], [], []
    for index in range(draw(st.integers(0, 14))):
        ref = f"S{index}"
        own = draw(st.none() | DAYS)
        sex, year = draw(st.sampled_from(["K", "M", ""])), draw(st.none() | st.integers(1940, 1998))
        people.append(Participant(ref, draw(st.sampled_from([*names, "X"])), sex, year, draw(KINDS), own))
        if draw(st.booleans()):
            handed = draw(st.none() | DAYS)
            loans.append(Loan(ref, ref, Decimal(draw(st.integers(1000, 60000))), draw(DAYS), handed))
            cents = draw(st.lists(st.integers(1, 3_000_000), max_size=3))
            payments += [Payment(ref, draw(DAYS), Decimal(cent) / 100) for cent in cents]
        bounds = sorted(draw(st.lists(DAYS, min_size=0, max_size=6, unique=True)))
        for start, after in zip(bounds, [*bounds[1:], *([None] if bounds else [])], strict=True):
            if draw(st.integers(0, 3)):
                gap = draw(st.integers(1, 3))
                end = None if after is None else max(start, after - timedelta(days=gap))
                spells.append(Livelihood(ref, draw(KINDS), start, end))
    return {"participants": people, "loans": loans, "payments": payments, "livelihoods": spells, "cohorts": cohorts}


def half_up(value):
    return int(Decimal(value).quantize(Decimal(1), rounding=ROUND_HALF_UP))


@settings(max_examples=120, deadline=None)
@given(programme=programmes(), as_of=DAYS)
def test_agrees_with_an_independent_recalculation(programme, as_of):
    found = tables(**programme, as_of=as_of)
    names = [cohort.name for cohort in programme["cohorts"]]
    ends = {cohort.name: cohort.end for cohort in programme["cohorts"]}
    people = pd.DataFrame(
        [(p.case_ref, p.cohort, p.sex or "unknown", p.birth_year, p.livelihood_before, p.course_end)
         for p in programme["participants"] if p.cohort in names],
        columns=["ref", "cohort", "sex", "year", "before", "end"],
    )  # fmt: skip
    assert found["participants"] == len(people)
    sizes = people.groupby("cohort").size()
    assert [row["participants"] for row in found["table1"]] == [int(sizes.get(name, 0)) for name in names]
    assert {key: row["count"] for key, row in found["table2"].items() if row["count"]} == people[
        "sex"
    ].value_counts().to_dict()
    assert {key: count for key, count in found["table4"].items() if count} == people["before"].value_counts().to_dict()
    ages = [as_of.year - int(year) for year in people["year"].dropna()]
    assert found["mean_age"] == (half_up(Decimal(sum(ages)) / len(ages)) if ages else None)
    bins = pd.cut(pd.Series(ages, dtype="float"), [-999, 30, 40, 50, 999], labels=["27-30", "31-40", "41-50", "51-60"])
    for row in found["table3"][:4]:
        assert row["count"] == int((bins == row["band"]).sum())
    _check_days(found, programme, people, ends, as_of)
    _check_loans(found, programme, people, as_of)


def _check_days(found, programme, people, ends, as_of):
    """Day by day: walk back from the cut-off while the day is a self-supporting one after the course."""
    free = {}
    for spell in programme["livelihoods"]:
        if spell.kind in SELF_SUPPORTING:
            free.setdefault(spell.case_ref, []).append((spell.start, spell.end or date.max))

    def is_free(ref, day):
        return any(start <= day <= end for start, end in free.get(ref, []))

    expected = {}
    for _index, person in people.iterrows():
        own = person["end"] if isinstance(person["end"], date) else None
        end = own or ends[person["cohort"]]
        row = expected.setdefault((person["cohort"], end != ends[person["cohort"]]), [0, 0, 0])
        row[0] += 1
        if is_free(person["ref"], as_of):
            row[1] += 1
            day = as_of
            while day > end and is_free(person["ref"], day):
                row[2] += 1
                day -= timedelta(days=1)
    shown = {
        (row["cohort"], row["delayed"]): [row["participants"], row["self_supporting"], row["days"]]
        for row in found["table5"]
        if row["participants"]
    }
    assert shown == expected
    assert found["table5_total"]["days"] == sum(row[2] for row in expected.values())


def _check_loans(found, programme, people, as_of):
    loans = pd.DataFrame(
        [(x.loan_ref, x.principal, x.handed_over_on) for x in programme["loans"] if x.payout_date <= as_of],
        columns=["ref", "principal", "handed"],
    ).merge(people[["ref", "cohort"]], on="ref")
    paid = {}
    for payment in programme["payments"]:
        if payment.date <= as_of:
            paid[payment.loan_ref] = paid.get(payment.loan_ref, Decimal(0)) + payment.amount
    loans["paid"] = [paid.get(ref, Decimal(0)) for ref in loans["ref"]]
    still = loans[loans["paid"] < loans["principal"]]
    assert found["table6"]["count"] == len(still) == sum(band["count"] for band in found["table6"]["bands"])
    assert Decimal(found["table7_total"]["original"]) == sum(still["principal"])
    assert Decimal(found["table7_total"]["current"]) == sum(still["principal"]) - sum(still["paid"])
    for row in found["table7"]:
        mine = still[still["cohort"] == row["cohort"]]
        assert Decimal(row["original"]) == sum(mine["principal"])
        original = sum(mine["principal"])
        assert row["repaid_percent"] == (half_up(100 * sum(mine["paid"]) / original) if original else None)
    degrees = [degree_band(min(100, int(100 * p // q))) for p, q in zip(loans["paid"], loans["principal"], strict=True)]
    for row in found["table8"]:
        assert row["total"] == degrees.count(row["band"])
        assert row["total"] == sum(row[name] for name in found["cohorts"])
    assert found["handed_over"] == sum(isinstance(day, date) and day <= as_of for day in loans["handed"])
