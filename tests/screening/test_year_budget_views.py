"""The screens of operating and liquidity budgets: written, worked out, compared, asked "what if", read back, printed."""

import io
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from pypdf import PdfReader

from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.models import AccessLog
from microloan.core import danish
from screening import services, sheet_files
from screening.enums import BudgetKind, BudgetState, RowSection
from screening.models import Budget
from screening.year_presentation import _kr_or_none
from tests.screening.budget_builders import each, kr, liquidity_rows, operating_rows, row, sales, year_budget
from tests.screening.builders import another_coach, budget, case_for, line
from tests.screening.pages import case_page, text_of
from tests.support.forms import seen

FRAME = {"starts_on": "2027-01-01", "vat_period": "quarter", "opening": "", "b_tax": "", "note": ""}


@pytest.fixture
def case(world):
    return case_for(world, 2)


def page(name, case, kind="liquidity", **more):
    return case_page(name, case, kind=kind, **more)


def typed(*rows, kind=BudgetKind.LIQUIDITY, step="save", **more):
    """The form as a browser posts it: rows are (section, text, amounts)."""
    fields = {**FRAME, "step": step, **more}
    for section in services.sections_of(kind):
        own = [row for row in rows if row[0] == section]
        fields |= {f"{section}-TOTAL_FORMS": len(own), f"{section}-INITIAL_FORMS": len(own)}
        for number, (_section, text, amounts) in enumerate(own):
            fields[f"{section}-{number}-text"] = text
            fields |= {f"{section}-{number}-m{index}": amount for index, amount in enumerate(amounts)}
    return fields


SEWING = ("sales", "Syning", ["", "2.000", "3000,50", *["4000"] * 9])
RENT = ("costs", "Husleje", ["2500"] * 12)


def test_a_liquidity_budget_is_written_and_shown_with_chart_and_table(world, coach, case):
    assert "Intet budget endnu" in text_of(coach.get(page("year_budget", case)))
    data = typed(
        SEWING, RENT, note="Første udkast", opening="10.000", **{"sales-0-vat": "on", "sales-0-source": "To kunder"}
    )
    words = text_of(coach.post(page("year_budget_edit", case), data, follow=True))
    for expected in (
        "Budgettet er gemt som version 1.",
        "Første udkast",
        "To kunder",
        "3.000,50",
        "Momsen betales",
        "1. jun. 2027",
    ):
        assert expected in words
    (saved,) = services.year_budget_of(Budget.objects.get()).rows[:1]
    assert (saved.amounts[:3], saved.vat, saved.source) == (kr(0, 2000, "3000.50"), True, "To kunder")


def test_an_operating_budget_says_the_break_even_sales(world, coach, case):
    year_budget(world, case, operating_rows(), kind=BudgetKind.OPERATING)
    words = text_of(coach.get(page("year_budget", case, "operating")))
    assert "Nulpunktsomsætning: udgifterne er dækket 37.500" in words
    assert "Et salg på 100.000\xa0kr. er nok".replace("\xa0", " ") in words


def test_it_is_worked_out_without_being_saved(world, coach, case):
    words = text_of(coach.post(page("year_budget_edit", case), typed(RENT, step="look")))
    assert "Der mangler penge i 12 af de 12 måneder" in words
    assert "ikke gemt" in words
    assert not case.budgets.exists()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("sales", "Syning", ["abc"])], "Salg, linje 1, januar 2027: Skriv"),
        ([("sales", "Syning", ["-5"])], "Salg, linje 1, januar 2027: Skriv"),
        ([("sales", "Syning", ["1.23"])], "1,23"),
        ([("sales", "", ["100"])], "Skriv, hvad beløbet går til"),
        ([("costs", "Leje", [""])], "Skriv beløbet for »Leje«"),
        ([], "Skriv mindst én linje"),
    ],
)
def test_what_cannot_be_is_refused_at_its_cell(world, coach, case, rows, words):
    response = coach.post(page("year_budget_edit", case), typed(*rows))
    assert words in text_of(response)
    assert "<title>Fejl:" in response.content.decode()
    assert not case.budgets.exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"sales-TOTAL_FORMS": "x"},
        {"sales-TOTAL_FORMS": "99999"},
        {"starts_on": "2027-13-01"},
        {"vat_period": "x"},
        {"b_tax": "-1"},
    ],
)
def test_a_broken_form_is_refused_politely(world, coach, case, broken):
    for step in ("save", "more", "look"):
        assert coach.post(page("year_budget_edit", case), {**typed(SEWING, step=step), **broken}).status_code == 200
    assert not case.budgets.exists()


