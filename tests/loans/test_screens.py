"""The screens of loans as each role meets them (ui-guide.md §3.4, §3.5)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.enums import Livelihood
from loans.enums import EntryKind, LoanOutcome, SupportKind
from loans.models import LedgerEntry, Loan, LoanDecision
from loans.services import write_entry
from microloan.accounts.enums import Role
from microloan.core.danish import input_date
from microloan.policy.models import LegalBasis, RuleSet
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.pages import source
from tests.support.strict import StrictClient
from tests.support.world import World

LATER = date(2026, 12, 10)
KEY = "7d3c6f0e-4b7e-4c0d-9a3f-2f2f6c1f0a11"


IMPORTED = {
    EntryKind.PAYOUT: "20000",
    EntryKind.PAYMENT: "-5000",
    EntryKind.HANDOVER: "-15000",
    EntryKind.RECOVERY_PAYMENT: "-6000",
}


def page(client: StrictClient, name: str, **kwargs: Any) -> str:
    query = kwargs.pop("query", "")
    response = client.get(reverse(f"loans:{name}", kwargs=kwargs) + query)
    assert response.status_code == 200
    return source(response)


def payment_data(**changes: str) -> dict[str, str]:
    return {"amount": "2917", "value_date": input_date(TODAY), "voucher": "B-9", "key": KEY, "step": "book", **changes}


# --- The loan page ----------------------------------------------------------------------------------------------------


def test_before_the_loan_the_page_says_what_is_missing_and_why(world: World, by: Any) -> None:
    case = builders.put_in_phase(builders.new_case(world), "approval", on=TODAY)
    html = page(by(Role.COACH), "loan", number=case.number)
    assert "Ikke foreslået endnu" in html
    assert "Screening 3 er ikke afgjort" in html
    assert "kommunens vedtægt om mikrolån § 4" in html
    assert "Foreslå lån eller tilskud" in html


def test_a_refusal_shows_reasons_and_hearing(world: World, by: Any) -> None:
    from loans import services

    decision = builders.proposed(world)
    services.decide_loan(decision=decision, answer=builders.REFUSAL, by=world.user(Role.PROJECT_LEAD), today=TODAY)
    html = page(by(Role.COACH), "loan", number=decision.case.number)
    assert builders.REFUSAL.reasons in html
    assert builders.REFUSAL.hearing_note in html


def test_the_page_of_a_running_loan(world: World, by: Any) -> None:
    loan = builders.paid_out(world, planned_payout_on=LATER)
    builders.pay(world, loan, "3000", TODAY)
    html = page(by(Role.COACH), "loan", number=loan.case.number)
    for words in (
        "Mikrolån 35.000 kr.",
        "rentefrit",
        "kommunens vedtægt om mikrolån § 4",
        "32.000 kr.",
        "Betalt 8 %",
        "(resten)",
        "83 kr. betalt, mangler 2.834 kr.",
        "2.917 kr. × 11 + 2.913 kr.",
        "Posteringer",
        "-3.000 kr.",
        "Tilskud til forsørgelse",
        "kommunens vedtægt om mikrolån § 7",
        "version 2",
        "Ældre versioner:",
    ):
        assert words in html, words
    # Amount and date of a line, and the balance at the end of a day, each open into their explanation.
    assert html.count("/explain/line-12/") == 2
    assert html.count(f"/explain/balance/?day={TODAY:%d-%m-%Y}") == 1


@pytest.mark.parametrize(("days", "words"), [(46, "1 dag over"), (45, "I dag"), (40, "om 5 dage")])
def test_what_is_due_is_told_in_words(world: World, by: Any, days: int, words: str) -> None:
    from microloan.core import clock

    loan = builders.paid_out(world)
    with clock.at(TODAY + timedelta(days=days)):  # the first instalment falls due on 4 January
        assert words in page(by(Role.COACH), "loan", number=loan.case.number)


def test_only_what_is_late_or_of_this_year(world: World, by: Any) -> None:
    from microloan.core import clock

    loan = builders.paid_out(world)
    with clock.at(date(2027, 3, 15)):
        client = by(Role.COACH)
        late = page(client, "loan", number=loan.case.number, query="?show=late")
        assert late.count("over</span>") == 3
        assert "I restance</span>" in late
        assert "Udbetalt</span>" not in late
        assert "<strong>2027</strong>" in page(client, "loan", number=loan.case.number, query="?show=year")


def test_months_of_support_without_an_amount_are_not_said_to_cost_nothing(world: World, by: Any) -> None:
    from microloan.core import clock

    loan = builders.granted(world)
    builders.supported(world, loan, starts_on=date(2026, 12, 1))
    with clock.at(date(2027, 2, 15)):
        html = page(by(Role.COACH), "living", number=loan.case.number)
    assert "3 måneder har intet beløb" in html
    assert ">0 kr." not in html.replace("indtil nu: 0 kr.", ">0 kr.")


def test_an_older_plan_can_be_read(world: World, by: Any) -> None:
    loan = builders.paid_out(world, planned_payout_on=LATER)
    html = page(by(Role.COACH), "loan", number=loan.case.number, query="?version=1")
    assert "Dette er en ældre version" in html
    assert (
        by(Role.COACH).get(reverse("loans:loan", kwargs={"number": loan.case.number}), {"version": "9"}).status_code
        == 404
    )


def test_a_grant_is_never_called_a_loan(world: World, by: Any) -> None:
    loan = builders.paid_out(world, kind=SupportKind.GRANT)
    html = page(by(Role.COACH), "loan", number=loan.case.number)
    main = html[html.index("<main") : html.index("</main>")]
    assert "Tilskud 35.000 kr." in main
    for words in ("Mikrolån", "Restgæld", "Tilbagebetalingsplan", "rentefrit", "Afdrag"):
        assert words not in main.split('aria-labelledby="loan-h"')[1], words


def test_a_benefits_officer_sees_header_and_loan_only(world: World, by: Any) -> None:
    loan = builders.paid_out(world)
    html = page(by(Role.BENEFITS_OFFICER), "loan", number=loan.case.number)
    assert "Registrér indbetaling" in html
    assert "mk-journey" not in html
    assert f'href="{reverse("cases:detail", kwargs={"number": loan.case.number})}"' not in html
    assert loan.case.citizen.cpr.formatted not in html


def test_a_benefits_officer_sees_no_case_without_a_decided_loan(world: World, by: Any) -> None:
    decision = builders.proposed(world)
    url = reverse("loans:loan", kwargs={"number": decision.case.number})
    assert by(Role.BENEFITS_OFFICER).get(url).status_code == 404


def test_an_imported_loan_shows_its_ledger(world: World, by: Any) -> None:
    case = builders.new_case(world)
    loan = Loan.objects.create(case=case, number="H-1", principal=Decimal("20000"))
    for kind, amount in IMPORTED.items():
        with builders.past_the_gates():
            write_entry(loan=loan, kind=kind, amount=Decimal(amount), value_date=TODAY, key=f"h-{kind}", by=None)
    html = page(by(Role.COACH), "loan", number=case.number)
    assert "9.000 kr." in html  # still with recovery
    assert "Betalt 55 %" in html
    assert "Systemet" in html


def test_the_overview_has_the_two_boxes(world: World, by: Any) -> None:
    loan = builders.paid_out(world)
    html = source(by(Role.COACH).get(reverse("cases:detail", kwargs={"number": loan.case.number})))
    assert 'id="loan-box"' in html
    assert "2.917 kr. × 11 + 2.913 kr." in html
    assert 'id="support-box"' in html
    assert "0 af 6 måneder" in html
    pensioner = builders.granted(world, builders.in_approval(world, livelihood=Livelihood.DISABILITY_PENSION))
    html = source(by(Role.COACH).get(reverse("cases:detail", kwargs={"number": pensioner.case.number})))
    assert "beholder sin førtidspension" in html


def with_120_instalments(world: World) -> Loan:
    """Decided under another rule set, as a loan from the handbook's days."""
    RuleSet.objects.update(valid_to=TODAY - timedelta(days=1))
    RuleSet.objects.create(name="Ti år", valid_from=TODAY, instalments=120, eligible_livelihoods=["cash_benefit"])
    loan = builders.paid_out(world)
    assert loan.plan_versions.get().instalments.count() == 120
    return loan


