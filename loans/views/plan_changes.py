"""Changes of plan: what if, proposal, decision, taken back (domain.md §7.3; ui-guide.md §3.4)."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.models import CaseFile
from loans import rules, services
from loans.enums import EntryKind, Extra, PlanChangeKind, SupportKind
from loans.forms import ArrangementForm, DecideForm, DefermentForm, ExtraForm, NewAmountForm, UndoForm
from loans.models import Loan, PlanChange
from loans.overview import preview_rows
from loans.queries import changes_of, entries_after_payout, position_of, rule_change, terms_in_force
from loans.services import Wanted
from loans.views.base import add_refusal, case_and_loan, page_of, typed
from microloan.accounts.enums import Role
from microloan.accounts.perms import StaffRequest, lead_decides, lead_required, team_required
from microloan.core import clock, danish
from microloan.core.errors import Refused

FORMS: dict[str, type[forms.Form]] = {
    PlanChangeKind.DEFERMENT: DefermentForm,
    PlanChangeKind.NEW_AMOUNT: NewAmountForm,
    PlanChangeKind.ARRANGEMENT: ArrangementForm,
}
HEADINGS = {
    PlanChangeKind.DEFERMENT: gettext_lazy("Propose deferment"),
    PlanChangeKind.NEW_AMOUNT: gettext_lazy("Propose another instalment"),
    PlanChangeKind.ARRANGEMENT: gettext_lazy("Propose an arrangement for arrears"),
}


def _running_loan(request: StaffRequest, number: str) -> tuple[CaseFile, Loan, rules.Position]:
    """A loan with a plan to change; 404 before payout, for a grant and for an imported loan."""
    case, loan = case_and_loan(request, number)
    position = position_of(loan) if loan.kind == SupportKind.LOAN else None
    if position is None:
        raise Http404
    return case, loan, position


def _open(loan: Loan) -> PlanChange | None:
    return next((change for change in loan.plan_changes.all() if not change.is_decided), None)


def _to_loan(case: CaseFile) -> HttpResponse:
    return redirect("loans:loan", number=case.number)


@team_required
@require_safe
def change(request: StaffRequest, number: str) -> HttpResponse:
    """What may be changed, in words, with what is left of the months of deferment."""
    case, loan, position = _running_loan(request, number)
    today = clock.today()
    context = {
        **page_of(request, case),
        "loan": loan,
        "open_change": _open(loan),
        "can_change": not position.is_settled and not position.handed_over,
        "overdue": services.overdue_on(loan, today),
        "cap_rows": cap_rows(loan, changes_of(loan)),
    }
    return render(request, "loans/change.html", context)


def cap_rows(loan: Loan, made: list[rules.Change]) -> list[tuple[str, Any]]:
    """Months of deferment used and left of the cap of the loan's rule set."""
    cap = loan.rule_set.max_deferment_months if loan.rule_set else 0
    used = sum(change.months for change in made if isinstance(change, rules.Deferment))
    return [
        (_("Months of deferment used"), _("%(used)s of %(cap)s") % {"used": used, "cap": cap}),
        (_("Months left"), danish.months(max(cap - used, 0))),
    ]


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def propose_change(request: StaffRequest, number: str, kind: str) -> HttpResponse:
    """Form, then before and after side by side, then it goes to the project lead."""
    if kind not in FORMS:
        raise Http404
    case, loan, _position = _running_loan(request, number)
    today = clock.today()
    if _open(loan) is not None:
        messages.info(request, _("There is a proposal already. Decide or take back that one first."))
        return redirect("loans:change", number=case.number)
    form = FORMS[kind](request.POST or None, loan=loan, first=_first_month(loan, kind, today))  # type: ignore[call-arg]
    context = {**page_of(request, case), "loan": loan, "form": form, "heading": HEADINGS[PlanChangeKind(kind)]}
    context["overdue"] = services.overdue_on(loan, today) if kind == PlanChangeKind.ARRANGEMENT else None
    if request.method != "POST" or not form.is_valid() or "edit" in request.POST:
        return render(request, "loans/change_form.html", context)
    values = {name: value for name, value in form.cleaned_data.items() if name != "asked"}
    wanted = Wanted(kind=PlanChangeKind(kind), **values)
    try:
        if request.POST.get("step") != "propose":
            context |= _preview(loan, wanted.as_row(loan), today) | {"hidden": typed(form, step="propose")}
            return render(request, "loans/change_check.html", context)
        services.propose_change(
            loan=loan, wanted=wanted, asked=form.cleaned_data["asked"], by=request.user, today=today
        )
    except Refused as refusal:
        add_refusal(form, refusal)
        return render(request, "loans/change_form.html", context)
    if request.user.role == Role.PROJECT_LEAD:
        return redirect("loans:change_decide", number=case.number)
    messages.success(request, _("The proposal has been sent to the project lead."))
    return _to_loan(case)


