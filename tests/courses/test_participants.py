"""Seats, exceptions, guests and the waiting list (domain.md §5), and what the database itself refuses."""

from collections.abc import Callable
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse

from cases import services as cases
from cases.enums import Phase
from cases.models import CaseFile, Task
from courses import queries, services
from courses.enums import EnrolmentState, WithdrawalReason
from courses.models import CourseRun, Enrolment, Guest
from courses.services.guests import forget_guests
from microloan.accounts.models import AccessLog
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.core.history import versions_of
from reports.demo import municipality
from reports.demo.story import Story
from tests.cases import builders
from tests.courses.conftest import START, make_run
from tests.letters.reading import text_of
from tests.support.stages import reach

pytestmark = pytest.mark.django_db
REASON = "Kurset er det eneste i år, og borgeren starter i august."


@pytest.fixture
def crowd(town: municipality.Town) -> list[Story]:
    """Four citizens to whom screening 2 has granted the residential course."""
    people = [next(town.crowd) for _ in range(4)]
    return reach("crowd", lambda: [municipality.in_courses(town, Story(town.casts[0], one, START)) for one in people])


def small_run(town: municipality.Town, seats: int = 1, **kwargs) -> CourseRun:
    run = make_run(town, **kwargs)
    CourseRun.objects.filter(pk=run.pk).update(capacity=seats)
    run.capacity = seats
    return run


def add_guest(town: municipality.Town, name: str = "Gerda Gæst") -> Guest:
    return services.add_guest(name=name, phone="00000000", email="", sent_by="Kvindecentret", by=town.casts[0].coach)


# --- Exceptions ------------------------------------------------------------------------------------------------------


def test_an_exception_is_the_leads_with_a_reason_that_is_kept(town, granted: Story, client_for):
    cast, run = town.casts[0], make_run(town, "marketing")
    for by, reason in ((cast.coach, REASON), (cast.lead, "  "), (cast.lead, "Har CPR 010180-1234")):
        with pytest.raises(Refused):
            services.enrol_by_exception(run=run, case=granted.case, reason=reason, by=by, today=granted.day)
    enrolment = services.enrol_by_exception(run=run, case=granted.case, reason=REASON, by=cast.lead, today=granted.day)
    assert (enrolment.exception_reason, enrolment.exception_by) == (REASON, cast.lead)
    assert granted.case.journal.filter(title__startswith="Tilmeldt ved undtagelse", text=REASON).exists()
    client = client_for(cast.coach)
    for url in (
        reverse("courses:run", kwargs={"pk": run.pk}),
        reverse("courses:case", kwargs={"number": granted.case.number}),
    ):
        shown = client.get(url).content.decode()
        assert REASON in shown
        assert "Undtagelse" in shown


def test_no_exception_where_the_module_is_granted(town, granted: Story):
    with pytest.raises(Refused, match="har bevilget"):
        services.enrol_by_exception(
            run=make_run(town), case=granted.case, reason=REASON, by=town.casts[0].lead, today=granted.day
        )


def test_the_lead_gives_an_exception_on_the_page_and_the_coach_has_no_such_page(town, granted: Story, client_for):
    run = make_run(town, "marketing")
    url = reverse("courses:run_exception", kwargs={"pk": run.pk})
    page = reverse("courses:run", kwargs={"pk": run.pk})
    assert url not in client_for(town.casts[0].coach).get(page).content.decode()
    client = client_for(town.casts[0].lead)
    assert url in client.get(page).content.decode()
    empty = client.post(url, {"case": granted.case.pk, "reason": ""})
    assert "reason" in empty.context["form"].errors
    assert client.post(url, {"case": granted.case.pk, "reason": REASON}).status_code == 302
    assert Enrolment.objects.get().is_exception


# --- Guests ----------------------------------------------------------------------------------------------------------


