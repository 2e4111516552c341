"""What those who refer see: the form, the receipt, their referrals in plain words (ui-guide.md §3.7)."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cases import queries, referral_draft, services
from cases.enums import REFERRAL_LIVELIHOODS
from cases.forms import MessageForm, ReferralForm, add_refusal, referral_form_for
from cases.models import CaseFile
from cases.views.base import get_case, posted
from cases.views.detail import panels_for
from microloan.accounts.enums import REFERRERS, TEAM, AccessAction, Role
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, referrer_required, role_required
from microloan.core import clock, cpr, danish
from microloan.core.errors import Refused
from microloan.core.forms import phone_groups
from microloan.core.once import sent_once
from microloan.policy.services import rule_set_on

REFERRALS_PER_PAGE = 25
may_refer = role_required(*REFERRERS, *TEAM)


@may_refer
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def referral_new(request: StaffRequest) -> HttpResponse:
    """The form, the check page, the receipt. What is typed is kept as the writer's draft, from which the check page is
    shown by its own address: the browser's "back" never asks whether to send again."""
    today = clock.today()
    draft = services.open_draft(owner=request.user, kind=referral_draft.CODE, today=today)
    make = referral_form_for(request.user)
    if request.method != "POST":
        return _shown(request, draft, today)
    form = make(request.POST, user=request.user, today=today)
    valid = form.is_valid()
    if request.POST.get("step") == "send" and (sent := _sent_before(request, form)):
        return sent  # from another tab, which has done with the draft
    draft = _keep(request, draft)
    if "edit" in request.POST and draft.saved_at:
        return _to(edit=request.POST["edit"])
    if not valid or form.questions:
        return _form_page(request, form, draft)
    if request.POST.get("step") != "send":
        return _to(step="check")
    return _send(request, form, draft)


def _to(**where: str) -> HttpResponse:
    return redirect(f"{reverse('cases:referral_new')}?{urlencode(where)}")


def _shown(request: StaffRequest, draft: services.DraftState, today: date) -> HttpResponse:
    """What is read from the draft: the check page, the form at the field to change, or the form as it was left."""
    form = _from_draft(request, draft, today)
    if request.GET.get("step") == "check" and form.is_bound and form.is_valid() and not form.questions:
        return _check_page(request, form, draft)
    if "step" in request.GET and not draft.content:
        messages.info(request, _("There is nothing left to send: what you have sent stands below."))
        return redirect("cases:my_referrals" if request.user.is_referrer else "cases:list")
    if "edit" in request.GET:
        return _form_page(request, _to_edit(form, request.GET["edit"]), draft)
    return _form_page(request, form, draft, found=bool(draft.content))


def _from_draft(request: StaffRequest, draft: services.DraftState, today: date) -> ReferralForm:
    """The form as it was left. Where all of it can be read, with its questions and what was answered to them."""
    make = referral_form_for(request.user)
    given = QueryDict(mutable=True)
    given.update(draft.content)
    form = make(given, user=request.user, today=today)
    if draft.content and form.is_valid():
        return form
    return make(user=request.user, today=today, initial=draft.content)


def _keep(request: StaffRequest, draft: services.DraftState) -> services.DraftState:
    """Keep what was posted, so that nothing is lost between the pages; without scripts this is the only saving."""
    page = services.draft_page(request.POST) or draft.page
    content = services.draft_content(referral_draft.CODE, request.POST)
    saved = services.save_draft(
        owner=request.user, kind=referral_draft.CODE, content=content, page=page, now=clock.now()
    )
    return services.DraftState(draft.kind, draft.key, page, content, saved.saved_at if saved else None)


def _to_edit(form: ReferralForm, field: str) -> ReferralForm:
    if field in form.fields:
        form.fields[field].widget.attrs["autofocus"] = True
    return form


def _form_page(
    request: StaffRequest, form: ReferralForm, draft: services.DraftState, *, found: bool = False
) -> HttpResponse:
    """`found`: the form was filled from a draft, which the writer may throw away."""
    eligible = set(rule_set_on(form.today).eligible_livelihoods)
    offered = [livelihood.label for livelihood in REFERRAL_LIVELIHOODS if livelihood in eligible]
    context = {"form": form, "eligible": offered, "draft": draft, "found": found, "is_inquiry": request.user.is_team}
    return render(request, "cases/referral_new.html", context)


