"""How the daily jobs, the queue and the letters stand, for the administrator and the project lead."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from microloan.accounts import operations as services
from microloan.accounts.enums import Role
from microloan.accounts.perms import role_required
from microloan.core import clock, jobs, watch
from microloan.core.queue import after_commit
from microloan.core.tasks import run_job

operator_required = role_required(Role.ADMINISTRATOR, Role.PROJECT_LEAD)


@operator_required
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """What is wrong stands first, with what to do; then each job, the queue, signs of life and what is over."""
    now = clock.now()
    lines = list(services.job_lines(now))
    context = {
        "now": now,
        "alarms": watch.alarms(now),
        "lines": lines,
        "parts": services.parts(now),
        "signs": services.all_signs(now),
        "incidents": services.recent_incidents(now),
        "is_running": any(line.is_running for line in lines),
    }
    return render(request, "accounts/operations.html", context)


@operator_required
@require_POST
def operations_run(request: HttpRequest, name: str) -> HttpResponse:
    """Have one job run now, in the worker. It does what is missing and nothing twice."""
    if name not in jobs.registry:
        raise Http404
    after_commit(run_job, name, clock.today().isoformat())
    label = jobs.labels.get(name, name)
    messages.success(
        request, _("“%(job)s” has been put into the queue. Open the page again in a minute.") % {"job": label}
    )
    return redirect("accounts:operations")