def test_a_guest_takes_part_without_a_case(town, client_for):
    run, coach = make_run(town), town.casts[0].coach
    client = client_for(coach)
    url = reverse("courses:run_guest", kwargs={"pk": run.pk})
    wrong = client.post(url, {"name": "", "phone": "12", "email": "x", "sent_by": ""})
    assert set(wrong.context["form"].errors) == {"name", "phone", "email", "sent_by"}
    unreachable = client.post(url, {"name": "Gerda Gæst", "phone": "", "email": "", "sent_by": "Kvindecentret"})
    assert "telefon" in str(unreachable.context["form"].errors["phone"])
    data = {"name": "Gerda Gæst", "phone": "00 00 00 00", "email": "", "sent_by": "Kvindecentret"}
    assert client.post(url, data).status_code == 302
    guest = Guest.objects.get()
    assert (guest.enrolments.get().case, CaseFile.objects.count()) == (None, 0)
    shown = client.get(reverse("courses:run", kwargs={"pk": run.pk})).content.decode()
    assert "Gerda Gæst" in shown
    assert "Kvindecentret" in shown
    assert guest.number in AccessLog.objects.latest("pk").case_numbers
    page = reverse("courses:guest", kwargs={"pk": guest.pk})
    assert "Internat" in client.get(page).content.decode()
    client.post(page, {**data, "sent_by": "Jobhuset"})
    assert Guest.objects.get().sent_by == "Jobhuset"
    assert "Gerda" not in client.get(reverse("cases:list")).content.decode()


def test_the_same_guest_comes_again_as_the_one_we_know(town):
    first, again = add_guest(town), add_guest(town, "gerda gæst")
    assert first == again
    run = make_run(town)
    for _ in range(2):
        services.enrol_guest(run=run, guest=first, by=town.casts[0].coach, today=START)
    assert first.enrolments.count() == 1


def test_a_guest_is_marked_and_engaged_and_leaves_like_others(town):
    run, coach = make_run(town), town.casts[0].coach
    seat = services.enrol_guest(run=run, guest=add_guest(town), by=coach, today=START)
    first = run.sessions.first()
    with clock.at(run.ends_on + timedelta(days=1)):
        services.mark_attendance(session=first, marks={seat.pk: "present"}, by=coach, today=run.ends_on)
        services.save_engagement(enrolment=seat, text="Spørger godt.", by=coach)
        services.withdraw(enrolment=seat, why="illness", reason="", by=coach, today=run.ends_on)
    seat.refresh_from_db()
    assert (seat.attendance.get().mark, seat.state, seat.withdrawn_on) == ("present", "withdrawn", run.ends_on)


# --- Waiting list ----------------------------------------------------------------------------------------------------


def test_the_line_keeps_its_order_and_moves_up_by_one_click(
    town, crowd, client_for, django_capture_on_commit_callbacks
):
    run, coach = small_run(town), town.casts[0].coach
    today = crowd[0].day
    crowd[0].enrol(run)
    with pytest.raises(Refused, match="venteliste"):
        services.enrol(run=run, case=crowd[1].case, by=coach, today=today)
    line = [services.join_waiting_list(run=run, case=one.case, by=coach, today=today) for one in crowd[1:]]
    again = services.join_waiting_list(run=run, case=crowd[1].case, by=coach, today=today)
    assert again == line[0]
    with django_capture_on_commit_callbacks(execute=True):
        services.withdraw(enrolment=run.enrolments.get(case=crowd[0].case), why="job", reason="", by=coach, today=today)
    offered = Task.objects.filter(kind="course_seat_free", done_at__isnull=True)
    assert [task.case_id for task in offered] == [crowd[1].case.pk]
    with pytest.raises(Refused, match="først"):
        services.take_seat(enrolment=line[1], by=coach, today=today)
    with pytest.raises(Refused, match="venter"):  # nobody gets in before those who wait
        services.enrol(run=run, case=crowd[0].case, by=coach, today=today)
    client = client_for(coach)
    page = client.get(reverse("courses:run", kwargs={"pk": run.pk}))
    assert (page.context["proposed"], page.context["waiting"]) == (line[0], line)
    take = reverse("courses:take_seat", kwargs={"pk": line[0].pk})
    for _ in range(2):
        assert client.post(take).status_code == 302
    line[0].refresh_from_db()
    assert line[0].state == EnrolmentState.ENROLLED
    assert not offered.all().exists()
    with pytest.raises(Conflict):
        services.take_seat(enrolment=line[1], by=coach, today=today)
    # Who leaves the line in the middle moves nobody past another.
    services.withdraw(enrolment=line[1], why="time", reason="", by=coach, today=today)
    assert client.get(reverse("courses:run", kwargs={"pk": run.pk})).context["waiting"] == [line[2]]