def test_the_page_takes_the_same_queries_whatever_the_size(world: World, by: Any) -> None:
    small = builders.paid_out(world)
    coach = by(Role.COACH)

    def queries(loan: Loan) -> int:
        url = reverse("loans:loan", kwargs={"number": loan.case.number})
        coach.get(url)
        with CaptureQueriesContext(connection) as caught:
            assert coach.get(url).status_code == 200
        return len(caught)

    few = queries(small)
    big = with_120_instalments(world)
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            loan=big, kind=EntryKind.PAYMENT, amount=Decimal("-10"), value_date=TODAY + timedelta(days=number % 90),
            key=f"many-{number}", content_hash="x", by=world.user(Role.BENEFITS_OFFICER),
        )
        for number in range(300)
    )  # fmt: skip
    assert queries(big) == few


# --- Propose and decide -----------------------------------------------------------------------------------------------


def proposal_data(**changes: str) -> dict[str, str]:
    return {
        "kind": "loan",
        "legal_basis": str(LegalBasis.objects.get(code="local_basis").pk),
        "amount": "35.000",
        "over_maximum_reason": "",
        "purpose": "Udstyr",
        "planned_payout_on": "30-11-2026",
        "late_start_reason": "Ovnen bliver først leveret da.",
        "rehabilitation_on": input_date(TODAY),
        "rehabilitation_reference": "Afgørelse 17",
        "transition_on": "",
        "charge": "not_possible",
        "charge_note": "For lille",
        **changes,
    }


