"""The loan as the budgets of a case see it: the plan in force, else the plan that the rules make (domain.md §4, §7.3)."""

from datetime import date
from decimal import Decimal

from cases.models import CaseFile
from loans import rules
from loans.enums import SupportKind
from loans.models import Loan
from loans.queries import current_plan, payout_date
from microloan.policy.models import RuleSet
from screening.registry import LoanPlan


def plan_for(case: CaseFile, need: Decimal, payout_on: date, rule_set: RuleSet) -> LoanPlan | None:
    """The granted loan with its instalments; before there is one, a loan of `need` kroner paid out on `payout_on`."""
    loan = case.loans.select_related("rule_set").prefetch_related("entries").first()
    if loan is not None:
        return _of_loan(loan, payout_on)
    if need <= 0:
        return None
    return LoanPlan(need, payout_on, _schedule(need, payout_on, rule_set), is_decided=False)


def _of_loan(loan: Loan, payout_on: date) -> LoanPlan:
    paid_on = payout_date(loan) or loan.planned_payout_on or payout_on
    if loan.kind != SupportKind.LOAN:
        return LoanPlan(loan.principal, paid_on, (), is_decided=True)
    plan = current_plan(loan)
    if plan is not None:
        lines = tuple((line.due_on, line.amount) for line in plan.instalments.all())
    else:
        lines = _schedule(loan.principal, paid_on, loan.rule_set) if loan.rule_set else ()
    return LoanPlan(loan.principal, paid_on, lines, is_decided=True)


def _schedule(amount: Decimal, payout_on: date, rule_set: RuleSet) -> tuple[tuple[date, Decimal], ...]:
    lines = rules.build_schedule(
        amount, payout_on, rule_set.instalments, rule_set.due_day, rule_set.instalment_multiple
    )
    return tuple((line.due, line.amount) for line in lines)