def test_more_lines_keep_what_was_typed(world, coach, case):
    body = coach.post(page("year_budget_edit", case), typed(("sales", "Syning", ["abc"]), step="more")).content.decode()
    assert 'value="abc"' in body
    assert 'name="sales-4-text"' in body
    assert 'name="private-3-text"' in body


def test_two_people_on_one_budget_see_both(world, coach, case):
    note = seen(coach.get(page("year_budget_edit", case)))
    year_budget(world, case, [row(RowSection.COSTS, "Strøm", each(100))], by=another_coach())
    response = coach.post(page("year_budget_edit", case), {**typed(SEWING), **note})
    rival = next(one for one in response.context["form"].rivals if one.label == "Budgettets linjer")
    assert "Strøm" in rival.stored
    assert "Syning" in rival.mine
    assert case.budgets.count() == 1
    chosen = {f"choose_{name}": "mine" for name in ("lines", *FRAME)}
    coach.post(page("year_budget_edit", case), {**typed(SEWING), **seen(response), **chosen})
    assert services.year_budget_of(case.budgets.get(number=2)).rows[0].text == "Syning"


def test_a_newer_plan_is_told(world, coach, case):
    budget(world, case, line("Symaskine", "12000.00"))
    year_budget(world, case)
    assert "er ændret" not in text_of(coach.get(page("year_budget", case)))
    budget(world, case, line("Symaskine", "24000.00"))
    assert "tilbagebetalingsplanen er ændret" in text_of(coach.get(page("year_budget", case)))


def test_what_if_shows_both_and_saves_nothing(world, coach, case):
    year_budget(world, case)
    words = text_of(coach.get(page_what_if(case)))
    assert "Forskel" in words
    year = services.year_budget_of(case.budgets.get())
    assert f"{year.liquidity().closing:,.0f}".replace(",", ".") in words
    same = coach.get(page_what_if(case), {"percent": "100", "delay": "0", "goods": "on"}).context["compared"]
    assert {difference for *_rest, difference in same.months} == {Decimal(0)}
    usual = coach.get(page_what_if(case)).context["compared"]
    assert usual.months[-1][3] < 0
    assert coach.get(page_what_if(case), {"percent": "7", "delay": "x"}).status_code == 200
    assert case.budgets.count() == 1


def page_what_if(case):
    return case_page("what_if", case)


def test_there_is_no_what_if_without_a_budget_and_no_other_kinds(world, coach, case):
    assert coach.get(page_what_if(case)).status_code == 404
    assert coach.get(page("year_budget", case, "establishment")).status_code == 404
    assert coach.get(page("year_budget", case), {"version": "1"}).status_code == 404
    assert coach.get(page("budget_sheet", case, version=3)).status_code == 404
    assert coach.get(page("budget_paper", case, "nonsense", version=1)).status_code == 404


def test_the_project_lead_approves_after_a_check_page(world, lead, coach, case):
    year_budget(world, case)
    approve = page("year_budget_approve", case, version=1)
    assert approve in lead.get(page("year_budget", case)).content.decode()
    assert approve not in coach.get(page("year_budget", case)).content.decode()
    assert "Godkend version 1 af »Likviditetsbudget«" in text_of(lead.get(approve))
    for _click in range(2):
        lead.post(approve)
    kept = Budget.objects.get(case=case)
    assert (kept.state, kept.approved_by) == (BudgetState.APPROVED, world.user(Role.PROJECT_LEAD))
    assert lead.get(approve).status_code == 302


