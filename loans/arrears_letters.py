"""The letters about arrears: two reminders and the notice before a hand-over (domain.md §7.6). No fee, no interest."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils import translation

from cases.letters.models import Letter
from cases.letters.services import prepare_letter
from loans import rules
from loans.enums import LadderStep
from loans.models import ArrearsLetter, Loan
from loans.paying import how_to_pay
from loans.queries import rule_set_of
from microloan.accounts.models import User
from microloan.core.calendars import next_banking_day
from microloan.core.money import ZERO

KINDS = {
    LadderStep.FIRST_DUNNING: "first_dunning",
    LadderStep.SECOND_DUNNING: "second_dunning",
    LadderStep.NOTICE: "handover_notice",
}
PAY_WITHIN = timedelta(days=10)  # of a reminder; the next letter is at least twenty days away


def context_of(loan: Loan, step: LadderStep, claims: Sequence[rules.Claim], today: date) -> dict[str, Any]:
    """What is missing of each instalment, and by when it is asked for."""
    within = timedelta(days=rule_set_of(loan).handover_notice_days) if step is LadderStep.NOTICE else PAY_WITHIN
    facts: dict[str, Any] = {
        "lines": [{"due": claim.due, "amount": claim.remaining} for claim in claims],
        "total": sum((claim.remaining for claim in claims), ZERO),
        **how_to_pay(loan),
        "pay_by": next_banking_day(today + within),
    }
    if step is LadderStep.NOTICE:
        facts["authority"] = rule_set_of(loan).recovery_authority
    return facts


def send(*, loan: Loan, step: LadderStep, claims: Sequence[rules.Claim], by: User | None, today: date) -> Letter:
    """One letter for all claims of a loan that have come to a step; of each claim and step there is one at most."""
    key = f"arrears:{loan.pk}:{step}:{claims[0].due.isoformat()}:{claims[-1].due.isoformat()}"
    with translation.override("da"):
        letter = prepare_letter(
            kind=KINDS[step],
            case=loan.case,
            key=key,
            context=context_of(loan, step, claims, today),
            by=by,
            today=today,
        )
    ArrearsLetter.objects.bulk_create(
        ArrearsLetter(loan=loan, due_on=claim.due, step=step, letter=letter) for claim in claims
    )
    return letter
