import re
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases import services as cases
from cases.models import CaseFile
from cases.views.base import case_context, get_case
from microloan.accounts.enums import AccessAction
from microloan.accounts.perms import lead_decides
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused
from screening import assessment, perms, presentation, queries, rules, services
from screening import draft as own_draft
from screening.enums import Outcome, ScreeningNumber, ScreeningState
from screening.forms import DecideForm, RecommendForm, ScreeningForm, refuse
from screening.models import Screening
from screening.perms import screener_required


def _context(request: HttpRequest, case: CaseFile, **more: Any) -> dict[str, Any]:
    context = case_context(request, case, tab="screening")
    return {**context, "may_decide": perms.may_decide(request.user), **more}


def _page(request: HttpRequest, name: str, screening: Screening, **more: Any) -> HttpResponse:
    """A page about one screening; `screening.case` is the case of the header."""
    common = {
        "screening": screening,
        "title": str(ScreeningNumber(screening.number).label),
        "result": presentation.result_of(screening),
        "facts": [(fact.label, fact.value) for fact in services.facts_of(screening, clock.today())],
        "material": presentation.material_rows(screening.case, services.material_of(screening)),
        "newer": services.newer_since_sent(screening),
        **_hearings(screening),
        "may_hold_hearing": perms.may_hear(request.user)
        and screening.state == ScreeningState.RECOMMENDED
        and screening.number != ScreeningNumber.FOUR
        and (
            perms.may_decide(request.user) or rules.needs_hearing(screening.recommendation, screening.number)
        )  # the lead may see a stop where the coach did not
        and screening.case.is_open,
    }
    return render(request, f"screening/{name}.html", _context(request, screening.case, **common, **more))


def _hearings(screening: Screening) -> dict[str, Any]:
    """The hearing about the present recommendation, and those about recommendations that were taken back."""
    rows = services.hearings_of(screening) if screening.number != ScreeningNumber.FOUR else []
    present = [row for row in rows if services.is_about_present(row, screening)]
    return {
        "hearing": present[0] if present else None,
        "earlier_hearings": [row for row in rows if row not in present],
    }


def _screening(
    request: HttpRequest, number: str, pk: int, *, lock: bool = False, action: AccessAction | None = None
) -> Screening:
    """`lock`: on a POST, nobody else saves it before this request is over."""
    case = get_case(request, number, action=action)
    if lock and request.method == "POST":
        case.screenings.select_for_update().filter(pk=pk).first()
    screening = queries.screening_of(case).filter(pk=pk).first()
    if screening is None or not perms.may_screen(request.user, case, screening.number):
        raise Http404
    screening.case = case
    return screening


def _to(screening: Screening, name: str = "detail") -> HttpResponse:
    return redirect(f"screening:{name}", number=screening.case.number, pk=screening.pk)


def _say(request: HttpRequest, refusal: Refused) -> None:
    for message in refusal.messages:
        messages.warning(request, message)


@screener_required
def overview(request: HttpRequest, number: str) -> HttpResponse:
    """The four screenings, their rounds, and what can be done next."""
    case = get_case(request, number)
    rows = [
        {
            "it": row,
            "rounds": [(screening, presentation.result_of(screening)) for screening in row.rounds],
            "clocks": _clocks(case, row.last),
        }
        for row in queries.overview(case, clock.today())
        if perms.may_screen(request.user, case, row.number)
    ]
    if not rows:  # a specialist who referred to another centre
        raise Http404
    return render(request, "screening/list.html", _context(request, case, rows=rows))


def _clocks(case: CaseFile, last: Screening | None) -> list[tuple[str, str]]:
    """The clocks that go on while the citizen improves what was sent back."""
    is_back = last is not None and last.outcome == Outcome.REVISE and case.phase == rules.PHASE_OF[last.number]
    return presentation.clock_rows(services.clocks_of(case, clock.today())) if is_back and case.is_open else []


@screener_required
def open_round(request: HttpRequest, number: str) -> HttpResponse:
    """Start the next round of a screening, or come to the open one. By GET, such as after a log-in: where one can."""
    case = get_case(request, number)
    if request.method != "POST":
        return redirect("screening:list", number=case.number)
    wanted = request.POST.get("screening", "")
    if wanted not in {str(known) for known in ScreeningNumber.values}:
        raise Http404
    if not perms.may_screen(request.user, case, int(wanted)):
        raise Http404
    try:
        screening = services.open_screening(case=case, number=int(wanted), by=request.user, today=clock.today())
    except Refused as refusal:
        _say(request, refusal)
        return redirect("screening:list", number=case.number)
    return redirect("screening:edit", number=case.number, pk=screening.pk)


