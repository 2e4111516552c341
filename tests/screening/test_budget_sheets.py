"""Budgets as spreadsheets: out with formulas, back to the øre, refused whole with the cell named (docs/decisions/136)."""

import io
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.drawing.image import Image as Picture

from microloan.core.errors import Refused
from microloan.policy.models import RuleSet
from screening import services, sheet_files
from screening.budget_rules import WITH_VAT, Row
from screening.enums import BudgetKind, LineKind, RowSection, VatPeriod
from screening.models import Budget, BudgetLine
from screening.services import LineData
from screening.services.budgets import totals_of
from screening.sheet_files import Sheet
from tests.screening.budget_builders import START, TAXES, frame, kr, liquidity_rows, operating_rows, year_budget
from tests.screening.builders import budget, case_for, line
from tests.screening.formulas import Calculator
from tests.support.files import docx, pdf, png, png_claiming, zipped

NAME = "ark.xlsx"


def generated(count):
    """So many budgets of a kind: 200 in all, most of them of the small kinds, whose sheets are quickly made."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=count, deadline=None, suppress_health_check=checks)


ABOVE_ZERO = st.one_of(st.decimals("0.01", "9999999.99", places=2), st.integers(1, 9_999_999).map(Decimal))
AMOUNT = st.one_of(st.just(Decimal("0.00")), ABOVE_ZERO)
WORDS = (
    st.text(
        st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"], exclude_characters="\ufffe\uffff"),
        min_size=1,
        max_size=40,
    )
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)


def _amounts(count):
    """At least one above zero, in any place."""
    others = st.lists(AMOUNT, min_size=count - 1, max_size=count - 1)
    return st.tuples(ABOVE_ZERO, others, st.integers(0, count - 1)).map(
        lambda parts: (*parts[1][: parts[2]], parts[0], *parts[1][parts[2] :])
    )


def _rows(sections, count):
    def of(section):
        row = st.builds(
            Row,
            section=st.just(section.value),
            text=WORDS,
            amounts=_amounts(count),
            vat=st.booleans() if section in WITH_VAT else st.just(False),
            source=st.one_of(st.just(""), WORDS) if section == RowSection.SALES else st.just(""),
        )
        return st.lists(row, max_size=4)

    return st.tuples(*[of(section) for section in sections]).map(lambda parts: [row for part in parts for row in part])


def _frames(with_opening):
    return st.builds(
        frame,
        starts_on=st.dates(date(2026, 1, 1), date(2032, 12, 1)).map(lambda day: day.replace(day=1)),
        vat_period=st.sampled_from(VatPeriod.values),
        opening=AMOUNT if with_opening else st.just(Decimal("0.00")),
        b_tax=AMOUNT,
        loan=st.just(kr(30000, *[0] * 11)),
        repayments=st.just(kr(0, *[358] * 11)),
    )


LINES = st.lists(st.builds(LineData, kind=st.sampled_from(LineKind.values), text=WORDS, amount=ABOVE_ZERO), max_size=20)


@pytest.fixture
def case(world):
    return case_for(world, 2)


def blank(case, kind, **more):
    return Sheet(case.number, kind, 0, RuleSet.objects.get(), **more)


def calculated(data):
    return Calculator(load_workbook(io.BytesIO(data))["Budget"])


def found(tab, label, column="D"):
    row = next(number for number in range(1, 200) if tab.tab[f"A{number}"].value == label)
    return tab.value(f"{column}{row}")


# --- 200 budgets ---------------------------------------------------------------------------------------------------------


@generated(50)
@given(rows=_rows(services.sections_of(BudgetKind.LIQUIDITY), 12), around=_frames(with_opening=True))
def test_a_liquidity_budget_comes_back_exactly_and_its_formulas_say_what_the_rules_say(case, rows, around):
    sheet = blank(case, BudgetKind.LIQUIDITY, rows=tuple(rows), frame=around)
    data = sheet_files.write(sheet)
    read = sheet_files.read(NAME, data, case=case, kind=BudgetKind.LIQUIDITY, newest=None)
    assert read.rows == rows
    assert read.data == services.FrameData(around.starts_on, around.vat_period, around.opening, around.b_tax)
    year = services.YearBudget(BudgetKind.LIQUIDITY, tuple(rows), around, TAXES, sheet.rule_set)
    result, tab = year.liquidity(), calculated(data)
    for column, month in zip("DEFGHIJKLMNO", result.months, strict=True):
        assert found(tab, "Penge ved månedens slut", column) == month.balance
        assert found(tab, "Momsen betales", column) == month.vat_paid
        assert found(tab, "B-skat", column) == month.b_tax
    assert found(tab, "Moms af disse måneder, der betales senere") == result.vat_left


@generated(75)
@given(rows=_rows(services.sections_of(BudgetKind.OPERATING), 1), around=_frames(with_opening=False))
def test_an_operating_budget_comes_back_exactly_and_its_formulas_say_what_the_rules_say(case, rows, around):
    sheet = blank(case, BudgetKind.OPERATING, rows=tuple(rows), frame=around)
    data = sheet_files.write(sheet)
    read = sheet_files.read(NAME, data, case=case, kind=BudgetKind.OPERATING, newest=None)
    assert (read.rows, read.data.b_tax) == (rows, around.b_tax)
    sums = services.YearBudget(BudgetKind.OPERATING, tuple(rows), around, TAXES, sheet.rule_set).operating()
    tab = calculated(data)
    assert found(tab, "Overskud før skat") == sums.profit
    assert found(tab, "Tilbage, når ejer, skat og lån er betalt") == sums.left
    if sums.break_even is None:
        assert not isinstance(found(tab, "Nulpunktsomsætning: udgifterne er dækket"), Decimal) or sums.contribution > 0
    else:
        assert found(tab, "Nulpunktsomsætning: udgifterne er dækket") == sums.break_even


@generated(75)
@given(lines=LINES)
def test_an_establishment_budget_comes_back_exactly_in_its_order(case, lines):
    data = sheet_files.write(blank(case, BudgetKind.ESTABLISHMENT, lines=tuple(lines)))
    read = sheet_files.read(NAME, data, case=case, kind=BudgetKind.ESTABLISHMENT, newest=None)
    assert read.lines == lines
    totals = totals_of((one.kind, one.amount) for one in lines)
    assert found(calculated(data), "Lånebehov", "C") == totals["loan_need"]


# --- A version of a case -------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(world, case):
    return year_budget(world, case)


def sheet(world, case, saved):
    return sheet_files.write(sheet_files.sheet_of(case, saved, world.today))


def changed(data, change):
    book = load_workbook(io.BytesIO(data))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(place, value, tab="Budget"):
    def change(book):
        book[tab][place].value = value

    return change


def refusal(data, *, case, newest, kind=BudgetKind.LIQUIDITY, name=NAME):
    with pytest.raises(Refused) as refused:
        sheet_files.read(name, data, case=case, kind=kind, newest=newest)
    assert refused.value.field == "file"
    return " ".join(refused.value.messages)


def test_what_somebody_changed_in_the_yellow_cells_is_read(world, case, saved):
    data = changed(
        sheet(world, case, saved),
        lambda book: [
            put(*cell)(book)
            for cell in (("D8", 750.5), ("A9", "Kurser"), ("E9", 300), ("C9", "Ja"), ("D4", 1200), ("D5", 99.9))
        ],
    )
    read = sheet_files.read(NAME, data, case=case, kind=BudgetKind.LIQUIDITY, newest=saved)
    first, second = read.rows[:2]
    assert first.amounts[0] == Decimal("750.50")
    assert (second.text, second.vat, second.amounts[1]) == ("Kurser", True, Decimal("300.00"))
    assert (read.data.b_tax, read.data.opening) == (Decimal(1200), Decimal("99.90"))


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("D8", "tolv", "Celle D8 (Salg, linje 1, januar 2027): skriv et tal"),
        ("D8", "1.000,50", "Celle D8"),
        ("D8", -5, "fra 0 til"),
        ("D8", 1.005, "højst to decimaler"),
        ("D8", 1e9, "fra 0 til"),
        ("D8", True, "Celle D8"),
        ("D8", date(2027, 1, 1), "ikke en formel eller en dato"),
        ("D8", "=1+1", "ikke en formel"),
        ("C8", "måske", "Celle C8"),
        ("A8", "x" * 121, "højst 120 tegn"),
        ("A8", None, "Celle A8 (Salg, linje 1): skriv, hvad beløbet går til"),
        ("A12", "Uden beløb", "skriv beløbet for »Uden beløb«"),
        ("A7", "Omsætning", "Celle A7: der skal stå »Salg«"),
        ("D6", "februar 2027", "Celle D6"),
        ("D18", "=SUM(D8:D9)", "Celle D18: formlen er ændret"),
        ("D18", 100, "Celle D18: formlen er ændret"),
        ("D31", 999, "Celle D31"),
        ("Q3", "huskeseddel", "Celle Q3: cellen skal være tom"),
    ],
)
def test_a_changed_cell_is_named_and_nothing_is_read(world, case, saved, place, value, words):
    data = changed(sheet(world, case, saved), put(place, value))
    assert words in refusal(data, case=case, newest=saved)


def test_inserted_and_deleted_lines_are_a_changed_sheet(world, case, saved):
    for change in (lambda book: book["Budget"].insert_rows(9), lambda book: book["Budget"].delete_cols(5)):
        assert "Celle" in refusal(changed(sheet(world, case, saved), change), case=case, newest=saved)


def test_a_sheet_of_another_case_kind_or_version_is_refused(world, case, saved):
    data = sheet(world, case, saved)
    other = case_for(world, 1)
    assert f"hører til sag {case.number}" in refusal(data, case=other, newest=None)
    assert "et andet budget: Likviditetsbudget" in refusal(data, case=case, newest=None, kind=BudgetKind.OPERATING)
    newer = year_budget(world, case, note="Ny")
    words = refusal(data, case=case, newest=newer)
    assert "Celle B3 på fanebladet »Om arket«" in words
    assert "fra version 1" in words


@pytest.mark.parametrize("place", ["B1", "B2", "B3", "B4"])
def test_what_the_sheet_says_of_itself_is_not_changed(world, case, saved, place):
    data = changed(sheet(world, case, saved), put(place, "noget andet", "Om arket"))
    assert place in refusal(data, case=case, newest=saved)


def test_tabs_are_neither_added_nor_taken_away(world, case, saved):
    data = sheet(world, case, saved)
    assert "Noter" in refusal(changed(data, lambda book: book.create_sheet("Noter")), case=case, newest=saved)
    assert "Om arket" in refusal(changed(data, lambda book: book.remove(book["Om arket"])), case=case, newest=saved)


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.xlsx", b""), ("a.xlsx", b"PK\x03\x04 nonsense"), ("a.pdf", pdf()), ("a.docx", docx()), ("a.txt", b"hej")],
)
def test_other_files_are_refused(world, case, saved, name, data):
    assert refusal(data, case=case, newest=saved, name=name)


def test_a_small_file_that_holds_very_much_is_not_unpacked(world, case, saved):
    with zipfile.ZipFile(io.BytesIO(sheet(world, case, saved))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts["xl/worksheets/sheet1.xml"] = b" " * (13 * 1024 * 1024)
    assert "for stor" in refusal(zipped(parts), case=case, newest=saved)


def test_very_much_of_anything_is_not_opened(world, case, saved, monkeypatch):
    """Half a million fonts in a file of 30 kB would keep a processor busy for 20 seconds."""
    with zipfile.ZipFile(io.BytesIO(sheet(world, case, saved))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts["xl/styles.xml"] = parts["xl/styles.xml"].replace(b"</fonts>", b"<font/>" * 100_000 + b"</fonts>")
    monkeypatch.delattr(sheet_files, "load_workbook")
    assert "for stor" in refusal(zipped(parts), case=case, newest=saved)


def test_a_picture_that_claims_to_be_very_large_is_a_broken_sheet(world, case, saved):
    def with_picture(book):
        book["Budget"].add_image(Picture(io.BytesIO(png())), "A1")

    with zipfile.ZipFile(io.BytesIO(changed(sheet(world, case, saved), with_picture))) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts["xl/media/image1.png"] = png_claiming(30_000, 30_000)
    assert "kan ikke læses" in refusal(zipped(parts), case=case, newest=saved)


def with_more(data, more, name="xl/worksheets/sheet1.xml"):
    """As somebody writes it into the part by hand."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {part: package.read(part) for part in package.namelist()}
    parts[name] = (
        parts[name]
        .replace(b"</sheetData>", more.replace(b"!", b"</sheetData>"))
        .replace(b"</sheets>", more + b"</sheets>")
    )
    return zipped(parts)


