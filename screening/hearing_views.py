"""The hearing of the citizen before a stop: the letter is sent, the answer registered (danish-rules.md §2.1)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.views.base import case_context, get_case
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused
from microloan.core.forms import DateField
from screening import queries, rules, services
from screening.enums import ScreeningNumber, ScreeningState
from screening.forms import UnmarkedForm, refuse, text_area
from screening.models import HearingRecord, Screening


class HearingForm(UnmarkedForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    shown = forms.CharField(
        max_length=4000,
        label=gettext_lazy("What the decision would rest on"),
        help_text=gettext_lazy(
            "One thing on each line. It stands in the letter. Write what is, not how the citizen is."
        ),
        error_messages={"required": gettext_lazy("Write what the decision would rest on.")},
        widget=text_area(6),
    )
    answer_by = DateField(label=gettext_lazy("The citizen can answer until"))


class AnswerForm(UnmarkedForm):
    answer = forms.CharField(
        max_length=4000,
        label=gettext_lazy("What the citizen has answered"),
        help_text=gettext_lazy("It is repeated in the letter with the decision."),
        error_messages={"required": gettext_lazy("Write what the citizen has answered.")},
        widget=text_area(6),
    )
    answered_on = DateField(label=gettext_lazy("Answered on"))


def _screening(request: StaffRequest, number: str, pk: int) -> Screening:
    case = get_case(request, number)
    screening = queries.screening_of(case).filter(pk=pk).first()
    if screening is None or screening.number == ScreeningNumber.FOUR:
        raise Http404
    screening.case = case
    return screening


def _to(screening: Screening) -> HttpResponse:
    return redirect("screening:detail", number=screening.case.number, pk=screening.pk)


def _page(request: StaffRequest, screening: Screening, form: Any, **more: Any) -> HttpResponse:
    context = case_context(request, screening.case, tab="screening")
    title = str(ScreeningNumber(screening.number).label)
    return render(
        request, "screening/hearing.html", {**context, "screening": screening, "title": title, "form": form, **more}
    )


@team_required
def hearing(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Write what the citizen is to see, look at it once more, and send it."""
    screening = _screening(request, number, pk)
    if screening.state != ScreeningState.RECOMMENDED or services.hearing_of(screening):
        return _to(screening)
    today = clock.today()
    if request.method != "POST":
        usual = rules.usual_answer(today)
        initial = {"answer_by": usual, "shown": screening.plan, "version": screening.version}
        return _page(request, screening, HearingForm(initial=initial))
    form = HearingForm(request.POST)
    if not form.is_valid() or request.POST.get("step") == "edit":
        return _page(request, screening, form)
    data = form.cleaned_data
    if data["version"] != screening.version:
        messages.warning(request, _("The screening has been changed since you opened it. Read it again."))
        return _to(screening)
    if words := rules.answer_day_refusal(data["answer_by"], today):
        form.add_error("answer_by", words)
        return _page(request, screening, form)
    if request.POST.get("step") != "send":
        rows = [(form.fields[name].label, data[name]) for name in ("shown",)]
        rows.append((form.fields["answer_by"].label, danish.long_date(data["answer_by"])))
        return _page(request, screening, form, rows=rows)
    try:
        services.hold_hearing(screening=screening, **data, by=request.user, today=today)
    except Conflict as refusal:
        messages.warning(request, refusal.messages[0])
        return _to(screening)
    except Refused as refusal:
        refuse(form, refusal)
        return _page(request, screening, form)
    messages.success(request, _("The citizen is being heard. The decision waits for the answer."))
    return _to(screening)


def _to_answer(screening: Screening, recommendation: str) -> HearingRecord | None:
    """The hearing about the present recommendation, or the earlier one that the address names."""
    if not recommendation:
        return services.hearing_of(screening)
    records = services.hearings_of(screening)
    return next((record for record in records if str(record.recommendation_number) == recommendation), None)


def _answered_words(record: HearingRecord, screening: Screening) -> str:
    if services.is_about_present(record, screening):
        return _("The answer is registered. The project lead can decide.")
    return _("The answer is registered. It was about an earlier recommendation.")


@team_required
def hearing_answer(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Register the citizen's answer."""
    screening = _screening(request, number, pk)
    record = _to_answer(screening, request.GET.get("recommendation", ""))
    if record is None or screening.is_decided:
        return _to(screening)
    today = clock.today()
    form = AnswerForm(request.POST if request.method == "POST" else None, initial={"answered_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            services.record_answer(record=record, **form.cleaned_data, by=request.user, today=today)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _answered_words(record, screening))
            return _to(screening)
    return _page(request, screening, form, record=record)
