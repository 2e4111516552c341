"""Reminders of many loans at once, with a check page (domain.md §7.6)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from loans import arrears as late
from loans import portfolio, services
from loans.enums import LadderStep
from loans.models import Loan
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused

MOST_AT_ONCE = 100


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request: StaffRequest) -> HttpResponse:
    """The late loans for which a letter is due today: what goes out, to whom; then the ticked ones are sent."""
    today = clock.today()
    followed = portfolio.portfolio(request.user, today).values("pk")
    found = late.late_loans(today).filter(pk__in=followed)
    loans = late.with_arrears(Loan.objects.filter(pk__in=found.values("pk")).order_by("pk"))[: 10 * MOST_AT_ONCE]
    rows = [row for loan in loans if (row := _row(loan, today))][:MOST_AT_ONCE]
    logged(request, AccessAction.LIST, *[row["loan"].case for row in rows])
    if request.method == "POST":
        ticked = set(request.POST.getlist("loan"))
        return _send(request, [row["loan"] for row in rows if str(row["loan"].pk) in ticked])
    return render(request, "loans/reminders.html", {"rows": rows})


def _row(loan: Loan, today: Any) -> dict[str, Any] | None:
    standing = late.standing_of(loan, today)
    due = late.letters_due(standing) if standing else []
    if not standing or not due:
        return None
    words = ", ".join(str(LadderStep(step).label) for step, _claims in due)
    return {"loan": loan, "letters": words, "total": standing.total, "days": standing.days}


def _send(request: StaffRequest, loans: list[Loan]) -> HttpResponse:
    made = 0
    for loan in loans:
        try:
            made += len(services.send_what_is_due(loan=loan, by=request.user, today=clock.today()))
        except Refused as refusal:
            messages.warning(request, f"{loan.number}: {' '.join(refusal.messages)}")
    if made:
        words = ngettext("%(count)s letter is on its way.", "%(count)s letters are on their way.", made)
        messages.success(request, words % {"count": made})
    elif not loans:
        messages.warning(request, _("Tick the loans that letters should be sent about."))
        return redirect("loans:reminders")
    return redirect("loans:portfolio")