def test_the_page_puts_on_the_waiting_list_when_the_run_is_full(town, crowd, client_for):
    run = small_run(town)
    crowd[0].enrol(run)
    client = client_for(town.casts[0].coach)
    url = reverse("courses:run", kwargs={"pk": run.pk})
    assert 'name="wait"' in client.get(url).content.decode()
    client.post(url, {"case": crowd[1].case.pk, "wait": "1"})
    client.post(
        reverse("courses:run_guest", kwargs={"pk": run.pk}),
        {"name": "Gerda Gæst", "phone": "00000000", "email": "", "sent_by": "Kvindecentret", "wait": "1"},
    )
    waiting = Enrolment.objects.filter(run=run, state=EnrolmentState.WAITING).order_by("waiting_since", "pk")
    assert [row.person for row in waiting] == [str(crowd[1].case.citizen), "Gerda Gæst"]
    case_page = client.get(reverse("courses:case", kwargs={"number": crowd[1].case.number})).content.decode()
    assert "Venteliste" in case_page


def test_nobody_waits_for_a_seat_that_is_free(town, granted: Story):
    with pytest.raises(Refused, match="ledig plads"):
        services.join_waiting_list(run=make_run(town), case=granted.case, by=town.casts[0].coach, today=granted.day)


def test_a_closed_case_leaves_the_line(town, crowd):
    run = small_run(town)
    crowd[0].enrol(run)
    services.join_waiting_list(run=run, case=crowd[1].case, by=town.casts[0].coach, today=crowd[1].day)
    services.give_up_seats(case=crowd[1].case, reason="", by=town.casts[0].coach, today=crowd[1].day)
    assert Enrolment.objects.get(case=crowd[1].case).withdrawn_why == WithdrawalReason.CASE_CLOSED


# --- Giving up -------------------------------------------------------------------------------------------------------


def test_the_reason_is_chosen_and_another_takes_words(town, granted: Story, client_for):
    granted.enrol(make_run(town))
    seat = Enrolment.objects.get()
    client = client_for(town.casts[0].coach)
    url = reverse("courses:withdraw", kwargs={"pk": seat.pk})
    assert client.post(url, {"reason": "Flytter"}).context["form"].errors["why"] == [
        "Vælg, hvorfor pladsen bliver givet tilbage."
    ]
    assert client.post(url, {"why": "other", "reason": " "}).context["form"].errors["reason"]
    assert client.post(url, {"why": "job", "reason": ""}).status_code == 302
    shown = client.get(reverse("courses:run", kwargs={"pk": seat.run_id})).content.decode()
    assert "Fik job" in shown
    assert granted.case.journal.filter(text="Fik job").exists()


# --- What the database refuses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("case_id = NULL", "enrolment_case_or_guest"),
        ("guest_id = (SELECT id FROM courses_guest)", "enrolment_case_or_guest"),
        ("exception_reason = 'Derfor'", "enrolment_exception_named"),
        ("state = 'withdrawn'", "enrolment_withdrawn_with_reason"),
        ("state = 'waiting'", "enrolment_waits_in_line"),
    ],
)
def test_the_database_refuses_half_an_enrolment(town, granted: Story, change, guard):
    granted.enrol(make_run(town))
    add_guest(town)
    with pytest.raises(IntegrityError, match=guard), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE courses_enrolment SET {change}")  # noqa: S608  the cases above


def test_one_who_waits_is_enough_to_keep_the_free_seat(town, crowd):
    run, coach = small_run(town), town.casts[0].coach
    crowd[0].enrol(run)
    services.join_waiting_list(run=run, case=crowd[1].case, by=coach, today=START)
    services.withdraw(enrolment=run.enrolments.get(case=crowd[0].case), why="illness", reason="", by=coach, today=START)
    with pytest.raises(Refused, match="venter på den ledige plads"):
        services.enrol(run=run, case=crowd[2].case, by=coach, today=START)