@pytest.mark.parametrize(
    ("more", "name", "words"),
    [
        (b'!<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>', "xl/worksheets/sheet1.xml", "flettede"),
        (b'!<hyperlinks><hyperlink ref="A1:XFD1048576"/></hyperlinks>', "xl/worksheets/sheet2.xml", "links"),
        (b"<row>" + b"<c/>" * 20_001 + b"</row>!", "xl/worksheets/sheet1.xml", "for stor"),
        (b"<row/>" * 20_001 + b"!", "xl/worksheets/sheet1.xml", "for stor"),
        (b'<sheet name="a" sheetId="9"/>' * 10, "xl/workbook.xml", "for stor"),
    ],
)
def test_what_would_be_very_many_cells_is_not_opened(world, case, saved, monkeypatch, more, name, words):
    data = with_more(sheet(world, case, saved), more, name)
    monkeypatch.delattr(sheet_files, "load_workbook")
    assert words in refusal(data, case=case, newest=saved)


def test_a_tab_under_another_name_is_looked_at_too(world, case, saved):
    parts = {"xl/media/image1.png": b'<a xmlns="urn:b"><mergeCell ref="A1:XFD1048576"/></a>'}
    with zipfile.ZipFile(io.BytesIO(sheet(world, case, saved))) as package:
        parts |= {name: package.read(name) for name in package.namelist()}
    assert "flettede" in refusal(zipped(parts), case=case, newest=saved)


