"""Contacts: planned, held, cancelled, missed (domain.md §3.5)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from cases import queries, services
from cases.enums import ContactKind, ContactState, Phase
from cases.forms import ContactForm, add_refusal
from cases.models import CaseFile, Contact
from cases.views.base import case_context, get_case, locked, posted
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused

USUAL_KIND = {Phase.REFERRED: ContactKind.TELEPHONE_INTERVIEW, Phase.RECRUITMENT: ContactKind.TELEPHONE_INTERVIEW}


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
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
def contact(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Register how a planned contact went, move it, or put a wrong registration right."""
    case = locked(request, get_case(request, number))
    known = get_object_or_404(case.contacts.prefetch_related("staff"), pk=pk)
    # A planned contact whose time has come asks how it went.
    initial = {"state": ""} if known.state == ContactState.PLANNED and known.at <= clock.now() else None
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
        "place": known.place,
        "staff": [person.pk for person in known.staff.all()],
        "notes": known.notes,
    }


def _save(request: StaffRequest, case: CaseFile, form: ContactForm, known: Contact | None) -> bool:
    values = form.cleaned_data
    today = clock.today()
    kind, state = ContactKind(values["kind"]), ContactState(values["state"])
    try:
        if known is None and state == ContactState.PLANNED:
            services.plan_contact(
                case=case,
                kind=kind,
                at=values["at"],
                place=values["place"],
                staff=list(values["staff"]),
                by=request.user,
                today=today,
            )
        else:
            services.register_contact(
                case=case,
                contact=known,
                kind=kind,
                at=values["at"],
                place=values["place"],
                state=state,
                staff=list(values["staff"]),
                notes=values["notes"],
                by=request.user,
                today=today,
            )
    except Refused as refusal:
        add_refusal(form, refusal)
        return False
    return True


def _page(request: StaffRequest, case: CaseFile, form: ContactForm, known: Contact | None) -> HttpResponse:
    context = {
        **case_context(request, case, tab="overview"),
        "form": form,
        "contact": known,
        "reliability": queries.reliability([case.pk])[case.pk],
    }
    return render(request, "cases/contact.html", context)