def test_a_proposal_is_sent(world: World, by: Any) -> None:
    case = builders.in_approval(world)
    coach = by(Role.COACH)
    url = reverse("loans:propose", kwargs={"number": case.number})
    form = coach.get(url).context["form"]
    assert form["amount"].value() == "40000"  # the need of the approved budget
    response = coach.post(url, proposal_data())
    assert response.status_code == 302
    assert LoanDecision.objects.get(case=case).amount == Decimal("35000.00")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "999"}, "Skriv et beløb på mindst 1.000 kr."),
        ({"amount": "0"}, "Skriv et beløb på mindst 1.000 kr."),
        ({"amount": "abc"}, "Skriv et beløb i tal"),
        ({"amount": "1.234"}, "Skriv 1234 eller 1.234,00"),
        ({"amount": "50.000,01"}, "Det højeste beløb er 50.000 kr."),
        ({"amount": "99999999"}, "Det højeste beløb er 50.000 kr."),
        ({"planned_payout_on": "01-11-2026"}, "20. november 2026"),
        ({"purpose": ""}, "Skriv, hvad pengene skal bruges til."),
        ({"charge": ""}, "Vælg, om tinglyst pant er muligt."),
        ({"legal_basis": ""}, "Vælg hjemlen for afgørelsen."),
    ],
)
def test_a_wrong_proposal_says_what_to_write(world: World, by: Any, changes: dict, words: str) -> None:
    case = builders.in_approval(world)
    url = reverse("loans:propose", kwargs={"number": case.number})
    response = by(Role.COACH).post(url, proposal_data(**changes))
    assert response.status_code == 200
    html = source(response)
    assert words in html
    assert "Afgørelse 17" in html  # what was typed is kept
    assert not LoanDecision.objects.exists()


def test_without_an_open_basis_the_form_explains(world: World, by: Any) -> None:
    LegalBasis.objects.update(allows_loan=False, allows_grant=False)
    html = page(by(Role.COACH), "propose", number=builders.in_approval(world).number)
    assert "Ingen hjemmel er åben" in html


