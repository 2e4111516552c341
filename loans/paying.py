"""Where the citizen pays to: the same words in letters and on the statement (domain.md §7.5)."""

from typing import Any

from loans import rules
from loans.models import Loan
from microloan.policy.models import Municipality
from microloan.policy.services import municipality


def how_to_pay(loan: Loan) -> dict[str, Any]:
    """The payment reference, the account where the municipality has written one, and the line of a payment slip."""
    place = municipality()
    return {
        "payment_reference": loan.payment_reference,
        "pay_to": place.payment_accounts.split(",")[0].strip(),
        "slip_line": _slip_line(loan, place.creditor_number),
    }


def _slip_line(loan: Loan, creditor: str) -> str:
    """Empty until the municipality has written its own creditor number: nobody is to pay to the one we begin with."""
    if creditor == Municipality._meta.get_field("creditor_number").get_default():
        return ""
    line = rules.payment_line(loan.payment_reference, creditor)
    return "" if line == loan.payment_reference else line
