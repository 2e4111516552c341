"""The letters about loans and living support (domain.md §8). Every figure comes from the stored rows, computed once."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from cases.enums import EntryKind
from cases.letters.services import prepare_letter
from cases.models import CaseFile
from cases.services import add_journal_entry
from loans import rules
from loans.enums import DefermentKind, LoanOutcome, PlanChangeKind, SupportKind
from loans.models import Instalment, Loan, LoanDecision, PlanChange, PlanVersion, SupportPeriod
from loans.paying import how_to_pay
from loans.queries import changes_of, current_plan, position_of
from microloan.accounts.models import User
from microloan.core.danish import kr
from microloan.core.danish import months as months_in_words
from microloan.core.errors import Refused
from microloan.core.months import add_months
from microloan.policy.services import basis_facts
from screening import evaluation_letters
from screening.enums import Hearing


def _send(*, kind: str, case: CaseFile, key: str, context: dict[str, Any], by: User | None, today: date) -> None:
    prepare_letter(kind=kind, case=case, key=key, context=context, by=by, today=today)


def _terms(loan: Loan) -> dict[str, Any]:
    """What the letters print of a loan: from the plan in force, never computed anew."""
    plan = current_plan(loan)
    lines = list(plan.instalments.all()) if plan else []
    business = getattr(loan.case, "business", None)
    return {
        "amount": loan.principal,
        "instalment_amount": lines[0].amount,
        "instalment_count": len(lines),
        "last_amount": lines[-1].amount,
        "first_due": lines[0].due_on,
        "last_due": lines[-1].due_on,
        **how_to_pay(loan),
        "max_deferment_months": loan.rule_set.max_deferment_months,
        "business": business.name if business else "",
    }


def _plan_lines(loan: Loan) -> list[dict[str, Any]]:
    remaining = loan.principal
    rows = []
    for line in current_plan(loan).instalments.all():
        remaining -= line.amount
        rows.append({"number": line.number, "due": line.due_on, "amount": line.amount, "remaining": remaining})
    return rows


def send_or_tell(send: Callable[..., None], *, loan: Loan, by: User | None, today: date, **more: Any) -> None:
    """Send a letter about money that has moved already. Where it cannot be made, the journal says so.

    The booking stands either way: money that came or went is never refused for the sake of a letter.
    """
    try:
        send(loan=loan, by=by, today=today, **more)
    except Refused as refusal:
        add_journal_entry(
            case=loan.case,
            kind=EntryKind.LETTER,
            title=_("A letter about the loan could not be made"),
            text=" ".join(refusal.messages),
            by=by,
        )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def send_grant(*, loan: Loan, by: User, today: date) -> None:
    """The favourable decision: of a loan with its agreement and repayment plan, or of a grant."""
    with translation.override("da"):
        terms = _terms(loan) if loan.kind == SupportKind.LOAN else _grant_terms(loan)
        _send(
            kind="loan_grant" if loan.kind == SupportKind.LOAN else "grant_decision",
            case=loan.case,
            key=f"loan-decision:{loan.decision_id}",
            context={
                **terms,
                "payout_by": loan.planned_payout_on,
                "legal_basis": basis_facts(loan.legal_basis, loan.rule_set),
                "fully_favourable": True,
                "considerations": _lines(loan.decision.reasons),
            },
            by=by,
            today=today,
        )
        if loan.kind == SupportKind.LOAN:
            send_agreement(loan=loan, by=by, today=today)


def _grant_terms(loan: Loan) -> dict[str, Any]:
    business = getattr(loan.case, "business", None)
    return {"amount": loan.principal, "business": business.name if business else "", "purpose": loan.decision.purpose}


def send_agreement(*, loan: Loan, by: User, today: date, paid_on: date | None = None) -> None:
    """The loan agreement with the plan in force. Once the loan is paid out (`paid_on`), the letter brings the plan
    alone: the agreement is signed already."""
    plan = current_plan(loan)
    business = getattr(loan.case, "business", None)
    lines = _plan_lines(loan)
    _send(
        kind="loan_agreement",
        case=loan.case,
        key=f"loan-agreement:{loan.pk}:v{plan.version}",
        context={
            **_terms(loan),
            "lines": lines,
            "total": sum((line["amount"] for line in lines), Decimal("0.00")),
            "legal_basis": basis_facts(loan.legal_basis, loan.rule_set),
            "cvr": business.cvr if business else "",
            "debt_instrument": loan.debt_instrument,
            "authority": loan.rule_set.recovery_authority,
            "paid_on": paid_on,
        },
        by=by,
        today=today,
    )


def send_new_plan(*, loan: Loan, by: User, today: date, paid_on: date) -> None:
    """The plan moved because the money went out on another day than planned."""
    with translation.override("da"):
        send_agreement(loan=loan, by=by, today=today, paid_on=paid_on)


def send_refusal(*, decision: LoanDecision, by: User, today: date) -> None:
    """The refusal, with facts, what weighed most, the citizen's comments, and appeal guidance."""
    with translation.override("da"):
        facts = [_("You asked for %(amount)s.") % {"amount": kr(decision.amount)}]
        facts += [f"{item['label']}: {item['detail']}" for item in decision.facts["prerequisites"] if not item["met"]]
        _send(
            kind="loan_refusal" if decision.kind == SupportKind.LOAN else "grant_refusal",
            case=decision.case,
            key=f"loan-decision:{decision.pk}",
            context={
                "requested_amount": decision.amount,
                "legal_basis": basis_facts(decision.legal_basis, decision.rule_set),
                "facts": facts,
                "considerations": _lines(decision.reasons),
                "hearing": _lines(decision.hearing_note) if decision.hearing == Hearing.ANSWERED else (),
            },
            by=by,
            today=today,
        )