def test_the_database_counts_the_seats(town, crowd):
    run = small_run(town)
    crowd[0].enrol(run)
    coach, case = town.casts[0].coach, crowd[1].case
    waits = services.join_waiting_list(run=run, case=case, by=coach, today=START)
    with pytest.raises(IntegrityError, match="seats_not_oversold"), transaction.atomic():
        Enrolment.objects.create(run=run, case=crowd[2].case, enrolled_on=START, enrolled_by=coach)
    with pytest.raises(IntegrityError, match="seats_not_oversold"), transaction.atomic():
        Enrolment.objects.filter(pk=waits.pk).update(state=EnrolmentState.ENROLLED)
    with pytest.raises(IntegrityError, match="run_keeps_taken_seats"), transaction.atomic():
        CourseRun.objects.filter(pk=run.pk).update(capacity=0)
    other = make_run(town, "network_day", date(2026, 9, 1))
    seat = Enrolment.objects.create(run=other, case=case, enrolled_on=START, enrolled_by=coach)
    with pytest.raises(IntegrityError, match="enrolled_once_per_run|seats_not_oversold"), transaction.atomic():
        Enrolment.objects.filter(pk=seat.pk).update(run=run)


def at_once(jobs: list[Callable[[], object]]) -> list[str]:
    """Run the jobs in threads with connections of their own; what each ended with."""
    barrier, outcomes = Barrier(len(jobs)), []

    def work(job: Callable[[], object]) -> None:
        barrier.wait()
        try:
            job()
            outcomes.append("done")
        except (Refused, IntegrityError) as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_oversell_past_or_through_the_service(town):
    """Real transactions: six guests written past the service for two seats, then the first in line taken by three people
    while somebody else tries to get in."""
    coach = town.casts[0].coach
    run = small_run(town, 2)
    guests = [add_guest(town, f"Gæst {number}") for number in range(6)]

    def write(guest: Guest) -> Callable[[], object]:
        return lambda: Enrolment.objects.create(run=run, guest=guest, enrolled_on=START, enrolled_by=coach)

    assert at_once([write(guest) for guest in guests]) == ["IntegrityError"] * 4 + ["done"] * 2
    seated = list(Enrolment.objects.filter(run=run))
    outside = [guest for guest in guests if guest.pk not in {row.guest_id for row in seated}]
    waits = [services.enrol_guest(run=run, guest=one, by=coach, today=START, wait=True) for one in outside[:2]]
    services.withdraw(enrolment=seated[0], why="illness", reason="", by=coach, today=START)
    outcomes = at_once(
        [
            lambda: services.take_seat(enrolment=waits[0], by=coach, today=START),
            lambda: services.take_seat(enrolment=waits[0], by=coach, today=START),
            lambda: services.take_seat(enrolment=waits[1], by=coach, today=START),
            lambda: services.enrol_guest(run=run, guest=outside[2], by=coach, today=START),
        ]
    )
    assert outcomes.count("done") == 2  # the same seat, pressed twice
    assert Enrolment.objects.filter(run=run, state=EnrolmentState.ENROLLED).count() == 2
    waits[0].refresh_from_db()
    assert waits[0].state == EnrolmentState.ENROLLED


# --- Several at once, clashes of a seat, more seats, a session that never was ----------------------------------------


def test_a_seat_that_clashes_takes_a_reason(town, granted: Story, client_for):
    coach, first, second = town.casts[0].coach, make_run(town), make_run(town, "marketing", date(2026, 6, 15))
    with clock.at(granted.day):
        granted.enrol(first)
        lead = client_for(town.casts[0].lead)
        url = reverse("courses:run_exception", kwargs={"pk": second.pk})
        asked = lead.post(url, {"case": granted.case.pk, "reason": REASON})
        assert "har allerede: Internat" in " ".join(asked.context["form"].errors["overruled"])
        data = {"case": granted.case.pk, "reason": REASON, "overruled": "Kommer kun anden dag"}
        assert lead.post(url, data).status_code == 302
        assert second.overruled_clashes.filter(overruled_by=town.casts[0].lead, reason="Kommer kun anden dag").exists()
        third = make_run(town, first=date(2026, 6, 16))
        client = client_for(coach)
        one_click = reverse("courses:case_enrol", kwargs={"number": granted.case.number, "pk": third.pk})
        page = client.post(one_click)
        assert page.status_code == 200
        assert "Giv pladsen alligevel" in page.text
        assert client.post(one_click, {"overruled": "Har valgt"}).status_code == 302
    assert third.enrolments.filter(case=granted.case, state=EnrolmentState.ENROLLED).exists()


