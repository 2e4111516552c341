"""What is taught, by whom, where and when not: modules, teachers, places, school holidays."""

from collections.abc import Iterable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.models import CaseFile
from courses import mentors, services
from courses.forms import ModuleForm, PlaceForm, SchoolHolidayForm, TeacherEditForm, TeacherForm
from courses.models import CourseModule, Place, SchoolHoliday, Teacher
from courses.perms import KEEPERS
from courses.views.base import RUNS_PER_PAGE, show_refusal
from microloan.accounts.enums import TEAM, AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import role_required, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.once import sent_once

readers_required = role_required(*TEAM, *KEEPERS)
keepers_required = role_required(*KEEPERS)


@readers_required
def catalogue(request: HttpRequest) -> HttpResponse:
    modules = CourseModule.objects.annotate(
        granted=Count("grants", distinct=True), held=Count("runs", distinct=True)
    ).order_by("-is_active", "is_voluntary", "is_residential", "order", "title", "pk")
    page = Paginator(modules, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/catalogue.html", {"page": page, **_may(request)})


def _may(request: HttpRequest) -> dict[str, bool]:
    """Whether this person keeps the catalogue, and whether this person plans courses."""
    role = request.user.role  # type: ignore[union-attr]
    return {"is_keeper": role in KEEPERS, "is_team": role in TEAM}


@keepers_required
@sent_once
def module_new(request: HttpRequest) -> HttpResponse:
    return _module(request, None)


@keepers_required
def module_edit(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method == "POST":  # nobody else saves it before this request is over
        CourseModule.objects.select_for_update().filter(pk=pk).first()
    return _module(request, get_object_or_404(CourseModule, pk=pk))


def _module(request: HttpRequest, module: CourseModule | None) -> HttpResponse:
    form = ModuleForm(request.POST if request.method == "POST" else None, module=module)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_module(module=module, values=form.cleaned_data, by=request.user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The module is saved."))
            return redirect("courses:catalogue")
    return render(request, "courses/module_form.html", {"form": form, "module": module})


@team_required
@sent_once
def teachers(request: HttpRequest) -> HttpResponse:
    """The register of teachers, and a form for one more."""
    form = TeacherForm(request.POST or None, visible=CaseFile.objects.visible_to(request.user))
    if request.method == "POST" and form.is_valid():
        try:
            services.add_teacher(**form.cleaned_data, by=request.user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The teacher is in the register."))
            return redirect("courses:teachers")
    rows = Teacher.objects.order_by("-is_active", "name", "pk")
    page = Paginator(rows, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    former = _former_of(request, page)
    context = {"page": page, "form": form, "is_team": True, "former": former}
    return render(request, "courses/teachers.html", context)


def _former_of(request: HttpRequest, teachers: Iterable[Teacher]) -> dict[int, CaseFile]:
    """Teacher → own case, of those former borrowers whose case this person may see."""
    wanted = {teacher.former_case_id: teacher.pk for teacher in teachers if teacher.former_case_id}
    cases = CaseFile.objects.visible_to(request.user).filter(pk__in=wanted).select_related("citizen")
    found = {wanted[case.pk]: case for case in cases}
    if found:
        logged(request, AccessAction.LIST, *found.values())
    return found


@team_required
def teacher_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Put right what is written of a teacher, a former borrower perhaps."""
    if request.method == "POST":  # nobody else saves it before this request is over
        Teacher.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    teacher = get_object_or_404(Teacher.objects.select_related("former_case"), pk=pk)
    visible = CaseFile.objects.visible_to(request.user)
    form = TeacherEditForm(request.POST if request.method == "POST" else None, teacher=teacher, visible=visible)
    if request.method == "POST" and form.is_valid():
        values = {"former_case": teacher.former_case, **form.cleaned_data}
        try:
            saved = services.update_teacher(teacher=teacher, **values, by=request.user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            _former_of(request, [saved])
            messages.success(request, _("The teacher is saved."))
            return redirect("courses:teachers")
    _former_of(request, [teacher])
    helped = list(mentors.mentor_for(teacher, request.user)[:RUNS_PER_PAGE])
    if helped:
        logged(request, AccessAction.LIST, *[mentor.case for mentor in helped])
    today = clock.today()
    rows = [{"mentor": mentor, "is_over": mentor.is_over(today)} for mentor in helped]
    return render(request, "courses/teacher_form.html", {"form": form, "teacher": teacher, "helped": rows})


@team_required
@sent_once
def places(request: HttpRequest) -> HttpResponse:
    """The register of places, and a form for one more."""
    form = PlaceForm(request.POST if request.method == "POST" else None, place=None)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_place(place=None, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The place is saved."))
            return redirect("courses:places")
    page = Paginator(Place.objects.all(), RUNS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "courses/places.html", {"page": page, "form": form, "is_team": True})


@team_required
def place_edit(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method == "POST":  # nobody else saves it before this request is over
        Place.objects.select_for_update().filter(pk=pk).first()
    place = get_object_or_404(Place, pk=pk)
    form = PlaceForm(request.POST if request.method == "POST" else None, place=place)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_place(place=place, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The place is saved."))
            return redirect("courses:places")
    return render(request, "courses/place_form.html", {"form": form, "place": place})


@readers_required
@sent_once
def school_holidays(request: HttpRequest) -> HttpResponse:
    """The schools' days off, those to come first; kept by the project lead and the administrator."""
    may = _may(request)
    form = SchoolHolidayForm(request.POST or None) if may["is_keeper"] else None
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            services.add_school_holiday(**form.cleaned_data, by=request.user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The school holidays are saved."))
            return redirect("courses:school_holidays")
    page = Paginator(SchoolHoliday.objects.order_by("-first_on", "-pk"), RUNS_PER_PAGE)
    context = {"page": page.get_page(request.GET.get("page")), "form": form, "today": clock.today(), **may}
    return render(request, "courses/school_holidays.html", context)


@require_POST
@keepers_required
def school_holiday_remove(request: HttpRequest, pk: int) -> HttpResponse:
    services.remove_school_holiday(holiday=get_object_or_404(SchoolHoliday, pk=pk), by=request.user)
    messages.success(request, _("The school holidays are removed."))
    return redirect("courses:school_holidays")
