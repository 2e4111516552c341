"""From proposal to decision: a loan or a grant, never mixed up, and only on what the legal basis allows (domain.md §7.1)."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind as JournalKind
from cases.enums import Phase
from cases.models import CaseFile
from courses.queries import residential_end
from courses.rules import latest_main_course_start
from loans import letters, rules
from loans.enums import Charge, LoanOutcome, OrderState, PlanCause, SupportKind
from loans.models import DisbursementOrder, Loan, LoanDecision, SupportPeriod
from loans.prerequisites import Check, checks_before_decision
from loans.queries import terms_of
from loans.services.ledger import lock_loan
from loans.services.plans import store_plan
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.danish import kr, short_date
from microloan.core.errors import Conflict, Refused
from microloan.policy.models import LegalBasis, RuleSet
from microloan.policy.services import rule_set_on
from screening.enums import Hearing, ScreeningNumber
from screening.services import latest_budget


@dataclass(frozen=True)
class Proposal:
    """What the team proposes. `transition_on` is when rehabilitation was granted, under a basis that has closed."""

    kind: str
    amount: Decimal
    purpose: str
    planned_payout_on: date
    legal_basis: LegalBasis
    over_maximum_reason: str = ""
    late_start_reason: str = ""
    rehabilitation_on: date | None = None
    rehabilitation_reference: str = ""
    transition_on: date | None = None
    declared_fit_on: date | None = None
    charge: str = ""
    charge_note: str = ""


@transaction.atomic
def propose(*, case: CaseFile, proposal: Proposal, by: User, today: date) -> LoanDecision:
    """Propose a loan or grant to the project lead; an open proposal is replaced. Raises Refused on what the rules forbid."""
    if by.role not in TEAM:
        raise Refused(_("Only the microloan team proposes a loan."))
    case = cases.lock_case(case)
    if case.phase != Phase.APPROVAL:
        raise Refused(_("A loan is proposed in the phase “%(phase)s”.") % {"phase": Phase.APPROVAL.label})
    if Loan.objects.filter(case=case).exists():
        raise Conflict(_("The citizen has a loan already."))
    _check_proposal(proposal, today)
    _check_start(proposal, latest_start(case, today))
    screening = (
        case.screenings.filter(number=ScreeningNumber.THREE, decided_at__isnull=False).order_by("-round").first()
    )
    decision, _created = LoanDecision.objects.update_or_create(
        case=case,
        decided_at=None,
        defaults={
            **{name: getattr(proposal, name) for name in proposal.__dataclass_fields__},
            "budget": latest_budget(case, approved=True),
            "screening": screening,
            "proposed_by": by,
            "proposed_on": today,
        },
    )
    cases.add_journal_entry(
        case=case,
        kind=JournalKind.LOAN,
        title=_("Proposed: %(kind)s of %(amount)s")
        % {"kind": str(SupportKind(proposal.kind).label).lower(), "amount": kr(proposal.amount)},
        text=proposal.purpose,
        by=by,
        link={"name": "loans:loan", "kwargs": {"number": case.number}},
    )
    cases.reconcile_tasks(case=case, today=today)
    return decision


def _check_proposal(proposal: Proposal, today: date) -> None:
    if proposal.kind not in SupportKind.values:
        raise Refused(_("Choose whether it is a loan or a grant."), field="kind")
    if not proposal.purpose.strip():
        raise Refused(_("Write what the money is for."), field="purpose")
    if proposal.charge and not proposal.charge_note.strip():
        words = {
            Charge.POSSIBLE: _("Write which asset the charge is registered on."),
            Charge.NOT_POSSIBLE: _("Write why a charge is not possible."),
        }
        raise Refused(words[Charge(proposal.charge)], field="charge_note")
    _check_amount(proposal, rule_set_on(today))
    if proposal.planned_payout_on < today:
        raise Refused(_("The planned payout cannot lie in the past."), field="planned_payout_on")


def latest_start(case: CaseFile, today: date) -> date | None:
    """The last day on which the main course may start without a word why: so many days from the residential course."""
    end = residential_end(case, today)
    return latest_main_course_start(end, rule_set_on(today).residential_max_days) if end else None


def _check_start(proposal: Proposal, latest: date | None) -> None:
    """The main course starts with the payout. Late is a warning that is answered, not a wall (domain.md §5; R)."""
    if latest is not None and proposal.planned_payout_on > latest and not proposal.late_start_reason.strip():
        raise Refused(
            _("After the residential course the main course should start by %(day)s. Write why it starts later.")
            % {"day": short_date(latest)},
            field="late_start_reason",
        )


def _check_amount(wanted: Proposal | LoanDecision, rule_set: RuleSet) -> None:
    limits = {"min": kr(rule_set.loan_min), "max": kr(rule_set.loan_max)}
    if wanted.amount < rule_set.loan_min:
        raise Refused(_("Write an amount between %(min)s and %(max)s.") % limits, field="amount")
    if wanted.amount > rule_set.loan_max and not wanted.over_maximum_reason.strip():
        raise Refused(
            _("The amount is above the maximum of %(max)s. Write why this citizen needs more.") % limits,
            field="over_maximum_reason",
        )


@dataclass(frozen=True)
class Answer:
    """The project lead's decision on a proposal. `hearing` and its note are needed for a refusal."""

    outcome: str
    reasons: str = ""
    hearing: str = ""
    hearing_note: str = ""


