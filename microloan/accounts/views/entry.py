"""In and out: log-in, log-out, own password, the session, and the start page of each role."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from microloan.accounts import services
from microloan.accounts.demo import DEMO_PASSWORD, DEMO_USERNAMES, DEMO_USERS
from microloan.accounts.enums import Role
from microloan.accounts.forms import LogInForm, NewPasswordForm, PreferencesForm
from microloan.accounts.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"
# Where each role begins its day (ui-guide.md §3); the first address that exists is taken.
START_PAGES = {
    Role.COACH: ("cases:work", "cases:list"),
    Role.PROJECT_LEAD: ("cases:work", "cases:list"),
    Role.CASEWORKER: ("cases:my_referrals",),
    Role.REFERRAL_SPECIALIST: ("cases:my_referrals",),
    Role.BENEFITS_OFFICER: ("loans:disbursements",),
    Role.MANAGER: ("reports:overview",),
    Role.ADMINISTRATOR: ("accounts:users",),
    Role.AUDITOR: ("accounts:access_log",),
}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The start page of the role."""
    for name in (*START_PAGES[Role(request.user.role)], "help", "accounts:profile"):
        try:
            return redirect(reverse(name))
        except NoReverseMatch:
            continue
    raise Http404


class LogIn(LoginView):
    """By user name and password; afterwards to the page one wanted (`next`, own addresses only)."""

    template_name = "accounts/login.html"
    authentication_form = LogInForm
    redirect_authenticated_user = True
    extra_context = {"has_errors": False}  # noqa: RUF012

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, **_demo_logins())


def _demo_logins() -> dict[str, Any]:
    """The demo's people in the order of the roles; nothing outside demos."""
    if not settings.DEMO:
        return {}
    order = {person.username: place for place, person in enumerate(DEMO_USERS)}
    users = User.objects.filter(username__in=DEMO_USERNAMES, is_active=True).select_related("centre")
    return {"demo_users": sorted(users, key=lambda user: order[user.username]), "demo_password": DEMO_PASSWORD}


@login_not_required
@require_POST
def demo_login(request: HttpRequest) -> HttpResponse:
    """Log in as one of the demo's people with one click. There is no such address outside demos."""
    if not settings.DEMO:
        raise Http404
    username = request.POST.get("username", "")
    if username not in DEMO_USERNAMES:
        raise Http404
    user = get_object_or_404(User, username=username, is_active=True)
    login(request, user, backend=BACKEND)
    view = LogIn()
    view.setup(request)
    return HttpResponseRedirect(view.get_success_url())


log_in = LogIn.as_view()
log_out = never_cache(login_not_required(LogoutView.as_view()))


@method_decorator(never_cache, name="dispatch")
class PasswordChange(PasswordChangeView):
    template_name = "accounts/password_change.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("home")

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:
        response = super().form_valid(form)
        services.own_password_chosen(user=form.user)
        messages.success(self.request, _("Your password has been changed."))
        return response


password_change = PasswordChange.as_view()


@require_POST
def extend_session(request: HttpRequest) -> HttpResponse:
    """Answering is enough: every request prolongs the session. Without scripts one is back at the start page."""
    if request.accepts("text/html") and request.headers.get("Sec-Fetch-Mode") == "navigate":
        return redirect("home")
    return HttpResponse(status=204)


def profile(request: HttpRequest) -> HttpResponse:
    """What is kept about oneself, and how one likes to work."""
    given = request.POST if request.method == "POST" else None
    chosen = {"shortcuts_enabled": request.user.shortcuts_enabled, "digest": request.user.digest}
    form = PreferencesForm(given, initial=chosen, user=request.user)
    if request.method == "POST" and form.is_valid():
        services.save_preferences(user=request.user, **form.cleaned_data)
        messages.success(request, _("Your choices have been saved."))
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})
