"""Any figure opens into entries, plan, rule and source; the statement on any day (domain.md §7.3)."""

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from pypdf import PdfReader

from loans import statement
from loans.explain import explain
from loans.models import Loan
from loans.queries import loan_of
from microloan.accounts.enums import Role
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.loans.test_plan_changes import decide, propose
from tests.support.world import World

LATER = TODAY + timedelta(days=50)


def found(loan: Loan, what: str, today: date = LATER) -> Any:
    return explain(loan_of(Loan.objects.get(pk=loan.pk).case), what, today)


@pytest.fixture
def loan(world: World) -> Loan:
    made = builders.paid_out(world)
    builders.pay(world, made, "2000", TODAY)
    builders.pay(world, made, "1500", LATER)
    return made


def test_the_balance_is_the_sum_of_its_entries(loan: Loan) -> None:
    told = found(loan, "balance")
    assert told.title == "Restgæld: 31.500\xa0kr."
    assert "Borgeren har betalt 3.500\xa0kr. i 2 posteringer." in told.sentences
    assert [entry.amount for entry in told.entries] == [35000, -2000, -1500]
    assert dict(told.rows)["Regelsæt"] == "Programmets regler"


def test_the_balance_of_an_earlier_day(world: World, loan: Loan, client_for: Any) -> None:
    told = explain(loan_of(loan.case), "balance", LATER, LATER - timedelta(days=1))
    assert told.title == "Restgæld den 8. januar 2027: 33.000\xa0kr."
    assert "Borgeren har betalt 2.000\xa0kr. i 1 postering." in told.sentences
    assert [entry.amount for entry in told.entries] == [35000, -2000]
    client = client_for(world.user(Role.BENEFITS_OFFICER))
    address = reverse("loans:explain", args=[loan.case.number, "balance"])
    for day, words in (
        (f"{TODAY:%d-%m-%Y}", "Restgæld den 20. november 2026: 33.000"),
        ("19-11-2026", "Lånet var ikke udbetalt den dag."),
        ("30-02-2027", "har ikke 30 dage"),
        ("01-01-2099", "ikke ligger i fremtiden"),
        ("", "dd-mm-åååå"),
    ):
        assert words in client.get(address, {"day": day}).content.decode().replace("\xa0", " "), day


def plain(told: Any) -> str:
    return "\n".join([told.title, *told.sentences]).replace("\xa0", " ")


def test_an_instalment_says_its_amount_its_date_and_what_was_paid_on_it(loan: Loan) -> None:
    told = found(loan, "line-1")
    text = plain(told)
    assert "35.000 kr. i 12 afdrag, rundet op til hele kroner, er 2.917 kr. om måneden." in text
    assert "Lånet blev udbetalt den 20. november 2026." in text
    assert "Bankerne har lukket den 1. januar 2027, så det forfalder den næste bankdag: 4. januar 2027." in text
    assert "Indbetaling 2.000 kr. den 20. november 2026: 2.000 kr. heraf går til dette afdrag." in text
    assert "Indbetaling 1.500 kr. den 9. januar 2027: 917 kr. heraf går til dette afdrag." in text
    assert "Der skyldes ikke mere på det." in text
    assert [entry.amount for entry in told.entries] == [-2000, -1500]
    assert "Det sidste afdrag er resten: 2.913 kr." in plain(found(loan, "line-12"))
    assert "Der mangler 2.334 kr., og det har været forfaldent i 3 dage." in plain(
        found(loan, "line-2", date(2027, 2, 4))
    )
    for nothing in ("line-13", "line-x", "line-" + "9" * 5000, "nothing", "entry-0", "entry-"):
        assert found(loan, nothing) is None


def test_a_change_of_plan_is_named_where_it_moved_the_line(world: World, loan: Loan) -> None:
    decide(world, propose(world, loan))
    text = plain(found(loan, "line-5"))
    assert "Henstand i 3 måneder fra marts 2027: det er flyttet fra 1. maj 2027 til 1. august 2027." in text


def test_an_entry_says_where_its_money_went(world: World, loan: Loan) -> None:
    entry = builders.pay(world, loan, "4000", LATER + timedelta(days=1))
    text = plain(found(loan, f"entry-{entry.pk}"))
    assert "Nr. 2: Indbetaling 4.000 kr. den 10. januar 2027: 2.334 kr. heraf går til dette afdrag." in text
    assert "Nr. 3: Indbetaling 4.000 kr. den 10. januar 2027: 1.666 kr. heraf går til dette afdrag." in text
    payout = loan.entries.get(kind="payout")
    assert "Udbetalingen begynder planen" in plain(found(loan, f"entry-{payout.pk}"))


def test_every_figure_on_the_page_opens(world: World, loan: Loan, client_for: Any) -> None:
    client = client_for(world.user(Role.COACH))
    page = client.get(reverse("loans:loan", args=[loan.case.number])).content.decode()
    addresses = {part.split('"')[0] for part in page.split('href="') if "/loan/explain/" in part.split('"')[0]}
    assert len(addresses) == 12 + 3 + 2 + 2  # lines, entries, balance and paid, balance at the end of two days
    assert {client.get(address).status_code for address in sorted(addresses)} == {200}


def test_each_krone_on_a_line_is_explained(world: World, loan: Loan) -> None:
    builders.pay(world, loan, "10000", LATER + timedelta(days=1))
    entries = {entry.pk for number in range(1, 13) for entry in found(loan, f"line-{number}").entries}
    assert len(entries) == 3


def test_the_statement_is_of_its_day(world: World, loan: Loan, client_for: Any) -> None:
    assert statement.facts_of(loan, TODAY)["owed"] == Decimal(33000)
    assert statement.facts_of(loan, LATER)["owed"] == Decimal(31500)
    assert [one.balance for one in statement.movements(loan, LATER)] == [35000, 33000, 31500]
    change = decide(world, propose(world, loan))
    before = statement.position_on(loan, TODAY - timedelta(days=1) if change.decided_on > TODAY else TODAY)
    assert before.lines[-1].due >= statement.position_on(loan, TODAY).lines[0].due
    client = client_for(world.user(Role.COACH))
    url = reverse("loans:statement", kwargs={"number": loan.case.number})
    assert "udbetalt" in client.post(url, {"day": "01-01-2020"}).content.decode()
    answer = client.post(url, {"day": f"{TODAY:%d-%m-%Y}"})
    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert "33.000" in words
    assert loan.payment_reference in words
    assert "Mangler" in words
