"""Changes of plan: proposed by the team, seen before and after, decided by the project lead (domain.md §2, §7.3)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind as JournalKind
from loans import letters, rules
from loans.enums import DefermentKind, LoanOutcome, PlanCause, PlanChangeKind, SupportKind
from loans.models import Loan, PlanChange, PlanChangeUndo
from loans.queries import changes_of, entries_after_payout, payout_date, position_of, rule_change, terms_in_force
from loans.services.decisions import Answer, check_answer
from loans.services.ledger import lock_loan
from loans.services.plans import store_current
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.core.money import ZERO

CAUSES = {
    PlanChangeKind.DEFERMENT: PlanCause.DEFERMENT,
    PlanChangeKind.NEW_AMOUNT: PlanCause.NEW_AMOUNT,
    PlanChangeKind.ARRANGEMENT: PlanCause.ARRANGEMENT,
}
FIELDS = {
    "before_payout": "from_month",
    "overlap": "from_month",
    "too_early": "from_month",
    "nothing_due": "from_month",
}


@dataclass(frozen=True)
class Wanted:
    """A change as it is asked for. `from_month`: the first of a month. `months`: of a deferment; `amount`: kroner a
    month, of the others."""

    kind: PlanChangeKind
    from_month: date
    months: int | None = None
    deferment_kind: DefermentKind | None = None
    amount: Decimal | None = None

    def as_row(self, loan: Loan) -> PlanChange:
        """An unsaved row of it."""
        return PlanChange(
            loan=loan,
            kind=self.kind,
            from_month=self.from_month,
            months=self.months,
            deferment_kind=self.deferment_kind or "",
            amount=self.amount,
        )


def overdue_on(loan: Loan, today: date) -> Decimal:
    """Kroner that fell due before today and are not paid: what an arrangement is made for."""
    position = position_of(loan)
    return rules.late_total(position, today) if position else ZERO


def preview_change(*, change: PlanChange, today: date) -> rules.Preview:
    """The loan before and after a change that is not decided. Raises Refused with the field where the rules refuse it."""
    loan = change.loan
    if loan.kind != SupportKind.LOAN:
        raise Refused(_("A grant is not repaid."))
    if payout_date(loan) is None or loan.rule_set is None:
        raise Refused(_("The loan has not been paid out yet."))
    if change.kind == PlanChangeKind.ARRANGEMENT:
        change.total = overdue_on(loan, today)
        if not change.total:
            raise Refused(_("Nothing is overdue, so there is nothing to make an arrangement for."), field="kind")
        change.decided_on = today
    try:
        return rules.preview_change(
            terms_in_force(loan), entries_after_payout(loan), changes_of(loan), rule_change(change)
        )
    except rules.RuleError as error:
        field = FIELDS.get(error.code, "months" if change.kind == PlanChangeKind.DEFERMENT else "amount")
        raise Refused(*error.messages, field=field) from error
    except ValueError as error:
        raise Refused(_("Write an amount in whole kroner above 0."), field="amount") from error


@transaction.atomic
def propose_change(*, loan: Loan, wanted: Wanted, asked: str, by: User, today: date) -> PlanChange:
    """Propose a change of plan to the project lead, with what the citizen has said. One at a time per loan.

    Raises Refused where the rules refuse it, so that nobody decides what cannot be.
    """
    if by.role not in TEAM:
        raise Refused(_("Only the microloan team proposes a change of plan."))
    if not asked.strip():
        raise Refused(_("Write why the plan should be changed."), field="asked")
    loan = lock_loan(loan)
    if loan.plan_changes.filter(decided_at__isnull=True).exists():
        raise Conflict(_("There is a proposal already. Decide or take back that one first."))
    preview_change(change=wanted.as_row(loan), today=today)
    change = wanted.as_row(loan)
    change.asked, change.proposed_by, change.proposed_on = asked.strip(), by, today
    change.save()
    _journal(loan, _("Change of plan proposed: %(change)s") % {"change": change.in_words}, change.asked, by)
    cases.reconcile_tasks(case=loan.case, today=today)
    return change


@transaction.atomic
def withdraw_proposal(*, change: PlanChange, by: User, today: date) -> None:
    """Take a proposal back that nobody has decided. The journal keeps it."""
    if by.role not in TEAM:
        raise Refused(_("Only the microloan team proposes a change of plan."))
    loan = lock_loan(change.loan)
    change = _open_change(change)
    words = change.in_words
    change.delete()
    _journal(loan, _("Proposal for a change of plan taken back: %(change)s") % {"change": words}, "", by)
    cases.reconcile_tasks(case=loan.case, today=today)


@transaction.atomic
def decide_change(*, change: PlanChange, answer: Answer, by: User, today: date) -> PlanChange:
    """Grant or refuse a proposed change: the new version of the plan is in force at once, and the citizen is told.

    Raises Refused for anyone but the project lead, for a refusal without reasons or without saying how the citizen was
    heard, and where the rules no longer allow what was proposed; Conflict when it has been decided already.
    """
    outcome = answer.outcome
    if by.role != Role.PROJECT_LEAD:
        raise Refused(_("Only the project lead decides a change of plan."))
    loan = lock_loan(change.loan)
    change = _open_change(change)
    change.loan = loan
    check_answer(answer)
    if outcome == LoanOutcome.GRANTED:
        preview = preview_change(change=change, today=today)
        change.facts = _facts(preview)
    change.outcome, change.reasons = outcome, answer.reasons.strip()
    if outcome == LoanOutcome.REFUSED:
        change.hearing, change.hearing_note = answer.hearing, answer.hearing_note.strip()
    change.legal_basis, change.rule_set = loan.legal_basis, loan.rule_set
    change.appeal_variant = loan.legal_basis.appeal_variant
    change.decided_by, change.decided_at, change.decided_on = by, clock.now(), today
    change.save()
    if outcome == LoanOutcome.GRANTED:
        store_current(loan=lock_loan(loan), cause=CAUSES[PlanChangeKind(change.kind)], by=by, today=today)
    letters.send_or_tell(letters.send_plan_change, loan=lock_loan(loan), by=by, today=today, change=change)
    outcome_word = str(LoanOutcome(outcome).label).lower()
    title = _("Change of plan, %(change)s: %(outcome)s") % {"change": change.in_words, "outcome": outcome_word}
    _journal(loan, title, change.reasons, by)
    cases.reconcile_tasks(case=loan.case, today=today)
    return change


@transaction.atomic
def undo_change(*, change: PlanChange, reason: str, by: User, today: date) -> PlanChangeUndo:
    """Take a granted change back: the plan is exactly as without it, and the citizen gets the plan that is in force.

    Raises Refused for anyone but the project lead and without a reason; Conflict when it has been taken back already.
    """
    if by.role != Role.PROJECT_LEAD:
        raise Refused(_("Only the project lead decides a change of plan."))
    if not reason.strip():
        raise Refused(_("Write why the change is taken back."), field="reason")
    loan = lock_loan(change.loan)
    change = PlanChange.objects.select_related("undo").get(pk=change.pk)
    if not change.is_in_force:
        raise Conflict(_("The change is not in force, so it cannot be taken back."))
    position = position_of(loan)
    if position is not None and position.handed_over:
        raise Refused(_("The loan has been handed over to recovery, so the plan cannot be changed here."))
    undo = PlanChangeUndo.objects.create(change=change, by=by, on=today, reason=reason.strip())
    plan = store_current(loan=lock_loan(loan), cause=PlanCause.UNDONE, by=by, today=today)
    if plan is not None:
        letters.send_or_tell(letters.send_changed_plan, loan=lock_loan(loan), by=by, today=today, plan=plan)
    _journal(loan, _("Change of plan taken back: %(change)s") % {"change": change.in_words}, undo.reason, by)
    cases.reconcile_tasks(case=loan.case, today=today)
    return undo


def _open_change(change: PlanChange) -> PlanChange:
    locked = PlanChange.objects.select_for_update().filter(pk=change.pk).first()
    if locked is None or locked.is_decided:
        raise Conflict(_("The proposal has been decided or taken back already. Nothing was changed."))
    return locked


def _facts(preview: rules.Preview) -> dict[str, str]:
    """What the decision was made on, frozen with it."""
    return {
        "outstanding": str(preview.before.outstanding),
        "last_due_before": preview.last_due_before.isoformat(),
        "last_due_after": preview.last_due_after.isoformat(),
        "warning": preview.warning,
    }


def _journal(loan: Loan, title: str, text: str, by: User) -> None:
    cases.add_journal_entry(
        case=loan.case,
        kind=JournalKind.LOAN,
        title=title,
        text=text,
        by=by,
        link={"name": "loans:loan", "kwargs": {"number": loan.case.number}},
    )
