"""What those who refer see: the form, the receipt, their referrals in plain words (ui-guide.md §3.7)."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cases import queries, services
from cases.enums import REFERRAL_LIVELIHOODS
from cases.forms import MessageForm, ReferralForm, add_refusal
from cases.models import CaseFile
from cases.views.base import get_case, posted
from microloan.accounts.enums import REFERRERS, TEAM, AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, referrer_required, role_required
from microloan.core import clock, cpr
from microloan.core.errors import Refused
from microloan.core.forms import phone_groups
from microloan.policy.services import rule_set_on

REFERRALS_PER_PAGE = 25
may_refer = role_required(*REFERRERS, *TEAM)


@may_refer
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def referral_new(request: StaffRequest) -> HttpResponse:
    """Three steps on one address: the form, the check page, the receipt. What was typed is posted again, never stored."""
    today = clock.today()
    if request.method != "POST":
        return _form_page(request, ReferralForm(user=request.user, today=today))
    form = ReferralForm(request.POST, user=request.user, today=today)
    valid = form.is_valid()
    if "edit" in request.POST:
        return _form_page(request, _to_edit(form, request.POST["edit"]))
    if not valid or form.questions:
        return _form_page(request, form)
    if request.POST.get("step") != "send":
        return _check_page(request, form)
    return _send(request, form)


def _to_edit(form: ReferralForm, field: str) -> ReferralForm:
    if field in form.fields:
        form.fields[field].widget.attrs["autofocus"] = True
    return form


def _form_page(request: StaffRequest, form: ReferralForm) -> HttpResponse:
    eligible = set(rule_set_on(form.today).eligible_livelihoods)
    offered = [livelihood.label for livelihood in REFERRAL_LIVELIHOODS if livelihood in eligible]
    return render(request, "cases/referral_new.html", {"form": form, "eligible": offered})


def _check_page(request: StaffRequest, form: ReferralForm) -> HttpResponse:
    context = {"rows": _answers(form), "hidden": form.values_to_send_again(), "form": form}
    return render(request, "cases/referral_check.html", context)


def _answers(form: ReferralForm) -> list[dict[str, Any]]:
    """What was answered, in the order of the page, as it will be sent."""
    rows = []
    for name, field in form.fields.items():
        value: Any = form.cleaned_data.get(name)
        if name == "cpr":
            value = cpr.Cpr(value).formatted
        elif name == "citizen_informed":
            value = _("Yes")
        elif choices := getattr(field, "choices", None):
            value = dict(choices).get(value, value)
        elif name == "phone":
            value = phone_groups(value)
        rows.append({"name": name, "label": str(field.label).rstrip("?"), "value": value})
    return rows


def _send(request: StaffRequest, form: ReferralForm) -> HttpResponse:
    data = form.referral_data()
    if sent := _sent_before(request, data, form.today):
        return sent
    try:
        case = services.refer(data=data, by=request.user, today=form.today)
    except Refused as refusal:
        if sent := _sent_before(request, data, form.today):  # the first of two presses came through meanwhile
            return sent
        add_refusal(form, refusal)
        return _form_page(request, form)
    logged(request, AccessAction.CHANGE, case)
    return redirect("cases:referral_receipt", number=case.number)


def _sent_before(request: StaffRequest, data: services.ReferralData, today: date) -> HttpResponse | None:
    """Pressed twice, or sent again by the browser: the receipt of what was sent."""
    sent = queries.sent_today(cpr.blind_index(data.cpr), by=request.user, today=today)
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
    """Name, step in plain words, next date; nothing more."""
    page = Paginator(queries.referrals_of(request.user), REFERRALS_PER_PAGE).get_page(request.GET.get("page"))
    logged(request, AccessAction.LIST, *page)
    return render(request, "cases/my_referrals.html", {"page": page, "today": clock.today()})


@referrer_required
@require_http_methods(["GET", "HEAD", "POST"])
def referral_detail(request: StaffRequest, number: str) -> HttpResponse:
    """How far it has come, what comes next, what was decided, and a note to the team."""
    case = get_case(request, number)
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
        "entries": queries.rows_for_referrer(entries, case.number),
        "page": entries,
        "form": form,
    }
    return render(request, "cases/referral_detail.html", context)