def test_several_get_seats_at_once_or_none(town, crowd, client_for):
    run = small_run(town, 3)
    CourseRun.objects.filter(pk=run.pk).update(cohort=crowd[0].case.cohort)
    client = client_for(town.casts[0].coach)
    url = reverse("courses:enrol_many", kwargs={"pk": run.pk})
    with clock.at(crowd[0].day):
        assert len(client.get(url).context["form"]["people"].value()) == 3  # as many as there are seats
        ids = [story.case.pk for story in crowd]
        assert "people" in client.post(url, {"people": ids}).context["form"].errors
        assert "people" in client.post(url, {}).context["form"].errors
        assert not run.enrolments.exists()
        assert client.post(url, {"people": ids[:3]}).status_code == 302
    assert run.enrolments.count() == 3


def test_only_those_who_lack_the_module_are_offered_and_found_by_cohort_and_phase(town, crowd, client_for):
    """Who has completed the module is not offered; who has a seat on another run of it is shown, but not ticked."""
    done, seated, lacking = crowd[:3]
    cohort = done.case.cohort
    held = make_run(town, first=done.day + timedelta(days=3))
    done.enrol(held).attend(held)
    with clock.at(held.ends_on + timedelta(days=1)):
        run = make_run(town, first=held.ends_on + timedelta(days=60))
        CourseRun.objects.filter(pk=run.pk).update(cohort=cohort)
        other = make_run(town, first=held.ends_on + timedelta(days=90))
        services.enrol(run=other, case=seated.case, by=town.casts[0].coach, today=clock.today())
        cases.set_cohort(case=crowd[3].case, cohort=None, by=town.casts[0].coach)
        url, client = reverse("courses:enrol_many", kwargs={"pk": run.pk}), client_for(town.casts[0].coach)
        page = client.get(url)
        offered = set(page.context["form"].fields["people"].queryset)
        assert done.case not in offered
        assert crowd[3].case not in offered
        assert {seated.case, lacking.case} <= offered
        ticked = page.context["form"]["people"].value()
        assert lacking.case.pk in ticked
        assert seated.case.pk not in ticked
        assert "har plads fra" in page.text
        everybody = client.get(url, {"cohort": "", "phase": ""}).context
        assert crowd[3].case in everybody["form"].fields["people"].queryset
        assert everybody["offer"].number == len(crowd) - 1
        builders.put_in_phase(lacking.case, Phase.MAIN_COURSE)
        late = client.get(url, {"cohort": cohort.pk, "phase": "main_course"}).context
        assert list(late["form"].fields["people"].queryset) == [lacking.case]
        assert client.get(url, {"cohort": "x", "phase": "y"}).status_code == 200
        sent = client.post(f"{url}?cohort={cohort.pk}&phase=main_course", {"people": [lacking.case.pk]})
        assert sent.status_code == 302
    assert run.enrolments.get().case == lacking.case


@pytest.mark.django_db(transaction=True)
def test_more_seats_make_the_task_for_the_first_in_line_at_once(town, granted: Story, reference_data):
    coach, run = town.casts[0].coach, small_run(town, 1)
    with clock.at(granted.day):
        services.enrol_guest(run=run, guest=add_guest(town), by=coach, today=granted.day)
        services.join_waiting_list(run=run, case=granted.case, by=coach, today=granted.day)
        tasks = Task.objects.filter(case=granted.case, kind="course_seat_free", done_at=None)
        assert not tasks.exists()
        services.update_run(run=run, place="Huset", capacity=2, teacher=None, cohort=None, by=coach)
        assert tasks.exists()