def _period_context(period: SupportPeriod, loan: Loan) -> dict[str, Any]:
    return {
        "period_from": period.starts_on,
        "period_to": period.ends_on,
        "period_months": period.months,
        "legal_basis": basis_facts(loan.legal_basis, loan.rule_set, support=True),
        "fully_favourable": True,
        "considerations": _lines(period.reasons),
    }


def send_support_decision(*, period: SupportPeriod, loan: Loan, by: User, today: date) -> None:
    with translation.override("da"):
        _send(
            kind="support_decision",
            case=period.case,
            key=f"support:{period.pk}",
            context=_period_context(period, loan),
            by=by,
            today=today,
        )


def send_extension_decision(*, period: SupportPeriod, loan: Loan, asked: int | None, by: User, today: date) -> None:
    """`asked`: months the citizen asked for. Fewer is no full yes, so the reasons are written out."""
    fewer = (asked or 0) > period.months
    total = sum(row.months for row in period.case.support_periods.all())
    with translation.override("da"):
        _send(
            kind="extension_decision",
            case=period.case,
            key=f"support:{period.pk}",
            context={
                **_period_context(period, loan),
                "total_months": total,
                "with_loan": _is_owed(loan),
                **({"requested_months": asked, "fully_favourable": False, "facts": [_asked(asked)]} if fewer else {}),
            },
            by=by,
            today=today,
        )


def _is_owed(loan: Loan) -> bool:
    """Whether the citizen still pays instalments to us: never of a grant, nor of a loan that is settled."""
    position = position_of(loan)
    return position.outstanding > 0 if position else loan.kind == SupportKind.LOAN


def _instalment_from(loan: Loan, day: date) -> Decimal | None:
    """The monthly instalment after a day, by the plan in force; None where none is to be paid."""
    position = position_of(loan)
    if position is not None:
        return next((line.amount for line in position.unpaid if line.due > day), None)
    plan = current_plan(loan)
    lines = plan.instalments.all() if plan else ()
    return next((line.amount for line in lines if line.due_on > day), None)