def test_the_decision_has_a_check_page_that_repeats_the_facts(world: World, by: Any) -> None:
    decision = builders.proposed(world)
    lead, url = by(Role.PROJECT_LEAD), reverse("loans:decide", kwargs={"number": decision.case.number})
    data = {"outcome": "granted", "reasons": "God plan"}
    checked = lead.post(url, data)
    html = source(checked)
    assert "får: Mikrolån på 35.000 kr." in html
    assert "4. januar 2027" in html
    decision.refresh_from_db()
    assert not decision.is_decided
    assert lead.post(url, {**data, "edit": "1"}).status_code == 200
    assert lead.post(url, checked.context["hidden"]).status_code == 302
    decision.refresh_from_db()
    assert decision.outcome == LoanOutcome.GRANTED
    assert lead.post(url, checked.context["hidden"]).status_code == 302  # a second click: told, not done
    assert Loan.objects.count() == 1


def test_what_is_decided_is_what_the_check_page_showed(world: World, by: Any) -> None:
    """The team changes the proposal while the project lead reads it: nobody decides an amount they have not seen."""
    decision = builders.proposed(world)
    case = decision.case
    lead, url = by(Role.PROJECT_LEAD), reverse("loans:decide", kwargs={"number": case.number})
    old = lead.post(url, {"outcome": "granted", "reasons": ""}).context["hidden"]
    builders.proposed(world, case, amount=Decimal("50000.00"))
    for stale in (old, {name: value for name, value in old.items() if name != "seen"}):
        response = lead.post(url, stale)
        assert "Forslaget er ændret" in source(response)
        assert "50.000 kr." in source(response)
    assert not Loan.objects.exists()
    assert lead.post(url, lead.post(url, old | {"step": ""}).context["hidden"]).status_code == 302
    assert Loan.objects.get().principal == Decimal("50000.00")


def test_a_decision_that_would_be_refused_lists_why_before_the_check_page(world: World, by: Any) -> None:
    case = builders.put_in_phase(builders.new_case(world), "approval", on=TODAY)
    decision = builders.proposed(world, case)
    html = source(
        by(Role.PROJECT_LEAD).post(reverse("loans:decide", kwargs={"number": case.number}), {"outcome": "granted"})
    )
    assert "Screening 3 er grøn" in html
    assert "(kommunens vedtægt om mikrolån § 4)" in html
    assert "Kontrollér afgørelsen</h2>" not in html
    decision.refresh_from_db()
    assert not decision.is_decided


def test_a_refusal_asks_for_the_hearing_at_its_field(world: World, by: Any) -> None:
    decision = builders.proposed(world)
    url = reverse("loans:decide", kwargs={"number": decision.case.number})
    response = by(Role.PROJECT_LEAD).post(url, {"outcome": "refused", "reasons": "Nej"})
    assert "hearing" in response.context["form"].errors


# --- Agreement and support --------------------------------------------------------------------------------------------


def test_the_agreement_says_where_the_loan_goes_next(world: World, by: Any) -> None:
    loan = builders.granted(world)
    coach, url = by(Role.COACH), reverse("loans:agreement", kwargs={"number": loan.case.number})
    wrong = coach.post(url, {"signed_on": "21-11-2026"})
    assert wrong.status_code == 200
    assert "signed_on" in wrong.context["form"].errors
    html = source(coach.post(url, {"signed_on": input_date(TODAY)}, follow=True))
    assert "når tilskuddet til forsørgelse er bevilget" in html
    assert "allerede" in source(coach.get(url, follow=True))


def test_support_shows_the_computed_end_before_it_is_decided(world: World, by: Any) -> None:
    loan = builders.granted(world)
    lead, url = by(Role.PROJECT_LEAD), reverse("loans:support", kwargs={"number": loan.case.number})
    html = source(lead.post(url, {"starts_on": "01-12-2026", "reasons": ""}))
    assert "31. maj 2027" in html
    assert not loan.case.support_periods.exists()
    lead.post(url, {"starts_on": "01-12-2026", "reasons": "", "step": "decide"})
    assert loan.case.support_periods.get().ends_on == date(2027, 5, 31)


