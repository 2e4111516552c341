"""Files of payments: upload, preview, book, and what became of each entry (domain.md §7.5)."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loans import payment_queries as queries
from loans import services
from loans.models import IncomingPayment, PaymentImport
from loans.payment_enums import ImportState, IncomingState
from loans.payment_forms import PaymentFileForm
from loans.payment_queries import Pile
from loans.services.imports import MONEY_ROLES, fingerprint_of, judge
from loans.services.matching import candidates_for
from loans.views.base import add_refusal
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, role_required
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused
from microloan.policy.services import municipality

PER_PAGE = 50
money_required = role_required(*MONEY_ROLES)


@money_required
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: StaffRequest) -> HttpResponse:
    """The files so far, and the form for the next."""
    form = (
        PaymentFileForm(request.POST or None, request.FILES or None) if request.method == "POST" else PaymentFileForm()
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            made, is_new = services.upload_payments(
                data=given.read(),
                name=given.name,
                by=request.user,
                today=clock.today(),
                is_recovery=form.cleaned_data["is_recovery"],
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            if not is_new:
                messages.info(request, _("This file has been uploaded before. It counts once: here it is."))
            return redirect("loans:import", pk=made.pk)
    page = Paginator(queries.imports(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "accounts": municipality().payment_accounts, "tab": "files"}
    return render(request, "loans/payments/imports.html", context)


def _import(pk: int) -> PaymentImport:
    found: PaymentImport = get_object_or_404(PaymentImport.objects.select_related("uploaded_by", "confirmed_by"), pk=pk)
    return found


@money_required
@require_safe
def payment_import(request: StaffRequest, pk: int) -> HttpResponse:
    """Before booking: what would become of each entry. Afterwards: what did."""
    found = _import(pk)
    if found.state == ImportState.PREVIEW:
        return _preview(request, found)
    return _result(request, found)


def _preview(request: StaffRequest, found: PaymentImport) -> HttpResponse:
    rows = list(found.payments.order_by("position", "pk"))
    verdicts = judge(rows)
    unknown = [row for row in rows if verdicts[row.pk].state == IncomingState.PARKED]
    candidates = candidates_for(unknown)
    judged = [(row, queries.pile_of(verdicts[row.pk], candidates.get(row.pk, ()))) for row in rows]
    piles = queries.piles(judged)
    wanted = request.GET.get("pile", "")
    shown = [row for row, pile in judged if pile == wanted] if wanted in Pile.values else rows
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    of_row = dict(zip((row.pk for row in rows), (pile for _row, pile in judged), strict=True))
    lines = [_preview_line(row, verdicts[row.pk], of_row[row.pk], candidates.get(row.pk, [])) for row in page]
    known = [line["loan"].case for line in lines if line["loan"]]
    known += [candidate.loan.case for line in lines for candidate in line["candidates"]]
    logged(request, AccessAction.LIST, *known)
    context = {
        "found": found,
        "piles": piles,
        "views": _views(request.path, piles, wanted, len(rows)),
        "page": page,
        "lines": lines,
        "seen": fingerprint_of(verdicts),
        "matched": next(pile for pile in piles if pile.pile == Pile.MATCHED),
        "accounts": sorted({row.account for row in rows if row.account}),
        "ours": municipality().payment_accounts,
        "tab": "files",
    }
    return render(request, "loans/payments/preview.html", context)


def _preview_line(row: IncomingPayment, verdict: Any, pile: Pile, candidates: list[Any]) -> dict[str, Any]:
    return {
        "row": row,
        "pile": pile,
        "loan": verdict.loan,
        "same_as": verdict.same_as,
        "why": IncomingPayment(why=verdict.why).get_why_display() if verdict.why else "",
        "candidates": candidates,
    }


def _views(path: str, piles: list[queries.PileRow], wanted: str, count: int) -> list[dict[str, Any]]:
    views = [{"label": _("All"), "url": path, "current": wanted not in Pile.values, "count": danish.number(count)}]
    return views + [
        {
            "label": row.pile.label,
            "url": f"{path}?pile={row.pile.value}",
            "current": wanted == row.pile,
            "count": danish.number(row.count),
        }
        for row in piles
        if row.count
    ]


def _result(request: StaffRequest, found: PaymentImport) -> HttpResponse:
    states = queries.states_of(found)
    wanted = request.GET.get("state", "")
    rows = found.payments.select_related("loan__case__citizen", "same_as__source").order_by("position", "pk")
    rows = rows.filter(state=wanted) if wanted in IncomingState.values else rows
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    logged(request, AccessAction.LIST, *[row.loan.case for row in page if row.loan])
    counts = {row["state"]: row["count"] for row in states}
    context = {
        "found": found,
        "states": [{**row, "label": IncomingState(row["state"]).label} for row in states],
        "views": [
            {"label": _("All"), "url": request.path, "current": wanted not in IncomingState.values, "count": None},
            *(
                {
                    "label": IncomingState(row["state"]).label,
                    "url": f"{request.path}?state={row['state']}",
                    "current": wanted == row["state"],
                    "count": danish.number(row["count"]),
                }
                for row in states
            ),
        ],
        "page": page,
        "waiting": counts.get(IncomingState.WAITING, 0),
        "booked": counts.get(IncomingState.BOOKED, 0),
        "to_look_at": counts.get(IncomingState.PARKED, 0) + counts.get(IncomingState.CONFLICT, 0),
        "is_booking": found.state == ImportState.BOOKING,
        "is_discarded": found.state == ImportState.DISCARDED,
        "tab": "files",
    }
    return render(request, "loans/payments/result.html", context)


def _do(request: StaffRequest, action: Any, done: str) -> bool:
    try:
        action()
    except Conflict as conflict:
        for message in conflict.messages:
            messages.warning(request, message)
        return False
    except Refused as refusal:
        for message in refusal.messages:
            messages.error(request, message)
        return False
    messages.success(request, done)
    return True


@money_required
@require_POST
def import_book(request: StaffRequest, pk: int) -> HttpResponse:
    """Book what the preview showed."""
    found = _import(pk)
    seen = request.POST.get("seen", "")
    _do(
        request,
        lambda: services.confirm_import(payment_import=found, seen=seen, by=request.user),
        _("The file is taken in. What is known by its payment reference is being booked."),
    )
    return redirect("loans:import", pk=pk)


@money_required
@require_POST
def import_discard(request: StaffRequest, pk: int) -> HttpResponse:
    """Leave a previewed file alone."""
    found = _import(pk)
    done = _do(
        request,
        lambda: services.discard_import(payment_import=found, by=request.user),
        _("The file was not taken in. Nothing has been booked, and it can be uploaded again."),
    )
    return redirect("loans:imports") if done else redirect("loans:import", pk=pk)


@money_required
@require_POST
def import_continue(request: StaffRequest, pk: int) -> HttpResponse:
    """Go on where the booking stopped."""
    found = _import(pk)
    _do(
        request,
        lambda: services.continue_import(payment_import=found, by=request.user),
        _("The booking goes on where it stopped."),
    )
    return redirect("loans:import", pk=pk)