@transaction.atomic
def decide_loan(
    *, decision: LoanDecision, answer: Answer, by: User, today: date, seen: str | None = None
) -> LoanDecision:
    """Grant or refuse, freeze the facts, and make the loan with its plan and letters.

    Raises Refused for anyone but the project lead, outside the validity of the legal basis, or while a prerequisite
    is missing; a refusal needs reasons, and how the citizen was heard (danish-rules.md §2.1). `seen` is the proposal
    that was on the screen (`fingerprint`): a Conflict where the team has changed it since.
    """
    if by.role != Role.PROJECT_LEAD:
        raise Refused(_("Only the project lead decides a loan."))
    case = cases.lock_case(decision.case)
    decision = LoanDecision.objects.select_for_update(of=("self",)).select_related("legal_basis").get(pk=decision.pk)
    decision.case = case
    checks = check_decision(decision=decision, answer=answer, today=today)
    if seen is not None and seen != fingerprint(decision):
        raise Conflict(_("The proposal has been changed since you read it. Nothing is decided. Read it again."))
    _freeze(decision, answer, checks, by=by, today=today)
    if answer.outcome == LoanOutcome.GRANTED:
        loan = _make_loan(decision, by=by, today=today)
        letters.send_grant(loan=loan, by=by, today=today)
        order_payout_if_ready(loan=loan, today=today)
    else:
        letters.send_refusal(decision=decision, by=by, today=today)
    cases.reconcile_tasks(case=case, today=today)
    return decision


def fingerprint(decision: LoanDecision) -> str:
    """Tells a proposal from the same proposal after a change: every stored field counts."""
    facts = [f"{field.attname}={getattr(decision, field.attname)}" for field in LoanDecision._meta.concrete_fields]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def check_decision(*, decision: LoanDecision, answer: Answer, today: date) -> list[Check]:
    """The checklist of a decision that may be made; raises Refused with all that stands in the way of it."""
    if decision.is_decided:
        raise Conflict(_("The loan has been decided already."))
    if decision.case.phase != Phase.APPROVAL:
        raise Refused(_("A loan is decided in the phase “%(phase)s”.") % {"phase": Phase.APPROVAL.label})
    if decision.legal_basis is None:
        raise Refused(_("Choose the legal basis first."), field="legal_basis")
    check_answer(answer)
    checks = checks_before_decision(decision, today)
    if answer.outcome == LoanOutcome.GRANTED:
        _check_grantable(decision, checks, rule_set_on(today), today)
    return checks


def check_answer(answer: Answer) -> None:
    """Whether an answer is whole: what is chosen, and of a refusal why and how the citizen was heard."""
    if answer.outcome not in LoanOutcome.values:
        raise Refused(_("Choose whether it is granted or refused."), field="outcome")
    if answer.outcome == LoanOutcome.GRANTED:
        return
    if not answer.reasons.strip():
        raise Refused(_("Write the reasons for the refusal."), field="reasons")
    if answer.hearing not in Hearing.values:
        raise Refused(_("Choose whether the citizen has been heard."), field="hearing")
    if not answer.hearing_note.strip():
        raise Refused(_("Write how the citizen was heard, or why that is not needed."), field="hearing_note")


def _check_grantable(decision: LoanDecision, checks: list[Check], rule_set: RuleSet, today: date) -> None:
    """Everything that stands in the way of a yes. What was right when it was proposed may not be right any more."""
    check_basis(decision, today)
    if missing := [check for check in checks if not check.met]:
        raise Refused(*[f"{check.label}: {check.detail} ({check.source})" for check in missing])
    _check_amount(decision, rule_set)
    if decision.planned_payout_on < today:
        raise Refused(
            _("The planned payout, %(day)s, has passed. Change the proposal first.")
            % {"day": short_date(decision.planned_payout_on)}
        )


def _freeze(decision: LoanDecision, answer: Answer, checks: list[Check], *, by: User, today: date) -> None:
    decision.outcome, decision.reasons = answer.outcome, answer.reasons.strip()
    if answer.outcome == LoanOutcome.REFUSED:
        decision.hearing, decision.hearing_note = answer.hearing, answer.hearing_note.strip()
    decision.decided_by, decision.decided_at, decision.decided_on = by, clock.now(), today
    decision.rule_set, decision.appeal_variant = rule_set_on(today), decision.legal_basis.appeal_variant
    decision.facts = {"prerequisites": [asdict(check) for check in checks]}
    decision.save()
    cases.add_journal_entry(
        case=decision.case,
        kind=JournalKind.LOAN,
        title=_("%(kind)s of %(amount)s: %(outcome)s")
        % {
            "kind": decision.get_kind_display(),
            "amount": kr(decision.amount),
            "outcome": str(LoanOutcome(answer.outcome).label).lower(),
        },
        text=decision.reasons,
        by=by,
        for_referrer=True,
        link={"name": "loans:loan", "kwargs": {"number": decision.case.number}},
    )