def _asked(months: int | None) -> str:
    if not months:
        return _("You asked for living support for longer.")
    return _("You asked for living support for %(months)s more.") % {"months": months_in_words(months)}


def send_extension_refusal(
    *, period: SupportPeriod, loan: Loan, asked: int, reasons: str, by: User, today: date
) -> None:
    """The citizen asked for more months and gets none. `asked`: how many, 0 where no number was given."""
    with translation.override("da"):
        _send(
            kind="extension_refusal",
            case=period.case,
            key=f"support-end:{period.case_id}:{period.ends_on.isoformat()}",
            context={
                "ends_on": period.ends_on,
                "requested_months": asked or None,
                "instalment_amount": _instalment_from(loan, period.ends_on),
                "legal_basis": basis_facts(loan.legal_basis, loan.rule_set, support=True),
                "facts": [_asked(asked)],
                "considerations": _lines(reasons),
            },
            by=by,
            today=today,
        )


def send_support_end(*, period: SupportPeriod, loan: Loan, reasons: str, by: User, today: date) -> None:
    periods = list(period.case.support_periods.all())
    with translation.override("da"):
        _send(
            kind="support_end",
            case=period.case,
            key=f"support-end:{period.case_id}:{period.ends_on.isoformat()}",
            context={
                "ends_on": period.ends_on,
                "first_day_without": period.ends_on + timedelta(days=1),
                "total_months": sum(row.months for row in periods),
                "instalment_amount": _instalment_from(loan, period.ends_on),
                "legal_basis": basis_facts(loan.legal_basis, loan.rule_set, support=True),
                "facts": [
                    _(
                        "Living support is given for a limited time. You have had it for all the months that were decided."
                    )
                ],
                "considerations": _lines(reasons),
            },
            by=by,
            today=today,
        )


def send_loan_repaid(*, loan: Loan, position: rules.Position, by: User | None, today: date) -> None:
    """The receipt that all is paid; sent once."""
    settled_on = max((line.paid_on for line in position.lines if line.paid_on), default=today)
    with translation.override("da"):
        _send(
            kind="loan_repaid",
            case=loan.case,
            key=f"loan-repaid:{loan.pk}",
            context={
                "principal": loan.principal,
                "paid": position.paid + position.overpaid,
                "given_up": position.written_off or None,
                "settled_on": settled_on,
                "overpaid": position.overpaid or None,
            },
            by=by,
            today=today,
        )


def send_instalment_reminder(*, loan: Loan, instalment: Instalment, amount: Decimal, count: int, today: date) -> None:
    """The friendly reminder before an instalment: what is still to be paid on it, and when (domain.md §7.6)."""
    with translation.override("da"):
        _send(
            kind="instalment_reminder",
            case=loan.case,
            key=reminder_key(loan, instalment),
            context={
                "amount": amount,
                "due": instalment.due_on,
                **how_to_pay(loan),
                "number": instalment.number,
                "count": count,
            },
            by=None,
            today=today,
        )


def send_self_evaluation(*, case: CaseFile, key: str, ends_on: date, back_by: date, by: User, today: date) -> None:
    """Ask the citizen for the self-evaluation that screening 4 reads, with the form behind the letter (domain.md §9)."""
    facts = {"ends_on": ends_on, "back_by": back_by, **evaluation_letters.request_facts(case)}
    with translation.override("da"):
        _send(kind=evaluation_letters.REQUEST, case=case, key=key, context=facts, by=by, today=today)


def remind_of_self_evaluation(*, case: CaseFile, key: str, facts: Mapping[str, Any], today: date) -> None:
    """A friendly reminder before the answer is due; the dates are those of the request."""
    days = {name: date.fromisoformat(facts[name]) for name in ("ends_on", "back_by")}
    context = {**days, "with_support": facts["with_support"]}
    with translation.override("da"):
        _send(kind=evaluation_letters.REMINDER, case=case, key=key, context=context, by=None, today=today)