# --- Files ---------------------------------------------------------------------------------------------------------------


def upload(coach, case, data, kind="liquidity", name="ark.xlsx"):
    file = SimpleUploadedFile(name, data, content_type="application/octet-stream")
    return coach.post(page("budget_sheet_upload", case, kind), {"file": file})


def test_a_sheet_goes_out_and_comes_back_into_the_form(world, coach, case):
    year_budget(world, case)
    response = coach.get(page("budget_sheet", case, version=1))
    assert response["Content-Disposition"] == f'attachment; filename="{case.number}-liquidity-v1.xlsx"'
    assert AccessLog.objects.filter(action=AccessAction.DOWNLOAD, case_numbers__contains=[case.number]).exists()
    book = load_workbook(io.BytesIO(response.content))
    book["Budget"]["D8"].value = 777.5
    out = io.BytesIO()
    book.save(out)
    shown = upload(coach, case, out.getvalue())
    assert "Regnearket er læst ind" in text_of(shown)
    assert 'value="777,50"' in shown.content.decode()
    assert case.budgets.count() == 1  # nothing is saved before somebody saves it


def test_a_blank_sheet_before_the_first_version(world, coach, case):
    for kind in ("operating", "liquidity", "establishment"):
        data = coach.get(page("budget_sheet", case, kind, version=0)).content
        assert "læst ind" in text_of(upload(coach, case, data, kind))
    year_budget(world, case)
    assert coach.get(page("budget_sheet", case, version=0)).status_code == 404


def test_a_foreign_sheet_is_refused_with_the_cell_and_nothing_changes(world, coach, case):
    year_budget(world, case)
    other = case_for(world, 1)
    data = sheet_files.write(sheet_files.sheet_of(other, year_budget(world, other), world.today))
    response = upload(coach, case, data)
    assert "Celle B1" in text_of(response)
    assert f"hører til sag {other.number}" in text_of(response)
    assert case.budgets.count() == 1
    assert "Vælg en fil" in text_of(coach.post(page("budget_sheet_upload", case)))


def test_an_establishment_sheet_comes_back_into_its_form(world, coach, case):
    budget(world, case, line("Symaskine", "12000.50"))
    data = coach.get(page("budget_sheet", case, "establishment", version=1)).content
    body = upload(coach, case, data, "establishment").content.decode()
    assert 'value="Symaskine"' in body
    assert 'value="12000,50"' in body


@pytest.mark.parametrize("kind", ["establishment", "operating", "liquidity"])
def test_a_budget_on_paper_is_a_tagged_pdf(world, coach, case, kind):
    budget(world, case, line("Symaskine", "12000.00"))
    year_budget(world, case, liquidity_rows())
    year_budget(world, case, operating_rows(), kind=BudgetKind.OPERATING)
    response = coach.get(page("budget_paper", case, kind, version=1))
    reader = PdfReader(io.BytesIO(response.content))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "da"
    words = " ".join("".join(sheet.extract_text() for sheet in reader.pages).split())
    assert case.number in words
    assert ("Symaskine" if kind != "operating" else "Dækningsbidrag") in words


def test_signs_that_cannot_be_printed_are_named(world, coach, case):
    year_budget(world, case, [sales(*[1000] * 12, text="Syning 🧵")])
    assert "🧵" in text_of(coach.get(page("budget_paper", case, version=1), follow=True))


# --- Numbers -------------------------------------------------------------------------------------------------------------


def test_the_page_takes_the_same_queries_at_any_number_of_versions(world, coach, case):
    counts = []
    for versions in (1, 4):
        for number in range(versions):
            year_budget(world, case, note=f"{versions}-{number}")
        coach.get(page("year_budget", case))
        with CaptureQueriesContext(connection) as counted:
            coach.get(page("year_budget", case))
        counts.append(len(counted))
    assert counts[0] == counts[1] < 50


def test_a_month_of_the_break_even_sales_is_rounded_half_up():
    assert _kr_or_none(Decimal("1.50"), 12) == danish.kr(Decimal("0.13"))
