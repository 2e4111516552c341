"""From files to checked rows: every format gives the same, every mistake is named."""

import zipfile
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import Workbook, load_workbook

from reports.history_files import HistoryFileError, read_tables
from reports.rules.history_rows import RawRow, RawTable
from reports.rules.history_sheets import read_history
from tests.reports.review_data import DANISH_HEADINGS, HEADINGS, review_sheets, write_folder, write_workbook

TODAY = date(2026, 11, 20)


def read(path):
    history = read_history(read_tables(path), today=TODAY)
    assert history.errors == []
    return history


def rows(history):
    return (history.participants, history.loans, history.payments, history.livelihoods)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    return rows(read(write_workbook(tmp_path_factory.mktemp("book") / "history.xlsx", review_sheets())))


def test_workbook(expected):
    participants, loans, payments, livelihoods = expected
    assert [len(found) for found in expected] == [34, 34, 102, 68]
    assert participants[0].case_ref == "M3-01"
    assert (participants[0].row, participants[0].cohort_start) == (2, date(2013, 6, 1))
    assert loans[0].principal == Decimal("45000.00")
    assert sum(row.amount for row in payments) == 208703 + 10000 + 12000 + 30000 + 8000 + 15000
    assert livelihoods[-1].end is None


@pytest.mark.parametrize("danish", [False, True])
@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_folders_give_the_same_rows(tmp_path, expected, danish, delimiter, encoding):
    folder = write_folder(tmp_path / "csv", review_sheets(), danish=danish, delimiter=delimiter, encoding=encoding)
    assert rows(read(folder)) == expected


def test_danish_workbook_gives_the_same_rows(tmp_path, expected):
    assert rows(read(write_workbook(tmp_path / "historik.xlsx", review_sheets(), danish=True))) == expected


def test_empty_rows_and_columns_in_another_order_do_not_matter(tmp_path, expected):
    path = write_workbook(tmp_path / "history.xlsx", review_sheets())
    book = load_workbook(path)
    sheet = book["participants"]
    sheet.append([None] * 8)
    sheet.append([" ", "", None])
    sheet.move_range("A1:A60", cols=9)
    sheet["L70"] = "   "
    book.save(path)
    assert rows(read(path)) == expected


def test_semicolon_hint_and_line_break_in_a_cell(tmp_path):
    folder = write_folder(tmp_path / "csv", review_sheets(), delimiter=";")
    file = folder / "payments.csv"
    lines = file.read_text().splitlines()
    lines[1] = lines[1].replace("M3-01/1", '"M3-01\n1"')
    file.write_text("sep=;\n" + "\n".join(lines) + "\n\n")
    history = read(folder)
    assert history.payments[0].reference == "M3-01 1"
    assert history.payments[1].row == 3


def test_equal_payments_without_reference_are_numbered():
    history = checked(payments=[["A", "2014-02-01", "100", ""]] * 3 + [["A", "2014-02-02", "100", ""]])
    assert history.errors == []
    assert [row.occurrence for row in history.payments] == [1, 2, 3, 1]


# --- Mistakes ---

PERSON = ["A", "M3", "2013-06-01", "2013-11-30", "", "K", "1973", "cash_benefit"]
LOAN = ["A", "10000", "2013-11-15", ""]


def table(name, headings, cells):
    return RawTable(name, tuple(headings), [RawRow(i, tuple(row)) for i, row in enumerate(cells, start=2)])


def checked(participants=(PERSON,), loans=(LOAN,), payments=(), livelihoods=()):
    data = {"participants": participants, "loans": loans, "payments": payments, "livelihoods": livelihoods}
    return read_history([table(name, HEADINGS[name], cells) for name, cells in data.items()], today=TODAY)


def person(**changes):
    return [changes.get(heading, value) for heading, value in zip(HEADINGS["participants"], PERSON, strict=True)]


def loan(**changes):
    return [changes.get(heading, value) for heading, value in zip(HEADINGS["loans"], LOAN, strict=True)]