def test_a_session_that_was_never_held_counts_for_nobody(town, granted: Story, client_for):
    run = make_run(town)
    granted.enrol(run).attend(run, missed=(0,))
    session = run.sessions.order_by("starts_at").first()
    with clock.at(run.ends_on + timedelta(days=2)):
        client = client_for(town.casts[0].coach)
        url = reverse("courses:session_undo", kwargs={"pk": session.pk})
        assert client.get(url).context["marked"] == 1
        assert "reason" in client.post(url, {"reason": " "}).context["form"].errors
        assert client.post(url, {"reason": "Underviseren var syg"}).status_code == 302
    session.refresh_from_db()
    assert session.is_cancelled
    assert not session.attendance.exists()
    assert session.entries.exists()
    status = next(row for row in queries.modules_of(granted.case, run.ends_on) if row.enrolment)
    assert (status.attended, status.sessions, status.completed) == (3, 3, True)
    assert granted.case.journal.filter(title__startswith="Ikke afholdt").exists()


def test_a_guest_gets_a_printed_invitation_and_is_forgotten_a_year_after_the_last_course(town, client_for):
    coach, run = town.casts[0].coach, make_run(town)
    guest, later = add_guest(town), add_guest(town, "Gustav Gæst")
    seat = services.enrol_guest(run=run, guest=guest, by=coach, today=START)
    services.enrol_guest(run=make_run(town, "marketing", date(2026, 9, 1)), guest=later, by=coach, today=START)
    services.save_engagement(enrolment=seat, text="Gerda spørger meget", by=coach)
    answer = client_for(coach).get(reverse("courses:guest_invitation", kwargs={"pk": seat.pk}))
    text = text_of(answer.content)
    assert "Gerda" in text
    assert str(run.place) in text
    day = run.ends_on + timedelta(days=366)
    Guest.objects.update(created_at=clock.now() - timedelta(days=4000))
    assert forget_guests(run.ends_on + timedelta(days=364)).created == 0
    assert forget_guests(day).created == 1
    assert forget_guests(day).created == 0
    guest.refresh_from_db()
    assert (guest.name, guest.phone, guest.forgotten_on) == ("Tidligere gæst", "", day)
    for model in (Guest, Enrolment):
        assert not any("Gerda" in str(row) for row in versions_of(model).values())
    assert Guest.objects.get(pk=later.pk).name == "Gustav Gæst"
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        versions_of(Guest).update(name="Gerda")


def test_of_many_the_first_are_offered_and_the_others_are_searched_for(town, crowd, client_for, monkeypatch):
    run = make_run(town)
    url = reverse("courses:run", kwargs={"pk": run.pk})
    many = reverse("courses:enrol_many", kwargs={"pk": run.pk})
    voluntary = reverse("courses:run_exception", kwargs={"pk": make_run(town, "marketing").pk})
    client, lead = client_for(town.casts[0].coach), client_for(town.casts[0].lead)
    assert client.get(url).context["form"].fields["case"].queryset.count() == 4
    assert 'type="search" id="q"' not in client.get(url).text
    monkeypatch.setattr("courses.views.base.MOST_SHOWN", 2)
    last = max((story.case for story in crowd), key=lambda case: (case.citizen.name, case.pk))
    for who, address in ((client, url), (lead, voluntary)):
        page = who.get(address)
        assert page.context["form"].fields["case"].queryset.count() == 2
        assert "De første 2 af 4 er på listen" in page.text
        found = who.get(address, {"q": last.number.lower()})
        assert list(found.context["form"].fields["case"].queryset) == [last]
        assert "Ingen med det navn eller nummer" in who.get(address, {"q": "findes ikke"}).text
    assert [
        case.pk
        for case in client.get(many, {"cohort": "", "q": last.citizen.name}).context["form"].fields["people"].queryset
    ] == [last.pk]
    assert "De første 2 af 4 er vist" in client.get(many, {"cohort": ""}).text
    assert client.post(url, {"case": last.pk}).status_code == 200
    assert client.post(f"{url}?q={last.number}", {"case": last.pk}).status_code == 302
    assert last.enrolments.get().run == run