@screener_required
def detail(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """One round, to be read. A draft is written on its own page."""
    screening = _screening(request, number, pk)
    return _page(
        request,
        "detail",
        screening,
        parts=presentation.parts_of(screening, presentation.answers_of(screening, clock.today())),
        decision=presentation.decision_rows(screening) if screening.is_decided else [],
        recommendation=services.outcome_words(screening, screening.recommendation) if screening.recommendation else "",
        clocks=_clocks(screening.case, screening),
        is_stop=screening.outcome == Outcome.STOP and screening.number != ScreeningNumber.FOUR,
        is_current=screening.case.phase == rules.PHASE_OF[screening.number],
    )


@screener_required
def edit(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The form of a draft (ui-guide.md §3.3)."""
    screening = _screening(request, number, pk, lock=True)
    if screening.state != ScreeningState.DRAFT:
        if request.method == "POST":
            _say(request, Refused(_locked_words(screening)))
        return _to(screening)
    draft = _open_draft(request, screening)
    if request.method != "POST":
        return _edit_page(request, screening, _screening_form(screening, draft=draft.content), draft)
    form = _screening_form(screening, request.POST)
    if form.is_valid():
        try:
            _save(request, screening, form)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            return _saved(request, screening)
    return _edit_page(request, screening, form, replace(draft, content={}, saved_at=None))


def _open_draft(request: HttpRequest, screening: Screening) -> cases.DraftState:
    return cases.open_draft(
        owner=request.user, kind=own_draft.CODE, key=own_draft.key_of(screening), today=clock.today()
    )


def _edit_page(
    request: HttpRequest, screening: Screening, form: ScreeningForm, draft: cases.DraftState
) -> HttpResponse:
    return _page(request, "edit", screening, form=form, draft=draft, agreed=queries.agreed_before(screening))


def _save(request: HttpRequest, screening: Screening, form: ScreeningForm) -> None:
    """What was typed is in the screening now, so the writer's own draft is done with."""
    with transaction.atomic():
        services.save_draft(
            screening=screening,
            draft=form.draft(),
            version=screening.version,
            by=request.user,
            today=clock.today(),
        )
        cases.finish_draft(
            owner=request.user,
            kind=own_draft.CODE,
            key=own_draft.key_of(screening),
            page=cases.draft_page(request.POST),
            now=clock.now(),
        )


def _sent_words(screening: Screening) -> str:
    return _("The screening has been sent already: %(recommendation)s. Nothing has been changed.") % {
        "recommendation": services.outcome_words(screening, screening.recommendation)
    }


def _locked_words(screening: Screening) -> str:
    if screening.is_decided:
        return _("The screening is decided and locked. Nothing has been saved.")
    return _("The screening lies with the project lead. Take it back before you change it.")


def _screening_form(screening: Screening, data: Any = None, *, draft: Any = None) -> ScreeningForm:
    today = clock.today()
    return ScreeningForm(
        data,
        screening=screening,
        staff=queries.possible_staff(screening.case, screening.staff.all()),
        warnings=services.current_warnings(screening, today),
        today=today,
        draft=draft,
    )


def _saved(request: HttpRequest, screening: Screening) -> HttpResponse:
    if request.POST.get("next") == "check":
        return _to(screening, "check")
    messages.success(request, _("Draft saved %(time)s") % {"time": danish.clock_time(clock.now())})
    return _to(screening, "edit")


@screener_required
def check(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """All answers, each with a way back to it, and the recommendation."""
    screening = _screening(request, number, pk)
    if screening.state != ScreeningState.DRAFT:
        if request.method == "POST":  # from a page that was opened before it was sent
            _say(request, Refused(_sent_words(screening)))
        return _to(screening)
    form = RecommendForm(request.POST if request.method == "POST" else None, screening=screening)
    if request.method == "POST" and form.is_valid():
        try:
            services.recommend(
                screening=screening,
                recommendation=form.cleaned_data["recommendation"],
                version=form.cleaned_data["version"],
                by=request.user,
                today=clock.today(),
            )
        except Conflict:
            messages.warning(
                request, _("Somebody else has changed the screening. Look at it again before you send it.")
            )
            return _to(screening, "check")
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("The screening has been sent to the project lead."))
            return _to(screening)
    answers = presentation.answers_of(screening, clock.today())
    return _page(
        request,
        "check",
        screening,
        form=form,
        parts=presentation.parts_of(screening, answers),
        missing=[answer for answer in answers if answer.missing],
        not_assessed=sum(score.value is None for score in screening.scores.all()),
    )


@screener_required
@require_safe
def assessment_pdf(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The assessment and recommendation, to print or hand out; under a name that says nothing about the person."""
    screening = _screening(request, number, pk, action=AccessAction.DOWNLOAD)
    try:
        pdf = assessment.render(screening, clock.today())
    except Refused as refusal:
        _say(request, refusal)
        return _to(screening)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{assessment.file_name(screening)}"'
    response["Cache-Control"] = "private, no-store"
    return response


@screener_required
def take_back(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Make a recommended screening a draft again. By GET, such as after a log-in: the screening."""
    screening = _screening(request, number, pk)
    if request.method != "POST":
        return _to(screening)
    shown = request.POST.get("version", "")
    try:
        services.take_back(
            screening=screening,
            by=request.user,
            today=clock.today(),
            version=int(shown) if re.fullmatch(r"[0-9]{1,9}", shown) else None,
        )
    except Conflict:
        _say(request, Refused(_("The screening has been changed since you opened it. Read it again.")))
        return _to(screening)
    except Refused as refusal:
        _say(request, refusal)
        return _to(screening)
    messages.success(request, _("The screening is a draft again."))
    return _to(screening, "edit")


@lead_decides("screening:detail")
def decide(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Decision, then a page that repeats it, then locked. Without scripts the form travels along in hidden fields."""
    screening = _screening(request, number, pk)
    if screening.is_decided:
        if request.method == "POST":
            messages.info(request, _decided_words(screening))
        return _to(screening)
    if request.method == "POST":
        return _decide_post(request, screening)
    return _decide_page(
        request, screening, DecideForm(screening=screening, today=clock.today(), heard=services.hearing_of(screening))
    )


def _decided_words(screening: Screening) -> str:
    return _("%(name)s has already decided this screening on %(date)s. Nothing has been changed.") % {
        "name": screening.decided_by.full_name,
        "date": danish.long_date(screening.decided_on),
    }


def _decide_post(request: HttpRequest, screening: Screening) -> HttpResponse:
    form = DecideForm(request.POST, screening=screening, today=clock.today())
    step = request.POST.get("step")
    if not form.is_valid() or step == "edit":
        return _decide_page(request, screening, form)
    decision, version = form.decision(), form.cleaned_data["version"]
    now = {"screening": screening, "decision": decision, "by": request.user, "today": clock.today()}
    try:
        if version != screening.version:
            raise Conflict(_("The screening has been changed since you opened it. Read it again."))
        services.check_versions(screening, form.cleaned_data["rests_on"])
        if step != "confirm":
            services.check_decision(**now)
            return _page(request, "decide_check", screening, form=form, rows=_summary(form), effects=_effects(form))
        services.decide(**now, version=version, rests_on=form.cleaned_data["rests_on"])
    except Conflict as refusal:
        messages.warning(request, refusal.messages[0])
        return _changed_meanwhile(request, screening)
    except Refused as refusal:
        refuse(form, refusal)
        return _decide_page(request, screening, form)
    messages.success(request, _("The screening is decided and locked."))
    return _to(screening)


def _changed_meanwhile(request: HttpRequest, before: Screening) -> HttpResponse:
    """What changed since, such as an answer to the hearing, with what was typed; nothing to decide where it was taken back."""
    screening = queries.screening_of(before.case).get(pk=before.pk)
    screening.case = before.case
    if screening.state != ScreeningState.RECOMMENDED:
        return _to(screening)
    typed = request.POST.copy()
    typed["version"], typed["rests_on"] = str(screening.version), services.versions_now(screening.case)
    return _decide_page(request, screening, DecideForm(typed, screening=screening, today=clock.today()))


def _decide_page(request: HttpRequest, screening: Screening, form: DecideForm) -> HttpResponse:
    return _page(
        request,
        "decide",
        screening,
        form=form,
        unfinished=services.unfinished(screening, clock.today()),
        parts=presentation.parts_of(screening, presentation.answers_of(screening, clock.today())),
        recommendation=services.outcome_words(screening, screening.recommendation) if screening.recommendation else "",
    )


def _summary(form: DecideForm) -> list[tuple[str, Any]]:
    """The decision as it was typed, and what the higher rooms work out from it: the same dates as in the letter."""
    worked_out = services.worked_out(screening=form.screening, decision=form.decision(), today=form.today)
    return [*form.summary(), *worked_out]


def _effects(form: DecideForm) -> list[str]:
    """What happens when the decision is confirmed, in the order of its doing."""
    screening, outcome = form.screening, form.cleaned_data["outcome"]
    name = str(screening.case.citizen)
    effects = [
        _("The screening is locked. A change takes a new round."),
        _("%(name)s gets a letter dated today.") % {"name": name},
    ]
    if outcome == Outcome.REVISE:
        effects.append(
            _("%(name)s has until %(date)s. The case stays in its phase, and its clock goes on.")
            % {"name": name, "date": danish.long_date(form.cleaned_data["return_by"])}
        )
    if outcome == Outcome.CONTINUE and screening.number in rules.NEXT_PHASE:
        phase = rules.NEXT_PHASE[screening.number].label
        effects.append(_("The case goes on to the phase “%(phase)s”.") % {"phase": phase})
    elif rules.needs_hearing(outcome, screening.number):
        effects.append(_("The letter holds the reasons and how to appeal. The next step is to close the case."))
    return effects
