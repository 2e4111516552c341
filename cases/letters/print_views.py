"""The print queue: what waits, the batches, and what to do after a crash."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.letters import print_queue
from cases.letters.models import LetterFileChanged, PrintBatch
from cases.letters.tasks import make_print_batch
from cases.models import CaseFile
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import danish
from microloan.core.errors import Refused
from microloan.core.queue import after_commit

PER_PAGE = 20


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def queue(request: StaffRequest) -> HttpResponse:
    """How many letters wait; one button makes them one file."""
    if request.method == "POST":
        if print_queue.waiting():
            after_commit(make_print_batch, request.user.pk)
            messages.success(
                request, _("The print batch is being made. It stands below in a moment: load the page again.")
            )
        else:
            messages.error(request, _("No letters wait to be printed."))
        return redirect("letters:print_queue")
    batches = PrintBatch.objects.select_related("made_by")
    context = {
        "waiting": print_queue.waiting(),
        "unfinished": PrintBatch.objects.filter(handed_over_at=None, taken_apart_at=None).exists(),
        "by_job": settings.PRINT_BATCH_BY_JOB,
        "page": Paginator(batches, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "letters/print_queue.html", context)


@team_required
def file(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """The stored file, to print it once more."""
    batch = get_object_or_404(PrintBatch, pk=batch_id)
    logged(request, AccessAction.DOWNLOAD, *CaseFile.objects.filter(letters__printed__batch=batch).distinct())
    try:
        pdf = batch.read_pdf()
    except LetterFileChanged as refusal:
        return render(request, "letters/file_changed.html", {"refusal": refusal.messages[0]}, status=409)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="printbunke-{batch.dated.isoformat()}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def finish(request: StaffRequest, batch_id: UUID) -> HttpResponse:
    """A person says whether a batch that was broken off was handed over."""
    batch = get_object_or_404(PrintBatch, pk=batch_id)
    if request.method == "POST":
        try:
            print_queue.finish_batch(batch=batch, was_handed_over=request.POST.get("went") == "yes", by=request.user)
        except Refused as refusal:
            messages.error(request, refusal.messages[0])
        else:
            messages.success(request, _("It is noted."))
        return redirect("letters:print_queue")
    rows = [
        (_("Made"), danish.date_and_time(batch.made_at)),
        (_("Date in the letters"), danish.long_date(batch.dated)),
        (_("Letters"), danish.number(batch.letter_count)),
        (_("In the outbox folder"), _("Yes") if print_queue.lies_in_outbox(batch) else _("No")),
    ]
    return render(request, "letters/print_finish.html", {"batch": batch, "rows": rows})