def check_basis(decision: LoanDecision, today: date) -> None:
    """Refuse a decision outside its legal basis, unless the recorded transition covers it (danish-rules.md §1.1)."""
    basis = decision.legal_basis
    allowed = basis.allows_loan if decision.kind == SupportKind.LOAN else basis.allows_grant
    if not allowed:
        raise Refused(
            _("The legal basis “%(basis)s” does not allow this. Choose another.") % {"basis": basis.title},
            field="legal_basis",
        )
    check_in_force(decision, today, field="legal_basis")


def check_in_force(decision: LoanDecision, today: date, *, field: str | None = None) -> None:
    """Refuse what is decided on a legal basis that is not in force today and under no recorded transition."""
    basis = decision.legal_basis
    if basis.valid_from <= today and (basis.valid_to is None or today <= basis.valid_to):
        return
    until, on = basis.transition_until, decision.transition_on
    if until and on and on <= until and decision.rehabilitation_reference:
        return
    raise Refused(
        _("The legal basis “%(basis)s” is not in force today (%(day)s), and no transition covers the decision.")
        % {"basis": basis.title, "day": short_date(today)},
        field=field,
    )


def _make_loan(decision: LoanDecision, *, by: User, today: date) -> Loan:
    serial = cases.next_number("loan")
    loan = Loan.objects.create(
        case=decision.case,
        decision=decision,
        number=f"L-{today.year}-{serial:05d}",
        kind=decision.kind,
        principal=decision.amount,
        payment_reference=rules.payment_reference(serial) if decision.kind == SupportKind.LOAN else "",
        rule_set=decision.rule_set,
        legal_basis=decision.legal_basis,
        approved_by=by,
        planned_payout_on=decision.planned_payout_on,
        debt_instrument=decision.legal_basis.debt_instrument,
    )
    if loan.kind == SupportKind.LOAN:
        store_plan(
            loan=loan,
            lines=terms_of(loan, decision.planned_payout_on).schedule(),
            cause=PlanCause.DECISION,
            by=by,
            today=today,
        )
    return loan


@transaction.atomic
def register_agreement(*, loan: Loan, signed_on: date, by: User, today: date) -> Loan:
    """Register the signed agreement. When living support is decided too, the order to pay out goes to the queue."""
    if by.role not in TEAM:
        raise Refused(_("Only the microloan team registers the agreement."))
    loan = lock_loan(loan)
    if loan.kind != SupportKind.LOAN:
        raise Refused(_("A grant is not repaid, so there is no loan agreement."))
    if loan.decision is None or not loan.case.is_open:
        raise Refused(_("The agreement is registered after the loan is granted and before it is paid out."))
    if signed_on > today:
        raise Refused(_("The agreement cannot be signed in the future."), field="signed_on")
    if signed_on < loan.decision.decided_on:
        raise Refused(_("The agreement cannot be signed before the loan was decided."), field="signed_on")
    if loan.agreement_signed_on not in (None, signed_on):
        raise Conflict(
            _("The agreement has been registered already, as signed on %(day)s.")
            % {"day": short_date(loan.agreement_signed_on)}
        )
    if loan.agreement_signed_on is None:
        loan.agreement_signed_on = signed_on
        loan.save(update_fields=["agreement_signed_on"])
        cases.add_journal_entry(
            case=loan.case,
            kind=JournalKind.LOAN,
            title=_("Loan agreement signed on %(day)s") % {"day": short_date(signed_on)},
            by=by,
        )
    order_payout_if_ready(loan=loan, today=today)
    cases.reconcile_tasks(case=loan.case, today=today)
    return loan


def order_payout_if_ready(*, loan: Loan, today: date) -> DisbursementOrder | None:
    """Put the loan in the benefits officer's queue once the agreement is signed and the living support decided.

    A grant has no agreement to sign.
    """
    needs_agreement = loan.kind == SupportKind.LOAN and loan.agreement_signed_on is None
    needs_support = not loan.case.is_pensioner and not SupportPeriod.objects.filter(case=loan.case).exists()
    if needs_agreement or needs_support:
        return None
    order, _created = DisbursementOrder.objects.get_or_create(
        loan=loan,
        defaults={
            "amount": loan.principal,
            "approved_by": loan.approved_by,
            "ordered_on": today,
            "due_on": max(loan.planned_payout_on, today),
            "state": OrderState.READY,
        },
    )
    return order
