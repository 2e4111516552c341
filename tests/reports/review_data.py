"""Invented people whose sums are those published in R (tables 1–8): four cohorts, 34 participants, 29 open loans."""

import csv
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook

CUT_OFF = date(2016, 12, 31)
COHORTS = {
    "M3": (date(2013, 6, 1), date(2013, 11, 30)),
    "M4": (date(2014, 3, 1), date(2014, 8, 31)),
    "M5": (date(2015, 2, 1), date(2015, 7, 31)),
    "M6": (date(2015, 11, 16), date(2016, 5, 15)),
}
DELAYED_END = date(2016, 9, 5)
# principal, repaid at the cut-off
LOANS = {
    "M3": [(45000, 40000), (38000, 30000), (36000, 1000), (35000, 1000), (28000, 1000), (26000, 12500), (22000, 10500),
           (15000, 7200), (12000, 5700), (7850, 3261)],
    "M4": [(51000, 5000), (40000, 4000), (35000, 3500), (30000, 13000), (25000, 11000), (22050, 10000), (15000, 6000),
           (15000, 6000), (10000, 4292)],
    "M5": [(49100, 1400), (28000, 7000), (28000, 7000), (10000, 10000), (12000, 12000), (30000, 30000)],
    "M6": [(2300, 800), (20000, 2000), (25000, 3000), (28500, 3550), (25000, 3000), (25000, 3000), (25000, 3000),
           (8000, 8000), (15000, 15000)],
}  # fmt: skip
# days self-supporting at the cut-off; None = not self-supporting. The last of M6 is the delayed one.
DAYS: dict[str, list[int | None]] = {
    "M3": [840, 839, 841, *[None] * 7],
    "M4": [405, 400, 410, *[None] * 6],
    "M5": [401] * 6,
    "M6": [203] * 7 + [201, 117],
}
HANDED_OVER = {"M3": 7, "M4": 5, "M5": 0, "M6": 0}
AGES = [27, 30, *[36] * 13, *[46] * 11, 60, *[55] * 7]
LIVELIHOODS = [
    *["disability_pension"] * 3, "unemployment_insurance", *["cash_benefit"] * 5, *["cash_benefit_job_training"] * 2,
    "student_grant_with_benefit", "sickness_benefit", *[""] * 21,
]  # fmt: skip
KINDS = ["own_business", "employment", "education", "mixed_self_support"]

HEADINGS = {
    "participants": ["case_ref", "cohort", "cohort_start", "cohort_end", "course_end", "sex", "birth_year",
                     "livelihood_before"],
    "loans": ["case_ref", "principal", "payout_date", "handed_over_on"],
    "payments": ["case_ref", "date", "amount", "reference"],
    "livelihoods": ["case_ref", "kind", "from", "to"],
}  # fmt: skip
DANISH_HEADINGS = {
    "Deltagere": ["Sagsnr.", "Hold", "Hold start", "Hold slut", "Forløb slut", "Køn", "Fødselsår", "Forsørgelse før"],
    "Lån": ["Sag", "Lånebeløb", "Udbetalingsdato", "Oversendt"],
    "Betalinger": ["SAG", "Dato", "Beløb", "Bilag"],
    "Forsørgelse": ["sagsnr", "Art", "Fra", "Til"],
}
DANISH_LABELS = {
    "unemployment_insurance": "Dagpenge, Fuld ledighed",
    "disability_pension": "Førtidspension",
    "cash_benefit": "Kontanthjælp, Passiv",
    "cash_benefit_job_training": "Kontanthjælp, Virksomhedspraktik, Privat",
    "student_grant_with_benefit": "SU med ydelse",
    "sickness_benefit": "Sygedagpenge, Passiv",
    "own_business": "Egen virksomhed",
    "employment": "Beskæftigelse",
    "education": "Uddannelse",
    "mixed_self_support": "Blandet selvforsørgelse",
}
Sheets = dict[str, list[list[Any]]]


def review_sheets() -> Sheets:
    """Rows in the order of `HEADINGS`, as Python values."""
    sheets: Sheets = {name: [] for name in HEADINGS}
    number = 0
    for cohort, (start, end) in COHORTS.items():
        for place, ((principal, repaid), days) in enumerate(zip(LOANS[cohort], DAYS[cohort], strict=True)):
            ref = f"{cohort}-{place + 1:02}"
            own_end = DELAYED_END if days == 117 else None
            sheets["participants"].append([
                ref, cohort, start, end, own_end, "K" if number < 16 else "M", CUT_OFF.year - AGES[number],
                LIVELIHOODS[number],
            ])  # fmt: skip
            payout = end - timedelta(days=20)
            handed_over = (
                end + timedelta(days=200 + place) if place >= len(LOANS[cohort]) - HANDED_OVER[cohort] else None
            )
            sheets["loans"].append([ref, Decimal(principal), payout, handed_over])
            sheets["payments"] += _payments(ref, Decimal(repaid), payout)
            sheets["livelihoods"] += _livelihoods(ref, own_end or end, days, KINDS[number % 4])
            number += 1
    return sheets


def _payments(ref: str, repaid: Decimal, payout: date) -> list[list[Any]]:
    """In three parts, the last on the very day of the cut-off."""
    first = (repaid / 3).quantize(Decimal("0.01"))
    second = (repaid / 4).quantize(Decimal("0.01"))
    return [
        [ref, payout + timedelta(days=45), first, f"{ref}/1"],
        [ref, payout + timedelta(days=76), second, ""],
        [ref, CUT_OFF, repaid - first - second, f"{ref}/3"],
    ]


