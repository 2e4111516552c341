"""The people around the citizen, consents and exemption (domain.md §3.4, §8)."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cases import services
from cases.forms import (
    PERSON_FORMS,
    ConsentForm,
    EndForm,
    ExemptionForm,
    NewMentorForm,
    PersonForm,
    WithdrawConsentForm,
    add_refusal,
)
from cases.models import CaseFile
from cases.models.people import PersonAround
from cases.registry import mentor_registers
from cases.services.around import FIELDS
from cases.views.base import case_context, get_case, locked, posted
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.once import sent_once

# What each kind of person is called in headings and on buttons.
WORDS = {
    "mentor": {
        "add": gettext_lazy("Add mentor"),
        "save": gettext_lazy("Save mentor"),
        "edit": gettext_lazy("Edit mentor"),
    },
    "representative": {
        "add": gettext_lazy("Add representative"),
        "save": gettext_lazy("Save representative"),
        "edit": gettext_lazy("Edit representative"),
    },
    "interpreter": {
        "add": gettext_lazy("Add interpreter"),
        "save": gettext_lazy("Save interpreter"),
        "edit": gettext_lazy("Edit interpreter"),
    },
}
INTROS = {
    "representative": gettext_lazy("Gets a copy of every letter to the citizen while the power of attorney runs.")
}
SHOWN = 50


@team_required
@require_safe
def people(request: StaffRequest, number: str) -> HttpResponse:
    """Everybody around the citizen, those whose part is over last."""
    case = get_case(request, number)
    today = clock.today()
    context = {
        **case_context(request, case, tab="people"),
        "mentors": _in_register(_in_order(case.mentors.all()[:SHOWN], today)),
        "representatives": _in_order(case.representatives.all()[:SHOWN], today),
        "interpreters": _in_order(case.interpreters.all()[:SHOWN], today),
        "consents": case.consents.select_related("recorded_by").order_by("-given_on", "-pk")[:SHOWN],
        "exemptions": case.exemptions.select_related("consultant", "useful_by")[:SHOWN],
    }
    return render(request, "cases/people.html", context)


def _in_order(rows: Any, today: date) -> list[dict[str, Any]]:
    """Those of today and to come first; each with whether the part is over."""
    marked = [{"person": row, "over": row.is_over(today), "to_come": row.from_on > today} for row in rows]
    return sorted(marked, key=lambda row: row["over"])


def _in_register(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same, each with the address of its page in a register, where it stands in one."""
    ids, pages = [row["person"].pk for row in rows], {}
    for register in mentor_registers:
        pages.update(register.pages(ids) if ids else {})
    return [{**row, "page": pages.get(row["person"].pk, "")} for row in rows]


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def person_new(request: StaffRequest, number: str, kind: str) -> HttpResponse:
    """A new mentor, representative or interpreter."""
    form_class = NewMentorForm if kind == "mentor" else _form_class(kind)
    case = get_case(request, number)
    stored: dict[str, Any] = dict.fromkeys(FIELDS[form_class.model])
    form = form_class(posted(request), stored=stored, initial={"from_on": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            services.add_person(
                case=case,
                kind=form.model,
                values=form.values,
                by=request.user,
                today=clock.today(),
                known=form.chosen if isinstance(form, NewMentorForm) else None,
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("cases:people", number=case.number)
    return _page(request, case, form, WORDS[kind]["add"], WORDS[kind]["save"], intro=INTROS.get(kind, ""))


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: StaffRequest, number: str, kind: str, pk: int) -> HttpResponse:
    """Correct what is kept about somebody, or set the last day."""
    form_class = _form_class(kind)
    case = locked(request, get_case(request, number))
    known: PersonAround = get_object_or_404(form_class.model._base_manager.filter(case=case), pk=pk)
    stored = {name: getattr(known, name) for name in FIELDS[form_class.model]}
    form = form_class(posted(request), stored=stored, row=known)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_person(person=known, values=form.values, by=request.user, today=clock.today())
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("cases:people", number=case.number)
    title = WORDS[kind]["edit"]
    return _page(request, case, form, title, WORDS[kind]["save"], intro=INTROS.get(kind, ""), two=True)


def _form_class(kind: str) -> type[PersonForm]:
    if kind not in PERSON_FORMS:
        raise Http404
    return PERSON_FORMS[kind]


def _page(
    request: StaffRequest, case: CaseFile, form: forms.Form, title: Any, submit: Any, **more: Any
) -> HttpResponse:
    context = {**case_context(request, case, tab="people"), "form": form, "title": title, "submit": submit}
    return render(request, "cases/people_form.html", {"intro": "", **context, **more})


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def consent_new(request: StaffRequest, number: str) -> HttpResponse:
    """What the citizen agrees to."""
    case = get_case(request, number)
    today = clock.today()
    form = ConsentForm(posted(request), today=today, initial={"given_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            services.give_consent(case=case, by=request.user, today=today, **form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The consent is recorded."))
            return redirect("cases:people", number=case.number)
    return _page(request, case, form, _("Record consent"), _("Save consent"))


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def consent_withdraw(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """The citizen takes a consent back. It cannot be undone: a new consent is a new line."""
    case = get_case(request, number)
    consent = get_object_or_404(case.consents.all(), pk=pk)
    if consent.withdrawn_on is not None:
        messages.info(request, _("The consent has been withdrawn already."))
        return redirect("cases:people", number=case.number)
    today = clock.today()
    form = WithdrawConsentForm(posted(request), today=today, initial={"withdrawn_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw_consent(
                consent=consent, on=form.cleaned_data["withdrawn_on"], by=request.user, today=today
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The consent is withdrawn. Stop what it allowed."))
            return redirect("cases:people", number=case.number)
    intro = _("%(kind)s: %(scope)s") % {"kind": consent.get_kind_display(), "scope": consent.scope}
    return _page(request, case, form, _("Withdraw consent"), _("Withdraw consent"), intro=intro)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def exemption_new(request: StaffRequest, number: str) -> HttpResponse:
    """Exempt from other offers and job search; the job consultant gets a letter."""
    case = get_case(request, number)
    today = clock.today()
    referrer = case.referral.referred_by if hasattr(case, "referral") else None
    initial = {"from_on": today, "consultant": referrer if referrer and referrer.is_referrer else None}
    form = ExemptionForm(posted(request), user=request.user, case=case, initial=initial)
    if request.method == "POST" and form.is_valid():
        values = {"useful": "", **form.cleaned_data}
        try:
            services.exempt(case=case, by=request.user, today=today, **values)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The exemption is recorded, and the job consultant gets a letter."))
            return redirect("cases:people", number=case.number)
    intro = _("The follow-up every third month goes on.")
    return _page(request, case, form, _("Exempt from other offers"), _("Save exemption and send letter"), intro=intro)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def exemption_end(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """The exemption ends; the job consultant gets a new letter."""
    case = get_case(request, number)
    exemption = get_object_or_404(case.exemptions.select_related("consultant"), pk=pk)
    today = clock.today()
    form = EndForm(posted(request), initial={"to_on": exemption.to_on or today})
    if request.method == "POST" and form.is_valid():
        try:
            services.end_exemption(exemption=exemption, on=form.cleaned_data["to_on"], by=request.user, today=today)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The exemption ends, and the job consultant gets a letter."))
            return redirect("cases:people", number=case.number)
    intro = _("%(name)s gets a letter that the exemption ends.") % {"name": exemption.consultant.full_name}
    return _page(request, case, form, _("End exemption"), _("End exemption and send letter"), intro=intro)