def test_a_guessed_address_for_a_pensioner_explains(world: World, by: Any) -> None:
    loan = builders.granted(world, builders.in_approval(world, livelihood=Livelihood.DISABILITY_PENSION))
    url = reverse("loans:support", kwargs={"number": loan.case.number})
    lead = by(Role.PROJECT_LEAD)
    for response in (lead.get(url), lead.post(url, {"starts_on": "01-12-2026", "step": "decide"})):
        assert response.status_code == 409
        assert "Borgeren får førtidspension og beholder den" in source(response)
    assert not loan.case.support_periods.exists()


# --- Payments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "Skriv et beløb over 0 og højst 35.000 kr."),
        ("−5", "Skriv et beløb over 0 og højst 35.000 kr."),
        ("-5", "Skriv et beløb over 0 og højst 35.000 kr."),
        ("abc", "Skriv et beløb i tal"),
        ("1.234", "Skriv 1234 eller 1.234,00"),
        ("99999999", "Skriv et beløb over 0 og højst 35.000 kr."),
        ("", "Udfyld »Beløb«"),
    ],
)
def test_a_wrong_amount_is_told_at_the_field_kept_and_changes_nothing(
    world: World, by: Any, amount: str, words: str
) -> None:
    loan = builders.paid_out(world)
    before = LedgerEntry.objects.count(), loan.case.journal.count()
    response = by(Role.BENEFITS_OFFICER).post(
        reverse("loans:payment", kwargs={"number": loan.case.number}), payment_data(amount=amount)
    )
    assert response.status_code == 200
    html = source(response)
    assert words in html
    assert html.count(words) >= 2  # in the summary and at the field
    assert f'value="{amount}"' in html or not amount
    assert 'value="B-9"' in html
    assert (LedgerEntry.objects.count(), loan.case.journal.count()) == before


def test_before_and_after_are_shown_before_it_is_booked(world: World, by: Any) -> None:
    loan = builders.paid_out(world)
    officer, url = by(Role.BENEFITS_OFFICER), reverse("loans:payment", kwargs={"number": loan.case.number})
    html = source(officer.post(url, payment_data(step="")))
    assert "35.000 kr." in html
    assert "32.083 kr." in html
    assert loan.entries.count() == 1
    assert officer.post(url, payment_data()).status_code == 302
    assert loan.entries.count() == 2


def test_too_much_is_told_before_it_is_booked(world: World, by: Any) -> None:
    loan = builders.paid_out(world)
    builders.pay(world, loan, "30000", TODAY)
    url = reverse("loans:payment", kwargs={"number": loan.case.number})
    html = source(by(Role.BENEFITS_OFFICER).post(url, payment_data(amount="5100", step="")))
    assert "100 kr. er for meget." in html
    assert "Lånet er betalt tilbage med denne indbetaling" in html


def test_a_double_click_books_once(world: World, by: Any) -> None:
    loan = builders.paid_out(world)
    officer, url = by(Role.BENEFITS_OFFICER), reverse("loans:payment", kwargs={"number": loan.case.number})
    assert [officer.post(url, payment_data()).status_code for _click in range(2)] == [302, 302]
    assert loan.entries.filter(kind=EntryKind.PAYMENT).count() == 1
    other = officer.post(url, payment_data(amount="100"))
    assert other.status_code == 200
    assert other.context["form"].non_field_errors()


@pytest.mark.parametrize("key", ["", "x"])
def test_a_payment_that_has_lost_its_number_says_what_to_do(world: World, by: Any, key: str) -> None:
    loan = builders.paid_out(world)
    url = reverse("loans:payment", kwargs={"number": loan.case.number})
    html = source(by(Role.BENEFITS_OFFICER).post(url, payment_data(key=key)))
    assert "Åbn siden igen, og bogfør betalingen derfra." in html
    assert "Key" not in html


def test_no_payment_on_a_grant_or_before_the_payout(world: World, by: Any) -> None:
    officer = by(Role.BENEFITS_OFFICER)
    for loan, words in (
        (builders.granted(world), "Lånet er ikke udbetalt endnu."),
        (builders.paid_out(world, kind=SupportKind.GRANT), "Et tilskud betales ikke tilbage."),
    ):
        url = reverse("loans:payment", kwargs={"number": loan.case.number})
        assert words in source(officer.post(url, payment_data(), follow=True))
