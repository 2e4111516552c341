"""From proposal to an order in the queue: propose, decide, agreement, living support (domain.md §6, §7.1)."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.enums import Phase
from cases.models import CaseFile
from cases.views.base import get_case
from loans import overview, rules, services
from loans import self_evaluation as evaluations
from loans.enums import Charge, LoanOutcome, SupportKind
from loans.forms import AgreementForm, DecideForm, ProposeForm, SupportForm
from loans.frame import figures_of
from loans.frame_words import frame_words
from loans.models import Loan, LoanDecision
from loans.prerequisites import checks_before_decision
from loans.queries import bases_for_proposals, loan_of, newest_decision, support_of
from loans.services import limits_of
from loans.views.base import add_refusal, case_and_loan, page_of, typed
from microloan.accounts.perms import StaffRequest, lead_decides, team_required
from microloan.core import clock, danish
from microloan.core.errors import Refused
from microloan.policy.models import LegalBasis
from microloan.policy.services import rule_set_on
from screening.forms import hearing_rows
from screening.services import budget_totals, latest_budget

PROPOSAL_FIELDS = (
    "kind",
    "legal_basis",
    "amount",
    "over_maximum_reason",
    "purpose",
    "planned_payout_on",
    "late_start_reason",
    "rehabilitation_on",
    "rehabilitation_reference",
    "transition_on",
    "declared_fit_on",
    "charge",
    "charge_note",
)


def _to_loan(case: CaseFile) -> HttpResponse:
    return redirect("loans:loan", number=case.number)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: StaffRequest, number: str) -> HttpResponse:
    """A proposal to the project lead; an open one is changed."""
    case = get_case(request, number)
    today = clock.today()
    if case.phase != Phase.APPROVAL or loan_of(case) is not None:
        messages.info(
            request, _("A loan is proposed in the phase “%(phase)s”, once.") % {"phase": Phase.APPROVAL.label}
        )
        return _to_loan(case)
    decision = newest_decision(case)
    is_open = decision is not None and not decision.is_decided
    bases = bases_for_proposals(today)
    form = ProposeForm(
        request.POST or None,
        case=case,
        bases=bases,
        rule_set=rule_set_on(today),
        today=today,
        latest_start=services.latest_start(case, today),
        initial=_initial(case, decision if is_open else None, bases),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.propose(case=case, proposal=services.Proposal(**form.cleaned_data), by=request.user, today=today)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The proposal has been sent to the project lead."))
            return _to_loan(case)
    context = {
        **page_of(request, case),
        "form": form,
        "is_open": is_open,
        "has_basis": bool(bases),
        "checks": _proposal_checks(case, decision if is_open else None, bases, today),
    }
    return render(request, "loans/propose.html", context)


def _initial(case: CaseFile, decision: LoanDecision | None, bases: list[LegalBasis]) -> dict[str, Any]:
    """What was proposed last, else what the system knows: the loan need of the approved budget."""
    if decision is not None:
        return {name: getattr(decision, name) for name in PROPOSAL_FIELDS}
    initial: dict[str, Any] = {"kind": SupportKind.LOAN}
    if len(bases) == 1:
        initial["legal_basis"] = bases[0]
    budget = latest_budget(case, approved=True)
    if budget is not None and (need := budget_totals(budget)["loan_need"]) > 0:
        initial["amount"] = need
    return initial


def _proposal_checks(case: CaseFile, decision: LoanDecision | None, bases: list[LegalBasis], today: date) -> list[Any]:
    shown = decision or LoanDecision(case=case, legal_basis=bases[0] if bases else None)
    shown.case = case
    return checks_before_decision(shown, today)


@lead_decides("loans:loan")
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: StaffRequest, number: str) -> HttpResponse:
    """Checklist and form, then a check page that repeats the facts, then it is decided and locked."""
    case = get_case(request, number)
    today = clock.today()
    decision = newest_decision(case)
    if decision is None or decision.is_decided:
        messages.info(request, _("There is no open proposal to decide."))
        return _to_loan(case)
    decision.case = case
    form = DecideForm(request.POST or None)
    context = {
        **page_of(request, case),
        "form": form,
        "decision": decision,
        "checks": checks_before_decision(decision, today),
        "rows": [*proposal_rows(decision), *_frame_row(decision, today)],
    }
    if request.method != "POST" or not form.is_valid() or "edit" in request.POST:
        return render(request, "loans/decide.html", context)
    answer = services.Answer(**form.cleaned_data)
    if request.POST.get("step") != "decide":
        if _refused_early(form, decision, answer, today):
            return render(request, "loans/decide.html", context)
        hidden = typed(form, step="decide", seen=services.fingerprint(decision))
        context |= {"rows": [*_answer_rows(answer), *context["rows"]], "hidden": hidden}
        return render(request, "loans/decide_check.html", context | {"is_grant": answer.outcome == LoanOutcome.GRANTED})
    try:
        seen = request.POST.get("seen", "")
        services.decide_loan(decision=decision, answer=answer, by=request.user, today=today, seen=seen)
    except Refused as refusal:
        add_refusal(form, refusal)
        return render(request, "loans/decide.html", context)
    messages.success(request, _("The decision is made, and the letter to the citizen is on its way."))
    return _to_loan(case)


def _refused_early(form: DecideForm, decision: LoanDecision, answer: services.Answer, today: date) -> bool:
    """What would be refused is refused before the check page, not after it."""
    try:
        services.check_decision(decision=decision, answer=answer, today=today)
    except Refused as refusal:
        add_refusal(form, refusal)
    return bool(form.errors)


def proposal_rows(decision: LoanDecision) -> list[tuple[str, Any]]:
    """The proposal as the project lead reads it."""
    rows = [
        (_("Proposed"), decision.get_kind_display()),
        (_("Amount"), danish.kr(decision.amount)),
        (_("What for"), decision.purpose),
        (_("Legal basis"), decision.legal_basis.reference or decision.legal_basis.title),
        (_("Planned payout"), danish.long_date(decision.planned_payout_on)),
        (_("Registered charge"), _charge_words(decision)),
        (_("Proposed by"), f"{decision.proposed_by}, {danish.short_date(decision.proposed_on)}"),
    ]
    if decision.over_maximum_reason:
        rows.insert(2, (_("Why more than the maximum"), decision.over_maximum_reason))
    if decision.kind == SupportKind.LOAN:
        lines = rules.build_schedule(
            decision.amount, decision.planned_payout_on, *_plan_terms(rule_set_on(decision.proposed_on))
        )
        rows.insert(2, (_("Instalments"), overview.instalment_words([line.amount for line in lines])))
        rows.insert(3, (_("First instalment"), danish.long_date(lines[0].due)))
    return rows


def _frame_row(decision: LoanDecision, today: date) -> list[tuple[str, str]]:
    """What the loan does to the yearly frame: the proposal binds nothing, so it is not among what is used."""
    if decision.kind != SupportKind.LOAN:
        return []
    year = max(decision.planned_payout_on.year, today.year)
    return [(_("Yearly frame"), frame_words(figures_of(year, today), decision.amount))]


def _plan_terms(rule_set: Any) -> tuple[Any, ...]:
    return rule_set.instalments, rule_set.due_day, rule_set.instalment_multiple


def _charge_words(decision: LoanDecision) -> str:
    if not decision.charge:
        return ""
    return f"{Charge(decision.charge).label}: {decision.charge_note}"


def _answer_rows(answer: services.Answer) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [(_("Decision"), LoanOutcome(answer.outcome).label)]
    if answer.reasons:
        rows.append((_("Reasons"), answer.reasons))
    if answer.outcome == LoanOutcome.REFUSED:
        rows += hearing_rows(answer.hearing, answer.hearing_note)
    return rows


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def agreement(request: StaffRequest, number: str) -> HttpResponse:
    """Register the signed loan agreement."""
    case, loan = case_and_loan(request, number)
    if loan.kind != SupportKind.LOAN or loan.decision is None:
        raise Http404
    today = clock.today()
    if loan.agreement_signed_on is not None:
        messages.info(
            request,
            _("The agreement has been registered already, as signed on %(day)s.")
            % {"day": danish.short_date(loan.agreement_signed_on)},
        )
        return _to_loan(case)
    form = AgreementForm(request.POST or None, decided_on=loan.decision.decided_on, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            services.register_agreement(
                loan=loan, signed_on=form.cleaned_data["signed_on"], by=request.user, today=today
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _agreement_words(loan))
            return _to_loan(case)
    return render(request, "loans/agreement.html", {**page_of(request, case), "form": form, "loan": loan})


def _agreement_words(loan: Loan) -> str:
    if Loan.objects.filter(pk=loan.pk, order__isnull=False).exists():
        return _("The agreement is registered. The loan stands in the benefits officer's queue.")
    return _("The agreement is registered. The loan goes to the benefits officer when the living support is decided.")


@lead_decides("loans:loan")
@require_http_methods(["GET", "HEAD", "POST"])
def support(request: StaffRequest, number: str) -> HttpResponse:
    """Decide the first months of living support; the check page shows the end that is computed."""
    case = get_case(request, number)
    loan, today = loan_of(case), clock.today()
    context = {**page_of(request, case), "loan": loan}
    if refusal := _no_support_words(case, loan):
        return render(request, "loans/no_support.html", {**context, "reason": refusal}, status=409)
    form = SupportForm(request.POST or None, today=today, initial={"starts_on": loan.planned_payout_on})
    limits = limits_of(loan)
    context |= {"form": form, "months": limits.base, "basis": loan.legal_basis}
    if request.method != "POST" or not form.is_valid() or "edit" in request.POST:
        return render(request, "loans/support.html", context)
    span = rules.base_period(form.cleaned_data["starts_on"], limits=limits)
    if request.POST.get("step") != "decide":
        rows = [
            (_("From"), danish.long_date(span.starts_on)),
            (_("To and including"), danish.long_date(span.ends_on)),
            (_("In all"), danish.months(limits.base)),
            (_("Legal basis"), loan.legal_basis.support_reference),
            (_("Reasons"), form.cleaned_data["reasons"]),
        ]
        return render(
            request, "loans/support_check.html", {**context, "rows": rows, "hidden": typed(form, step="decide")}
        )
    try:
        services.decide_support(case=case, by=request.user, today=today, **form.cleaned_data)
    except Refused as refused:
        add_refusal(form, refused)
        return render(request, "loans/support.html", context)
    messages.success(request, _("Living support is decided until %(day)s.") % {"day": danish.long_date(span.ends_on)})
    return _to_loan(case)


def _no_support_words(case: CaseFile, loan: Loan | None) -> str:
    """Why there is no living support to decide here; empty where there is."""
    if case.is_pensioner:
        return _(
            "The citizen gets a disability pension and keeps it. There is no living support to decide; "
            "the loan can be paid out without it."
        )
    if support_of(case):
        return _("Living support has been decided already. More months are given by screening 4.")
    if loan is None or loan.legal_basis is None or case.phase != Phase.APPROVAL:
        return _("Living support is decided after the loan is granted and before it is paid out.")
    return ""


@team_required
@require_POST
def send_again(request: StaffRequest, number: str) -> HttpResponse:
    """The team has put an order right: back into the queue."""
    case, loan = case_and_loan(request, number)
    order = getattr(loan, "order", None)
    if order is None:
        raise Http404
    try:
        services.send_again(order=order, by=request.user, today=clock.today())
    except Refused as refusal:
        for message in refusal.messages:
            messages.error(request, message)
    else:
        messages.success(request, _("The loan stands in the benefits officer's queue again."))
    return _to_loan(case)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def self_evaluation(request: StaffRequest, number: str) -> HttpResponse:
    """Check page, then the letter with the form that is answered before screening 4."""
    case = get_case(request, number)
    today = clock.today()
    occasion = evaluations.occasion_of(case)
    if occasion is None:
        messages.info(request, _("A self-evaluation belongs to the main course."))
        return _to_loan(case)
    if not evaluations.is_due(case, occasion):
        messages.info(request, _("The self-evaluation has been sent. It lies among the letters."))
        return redirect("letters:case_letters", number=case.number)
    if request.method == "POST":
        try:
            services.request_self_evaluation(case=case, by=request.user, today=today)
        except Refused as refusal:
            for message in refusal.messages:
                messages.error(request, message)
        else:
            messages.success(request, _("The self-evaluation is sent to the citizen."))
            return redirect("cases:detail", number=case.number)
    ends = _("Living support ends") if occasion.with_support else _("Half a year in the main course")
    facts = [
        (_("To"), str(case.citizen)),
        (ends, danish.long_date(occasion.ends_on)),
        (_("Answer by"), danish.long_date(evaluations.answer_by(occasion, today))),
    ]
    return render(request, "loans/self_evaluation.html", {**page_of(request, case), "facts": facts})
