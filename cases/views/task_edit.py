"""A hand-made task is put right on a page of its own."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import services
from cases.forms import TaskEditForm, add_refusal
from cases.views.base import case_context, get_case, posted
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def case_task_edit(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """What, by when, whose turn and whose task. A derived or done task has no such page."""
    case = get_case(request, number)
    tasks = case.tasks.filter(key="", done_at__isnull=True)
    if request.method == "POST":  # nobody else saves it before this request is over
        case.tasks.select_for_update().filter(pk=pk).first()
    task = get_object_or_404(tasks, pk=pk)
    form = TaskEditForm(posted(request), stored=TaskEditForm.stored_of(task), row=task, today=clock.today())
    if request.method == "POST" and form.is_valid():
        try:
            services.update_task(task=task, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The task is corrected."))
            return redirect("cases:detail", number=case.number)
    context = {**case_context(request, case, tab="overview"), "form": form}
    return render(request, "cases/case_task_edit.html", context)
