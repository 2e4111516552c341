"""Cohorts, a pre-course planned in one go, and the residential course before the main course."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from cases import services as cases
from cases.enums import Phase
from cases.models import CaseFile, Cohort
from cases.services.phases import missing_for
from courses import cohorts, queries, services
from courses.models import CourseModule, CourseRun, Enrolment, ResidentialException
from microloan.core import clock, danish
from microloan.core.errors import Refused
from reports.demo import municipality
from reports.demo.story import Story
from tests.courses.conftest import START, make_run
from tests.courses.test_sessions import at
from tests.courses.test_views import _queries
from tests.support.forms import seen

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def group(town, granted: Story) -> Cohort:
    """A cohort of two, the second of whom was granted another module beside."""
    second = municipality.in_development(town, Story(town.casts[0], next(town.crowd), START)).development().wait(5)
    second.screen(2, modules=[CourseModule.objects.get(code="vat_tax")]).join(granted.case.cohort)
    return granted.case.cohort


def base(cohort: Cohort, **changes) -> dict[str, str]:
    return {
        "step": "propose",
        "first_on": "10-08-2026",
        "main_course_on": "09-11-2026",
        "place": "Kursuscentret",
        "school_holidays": "on",
        "july": "on",
        **changes,
    }


def rows(page) -> dict[str, str]:
    """What the check page sends back."""
    sent = {}
    for row in page.context["rows"]:
        for name in row.fields:
            value = row.fields[name].prepare_value(row[name].value())
            if name in ("included", "chosen"):
                value = "on" if value else ""
            if value not in (None, "", []):
                sent[row[name].html_name] = value.pk if hasattr(value, "pk") else str(value)
    return sent


def test_who_comes_late_gets_the_seats_that_the_others_do_not_need(town, group, granted: Story, client_for):
    """A second residential course in the cohort: who has a seat on the first or has completed it takes none."""
    first = make_run(town, first=granted.day + 20 * DAY)
    CourseRun.objects.filter(pk=first.pk).update(cohort=group)
    granted.enrol(first)
    client, url = client_for(town.casts[0].coach), reverse("courses:pre_course", kwargs={"pk": group.pk})
    typed = base(group, first_on=danish.input_date(first.ends_on + 30 * DAY))
    typed["main_course_on"] = danish.input_date(first.ends_on + 90 * DAY)
    with clock.at(granted.day + DAY):
        page = client.post(url, typed)
        assert "Internatet er ikke med i planen." not in page.text  # it is planned already
        assert "Internatet slutter mere end 14 dage før hovedforløbet." in page.text
        residential = next(row for row in page.context["rows"] if row.module.is_residential)
        sent = {**typed, **rows(page), f"{residential.prefix}-included": "on", "step": "again"}
        page = client.post(url, sent)
        residential = next(row for row in page.context["rows"] if row.module.is_residential)
        assert (residential.granted, residential.lacking) == (2, 1)
        sent = {**typed, **rows(page), f"{residential.prefix}-capacity": "12", "step": "save", "with_seats": "on"}
        assert client.post(url, sent).status_code == 302
    second = CourseRun.objects.filter(cohort=group, module__is_residential=True).latest("starts_on")
    assert granted.case.pk not in set(second.enrolments.values_list("case", flat=True))
    assert second.enrolments.count() == 1


def test_more_citizens_than_seats_is_said_before_and_after(town, group, client_for):
    client, url = client_for(town.casts[0].coach), reverse("courses:pre_course", kwargs={"pk": group.pk})
    with clock.at(date(2026, 7, 1)):
        page = client.post(url, base(group))
        residential = next(row for row in page.context["rows"] if row.module.is_residential)
        sent = {**base(group), **rows(page), f"{residential.prefix}-capacity": "1", "with_seats": "on"}
        assert "2 borgere mangler modulet. Pladser: 1." in client.post(url, {**sent, "step": "again"}).text
        done = client.post(url, {**sent, "step": "save"}, follow=True)
    assert "Ikke alle fik en plads: Internat" in done.text


def test_a_pre_course_is_proposed_checked_and_planned_with_seats(town, group, client_for):
    client = client_for(town.casts[0].coach)
    url = reverse("courses:pre_course", kwargs={"pk": group.pk})
    with clock.at(date(2026, 7, 1)):
        assert "Internat" in client.get(url).content.decode()
        page = client.post(url, base(group))
        assert page.context["warnings"] == []
        assert not CourseRun.objects.exists()
        planned = [row.module.code for row in page.context["rows"]]
        assert planned[-1] == "residential_course"
        assert "vat_tax" in planned
        answer = client.post(url, {**base(group, step="save"), **rows(page), "with_seats": "on"})
    assert answer.url == reverse("courses:cohort", kwargs={"pk": group.pk})
    runs = list(CourseRun.objects.filter(cohort=group).order_by("starts_on"))
    assert runs[-1].module.is_residential
    assert timedelta(0) < date(2026, 11, 9) - runs[-1].ends_on <= timedelta(days=14)
    assert runs[-1].sessions.count() == 4
    assert runs[-1].enrolments.count() == 2
    assert Enrolment.objects.filter(run__module__code="vat_tax").count() == 1
    group.refresh_from_db()
    assert group.main_course_on == date(2026, 11, 9)


def test_another_date_is_proposed_again_before_it_is_planned(town, group, client_for):
    client = client_for(town.casts[0].coach)
    url = reverse("courses:pre_course", kwargs={"pk": group.pk})
    residential = CourseModule.objects.get(is_residential=True)
    with clock.at(date(2026, 7, 1)):
        first = rows(client.post(url, base(group)))
        moved = {**first, f"m{residential.pk}-first_on": "01-09-2026"}
        page = client.post(url, {**base(group, step="save"), **moved})
        assert not CourseRun.objects.exists()
        assert any("mere end 14 dage" in line for line in page.context["warnings"])
        again = rows(page)
        assert again[f"m{residential.pk}-first_on"] == "01-09-2026"
        assert again[f"m{residential.pk}-chosen"] == "on"
        # Emptied, the planner chooses again; a module that is not ticked is left out.
        page = client.post(url, {**base(group, step="again"), **again, f"m{residential.pk}-first_on": ""})
        assert page.context["warnings"] == []
        without = {key: value for key, value in rows(page).items() if key != f"m{residential.pk}-included"}
        page = client.post(url, {**base(group, step="again"), **without})
        assert page.context["warnings"] == ["Internatet er ikke med i planen."]
        wrong = client.post(url, base(group, main_course_on="01-08-2026", first_on="30-02-2027"))
        assert set(wrong.context["form"].errors) == {"first_on"}
        early = client.post(url, base(group, main_course_on="01-08-2026"))
        assert set(early.context["form"].errors) == {"main_course_on"}


def test_all_clashes_of_a_plan_are_shown_and_it_is_planned_whole_or_not_at_all(town, group, client_for):
    teacher = services.add_teacher(name="Tove Testesen", phone="", email="", by=town.casts[0].coach)
    client = client_for(town.casts[0].coach)
    url = reverse("courses:pre_course", kwargs={"pk": group.pk})
    residential = CourseModule.objects.get(is_residential=True)
    with clock.at(date(2026, 7, 1)):
        first = rows(client.post(url, base(group)))
        first = {**first, **{f"{key.split('-')[0]}-teacher": str(teacher.pk) for key in first}}
        days = [date.fromisoformat(day) for day in first[f"m{residential.pk}-proposed"].split(",")]
        taken = services.plan_run(
            module=CourseModule.objects.get(code="network_day"), place="Huset", capacity=12, teacher=teacher,
            sessions=[(at(days[0], 10), at(days[0], 12))], cohort=None, by=town.casts[0].coach,
        )  # fmt: skip
        page = client.post(url, {**base(group, step="save"), **first})
        assert CourseRun.objects.get() == taken
        assert "Tove Testesen har allerede: Netværksdag" in " ".join(page.context["plan"].errors["overruled"])
        done = client.post(url, {**base(group, step="save"), **first, "overruled": "Tove deles om dagen"})
    assert done.status_code == 302
    run = CourseRun.objects.get(module=residential)
    assert run.overruled_clashes.get().reason == "Tove deles om dagen"


def test_the_cohort_page_costs_the_same_at_any_size(town, group, client_for):
    client = client_for(town.casts[0].coach)
    url = reverse("courses:cohort", kwargs={"pk": group.pk})
    small = _queries(client, url)
    for _number in range(2):
        municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START))
    assert _queries(client, url) == small
    listing = reverse("courses:cohorts")
    few = _queries(client, listing)
    for number in range(25):
        Cohort.objects.create(code=f"X{number}", start_on=START, end_on=START + DAY)
    assert _queries(client, listing) == few


def test_the_cohort_page_says_how_far_each_is_and_counts_the_days_to_the_payout(town, granted, client_for):
    run = make_run(town)
    granted.enrol(run).attend(run)
    client = client_for(town.casts[0].coach)
    url = reverse("courses:cohort", kwargs={"pk": granted.case.cohort_id})
    with clock.at(run.ends_on + 31 * DAY):
        page = client.get(url).content.decode()
        assert "Dag 31 af 30 til udbetaling" in page
        assert "Trin 6: Kurser" in page
        case_page = client.get(reverse("courses:case", kwargs={"number": granted.case.number})).content.decode()
        assert "Dag 31 af 30 til udbetaling" in case_page
        overview = reverse("cases:detail", kwargs={"number": granted.case.number})
        assert "Dag 31 af 30 til udbetaling" in client.get(overview).text
        CaseFile.objects.filter(pk=granted.case.pk).update(phase=Phase.MAIN_COURSE)
        assert "til udbetaling" not in client.get(overview).text
    assert f"Hovedforløb senest {danish.short_date(run.ends_on + 14 * DAY)}" in page


def test_the_runs_of_a_cohort_are_paged(town, group, client_for, monkeypatch):
    monkeypatch.setattr("courses.views.cohorts.COHORT_RUNS", 1)
    first, last = make_run(town, "marketing"), make_run(town, "vat_tax", date(2026, 9, 7))
    CourseRun.objects.filter(pk__in=[first.pk, last.pk]).update(cohort=group)
    client = client_for(town.casts[0].coach)
    url = reverse("courses:cohort", kwargs={"pk": group.pk})
    assert list(client.get(url).context["runs"]) == [first]
    assert "?runs=2" in client.get(url).text
    assert list(client.get(url, {"runs": "2"}).context["runs"]) == [last]


def test_who_joins_late_is_kept_with_date_and_note(town, granted, client_for):
    client = client_for(town.casts[0].coach)
    case, cohort = granted.case, granted.case.cohort
    url = reverse("cases:cohort", kwargs={"number": case.number})
    joined = cohort.start_on + 20 * DAY
    typed = {"cohort": cohort.pk, "cohort_joined_on": danish.input_date(joined), "cohort_note": "Nåede ikke regnskab"}
    assert client.post(url, {**typed, **seen(client.get(url))}).status_code == 302
    page = client.get(reverse("courses:cohort", kwargs={"pk": cohort.pk})).content.decode()
    assert "Nåede ikke regnskab" in page
    case.refresh_from_db()
    cases.set_cohort(case=case, cohort=None, by=town.casts[0].coach)
    case.refresh_from_db()
    assert (case.cohort_joined_on, case.cohort_note) == (None, "")


def test_a_cohort_is_opened_and_corrected(town, client_for):
    client = client_for(town.casts[0].coach)
    url = reverse("courses:cohort_new")
    typed = {"code": "M40", "start_on": "01-08-2026", "end_on": "31-01-2027", "main_course_on": "", "target_size": "11"}
    assert client.post(url, typed).status_code == 302
    cohort = Cohort.objects.get(code="M40")
    assert "code" in client.post(url, {**typed, "code": "m40"}).context["form"].errors
    assert "end_on" in client.post(url, {**typed, "code": "M41", "end_on": "01-07-2026"}).context["form"].errors
    edit = reverse("courses:cohort_edit", kwargs={"pk": cohort.pk})
    late = client.post(edit, {**typed, "main_course_on": "01-03-2027", **seen(client.get(edit))})
    assert "main_course_on" in late.context["form"].errors


def test_without_the_residential_course_the_main_course_waits_for_the_lead_s_reason(town, granted, client_for):
    case, lead = granted.case, town.casts[0].lead

    def missing() -> bool:
        return any("internat" in m.text.lower() for m in missing_for(case, Phase.MAIN_COURSE, granted.day))

    assert missing()
    url = reverse("courses:residential_exception", kwargs={"number": case.number})
    assert client_for(town.casts[0].coach).post(url, {"reason": "Nej"}).status_code == 403
    client = client_for(lead)
    assert client.post(url, {"reason": " "}).context["form"].errors["reason"]
    assert client.post(url, {"reason": "Har gennemført internat i 2025"}).status_code == 302
    assert not missing()
    assert case.journal.filter(text="Har gennemført internat i 2025").exists()
    with pytest.raises(Refused, match="allerede"):
        services.except_from_residential(case=case, reason="Igen", by=lead, today=granted.day)
    for sql in ("UPDATE courses_residentialexception SET reason = 'x'", "DELETE FROM courses_residentialexception"):
        with (
            pytest.raises(IntegrityError, match="residential_exception"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
    assert ResidentialException.objects.get().given_by == lead


def test_what_a_pre_course_holds_follows_the_grants(town, group):
    wanted = {module.code: module.granted for module in cohorts.modules_wanted(group)}
    assert wanted == {"vat_tax": 1, "residential_course": 2}
    make_run(town)
    assert queries.runs().count() == 1
