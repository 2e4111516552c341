"""The clock of a demo, moved forward to show deadlines. Not there in production."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from microloan.accounts.demo_clock import move_clock_to
from microloan.accounts.enums import Role
from microloan.accounts.forms import DemoClockForm
from microloan.accounts.perms import role_required
from microloan.accounts.views.administration import refuse
from microloan.core import clock, jobs
from microloan.core.danish import long_date
from microloan.core.errors import Refused


@role_required(Role.ADMINISTRATOR, Role.PROJECT_LEAD)
def demo_clock(request: HttpRequest) -> HttpResponse:
    """Move the clock forward, and do what the daily jobs would have done on the days passed."""
    if not settings.DEMO:
        raise Http404
    today = clock.today()
    form = DemoClockForm(request.POST if request.method == "POST" else None, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            counts = move_clock_to(form.cleaned_data["day"], today=today)
        except Refused as refusal:
            refuse(form, refusal)
        except jobs.JobIsRunning:
            form.add_error(None, _("The daily jobs are running just now. Try again in a minute."))
        else:
            made = sum(count.created for count in counts.values())
            done = ngettext("The daily jobs did %(count)s thing.", "The daily jobs did %(count)s things.", made)
            text = _("It is now %(date)s.") % {"date": long_date(clock.today())}
            messages.success(request, f"{text} {done % {'count': made}}")
            return redirect("demo_clock")
    return render(request, "accounts/demo_clock.html", {"form": form, "today": today, "steps": (1, 7, 30)})
