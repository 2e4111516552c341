"""Contacts: planned, moved, cancelled, held, missed (domain.md §3.5)."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases import queries, services
from cases.clashes import clashes
from cases.enums import ContactKind, ContactState, Phase
from cases.forms import CancelContactForm, ContactForm, MoveContactForm, add_refusal
from cases.models import CaseFile, Contact
from cases.views.base import case_context, get_case, locked, posted
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused
from microloan.core.once import sent_once

USUAL_KIND = {Phase.REFERRED: ContactKind.TELEPHONE_INTERVIEW, Phase.RECRUITMENT: ContactKind.TELEPHONE_INTERVIEW}
CONTACTS_PER_PAGE = 25


@team_required
@require_safe
def contacts(request: StaffRequest, number: str) -> HttpResponse:
    """Every contact of a case, planned and held, and how reliably the citizen comes, with all the numbers."""
    case = get_case(request, number)
    page = Paginator(queries.contacts_of(case), CONTACTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **case_context(request, case, tab="contacts"),
        "page": page,
        "reliability": queries.reliability([case.pk])[case.pk],
        "parts": queries.reliability_parts(case),
    }
    return render(request, "cases/contacts.html", context)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def contact_new(request: StaffRequest, number: str) -> HttpResponse:
    """Plan a contact, or register one that was not planned."""
    case = get_case(request, number)
    form = ContactForm(posted(request), stored={}, initial=_usual(request, case))
    if request.method == "POST" and form.is_valid() and _save(request, case, form, None):
        return redirect("cases:detail", number=case.number)
    return _page(request, case, form, None)


def _usual(request: StaffRequest, case: CaseFile) -> dict[str, Any]:
    kind = request.GET.get("kind", "")
    if kind not in ContactKind.values:
        kind = USUAL_KIND.get(Phase(case.phase), ContactKind.COACHING)
    return {"kind": kind, "staff": [request.user.pk]}


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def contact(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Register how a planned contact went, change what was planned, or put a wrong registration right."""
    case = locked(request, get_case(request, number))
    known = _contact(case, pk)
    # A planned contact whose time has come asks how it went.
    initial = {"state": ""} if known.waits else None
    form = ContactForm(posted(request), stored=_stored(known), row=known, initial=initial)
    if request.method == "POST" and form.is_valid() and _save(request, case, form, known):
        return redirect("cases:detail", number=case.number)
    return _page(request, case, form, known)


def _stored(known: Contact) -> dict[str, Any]:
    at = known.at.astimezone(clock.COPENHAGEN)
    return {
        "kind": known.kind,
        "state": known.state,
        "date": at.date(),
        "time": at.time(),
        "minutes": known.minutes,
        "place": known.place,
        "staff": [person.pk for person in known.staff.all()],
        "others": known.others,
        "notes": known.notes,
    }


def _contact(case: CaseFile, pk: int) -> Contact:
    found: Contact = get_object_or_404(case.contacts.prefetch_related("staff"), pk=pk)
    return found


def _save(request: StaffRequest, case: CaseFile, form: ContactForm, known: Contact | None) -> bool:
    values = form.cleaned_data
    kind, state = ContactKind(values["kind"]), ContactState(values["state"])
    common: dict[str, Any] = {
        "case": case,
        "kind": kind,
        "at": values["at"],
        "place": values["place"],
        "minutes": values["minutes"],
        "others": values["others"],
        "staff": list(values["staff"]),
        "by": request.user,
        "today": clock.today(),
    }
    if state == ContactState.PLANNED and _warned(request, form, known, case=case, staff=common["staff"]):
        return False
    try:
        if known is None and state == ContactState.PLANNED:
            services.plan_contact(**common)
        else:
            services.register_contact(
                **common,
                contact=known,
                state=state,
                notes=values["notes"],
            )
    except Refused as refusal:
        add_refusal(form, refusal)
        return False
    if state == ContactState.PLANNED:
        messages.success(request, _("The contact is planned for %(time)s.") % {"time": _time(values["at"])})
    else:
        messages.success(request, _("The contact is registered: %(state)s.") % {"state": state.label.lower()})
    return True


