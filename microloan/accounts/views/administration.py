"""Users and centres, for administrators. No case content stands here (domain.md §2)."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import RequestConfig

from microloan.accounts import services
from microloan.accounts.filters import UserFilter
from microloan.accounts.forms import CentreForm, UserForm
from microloan.accounts.models import Centre, User
from microloan.accounts.perms import administrator_required
from microloan.accounts.tables import UserTable
from microloan.core.errors import Refused

PER_PAGE = 25


@administrator_required
@require_safe
def users(request: HttpRequest) -> HttpResponse:
    """Who may log in; `?closed=1` shows those whose access is closed."""
    closed = request.GET.get("closed") == "1"
    queryset = User.objects.filter(is_active=not closed).select_related("centre")
    keep = {"closed": "1"} if closed else {}
    found = UserFilter(request.GET, queryset=queryset)
    table = UserTable(found.qs)
    RequestConfig(request, paginate={"per_page": PER_PAGE}).configure(table)
    return render(request, "accounts/users.html", {"filter": found, "table": table, "closed": closed, "keep": keep})


@administrator_required
@never_cache
def user_new(request: HttpRequest) -> HttpResponse:
    form = UserForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user, password = services.create_user(**form.cleaned_data, by=request.user)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            return hand_over(request, user, password, _("%(name)s can now log in."))
    return render(request, "accounts/user_form.html", {"form": form})


@administrator_required
def user(request: HttpRequest, pk: int) -> HttpResponse:
    """What is kept about a user, to be changed."""
    person = get_object_or_404(User.objects.select_related("centre"), pk=pk)
    form = UserForm(request.POST if request.method == "POST" else None, user=person)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_user(user=person, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("The changes have been saved."))
            return redirect("accounts:users")
    return render(request, "accounts/user_form.html", {"form": form, "person": person})


@administrator_required
def user_close(request: HttpRequest, pk: int) -> HttpResponse:
    """The check page, and then the closing, of a user's access."""
    person = get_object_or_404(User.objects.select_related("centre").filter(is_active=True), pk=pk)
    if request.method == "POST":
        try:
            services.deactivate_user(user=person, by=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("accounts:user", pk=pk)
        messages.success(request, _("%(name)s can no longer log in.") % {"name": person.full_name})
        return redirect("accounts:users")
    rows = [(_("Name"), person.full_name), (_("User name"), person.username), (_("Role"), person.get_role_display())]
    return render(request, "accounts/user_close.html", {"person": person, "rows": rows})


@administrator_required
@require_POST
@never_cache
def user_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A new password for somebody who forgot it, shown once."""
    person = get_object_or_404(User, pk=pk)
    try:
        person, password = services.reset_password(user=person, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("accounts:user", pk=pk)
    return hand_over(request, person, password, _("%(name)s has a new password."))


@administrator_required
@require_POST
@never_cache
def user_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Open an access that was closed, with a new password."""
    person = get_object_or_404(User.objects.filter(is_active=False), pk=pk)
    person, password = services.reactivate_user(user=person, by=request.user)
    return hand_over(request, person, password, _("%(name)s can log in again."))


def hand_over(request: HttpRequest, person: User, password: str, heading: str) -> HttpResponse:
    """The only page that ever shows the password."""
    context = {"person": person, "password": password, "heading": heading % {"name": person.full_name}}
    return render(request, "accounts/user_password.html", context)


def refuse(form: Any, refusal: Refused) -> None:
    """Show a refusal at its field, or above the form."""
    field = refusal.field if refusal.field in form.fields else None
    for message in refusal.messages:
        form.add_error(field, message)


@administrator_required
@require_safe
def centres(request: HttpRequest) -> HttpResponse:
    """The centres that refer citizens, and whether each has a trained specialist (domain.md §2)."""
    active = Q(users__is_active=True)
    trained = active & Q(users__role="referral_specialist", users__specialist_trained_on__isnull=False)
    rows = Centre.objects.annotate(
        people=Count("users", filter=active), specialists=Count("users", filter=trained)
    ).order_by("-is_active", "name", "pk")
    return render(request, "accounts/centres.html", {"centres": rows})


@administrator_required
def centre_new(request: HttpRequest) -> HttpResponse:
    return _centre_form(request, None)


@administrator_required
def centre(request: HttpRequest, pk: int) -> HttpResponse:
    return _centre_form(request, get_object_or_404(Centre, pk=pk))


def _centre_form(request: HttpRequest, place: Centre | None) -> HttpResponse:
    form = CentreForm(request.POST if request.method == "POST" else None, centre=place)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_centre(centre=place, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("%(name)s has been saved.") % {"name": saved.name})
            return redirect("accounts:centres")
    return render(request, "accounts/centre_form.html", {"form": form, "centre": place})
