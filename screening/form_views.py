"""Forms for citizens: made as fillable PDFs, and read when they come back (domain.md §4)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases.models import CaseFile
from cases.views.base import get_case
from microloan.accounts.enums import AccessAction
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.core.once import sent_once
from microloan.core.pdf import UnprintableText
from screening import services
from screening.citizen_forms.identity import FormIdentity
from screening.citizen_forms.kinds import FormKind, form_kinds
from screening.citizen_forms.rendering import form_context, render_form
from screening.forms import refuse
from screening.models import ReceivedForm
from screening.paper_forms import AcceptForm, UploadForm
from screening.paper_views import page, pdf_response
from screening.papers import rules
from screening.papers.enums import FormResult


@team_required
@require_safe
def form_pdf(request: StaffRequest, number: str, code: str) -> HttpResponse:
    """The form of a kind for this citizen: blank, or filled in with what is stored (`?prefilled=1`)."""
    case = get_case(request, number, action=AccessAction.DOWNLOAD)
    kind = form_kinds.get(code)
    if kind is None or not kind.is_for(case):
        raise Http404
    stored = kind.stored(case)
    values = stored.values if request.GET.get("prefilled") else {}
    context = form_context(
        identity=FormIdentity(case.number, kind.code, stored.version),
        label=kind.label,
        intro=kind.intro,
        parts=kind.parts(case),
        values=values,
        name=case.citizen.name,
        is_wide=kind.is_wide,
    )
    try:
        data = render_form(context)
    except UnprintableText as refusal:
        messages.error(request, str(refusal))
        return redirect("screening:papers", number=case.number)
    return pdf_response(data, f"skema-{case.number}-{kind.code}.pdf")


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def form_upload(request: StaffRequest, number: str) -> HttpResponse:
    """Take in a form that came back; it is kept as a document whatever it is."""
    case = get_case(request, number)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        try:
            received = services.receive_form(case=case, upload=form.upload, by=request.user, today=clock.today())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            return redirect("screening:form_received", number=case.number, pk=received.pk)
    return page(request, "form_upload", case, form=form)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def form_received(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """What came back next to what is stored; each field is accepted by itself."""
    case = get_case(request, number)
    received = get_object_or_404(case.received_forms.select_related("document", "received_by", "settled_by"), pk=pk)
    received.case = case
    kind = form_kinds.get(received.kind)
    if not received.is_waiting or kind is None or not case.is_open:
        if request.method == "POST":
            messages.info(request, _("The form has been dealt with already."))
        return page(request, "form_received", case, received=received, kind=kind, form=None)
    pairs = services.pairs_of(received, kind)
    propose = received.result == FormResult.READ
    form = AcceptForm(request.POST if request.method == "POST" else None, pairs=pairs, propose=propose)
    if request.method == "POST":
        if request.POST.get("step") == "aside":
            return _set_aside(request, case, received)
        if _is_outdated(request, kind.stored(case).version):
            messages.warning(
                request, _("Somebody else has saved a newer version in the meantime. Look at the fields again.")
            )
            return redirect("screening:form_received", number=case.number, pk=received.pk)
        if form.is_valid() and (answer := _accept(request, case, received, kind, form)):
            return answer
    return page(
        request,
        "form_received",
        case,
        received=received,
        kind=kind,
        form=form,
        base=kind.stored(case).version,
        assumed=_assumed(received, kind),
        same=sum(not (pair.is_new or pair.is_emptied or pair.problem) and bool(pair.came) for pair in pairs),
    )


def _assumed(received: ReceivedForm, kind: FormKind) -> list[tuple[str, str]]:
    """Question and answer of what is put in because the form does not say it."""
    answers = services.assumed_of(received, kind, clock.today())
    asked = {question.code: question for question in kind.questions(received.case)}
    return [(asked[code].label, rules.shown(asked[code], text)) for code, text in answers.items()]


def _is_outdated(request: StaffRequest, version: int) -> bool:
    """Whether the fields were shown next to another version than the one that is stored now."""
    return request.POST.get("base", "") != str(version)


def _accept(
    request: StaffRequest, case: CaseFile, received: ReceivedForm, kind: FormKind, form: AcceptForm
) -> HttpResponse | None:
    try:
        services.accept_form(
            received=received,
            fields=form.chosen(),
            base=int(request.POST["base"]),
            by=request.user,
            today=clock.today(),
        )
    except Conflict as refusal:
        messages.warning(request, refusal.messages[0])
        return redirect("screening:form_received", number=case.number, pk=received.pk)
    except Refused as refusal:
        refuse(form, refusal)
        return None
    messages.success(request, _("The fields are saved as a new version."))
    return redirect(reverse(kind.page, kwargs={"number": case.number, **kind.page_kwargs}))


def _set_aside(request: StaffRequest, case: CaseFile, received: ReceivedForm) -> HttpResponse:
    try:
        services.set_aside_form(received=received, by=request.user, today=clock.today())
    except Refused as refusal:
        messages.warning(request, refusal.messages[0])
    else:
        messages.success(request, _("The form is set aside. The file lies among the documents."))
    return redirect("screening:papers", number=case.number)