def _plan_from_now(loan: Loan, today: date) -> dict[str, Any]:
    """What is still to be paid, line by line, by the plan in force; the next instalment is never one of the past."""
    position = position_of(loan)
    unpaid = position.unpaid if position else ()
    left = balance = sum((line.remaining for line in unpaid), Decimal("0.00"))
    lines: list[dict[str, Any]] = []
    for line in unpaid:
        left -= line.remaining
        lines.append({"due": line.due, "amount": line.remaining, "remaining": left})
    if not lines:
        raise Refused(_("Nothing is left to pay, so there is no plan to send."))
    coming = next((line for line in lines if line["due"] >= today), None)
    return {
        "balance": balance,
        "lines": lines,
        "next_due": coming["due"] if coming else None,
        "next_amount": coming["amount"] if coming else None,
        "overdue": sum((line["amount"] for line in lines if line["due"] < today), Decimal("0.00")) or None,
        "last_due": lines[-1]["due"],
        **how_to_pay(loan),
    }


def send_plan_change(*, loan: Loan, change: PlanChange, by: User, today: date) -> None:
    """The decision on a change of plan: with the new plan where it was granted, with reasons where it was not."""
    with translation.override("da"):
        if change.outcome == LoanOutcome.REFUSED:
            kind, facts = "plan_refusal", _refusal_facts(loan, change, today)
        elif change.kind == PlanChangeKind.DEFERMENT:
            kind, facts = "deferment_decision", _deferment_facts(loan, change)
        else:
            kind, facts = "instalment_decision", {"amount": change.amount, "arrears": change.total}
        if change.outcome == LoanOutcome.GRANTED:
            facts |= {**_plan_from_now(loan, today), "from_month": change.from_month, "fully_favourable": True}
        context = {
            **facts,
            "legal_basis": basis_facts(loan.legal_basis, loan.rule_set),
            "considerations": _lines(change.reasons),
            "hearing": _lines(change.hearing_note) if change.hearing == Hearing.ANSWERED else (),
        }
        _send(kind=kind, case=loan.case, key=f"plan-change:{change.pk}", context=context, by=by, today=today)


def _deferment_facts(loan: Loan, change: PlanChange) -> dict[str, Any]:
    deferments = [made for made in changes_of(loan) if isinstance(made, rules.Deferment)]
    return {
        "months": change.months,
        "resumes": add_months(change.from_month, change.months or 0),
        "months_used": sum(made.months for made in deferments),
        "months_cap": loan.rule_set.max_deferment_months,
        "mandatory": change.deferment_kind == DefermentKind.MANDATORY,
    }


def _refusal_facts(loan: Loan, change: PlanChange, today: date) -> dict[str, Any]:
    position = position_of(loan)
    unpaid = position.unpaid if position else ()
    coming = next((line for line in unpaid if line.due >= today), None)
    return {
        "asked_for": change.in_words,
        "facts": [_("You asked for: %(change)s.") % {"change": change.in_words}],
        "next_due": coming.due if coming else None,
        "next_amount": coming.remaining if coming else None,
    }


def send_changed_plan(
    *, loan: Loan, plan: PlanVersion, by: User | None, today: date, extra_paid: Decimal | None = None
) -> None:
    """The plan that is in force after a payment that changed it (`extra_paid` kroner), or after a change taken back."""
    with translation.override("da"):
        _send(
            kind="new_plan",
            case=loan.case,
            key=f"new-plan:{loan.pk}:v{plan.version}",
            context={
                **_plan_from_now(loan, today),
                "extra_paid": extra_paid,
                "legal_basis": basis_facts(loan.legal_basis, loan.rule_set),
            },
            by=by,
            today=today,
        )


def reminder_key(loan: Loan, instalment: Instalment) -> str:
    """One reminder per loan and due date, whatever the version of the plan."""
    return f"reminder:{loan.pk}:{instalment.due_on.isoformat()}"
