"""The disbursement queue and the page of one payout (ui-guide.md §3.5)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import CaseFile, Task
from loans.enums import EntryKind, OrderState, SupportKind
from loans.models import DisbursementOrder, LedgerEntry
from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.models import AccessLog
from microloan.core.danish import input_date
from microloan.policy.models import Municipality
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.loans.test_screens import page
from tests.support.pages import source
from tests.support.world import World


def test_the_queue_has_three_lists(world: World, by: Any) -> None:
    ready = builders.in_queue(world)
    back = builders.sent_back(world)
    unsigned = builders.granted(world)
    paid = builders.paid_out(world)
    officer = by(Role.BENEFITS_OFFICER)
    names = {order: str(order.loan.case.citizen) for order in (ready, back)}
    html = page(officer, "disbursements")
    assert names[ready] in html
    assert "5" in html  # days since the residential course
    assert names[back] not in html
    team = page(officer, "disbursements", query="?view=team")
    assert "Der mangler kontering på bilaget." in team
    assert "Den underskrevne aftale" in team
    assert str(unsigned.case.citizen) in team
    assert str(paid.case.citizen) in page(officer, "disbursements", query="?view=paid")
    assert "Udbetalinger <span" in html or "Udbetalinger" in html


def test_the_project_lead_looks_on(world: World, by: Any) -> None:
    order = builders.in_queue(world)
    html = page(by(Role.PROJECT_LEAD), "disbursements")
    assert "Du kan kigge med" in html
    assert reverse("loans:disbursement", kwargs={"pk": order.pk}) not in html


def test_the_queue_takes_the_same_queries_whatever_its_length(world: World, by: Any) -> None:
    builders.in_queue(world)
    officer, url = by(Role.BENEFITS_OFFICER), reverse("loans:disbursements")

    def queries() -> int:
        officer.get(url)
        with CaptureQueriesContext(connection) as caught:
            assert officer.get(url).status_code == 200
        return len(caught)

    few = queries()
    for _more in range(3):
        builders.in_queue(world)
    assert queries() == few


def test_the_page_of_a_payout_says_loan_and_hides_the_cpr_number(world: World, by: Any) -> None:
    Municipality.objects.update(loan_account="Udlån 1-23", grant_account="Tilskud 4-56")
    order = builders.in_queue(world)
    html = page(by(Role.BENEFITS_OFFICER), "disbursement", pk=order.pk)
    for words in (
        "Dette er et lån, ikke et tilskud.",
        "Første afdrag er 4. januar 2027. Systemet kan ikke sende rykkere før da.",
        "Udlån 1-23",
        "Jeg har bogført beløbet som lån",
        "kommunens vedtægt om mikrolån § 4",
        "35.000 kr.",
    ):
        assert words in html, words
    assert "Tilskud 4-56" not in html
    assert order.loan.case.citizen.cpr.formatted not in html


def test_a_late_payout_says_when_the_first_instalment_falls_due_then(world: World, by: Any, monkeypatch: Any) -> None:
    order = builders.in_queue(world)
    monkeypatch.setattr("microloan.core.clock.today", lambda: TODAY + timedelta(days=20))
    html = page(by(Role.BENEFITS_OFFICER), "disbursement", pk=order.pk)
    assert "Første afdrag er 1. februar 2027" in html
    assert "Planen siger indtil nu 4. januar 2027" in html


def test_the_cpr_number_is_shown_on_request_and_logged(world: World, by: Any) -> None:
    order = builders.in_queue(world)
    case = order.loan.case
    officer = by(Role.BENEFITS_OFFICER)
    response = officer.post(reverse("cases:reveal", kwargs={"number": case.number}), {"what": "cpr"})
    assert case.citizen.cpr.formatted in source(response)
    assert AccessLog.objects.filter(action=AccessAction.REVEAL, user=officer.user, case_numbers=[case.number]).exists()


def payout_data(**changes: str) -> dict[str, str]:
    return {"paid_on": input_date(TODAY), "voucher": "B-1", "booked": "on", **changes}


def test_a_payout_ends_at_a_receipt_that_says_what_comes_next(world: World, by: Any) -> None:
    order = builders.in_queue(world)
    officer, url = by(Role.BENEFITS_OFFICER), reverse("loans:disbursement", kwargs={"pk": order.pk})
    html = source(officer.post(url, payout_data(), follow=True))
    assert "Udbetalingen er registreret" in html
    assert "Første afdrag er 4. januar 2027" in html
    again = officer.post(url, payout_data(), follow=True)  # the double click
    assert "Intet er bogført to gange" in source(again)
    assert LedgerEntry.objects.filter(kind=EntryKind.PAYOUT).count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"booked": ""}, "Sæt kryds"),
        ({"voucher": ""}, "Skriv bilagsnummeret"),
        ({"paid_on": "21-11-2026"}, "20. november 2026"),
        ({"paid_on": "hurtigst muligt"}, "dd-mm-åååå"),
    ],
)
def test_a_wrong_payout_is_told_at_its_field(world: World, by: Any, changes: dict, words: str) -> None:
    order = builders.in_queue(world)
    data = {key: value for key, value in payout_data(**changes).items() if value}
    response = by(Role.BENEFITS_OFFICER).post(reverse("loans:disbursement", kwargs={"pk": order.pk}), data)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert words in source(response)
    assert not LedgerEntry.objects.exists()


def test_who_approved_is_told_that_somebody_else_pays_out(world: World, client_for: Any) -> None:
    order = builders.in_queue(world)
    lead = world.user(Role.PROJECT_LEAD)
    lead.role = Role.BENEFITS_OFFICER
    lead.save()
    client, url = client_for(lead), reverse("loans:disbursement", kwargs={"pk": order.pk})
    html = source(client.get(url))
    assert "Du har godkendt lånet. En anden skal udbetale." in html
    assert "Registrér udbetaling" not in html
    assert "Du har godkendt lånet. En anden skal udbetale." in source(client.post(url, payout_data()))
    assert not LedgerEntry.objects.exists()


def test_a_grant_is_paid_out_as_a_grant(world: World, by: Any) -> None:
    Municipality.objects.update(loan_account="Udlån 1-23", grant_account="Tilskud 4-56")
    order = builders.in_queue(world, kind=SupportKind.GRANT)
    html = page(by(Role.BENEFITS_OFFICER), "disbursement", pk=order.pk)
    assert "Dette er et tilskud, ikke et lån." in html
    assert "Jeg har bogført beløbet som tilskud" in html
    assert "Tilskud 4-56" in html
    assert "Udlån 1-23" not in html


def test_sending_back_asks_for_a_reason_and_tells_the_team(world: World, by: Any) -> None:
    order = builders.in_queue(world)
    officer, url = by(Role.BENEFITS_OFFICER), reverse("loans:disbursement_back", kwargs={"pk": order.pk})
    wrong = officer.post(url, {"reason": ""})
    assert "Skriv, hvad teamet skal bringe i orden." in source(wrong)
    assert officer.post(url, {"reason": "Der mangler kontering"}).status_code == 302
    assert DisbursementOrder.objects.get(pk=order.pk).state == OrderState.SENT_BACK
    case = CaseFile.objects.get(pk=order.loan.case_id)
    assert Task.objects.filter(case=case, kind="loan_sent_back", done_at=None).exists()
    html = page(by(Role.COACH), "loan", number=case.number)
    assert "Der mangler kontering" in html
    by(Role.COACH).post(reverse("loans:send_again", kwargs={"number": case.number}))
    assert DisbursementOrder.objects.get(pk=order.pk).state == OrderState.READY


def test_an_order_that_waits_for_the_team_cannot_be_paid_out_from_an_old_tab(world: World, by: Any) -> None:
    order = builders.sent_back(world)
    url = reverse("loans:disbursement", kwargs={"pk": order.pk})
    html = source(by(Role.BENEFITS_OFFICER).post(url, payout_data(), follow=True))
    assert "sendt tilbage til teamet" in html
    assert not LedgerEntry.objects.exists()
