import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from microloan.core import export
from microloan.core.cpr import Cpr

HEADINGS = ["Navn", "Beløb", "Dato"]
EVIL = ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "\u00a0=1+1"]


def csv_text(rows) -> str:
    response = export.csv_response("hold", HEADINGS, rows)
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_csv_opens_in_a_danish_excel():
    rows = [["Åse; Ærø", Decimal("1234.50"), date(2026, 11, 20)], ['"Citat"', None, True]]
    response = export.csv_response("hold", HEADINGS, rows)
    content = b"".join(response.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").splitlines()
    assert lines == ["Navn;Beløb;Dato", '"Åse; Ærø";1234,50;2026-11-20', '"""Citat""";;1']
    assert response["Content-Disposition"] == 'attachment; filename="hold.csv"'
    assert response["Cache-Control"] == "no-store"


def test_csv_is_streamed_row_by_row():
    taken = []

    def rows():
        for number in range(3):
            taken.append(number)
            yield [number]

    lines = export.csv_lines(["n"], rows())
    next(lines), next(lines)
    assert taken == []
    next(lines)
    assert taken == [0]


@pytest.mark.parametrize("text", EVIL)
def test_no_cell_of_csv_is_a_formula(text):
    assert export.csv_value(text).startswith("'")


def test_numbers_and_plain_texts_are_left():
    assert export.csv_value(Decimal("-416.67")) == "-416,67"
    assert export.csv_value(-5) == "-5"
    assert export.csv_value("a=b") == "a=b"
    assert export.csv_value(datetime(2026, 11, 20, 23, 30, tzinfo=UTC)) == "2026-11-21 00:30"
    assert export.csv_value(Cpr("7203901234")) == "720390-••••"


def test_xlsx_keeps_numbers_and_dates_and_has_no_formulas(db):  # closing an answer looks at the connection
    moment = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    rows = [[text, Decimal("1234.50"), date(2026, 11, 20), moment, 7, None] for text in ["Åse", *EVIL]]
    response = export.xlsx_response("hold", {"Hold": ([*HEADINGS, "Kl.", "Antal", "Tom"], iter(rows))})
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    sheet = book["Hold"]
    assert [cell.value for cell in sheet[1]] == [*HEADINGS, "Kl.", "Antal", "Tom"]
    assert sheet["B2"].value == 1234.5
    assert sheet["B2"].number_format == "#,##0.00"
    assert sheet["C2"].value == datetime(2026, 11, 20)
    assert sheet["D2"].value == datetime(2026, 11, 21, 0, 30)
    assert sheet.freeze_panes == "A2"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    assert all(sheet.cell(row, 1).value.startswith("'") for row in range(3, 3 + len(EVIL)))
    assert response["Content-Disposition"] == 'attachment; filename="hold.xlsx"'
    response.close()


def test_xlsx_headings_and_titles_cannot_be_formulas():
    target = io.BytesIO()
    export.write_xlsx(target, {"x" * 40: (["=1+1"], [])})
    sheet = load_workbook(target).worksheets[0]
    assert sheet["A1"].data_type == "s"
    assert len(sheet.title) == 31


def test_what_a_spreadsheet_cannot_hold_is_left_out_and_stops_nothing():
    """Such signs come along when a name is pasted from a PDF or a slide."""
    spool = io.BytesIO()
    export.write_xlsx(spool, {"Hold": (HEADINGS, [["Åse\x0bØvelse\x01", None, None], ["\x01=1+1", None, None]])})
    sheet = load_workbook(spool).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["Åse Øvelse ", "' =1+1"]
    assert "Åse Øvelse ;1" in csv_text([["Åse\x0bØvelse\x01", 1]])