def _livelihoods(ref: str, end: date, days: int | None, kind: str) -> list[list[Any]]:
    if days is None:
        return [[ref, "own_business", end + timedelta(days=1), end + timedelta(days=90)],
                [ref, "cash_benefit", end + timedelta(days=91), None]]  # fmt: skip
    start = CUT_OFF - timedelta(days=days - 1)
    middle = start + timedelta(days=50)
    return [[ref, kind, start, middle], [ref, "employment", middle + timedelta(days=1), None]]


def write_workbook(path: Path, sheets: Sheets, *, danish: bool = False) -> Path:
    book = Workbook()
    book.remove(book.active)
    for (name, headings), (danish_name, danish_headings) in zip(HEADINGS.items(), DANISH_HEADINGS.items(), strict=True):
        sheet = book.create_sheet(danish_name if danish else name)
        sheet.append(danish_headings if danish else headings)
        for row in sheets[name]:
            sheet.append([_cell(value) for value in row])
    book.save(path)
    return path


def _cell(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else value


def write_folder(
    folder: Path, sheets: Sheets, *, danish: bool = False, delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    folder.mkdir(exist_ok=True)
    for (name, headings), (danish_name, danish_headings) in zip(HEADINGS.items(), DANISH_HEADINGS.items(), strict=True):
        file = folder / f"{danish_name if danish else name}.csv"
        with file.open("w", encoding=encoding, newline="") as out:
            writer = csv.writer(out, delimiter=delimiter)
            writer.writerow(danish_headings if danish else headings)
            writer.writerows(
                [danish_text(value) if danish else plain_text(value) for value in row] for row in sheets[name]
            )
    return folder


def plain_text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def danish_text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:,.2f}".translate(str.maketrans(",.", ".,")) + " kr."
    if isinstance(value, date):
        return f"{value:%d-%m-%Y}"
    return DANISH_LABELS.get(value, plain_text(value))


# The figures as R prints them, in the form of interfaces.md.
PUBLISHED = {
    "as_of": "2016-12-31",
    "cohorts": ["M3", "M4", "M5", "M6"],
    "table1": [
        {"cohort": "M3", "start": "2013-06-01", "end": "2013-11-30", "participants": 10},
        {"cohort": "M4", "start": "2014-03-01", "end": "2014-08-31", "participants": 9},
        {"cohort": "M5", "start": "2015-02-01", "end": "2015-07-31", "participants": 6},
        {"cohort": "M6", "start": "2015-11-16", "end": "2016-05-15", "participants": 9},
    ],
    "participants": 34,
    "table2": {"K": {"count": 16, "percent": 47}, "M": {"count": 18, "percent": 53}},
    "table3": [
        {"band": "27-30", "count": 2, "percent": 6},
        {"band": "31-40", "count": 13, "percent": 38},
        {"band": "41-50", "count": 11, "percent": 32},
        {"band": "51-60", "count": 8, "percent": 24},
    ],
    "mean_age": 43,
    "age_range": [27, 60],
    "table4": {
        "cash_benefit": 5,
        "cash_benefit_job_training": 2,
        "disability_pension": 3,
        "sickness_benefit": 1,
        "student_grant_with_benefit": 1,
        "unemployment_insurance": 1,
        "unknown": 21,
    },
    "table5": [
        {"cohort": "M3", "delayed": False, "participants": 10, "self_supporting": 3, "days": 2520, "mean_days": 840},
        {"cohort": "M4", "delayed": False, "participants": 9, "self_supporting": 3, "days": 1215, "mean_days": 405},
        {"cohort": "M5", "delayed": False, "participants": 6, "self_supporting": 6, "days": 2406, "mean_days": 401},
        {"cohort": "M6", "delayed": False, "participants": 8, "self_supporting": 8, "days": 1622, "mean_days": 203},
        {"cohort": "M6", "delayed": True, "participants": 1, "self_supporting": 1, "days": 117, "mean_days": 117},
    ],
    "table5_total": {"participants": 34, "self_supporting": 21, "days": 7880, "mean_days": 375},
    "table6": {
        "bands": [
            {"band": "2000-19999", "count": 7},
            {"band": "20000-29999", "count": 13},
            {"band": "30000-39999", "count": 5},
            {"band": "40000-49999", "count": 3},
            {"band": "50000+", "count": 1},
        ],
        "count": 29,
        "min": "2300.00",
        "max": "51000.00",
        "mean": "26337.93",
    },
    "table7": [
        {"cohort": "M3", "original": "264850.00", "current": "152689.00", "repaid_percent": 42},
        {"cohort": "M4", "original": "243050.00", "current": "180258.00", "repaid_percent": 26},
        {"cohort": "M5", "original": "105100.00", "current": "89700.00", "repaid_percent": 15},
        {"cohort": "M6", "original": "150800.00", "current": "132450.00", "repaid_percent": 12},
    ],
    "table7_total": {"original": "763800.00", "current": "555097.00", "repaid_percent": 27},
    "table8": [
        {"band": "0-24", "M3": 3, "M4": 3, "M5": 1, "M6": 6, "total": 13},
        {"band": "25-49", "M3": 5, "M4": 6, "M5": 2, "M6": 1, "total": 14},
        {"band": "50-74", "M3": 0, "M4": 0, "M5": 0, "M6": 0, "total": 0},
        {"band": "75-99", "M3": 2, "M4": 0, "M5": 0, "M6": 0, "total": 2},
        {"band": "100", "M3": 0, "M4": 0, "M5": 3, "M6": 2, "total": 5},
    ],
    "handed_over": 12,
}