def _first_month(loan: Loan, kind: str, today: date) -> date:
    """A deferment may free the oldest month that is not paid; other changes begin this month at the earliest."""
    position = position_of(loan)
    unpaid = position.unpaid if position else ()
    if kind == PlanChangeKind.DEFERMENT and unpaid:
        return min(today, unpaid[0].nominal_due)
    return today


def _preview(loan: Loan, change: PlanChange, today: date) -> dict[str, Any]:
    preview = services.preview_change(change=change, today=today)
    after = [*changes_of(loan)]
    if change.kind == PlanChangeKind.DEFERMENT:
        after.append(rules.Deferment(change.from_month, change.months or 0))
    return {
        "change": change,
        "before": [*preview_rows(preview.before, today), *cap_rows(loan, changes_of(loan))],
        "after": [*preview_rows(preview.after, today), *cap_rows(loan, after)],
        "warning": preview.warning,
    }


@lead_decides("loans:change")
@require_http_methods(["GET", "HEAD", "POST"])
def decide_change(request: StaffRequest, number: str) -> HttpResponse:
    """The proposal with before and after, and the project lead's decision."""
    case, loan, _position = _running_loan(request, number)
    today = clock.today()
    change = _open(loan)
    if change is None:
        messages.info(request, _("There is no proposal to decide."))
        return _to_loan(case)
    form = DecideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            answer = services.Answer(**form.cleaned_data)
            services.decide_change(change=_named(request, loan), answer=answer, by=request.user, today=today)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The change of plan is decided. The citizen gets a letter."))
            return _to_loan(case)
    context = {**page_of(request, case), "loan": loan, "change": change, "form": form}
    try:
        context |= _preview(loan, change, today)
    except Refused as refusal:
        context["impossible"] = refusal.messages
    return render(request, "loans/change_decide.html", context)


def _named(request: StaffRequest, loan: Loan) -> PlanChange:
    """The proposal that stood on the page, not one that has come since."""
    named = request.POST.get("change", "")
    found = loan.plan_changes.filter(pk=named).first() if named.isdecimal() and len(named) < 10 else None
    if found is None:
        raise Refused(_("The proposal has been decided or taken back already. Nothing was changed."))
    return found


@team_required
@require_POST
def withdraw_change(request: StaffRequest, number: str) -> HttpResponse:
    """Take the open proposal back."""
    case, loan, _position = _running_loan(request, number)
    try:
        services.withdraw_proposal(change=_named(request, loan), by=request.user, today=clock.today())
    except Refused as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The proposal has been taken back."))
    return redirect("loans:change", number=case.number)


@lead_required
@require_http_methods(["GET", "HEAD", "POST"])
def undo_change(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Take a granted change back, with before and after."""
    case, loan, before = _running_loan(request, number)
    today = clock.today()
    change = next((one for one in loan.plan_changes.all() if one.pk == pk), None)
    if change is None:
        raise Http404
    if not change.is_in_force:
        messages.info(request, _("The change is not in force, so it cannot be taken back."))
        return _to_loan(case)
    form = UndoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.undo_change(change=change, reason=form.cleaned_data["reason"], by=request.user, today=today)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The change has been taken back. The plan is as it was without it."))
            return _to_loan(case)
    context = {**page_of(request, case), "loan": loan, "change": change, "form": form}
    context |= {"before": preview_rows(before, today), "after": preview_rows(_without(loan, change), today)}
    return render(request, "loans/change_undo.html", context)


def _without(loan: Loan, change: PlanChange) -> rules.Position:
    gone = rule_change(change)
    left = [made for made in changes_of(loan) if made != gone]
    return rules.position(terms_in_force(loan), entries_after_payout(loan), left)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def try_extra(request: StaffRequest, number: str) -> HttpResponse:
    """What an extra payment today would do: the three effects side by side. Nothing is registered."""
    case, loan, position = _running_loan(request, number)
    today = clock.today()
    form = ExtraForm(request.POST or None, loan=loan)
    context = {**page_of(request, case), "loan": loan, "form": form}
    if request.method == "POST" and form.is_valid():
        context["before"] = preview_rows(position, today)
        context["effects"] = [
            (effect.label, preview_rows(_with_extra(loan, form.cleaned_data["amount"], effect, today), today))
            for effect in Extra
        ]
    return render(request, "loans/try_extra.html", context)


def _with_extra(loan: Loan, amount: Any, effect: Extra, today: date) -> rules.Position:
    paid = rules.Entry(id=0, kind=EntryKind.PAYMENT, value_date=today, amount=-amount, extra=effect)
    return rules.preview_entry(terms_in_force(loan), entries_after_payout(loan), changes_of(loan), paid).after
