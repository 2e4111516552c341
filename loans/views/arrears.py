"""Arrears of a loan: claims, letters, attempts, pauses, limitation (domain.md §7.6)."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.models import CaseFile
from loans import arrears as late
from loans import arrears_forms, arrears_letters, rules, services
from loans.arrears_words import band_words, claim_rows, done_of
from loans.enums import HandoverState, LadderStep, SupportKind
from loans.models import Loan
from loans.payment_enums import ProposalState
from loans.queries import payments_to_tell, position_of
from loans.views.base import add_refusal, get_case, page_of
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.perms import StaffRequest, role_required, team_required
from microloan.core import clock, danish
from microloan.core.errors import Refused

readers_required = role_required(*TEAM, Role.BENEFITS_OFFICER)


def late_loan(request: StaffRequest, number: str) -> tuple[CaseFile, Loan, rules.Standing]:
    """A loan with a plan and where it stands with what is late; 404 before payout, for a grant and an imported loan."""
    case = get_case(request, number)
    loan = late.with_arrears(Loan.objects.filter(case=case, kind=SupportKind.LOAN)).first()
    standing = late.standing_of(loan, clock.today()) if loan else None
    if loan is None or standing is None:
        raise Http404
    loan.case = case
    return case, loan, standing


def to_arrears(case: CaseFile) -> HttpResponse:
    return redirect("loans:arrears", number=case.number)


@readers_required
@require_safe
def arrears(request: StaffRequest, number: str) -> HttpResponse:
    """What is late, what has been done, and what may be done next."""
    case, loan, standing = late_loan(request, number)
    form = arrears_forms.AttemptForm(today=clock.today())
    return render(request, "loans/arrears.html", _context(request, case, loan, standing, form))


def _context(
    request: StaffRequest, case: CaseFile, loan: Loan, standing: rules.Standing, form: forms.Form
) -> dict[str, Any]:
    today, position = clock.today(), position_of(loan)
    pause = next((one for one in loan.pauses.all() if one.lifted_on is None and one.until >= today), None)
    is_team = request.user.role in TEAM
    return {
        **page_of(request, case),
        "loan": loan,
        "standing": standing,
        "rows": claim_rows(standing),
        "ages": [(band_words(band), amount) for band, amount in standing.by_age.items() if amount],
        "with_recovery": position.handed_over if position else 0,
        "owed": position.outstanding + position.handed_over if position else 0,
        "form": form,
        "buttons": arrears_forms.attempt_buttons(),
        "attempts": sorted(loan.contact_attempts.all(), key=lambda one: (one.made_on, one.pk), reverse=True),
        "pause": pause,
        "done": done_of(loan),
        "handovers": list(loan.handovers.all()),
        "open_handover": next((one for one in loan.handovers.all() if one.state == HandoverState.OPEN), None),
        "open_write_off": loan.writeoffs.filter(state=ProposalState.OPEN).select_related("proposed_by").first(),
        "to_tell": list(payments_to_tell(loan)),
        "unsent": late.unsent(loan),
        "needs_notice": any(claim.needs_notice for claim in standing.claims),
        "may_work": is_team,
        "may_book": request.user.role == Role.BENEFITS_OFFICER,
        "may_decide": request.user.role == Role.PROJECT_LEAD,
        "may_open_dossier": request.user.role in (Role.BENEFITS_OFFICER, Role.PROJECT_LEAD),
        "may_write_down": request.user.role in (Role.BENEFITS_OFFICER, Role.PROJECT_LEAD),
    }


@team_required
@require_POST
def attempt(request: StaffRequest, number: str) -> HttpResponse:
    """Log an attempt with one press: the button says how it went."""
    case, loan, standing = late_loan(request, number)
    form = arrears_forms.AttemptForm(request.POST, today=clock.today())
    pressed = arrears_forms.read_attempt(request.POST.get("attempt", ""))
    if form.is_valid():
        try:
            if pressed is None:
                raise Refused(_("Choose how you tried to reach the citizen."))
            services.log_attempt(
                loan=loan,
                channel=pressed[0],
                reached=pressed[1],
                by=request.user,
                today=clock.today(),
                **form.cleaned_data,
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The attempt is logged."))
            return to_arrears(case)
    return render(request, "loans/arrears.html", _context(request, case, loan, standing, form))


def form_page(
    request: StaffRequest,
    case: CaseFile,
    loan: Loan,
    form: forms.Form,
    *,
    heading: str,
    submit: str,
    act: Callable[[dict[str, Any]], Any],
    done: str,
    rows: list[tuple[str, Any]] | None = None,
    text: str = "",
    irreversible: str = "",
) -> HttpResponse:
    """One form about arrears: shown, checked, done, and back to the arrears."""
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, done)
            return to_arrears(case)
    context = {
        **page_of(request, case),
        "loan": loan,
        "form": form,
        "heading": heading,
        "submit": submit,
        "rows": rows or [],
        "text": text,
        "irreversible": irreversible,
    }
    return render(request, "loans/arrears_form.html", context)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def pause(request: StaffRequest, number: str) -> HttpResponse:
    """Stop the reminders until a day, with the reason."""
    case, loan, _standing = late_loan(request, number)
    today = clock.today()
    return form_page(
        request,
        case,
        loan,
        arrears_forms.PauseForm(request.POST or None, today=today),
        heading=_("Pause the reminders"),
        text=_("No letters go out until then. The debt grows older all the same."),
        submit=_("Pause the reminders"),
        act=lambda values: services.pause_reminders(loan=loan, by=request.user, today=today, **values),
        done=_("The reminders are paused."),
    )


@team_required
@require_POST
def pause_lift(request: StaffRequest, number: str) -> HttpResponse:
    """Let the reminders go on from today."""
    case, loan, _standing = late_loan(request, number)
    today = clock.today()
    found = next((one for one in loan.pauses.all() if one.lifted_on is None and one.until >= today), None)
    try:
        if found is None:
            raise Refused(_("The pause is over already."))
        services.lift_pause(pause=found, by=request.user, today=today)
    except Refused as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The reminders go on from today."))
    return to_arrears(case)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: StaffRequest, number: str) -> HttpResponse:
    """The check page of the notice: which claims, how much, by when."""
    case, loan, standing = late_loan(request, number)
    today = clock.today()
    claims = [claim for claim in standing.claims if claim.needs_notice]
    if not claims:
        messages.info(request, _("No claim is ready for the notice. Look at what is missing for each."))
        return to_arrears(case)
    facts = arrears_letters.context_of(loan, LadderStep.NOTICE, claims, today)
    rows = [
        (_("To"), str(case.citizen)),
        (_("Instalments"), ", ".join(danish.long_date(claim.due) for claim in claims)),
        (_("Missing"), danish.kr(facts["total"])),
        (_("To be paid by"), danish.long_date(facts["pay_by"])),
    ]
    return form_page(
        request,
        case,
        loan,
        forms.Form(request.POST if request.method == "POST" else None),
        heading=_("Send the notice before a hand-over"),
        text=_("The citizen is told that the claim goes to recovery if it is not paid, and whom to ring before that."),
        rows=rows,
        submit=_("Send the notice"),
        act=lambda values: services.send_notice(loan=loan, by=request.user, today=today),
        done=_("The notice is on its way."),
    )


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def interruption(request: StaffRequest, number: str) -> HttpResponse:
    """Write down what starts a new period of limitation."""
    case, loan, standing = late_loan(request, number)
    today = clock.today()
    dues: list[date] = [claim.due for claim in standing.claims]
    return form_page(
        request,
        case,
        loan,
        arrears_forms.InterruptionForm(request.POST or None, dues=dues, today=today),
        heading=_("Limitation is interrupted"),
        text=_("A reminder does not interrupt it. A written acknowledgement, a judgement or a settlement does."),
        submit=_("Save the interruption"),
        act=lambda values: services.interrupt_limitation(loan=loan, by=request.user, today=today, **values),
        done=_("Saved. The limitation date is worked out anew."),
    )