def test_control_signs_of_an_old_line_do_not_stop_the_sheet(world, case):
    saved = budget(world, case, line("Symaskine\x0bog tråd", "10.00"))
    assert saved.lines.get().text == "Symaskine og tråd"
    old = Budget.objects.create(case=case, kind=saved.kind, number=2, created_by=saved.created_by)
    BudgetLine.objects.create(budget=old, order=1, text="Symaskine\x0bog tråd", amount=Decimal("10.00"))
    data = sheet_files.write(sheet_files.sheet_of(case, old, world.today))
    read = sheet_files.read(NAME, data, case=case, kind=BudgetKind.ESTABLISHMENT, newest=old)
    assert [one.text for one in read.lines] == ["Symaskine og tråd"]


def test_formulas_written_in_another_way_are_the_same(world, case, saved):
    def rewrite(book):
        tab = book["Budget"]
        tab["D18"].value = tab["D18"].value.replace(",", ", ").lower()

    data = changed(sheet(world, case, saved), rewrite)
    assert sheet_files.read(NAME, data, case=case, kind=BudgetKind.LIQUIDITY, newest=saved).rows == liquidity_rows()


def test_a_long_establishment_budget_has_room_for_more(world, case):
    many = budget(world, case, *[line(f"Ting {number}", "10.00") for number in range(40)])
    data = sheet_files.write(sheet_files.sheet_of(case, many, world.today))
    read = sheet_files.read(NAME, data, case=case, kind=BudgetKind.ESTABLISHMENT, newest=many)
    assert len(read.lines) == 40
    assert load_workbook(io.BytesIO(data))["Budget"]["C54"].fill.fgColor.rgb == "00FFF6DC"


def test_the_sheet_says_no_more_than_it_must(world, case, saved):
    data = sheet(world, case, saved)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        everything = b"".join(package.read(name) for name in package.namelist()).decode("utf-8", "replace")
    assert case.number in everything
    assert str(case.citizen.cpr.formatted) not in everything
    assert str(case.citizen) not in everything


def test_an_operating_sheet_of_a_saved_version(world, case):
    saved = year_budget(world, case, operating_rows(), kind=BudgetKind.OPERATING)
    data = sheet(world, case, saved)
    read = sheet_files.read(NAME, data, case=case, kind=BudgetKind.OPERATING, newest=saved)
    assert read.rows == operating_rows()
    assert read.data == replace(services.FrameData(START, VatPeriod.QUARTER.value))