MISTAKES = {
    "no case": ({"participants": [PERSON, person(case_ref="")]}, "participants", 3, "case_ref"),
    "case twice": ({"participants": [PERSON, PERSON]}, "participants", 3, "case_ref"),
    "no cohort": ({"participants": [person(cohort="")]}, "participants", 2, "cohort"),
    "cohort name too long": ({"participants": [person(cohort="M" * 21)]}, "participants", 2, "cohort"),
    "no cohort start": ({"participants": [person(cohort_start="")]}, "participants", 2, "cohort_start"),
    "bad date": ({"participants": [person(cohort_end="31-02-2013")]}, "participants", 2, "cohort_end"),
    "cohort backwards": ({"participants": [person(cohort_end="2013-05-31")]}, "participants", 2, "cohort_end"),
    "cohort with two starts": (
        {"participants": [PERSON, person(case_ref="B", cohort_start="2013-06-02")]}, "participants", 3, "cohort_start"),
    "cohort with two ends": (
        {"participants": [PERSON, person(case_ref="B", cohort_end="2013-12-01")]}, "participants", 3, "cohort_end"),
    "own end before start": ({"participants": [person(course_end="2013-05-31")]}, "participants", 2, "course_end"),
    "bad sex": ({"participants": [person(sex="Q")]}, "participants", 2, "sex"),
    "bad year": ({"participants": [person(birth_year="73")]}, "participants", 2, "birth_year"),
    "a child": ({"participants": [person(birth_year="2005")]}, "participants", 2, "birth_year"),
    "too old": ({"participants": [person(birth_year="1900")]}, "participants", 2, "birth_year"),
    "bad livelihood": ({"participants": [person(livelihood_before="x")]}, "participants", 2, "livelihood_before"),
    "loan for nobody": ({"loans": [loan(case_ref="Z")]}, "loans", 2, "case_ref"),
    "second loan": ({"loans": [LOAN, LOAN]}, "loans", 3, "case_ref"),
    "loan of nothing": ({"loans": [loan(principal="0")]}, "loans", 2, "principal"),
    "negative loan": ({"loans": [loan(principal="-1")]}, "loans", 2, "principal"),
    "loan of words": ({"loans": [loan(principal="abc")]}, "loans", 2, "principal"),
    "no payout": ({"loans": [loan(payout_date="")]}, "loans", 2, "payout_date"),
    "payout to come": ({"loans": [loan(payout_date="2030-01-01")]}, "loans", 2, "payout_date"),
    "handed over before payout": ({"loans": [loan(handed_over_on="2013-11-14")]}, "loans", 2, "handed_over_on"),
    "hand-over to come": ({"loans": [loan(handed_over_on="2030-01-01")]}, "loans", 2, "handed_over_on"),
    "payment without loan": ({"payments": [["Z", "2014-01-01", "1", ""]]}, "payments", 2, "case_ref"),
    "payment of nothing": ({"payments": [["A", "2014-01-01", "0", ""]]}, "payments", 2, "amount"),
    "negative payment": ({"payments": [["A", "2014-01-01", "-5", ""]]}, "payments", 2, "amount"),
    "payment before payout": ({"payments": [["A", "2013-11-14", "1", ""]]}, "payments", 2, "date"),
    "payment to come": ({"payments": [["A", "2030-01-01", "1", ""]]}, "payments", 2, "date"),
    "payment without date": ({"payments": [["A", "", "1", ""]]}, "payments", 2, "date"),
    "same payment and reference": ({"payments": [["A", "2014-01-01", "1", "b"]] * 2}, "payments", 3, "reference"),
    "livelihood of nobody": ({"livelihoods": [["Z", "own_business", "2014-01-01", ""]]}, "livelihoods", 2, "case_ref"),
    "livelihood of no kind": ({"livelihoods": [["A", "", "2014-01-01", ""]]}, "livelihoods", 2, "kind"),
    "livelihood without start": ({"livelihoods": [["A", "own_business", "", ""]]}, "livelihoods", 2, "from"),
    "livelihood to come": ({"livelihoods": [["A", "own_business", "2030-01-01", ""]]}, "livelihoods", 2, "from"),
    "livelihood backwards": (
        {"livelihoods": [["A", "own_business", "2014-01-02", "2014-01-01"]]}, "livelihoods", 2, "to"),
    "overlap": (
        {"livelihoods": [["A", "own_business", "2014-01-01", "2014-06-30"], ["A", "employment", "2014-06-30", ""]]},
        "livelihoods", 3, "from"),
    "overlap with one that has no end": (
        {"livelihoods": [["A", "own_business", "2014-01-01", ""], ["A", "employment", "2015-06-30", ""]]},
        "livelihoods", 3, "from"),
    "overlap inside a longer one": (
        {"livelihoods": [["A", "own_business", "2014-01-01", "2014-12-31"],
                         ["A", "employment", "2014-02-01", "2014-02-02"],
                         ["A", "education", "2014-06-30", ""]]},
        "livelihoods", 4, "from"),
    "amount cut in two by a comma": ({"payments": [["A", "2014-01-01", "596", "30", ""]]}, "payments", 2, ""),
    "too many cells": ({"loans": [[*LOAN, "x"]]}, "loans", 2, ""),
}  # fmt: skip


