"""What the letters about a loan tell the citizen: the instalment of today's plan, loan and grant apart, where to pay."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cases.letters.models import Letter
from cases.letters.registry import get_kind
from cases.letters.rendering import complete_context, compose
from loans import services
from loans.enums import Extra, SupportKind
from loans.models import LedgerEntry
from loans.paying import how_to_pay
from loans.statement import facts_of
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.policy.models import Municipality
from tests.letters import samples
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.world import World


def html_of(code: str, **changes: object) -> str:
    kind = get_kind(code)
    context = complete_context(kind, {**samples.CONTEXTS[code], **changes})
    return compose(kind, samples.ENVELOPE, context)[0].replace("\u00a0", " ")


def test_the_end_of_support_names_the_instalment_of_the_plan_in_force(world: World) -> None:
    loan = builders.paid_out(world)
    builders.pay(world, loan, "20000", TODAY, extra=Extra.LOWER)
    in_force = loan.plan_versions.order_by("-version").first().instalments.last().amount
    first = loan.plan_versions.order_by("version").first().instalments.first().amount
    services.announce_end(case=loan.case, reasons="Du tjener nok.", by=world.user(Role.PROJECT_LEAD), today=TODAY)
    told = Decimal(Letter.objects.get(kind="support_end").context["instalment_amount"])
    assert told < first
    assert abs(told - in_force) < 12


def test_the_end_of_support_asks_nothing_of_who_has_paid_all(world: World) -> None:
    loan = builders.paid_out(world)
    builders.pay(world, loan, loan.principal, TODAY)
    services.announce_end(case=loan.case, reasons="Du tjener nok.", by=world.user(Role.PROJECT_LEAD), today=TODAY)
    assert Letter.objects.get(kind="support_end").context["instalment_amount"] is None


@pytest.mark.parametrize(("kind", "with_loan"), [(SupportKind.LOAN, True), (SupportKind.GRANT, False)])
def test_an_extension_speaks_of_a_loan_only_where_there_is_one(
    world: World, kind: SupportKind, with_loan: bool
) -> None:
    loan = builders.granted(world, kind=kind)
    builders.supported(world, loan, starts_on=date(2026, 12, 1))
    builders.extend(world, loan.case, 2)
    assert Letter.objects.get(kind="extension_decision").context["with_loan"] is with_loan
    assert ("Dit lån" in html_of("extension_decision", with_loan=with_loan)) is with_loan


def test_a_receipt_does_not_say_paid_of_what_was_given_up(world: World) -> None:
    loan = builders.paid_out(world)
    officer, lead = world.user(Role.BENEFITS_OFFICER), world.user(Role.PROJECT_LEAD)
    proposal = services.propose_write_off(
        loan=loan, amount=Decimal("5000.00"), reason="Borgeren er gået konkurs.", by=officer, today=TODAY
    )
    services.confirm_write_off(write_off=proposal, by=lead, today=TODAY)
    builders.pay(world, loan, "30000", TODAY)
    assert Letter.objects.get(kind="loan_repaid").context["given_up"] == "5000.00"
    text = html_of("loan_repaid", paid=Decimal(30000), given_up=Decimal(5000), overpaid=None)
    assert "hele dit lån" not in text
    assert "Resten, 5.000 kr., skal du ikke betale" in text


def test_the_receipt_comes_also_when_recovery_brings_in_the_last(world: World) -> None:
    loan = builders.paid_out(world)
    with builders.past_the_gates():
        LedgerEntry.objects.create(
            loan=loan, kind="handover", amount=-loan.principal, value_date=TODAY, key="h", by=world.user(Role.COACH),
            claims=list(range(1, 13)),
        )  # fmt: skip
    day = TODAY + timedelta(days=40)
    with clock.at(day):
        services.register_recovery(
            loan=loan, amount=loan.principal, value_date=day, key="r", voucher="", today=day,
            by=world.user(Role.BENEFITS_OFFICER),
        )  # fmt: skip
    assert Letter.objects.get(kind="loan_repaid").context["paid"] == "35000.00"


def test_letters_and_statement_say_alike_where_to_pay(world: World) -> None:
    Municipality.objects.update(payment_accounts="0040 0440116243, 0040 0440116244")
    loan = builders.paid_out(world)
    told = {"payment_reference": loan.payment_reference, "pay_to": "0040 0440116243", "slip_line": ""}
    assert how_to_pay(loan) == told
    assert told.items() <= facts_of(loan, TODAY).items()
    agreement = Letter.objects.filter(kind="loan_agreement").latest("pk")
    assert agreement.context["payment_reference"] == loan.payment_reference


def test_a_payment_slip_is_named_once_the_municipality_has_a_creditor_number(world: World) -> None:
    loan = builders.paid_out(world)
    assert how_to_pay(loan)["slip_line"] == ""
    Municipality.objects.update(creditor_number="81234567")
    assert how_to_pay(loan)["slip_line"] == f"+71<{loan.payment_reference}+81234567<"


@pytest.mark.parametrize(
    "code", ["loan_grant", "loan_agreement", "instalment_reminder", "first_dunning", "second_dunning",
             "handover_notice", "new_plan", "deferment_decision", "instalment_decision"]
)  # fmt: skip
def test_whoever_is_asked_to_pay_reads_to_which_account(code: str) -> None:
    text = html_of(code, pay_to="0040 0440116243", slip_line="+71<000000000000420+81234567<")
    assert "0040 0440116243" in text
    assert "+71&lt;000000000000420+81234567&lt;" in text


def test_the_receipt_tells_all_that_was_paid_also_what_was_too_much(world: World) -> None:
    loan = builders.paid_out(world)
    builders.pay(world, loan, "30000", TODAY)
    builders.pay(world, loan, "5250.50", TODAY)
    told = Letter.objects.get(kind="loan_repaid").context
    assert (told["paid"], told["overpaid"]) == ("35250.50", "250.50")


def test_who_gets_a_pause_is_not_asked_to_pay_before_it_is_over() -> None:
    text = html_of("deferment_decision", pay_to="0040 0440116243")
    assert text.index("Når du betaler igen") < text.index("Betal til konto")


def test_the_notice_says_first_that_one_may_ring() -> None:
    text = html_of("handover_notice")
    assert text.index("ring til mig inden da") < text.index("Det mangler du at betale")