def _check_page(request: StaffRequest, form: ReferralForm, draft: services.DraftState) -> HttpResponse:
    context = {
        "rows": _answers(form),
        "hidden": form.values_to_send_again(),
        "form": form,
        "draft": draft,
        "earlier": _earlier(request, form),
        "is_inquiry": request.user.is_team,
    }
    return render(request, "cases/referral_check.html", context)


def _earlier(request: StaffRequest, form: ReferralForm) -> list[CaseFile]:
    """The citizen's earlier cases, for the team; those who refer learn nothing of them here."""
    if not request.user.is_team:
        return []
    data = form.referral_data()
    same = [one for one in form.known if str(one.citizen.pk) == data.same_as]
    known = services.known_by_cpr(data.cpr) or (same[0] if same else None)
    return list(known.earlier) if known else []


def _answers(form: ReferralForm) -> list[dict[str, Any]]:
    """What was answered, in the order of the page, as it will be sent."""
    rows = []
    for name, field in form.fields.items():
        value: Any = form.cleaned_data.get(name)
        if name == "cpr":
            value = cpr.Cpr(value).formatted if value else ""
        elif name == "citizen_informed":
            value = _("Yes")
        elif name == "birth_date":
            value = danish.long_date(value) if value else ""
        elif isinstance(field, forms.ModelChoiceField):
            value = str(value) if value else ""
        elif choices := getattr(field, "choices", None):
            value = dict(choices).get(value, value)
        elif name == "phone":
            value = phone_groups(value)
        rows.append({"name": name, "label": str(field.label).rstrip("?"), "value": value})
    return rows


def _send(request: StaffRequest, form: ReferralForm, draft: services.DraftState) -> HttpResponse:
    try:
        with transaction.atomic():
            case = services.refer(data=form.referral_data(), by=request.user, today=form.today)
            services.finish_draft(owner=request.user, kind=draft.kind, page=draft.page, now=clock.now())
    except Refused as refusal:
        if sent := _sent_before(request, form):  # the first of two presses came through meanwhile
            return sent
        add_refusal(form, refusal)
        return _form_page(request, form, draft)
    logged(request, AccessAction.CHANGE, case)
    return redirect("cases:referral_receipt", number=case.number)


def _sent_before(request: StaffRequest, form: ReferralForm) -> HttpResponse | None:
    """Pressed twice, or sent again by the browser: the receipt of what was sent."""
    stated = form.stated
    if stated is None:
        return None
    sent = queries.sent_today(
        number=stated.cpr,
        name=stated.name,
        birth_date=stated.birth_date,
        idea=stated.idea,
        by=request.user,
        today=form.today,
    )
    return redirect("cases:referral_receipt", number=sent.number) if sent else None


@may_refer
@never_cache
@require_safe
def referral_receipt(request: StaffRequest, number: str) -> HttpResponse:
    """Thank you, and the date by which the team rings."""
    case = get_case(request, number)
    get_object_or_404(CaseFile, pk=case.pk, referral__isnull=False)
    return render(request, "cases/referral_receipt.html", {"case": case, "referral": case.referral})


@referrer_required
@require_safe
def my_referrals(request: StaffRequest) -> HttpResponse:
    """Name, step in plain words, what comes next and when; a specialist sees the centre's, and who referred."""
    page = Paginator(queries.referrals_of(request.user), REFERRALS_PER_PAGE).get_page(request.GET.get("page"))
    logged(request, AccessAction.LIST, *page)
    today = clock.today()
    draft = services.open_draft(owner=request.user, kind=referral_draft.CODE, today=today)
    of_centre = request.user.centre if request.user.role == Role.REFERRAL_SPECIALIST else None
    context = {"page": page, "today": today, "draft": draft, "of_centre": of_centre}
    return render(request, "cases/my_referrals.html", context)


@referrer_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def referral_detail(request: StaffRequest, number: str) -> HttpResponse:
    """How far it has come, what comes next, what was decided, and a note to the team."""
    case = get_case(request, number)
    services.mark_seen(case=case, user=request.user, now=clock.now())
    form = MessageForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.write_to_team(case=case, text=form.cleaned_data["text"], by=request.user, today=clock.today())
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("cases:referral_detail", number=case.number)
    entries = Paginator(queries.entries_for_referrer(case), REFERRALS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "case": case,
        "today": clock.today(),
        "next_date": queries.next_date_for_referrer(case),
        "entries": queries.rows_for_referrer(entries, case, clock.today()),
        "page": entries,
        "form": form,
        "panels": panels_for(request, case, clock.today()),
    }
    return render(request, "cases/referral_detail.html", context)