@pytest.mark.parametrize(("data", "sheet", "row", "column"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_named(data, sheet, row, column):
    history = checked(**data)
    assert [(error.sheet, error.row, error.column) for error in history.errors if error.row == row][:1] == [
        (sheet, row, column)
    ]
    assert all(str(error) for error in history.errors)


def test_all_mistakes_are_named_at_once_in_the_order_of_the_file():
    history = checked(
        participants=[person(sex="Q", birth_year="73"), person(case_ref="B", cohort_end="x")],
        loans=[loan(principal="0", payout_date="")],
        payments=[["A", "x", "y", ""]],
        livelihoods=[["A", "z", "w", ""]],
    )
    assert [(e.sheet, e.row, e.column) for e in history.errors] == [
        ("participants", 2, "sex"),
        ("participants", 2, "birth_year"),
        ("participants", 3, "cohort_end"),
        ("loans", 2, "principal"),
        ("loans", 2, "payout_date"),
        ("payments", 2, "date"),
        ("payments", 2, "amount"),
        ("livelihoods", 2, "kind"),
        ("livelihoods", 2, "from"),
    ]


def test_rows_that_follow_each_other_do_not_overlap():
    spells = [["A", "employment", "2014-07-01", ""], ["A", "own_business", "2014-01-01", "2014-06-30"]]
    assert checked(livelihoods=spells).errors == []


def test_overpayment_and_unused_columns_are_remarks_only():
    history = checked(payments=[["A", "2014-01-01", "9000", ""], ["A", "2014-02-01", "2000", ""]])
    assert history.errors == []
    assert [(w.sheet, w.row, w.column) for w in history.warnings] == [("payments", 3, "amount")]
    extra = [table(name, [*HEADINGS[name], "note"], []) for name in HEADINGS] + [table("Ark1", ["x"], [])]
    history = read_history(extra, today=TODAY)
    assert history.errors == []
    assert len(history.warnings) == 5


def test_missing_sheets_and_columns_are_named_and_nothing_is_blamed_on_them():
    history = read_history([table("payments", HEADINGS["payments"], [["A", "2014-01-01", "1", ""]])], today=TODAY)
    assert [(e.sheet, e.row) for e in history.errors] == [("participants", 0), ("loans", 0), ("livelihoods", 0)]
    tables = [table(name, HEADINGS[name][:-1], []) for name in HEADINGS]
    history = read_history(tables, today=TODAY)
    assert [(e.sheet, e.column) for e in history.errors] == [
        ("participants", "livelihood_before"),
        ("loans", "handed_over_on"),
        ("payments", "reference"),
        ("livelihoods", "to"),
    ]


def test_a_sheet_or_column_twice():
    tables = [table(name, HEADINGS[name], []) for name in HEADINGS] + [table("Deltagere", HEADINGS["participants"], [])]
    assert [e.sheet for e in read_history(tables, today=TODAY).errors] == ["participants"]
    tables = [table(name, [*HEADINGS[name], "sag"], []) for name in HEADINGS]
    assert [e.column for e in read_history(tables, today=TODAY).errors] == ["case_ref"] * 4


def test_danish_headings_are_all_known():
    tables = [table(name, headings, []) for name, headings in DANISH_HEADINGS.items()]
    history = read_history(tables, today=TODAY)
    assert (history.errors, history.warnings) == ([], [])


# --- Files that are no history ---


def test_foreign_and_broken_files_give_one_message(tmp_path):
    def refused(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(HistoryFileError) as error:
            read_tables(path)
        return str(error.value)

    good = write_workbook(tmp_path / "good.xlsx", review_sheets()).read_bytes()
    messages = [
        refused("empty.xlsx", b""),
        refused("text.xlsx", b"not a workbook"),
        refused("old.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600),
        refused("cut.xlsx", good[: len(good) // 2]),
        refused("payments.csv", b"case_ref;date\n"),
    ]
    assert all(messages)
    foreign = tmp_path / "foreign.xlsx"
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(HistoryFileError):
        read_tables(foreign)
    damaged = tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(tmp_path / "good.xlsx") as source, zipfile.ZipFile(damaged, "w") as target:
        for item in source.infolist():
            data = source.read(item)
            target.writestr(item, data[: len(data) // 2] if "sheet" in item.filename else data)
    with pytest.raises(HistoryFileError):
        read_tables(damaged)


def test_entity_bombs_are_refused(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    path = tmp_path / "bomb.xlsx"
    good = write_workbook(tmp_path / "good.xlsx", review_sheets())
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w") as target:
        for item in source.infolist():
            target.writestr(item, bomb if item.filename.endswith("sheet1.xml") else source.read(item))
    with pytest.raises(HistoryFileError):
        read_tables(path)


def test_folders_without_or_with_wrong_files(tmp_path):
    with pytest.raises(HistoryFileError):
        read_tables(tmp_path)
    (tmp_path / "participants.csv").write_bytes("køn;hold".encode("latin-1"))
    with pytest.raises(HistoryFileError, match=r"participants\.csv"):
        read_tables(tmp_path)
    (tmp_path / "participants.csv").write_text('a;b\n"open')
    with pytest.raises(HistoryFileError):
        read_tables(tmp_path)


def test_formulas_are_read_by_their_result_and_errors_are_named(tmp_path):
    book = Workbook()
    book.remove(book.active)
    for name, headings in HEADINGS.items():
        book.create_sheet(name).append(headings)
    book["participants"].append(["#REF!", *PERSON[1:]])
    book.save(tmp_path / "formulas.xlsx")
    history = read_history(read_tables(tmp_path / "formulas.xlsx"), today=TODAY)
    assert [(e.sheet, e.row, e.column) for e in history.errors] == [("participants", 2, "case_ref")]
