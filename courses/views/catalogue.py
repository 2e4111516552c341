"""The catalogue of modules and the register of teachers."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from courses import services
from courses.forms import TeacherForm
from courses.models import CourseModule, Teacher
from courses.views.base import RUNS_PER_PAGE, show_refusal
from microloan.accounts.perms import team_required
from microloan.core.errors import Refused


@team_required
def catalogue(request: HttpRequest) -> HttpResponse:
    modules = CourseModule.objects.annotate(
        granted=Count("grants", distinct=True), held=Count("runs", distinct=True)
    ).order_by("order", "title")
    page = Paginator(modules, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/catalogue.html", {"page": page})


@team_required
def teachers(request: HttpRequest) -> HttpResponse:
    """The register of teachers, and a form for one more."""
    form = TeacherForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_teacher(**form.cleaned_data, by=request.user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The teacher is in the register."))
            return redirect("courses:teachers")
    page = Paginator(Teacher.objects.filter(is_active=True), RUNS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/teachers.html", {"page": page, "form": form})
