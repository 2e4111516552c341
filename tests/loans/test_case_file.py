"""The ledger and the plan in the case file, each entry with its amount, its day and who."""

from datetime import timedelta
from decimal import Decimal

from loans.case_file import items, money
from microloan.core import danish
from tests.loans.builders import TODAY, paid_out, pay


def test_every_entry_and_the_plan_are_in_it(world):
    loan = paid_out(world)
    payment_amount = Decimal("2917.00")
    pay(world, loan, payment_amount, TODAY + timedelta(days=40))
    plan, payout, payment = money(loan.case)
    assert plan.text.count("\n") == 11  # twelve instalments
    assert danish.kr(loan.principal) in payout.title
    assert danish.kr(-payment_amount) in payment.title
    assert payment.at == TODAY + timedelta(days=40)
    assert payment.by == "Yrsa Testesen"


def test_a_case_without_a_loan_has_an_empty_part(world):
    assert list(money(world.case)) == []
    assert list(items(world.case)) == []