def _warned(request: StaffRequest, form: ContactForm | MoveContactForm, known: Contact | None, **facts: Any) -> bool:
    """Whether the page has to say first that the time is taken. Sent again with the same time, it is meant.

    A contact that keeps its time is warned about for those alone who come to it anew."""
    values = {**_stored(known), **form.cleaned_data} if known else form.cleaned_data
    at, minutes, staff = values["at"], values["minutes"], facts["staff"]
    keeps_time = known is not None and known.is_planned and (_minute(known.at), known.minutes) == (at, minutes)
    if known is not None and keeps_time:
        staff = [person for person in staff if person not in known.staff.all()]
    case = None if keeps_time else known.case if known else facts["case"]
    form.clashes = clashes(case, kind=values["kind"], at=at, minutes=minutes, staff=staff, but=known)
    form.overrule = f"{at.isoformat()}/{minutes}/{'-'.join(str(person.pk) for person in staff)}"
    return bool(form.clashes) and request.POST.get("overrule") != form.overrule


def _minute(at: datetime) -> datetime:
    """As the page shows it."""
    return at.replace(second=0, microsecond=0)


def _page(request: StaffRequest, case: CaseFile, form: ContactForm, known: Contact | None) -> HttpResponse:
    context = {
        **case_context(request, case, tab="contacts"),
        "form": form,
        "contact": known,
        "reliability": queries.reliability([case.pk])[case.pk],
    }
    return render(request, "cases/contact.html", context)


# --- Moving and cancelling what is planned -------------------------------------------------------------------------------


def _not_planned(request: StaffRequest, contact: Contact) -> HttpResponse:
    messages.info(
        request,
        _("The contact is no longer planned: %(state)s. Correct the registration here.")
        % {"state": contact.get_state_display().lower()},
    )
    return redirect("cases:contact", number=contact.case.number, pk=contact.pk)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact_move(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Move a planned contact to another time or place."""
    case = locked(request, get_case(request, number))
    known = _contact(case, pk)
    if not known.is_planned or not case.is_open:
        return _not_planned(request, known)
    stored = {name: value for name, value in _stored(known).items() if name in ("date", "time", "place")}
    form = MoveContactForm(posted(request), stored=stored, row=known)
    if request.method == "POST" and form.is_valid() and not _warned(request, form, known, staff=known.staff.all()):
        try:
            services.move_contact(
                contact=known,
                at=form.cleaned_data["at"],
                place=form.cleaned_data["place"],
                reason=form.cleaned_data["reason"],
                by=request.user,
                today=clock.today(),
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The contact is moved to %(time)s.") % {"time": _time(form.cleaned_data["at"])})
            return redirect("cases:contacts", number=case.number)
    return _planned_page(request, case, form, known, "cases/contact_move.html")


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact_cancel(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Cancel a planned contact: the citizen in time, or the team."""
    case = get_case(request, number)
    known = _contact(case, pk)
    if not known.is_planned or not case.is_open:
        return _not_planned(request, known)
    form = CancelContactForm(posted(request), initial={"seen_at": known.at.isoformat()})
    if request.method == "POST" and form.is_valid():
        try:
            services.cancel_contact(
                contact=known,
                state=ContactState(form.cleaned_data["state"]),
                reason=form.cleaned_data["reason"],
                seen_at=form.cleaned_data["seen_at"],
                by=request.user,
                today=clock.today(),
            )
        except Conflict as refusal:
            messages.warning(request, str(refusal))  # the page shows the new time; whoever still wants to, cancels that
            return redirect("cases:contact_cancel", number=case.number, pk=pk)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The contact is cancelled. Plan the next one, so that nothing stands still."))
            return redirect("cases:contacts", number=case.number)
    return _planned_page(request, case, form, known, "cases/contact_cancel.html")


def _time(at: datetime) -> str:
    return danish.date_and_time(at)


def _planned_page(
    request: StaffRequest, case: CaseFile, form: forms.BaseForm, known: Contact, template: str
) -> HttpResponse:
    facts = [
        (_("Kind"), known.get_kind_display()),
        (_("Planned"), danish.date_and_time(known.at)),
        (_("Place"), known.place or "–"),
        (_("From the team"), ", ".join(person.full_name for person in known.staff.all()) or "–"),
    ]
    context = {**case_context(request, case, tab="contacts"), "form": form, "contact": known, "facts": facts}
    return render(request, template, context)
