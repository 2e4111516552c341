"""Attendance list, name badges, certificates: who stands on them, and what never does (domain.md §5, danish-rules.md §7)."""

import pytest
from django.urls import reverse

from courses import papers, services
from courses.models import Enrolment, Guest
from microloan.accounts.enums import AccessAction
from microloan.accounts.models import AccessLog
from microloan.core import clock
from reports.demo import municipality
from reports.demo.story import Story
from tests.courses.conftest import START, make_run
from tests.letters.reading import reader, text_of
from tests.support.pdf_ua import faults_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(town, granted: Story):
    """One who completed the course, one who missed half of it and has a protected address, and a guest."""
    coach = town.casts[0].coach
    run = make_run(town)
    granted.enrol(run).attend(run)
    other = municipality.in_courses(town, Story(town.casts[0], next(town.crowd), START))
    other.enrol(run).attend(run, missed=(1, 2))
    citizen = other.case.citizen
    citizen.name, citizen.street, citizen.postcode, citizen.city = "Hanne Hemmelig", "Skjulevej 7", "2450", "Gemmested"
    citizen.protected_address = True
    citizen.save()
    guest = services.add_guest(name="Gerda Gæst", phone="00000000", email="", sent_by="Huset", by=coach)
    services.enrol_guest(run=run, guest=guest, by=coach, today=START)
    return run


def fetch(client, name: str, pk: int) -> bytes:
    response = client.get(reverse(f"courses:{name}", kwargs={"pk": pk}))
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert faults_of(response.content) == []
    return response.content


@pytest.mark.parametrize("name", ["attendance_list", "name_badges"])
def test_what_lies_on_the_table_names_people_and_no_more(run, client_for, town, name):
    with clock.at(run.starts_on):
        pdf = fetch(client_for(town.casts[0].coach), name, run.pk)
    text = text_of(pdf)
    for seat in Enrolment.objects.filter(run=run, case__isnull=False):
        citizen = seat.case.citizen
        assert (citizen.name in text) is not citizen.protected_address
        for secret in (citizen.cpr.formatted, citizen.cpr.formatted[:6], seat.case.number, citizen.street):
            assert secret not in text
    assert "Gerda Gæst" in text
    assert "Hanne" in text
    assert "Hemmelig" not in text
    assert "2450" not in text
    line = AccessLog.objects.latest("pk")
    assert (line.action, len(line.case_numbers)) == (AccessAction.EXPORT, 3)


def test_the_list_has_a_box_for_each_session_and_hides_a_place_that_tells_an_address(run, client_for, town):
    client = client_for(town.casts[0].coach)
    with clock.at(run.starts_on):
        assert text_of(fetch(client, "attendance_list", run.pk)).count("kl.") == 4
        Enrolment.objects.get(case__citizen__protected_address=True).case.citizen.__class__.objects.filter(
            protected_address=True
        ).update(street=str(run.place))
        assert str(run.place) not in text_of(fetch(client, "attendance_list", run.pk))


def test_a_certificate_is_for_who_completed_the_course(run, client_for, town, granted: Story):
    client = client_for(town.casts[0].coach)
    done = granted.case.enrolments.get()
    with clock.at(run.ends_on):
        pdf = fetch(client, "certificates", run.pk)
        assert len(reader(pdf).pages) == 1
        text = text_of(pdf)
        assert granted.case.citizen.name in text
        assert "Kursusbevis" in text
        assert "4 mødegange" in text
        assert granted.case.citizen.cpr.formatted not in text
        assert "Hanne" not in text
        assert granted.case.citizen.name in text_of(fetch(client, "certificate", done.pk))
        for seat in Enrolment.objects.filter(run=run).exclude(pk=done.pk):
            refused = client.get(reverse("courses:certificate", kwargs={"pk": seat.pk}))
            assert refused.url == reverse("courses:run", kwargs={"pk": run.pk})


def test_whoever_has_a_protected_name_gets_the_whole_name_on_the_certificate(run, client_for, town):
    seat = Enrolment.objects.get(case__citizen__protected_address=True)
    with clock.at(run.ends_on):
        marks = {seat.pk: "present"}
        for session in run.sessions.order_by("starts_at")[1:3]:
            with clock.at(session.ends_at):
                services.mark_attendance(session=session, marks=marks, by=town.casts[0].coach, today=run.ends_on)
        text = text_of(fetch(client_for(town.casts[0].coach), "certificate", seat.pk))
    assert "Hanne Hemmelig" in text
    assert "Skjulevej" not in text


def test_the_longest_name_fits_its_badge_and_a_word_without_end_its_certificate(run):
    seats = [Enrolment(run=run, guest=Guest(name=name)) for name in ("Bo", "x" * 31, "x" * 120)]
    sizes: dict[str, set[float]] = {}

    def seen(text: str, _page, at: list[float], _font, size: float) -> None:
        sizes.setdefault(text.strip()[:1], set()).add(round(size * at[0]))

    reader(papers.name_badges(run, seats, run.starts_on)).pages[0].extract_text(visitor_text=seen)
    assert [seat.size for seat in (papers.Named.of(seat, run.starts_on) for seat in seats)] == ["", "long", "longest"]
    assert len(sizes["x"]) == 2
    text = text_of(papers.certificates(run, seats[2:], list(run.sessions.all()), run.starts_on))
    assert "x" * 120 not in text  # broken over two lines
    assert "".join(text.split()).count("x") >= 120
