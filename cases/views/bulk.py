"""Many tasks at once (ui-guide.md §2): rows are ticked, a check page says what becomes of each, and it can be undone."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from cases import queries, services
from cases.forms import AssignForm, MoveForm, add_refusal
from cases.models import BulkChange, BulkKind, CaseFile, Task
from cases.services import bulk as rules
from cases.views.base import posted
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused

ACTIONS = {"assign": "cases:bulk_assign", "move": "cases:bulk_move", "letter": "letters:bulk"}


def own_address(request: StaffRequest, address: str) -> str:
    """The address if it is one of ours, else Mit arbejde."""
    safe = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if safe and address.startswith("/") else reverse("cases:work")


def ticked(values: Iterable[str]) -> list[int]:
    """The keys of ticked rows, each once; what is no key is passed over."""
    return list(
        dict.fromkeys(int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 18)
    )


@team_required
@require_POST
def choose(request: StaffRequest) -> HttpResponse:
    """From the ticked rows to the check page of the button pressed."""
    back = own_address(request, request.POST.get("next", ""))
    ids = ticked(request.POST.getlist("task"))
    target = ACTIONS.get(request.POST.get("do", ""))
    if not ids or target is None:
        messages.error(request, _("Nothing has been ticked. Tick the tasks first, then choose what to do with them."))
        return redirect(back)
    query = QueryDict(mutable=True)
    query.setlist("task", [str(pk) for pk in ids[: rules.MOST_AT_ONCE]])
    query["next"] = back
    return redirect(f"{reverse(target)}?{query.urlencode()}")


def tasks_asked_for(request: StaffRequest) -> list[Task]:
    """The tasks named in the address that this person may see, as the list shows them."""
    ids = ticked(request.GET.getlist("task"))[: rules.MOST_AT_ONCE]
    visible = CaseFile.objects.visible_to(request.user)
    tasks = Task.objects.filter(pk__in=ids, case__in=visible).select_related("case__citizen", "owner")
    return list(tasks.order_by("due_on", "pk"))


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: StaffRequest) -> HttpResponse:
    """Give the ticked tasks to somebody."""
    tasks, today = tasks_asked_for(request), clock.today()
    form = AssignForm(posted(request), without_coach=len(rules.without_coach(tasks)))

    def do(values: dict[str, Any]) -> BulkChange:
        return services.assign_tasks(
            task_ids=[task.pk for task in tasks],
            owner=values["owner"],
            also_coach=values.get("also_coach", False),
            by=request.user,
            today=today,
        )

    def plan(values: dict[str, Any]) -> rules.Plan:
        return rules.plan_assign(values["owner"])

    words = {
        "title": _("Assign tasks"),
        "field_label": _("Owner"),
        "check": _("Check the tasks"),
        "submit": _("Assign tasks"),
    }
    return _step(request, tasks, form, plan, do, words, today)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: StaffRequest) -> HttpResponse:
    """Move the due date of the ticked tasks."""
    tasks, today = tasks_asked_for(request), clock.today()
    form = MoveForm(posted(request), today=today)

    def do(values: dict[str, Any]) -> BulkChange:
        return services.move_tasks(
            task_ids=[task.pk for task in tasks], due_on=values["due_on"], by=request.user, today=today
        )

    def plan(values: dict[str, Any]) -> rules.Plan:
        return rules.plan_move(values["due_on"])

    words = {
        "title": _("Move due dates"),
        "field_label": _("Due date"),
        "check": _("Check the tasks"),
        "submit": _("Move due dates"),
    }
    return _step(request, tasks, form, plan, do, words, today)


def _step(
    request: StaffRequest, tasks: list[Task], form: Any, plan: Any, do: Any, words: dict[str, str], today: date
) -> HttpResponse:
    """The form, then the check page, then the deed: whichever this request has come to."""
    back = own_address(request, request.GET.get("next", ""))
    planned: list[rules.Planned] = []
    if request.method == "POST" and "edit" not in request.POST and form.is_valid():
        planned = [plan(form.cleaned_data)(task) for task in tasks]
        if "confirm" in request.POST:
            try:
                change = do(form.cleaned_data)
            except Refused as refusal:
                add_refusal(form, refusal)
                planned = []
            else:
                logged(request, AccessAction.CHANGE, *(task.case for task in tasks))
                _tell(request, change, back)
                return redirect(back)
    logged(request, AccessAction.LIST, *(task.case for task in tasks))
    context = {
        **words,
        "tasks": tasks,
        "form": form,
        "planned": [row for row in planned if not row.why_not],
        "left": [row for row in planned if row.why_not],
        "checked": bool(planned),
        "hidden": {name: form.data.get(name, "") for name in form.fields} if planned else {},
        "steps": {pk: queries.step_label(step) for pk, step in queries.steps_of(t.case for t in tasks).items()},
        "back": back,
        "today": today,
    }
    return render(request, "cases/bulk.html", context)


def _tell(request: StaffRequest, change: BulkChange, back: str) -> None:
    number = rules.tasks_of(change)
    if change.kind == BulkKind.ASSIGN:
        text = ngettext("%(number)s task has been assigned.", "%(number)s tasks have been assigned.", number)
    else:
        text = ngettext(
            "The due date of %(number)s task has been moved.", "%(number)s due dates have been moved.", number
        )
    context = {"text": text % {"number": number}, "change": change, "next": back}
    messages.success(request, render_to_string("cases/_bulk_done.html", context, request=request))


@team_required
@require_POST
def undo(request: StaffRequest, pk: int) -> HttpResponse:
    """Put back what was done to many tasks at once. Only one's own; a colleague's does not exist here."""
    change = get_object_or_404(BulkChange, pk=pk, by=request.user)
    try:
        back, left = services.undo_bulk(change=change, by=request.user, today=clock.today())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        ids = {row["task"] for row in change.changes if "task" in row}
        logged(request, AccessAction.CHANGE, *CaseFile.objects.filter(tasks__in=ids).order_by("pk").distinct())
        words = ngettext("%(number)s task is as it was.", "%(number)s tasks are as they were.", back)
        messages.success(request, words % {"number": back})
        if left:
            words = ngettext(
                "%(number)s task was left alone: somebody has changed it since.",
                "%(number)s tasks were left alone: somebody has changed them since.",
                left,
            )
            messages.warning(request, words % {"number": left})
    return redirect(own_address(request, request.POST.get("next", "")))
