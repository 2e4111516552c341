"""Hand-over with note and receipt; absence with a substitute (domain.md §3.6)."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from cases import services, worklist
from cases.enums import ContactKind, Holder
from cases.models import Absence, CaseFile, HandedOverCase, HandOver, Task
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from tests.cases import builders
from tests.cases.builders import TODAY

DAY = timedelta(days=1)


@pytest.fixture
def cases(cast):
    return [builders.accepted(cast.caseworker, cast.coach, name=f"Amina {n}") for n in range(3)]


def move(cast, **more):
    values = {"worker": cast.coach, "to": cast.other_coach, "note": "Barsel fra mandag", "by": cast.lead, **more}
    return services.hand_over(today=TODAY, **values)


def away(cast, **more):
    values = {
        "worker": cast.coach,
        "substitute": cast.other_coach,
        "from_on": TODAY,
        "to_on": TODAY + 7 * DAY,
        "note": "",
        "by": cast.coach,
        **more,
    }
    return services.record_absence(today=TODAY, **values)


def plan(cast, case, *staff):
    return services.plan_contact(
        case=case,
        kind=ContactKind.COACHING,
        at=clock.now() + 2 * DAY,
        place="",
        staff=list(staff),
        by=cast.coach,
        today=TODAY,
    )


# --- Hand-over -----------------------------------------------------------------------------------------------------------


def test_cases_tasks_and_planned_contacts_move_with_a_receipt(cast, cases):
    others = builders.accepted(cast.caseworker, cast.lead, name="Bo Testesen")
    services.add_task(case=others, title="Ring", due_on=TODAY, holder=Holder.TEAM, owner=cast.coach, by=cast.lead)
    alone, both = plan(cast, cases[0], cast.coach), plan(cast, cases[1], cast.coach, cast.other_coach)
    receipt = move(cast)
    assert set(CaseFile.objects.filter(coach=cast.other_coach)) == set(cases)
    others.refresh_from_db()
    assert others.coach == cast.lead
    assert not Task.objects.filter(owner=cast.coach, done_at__isnull=True).exists()
    assert [list(one.staff.all()) for one in (alone, both)] == [[cast.other_coach]] * 2
    assert {row.case for row in receipt.rows.all()} == set(cases)
    assert (receipt.contact_count, receipt.on, receipt.by) == (2, TODAY, cast.lead)
    assert receipt.task_count >= 4
    entry = cases[0].journal.first()
    assert (entry.title, entry.text) == ("Overdraget fra Mette Medarbejder til Bo Coach", "Barsel fra mandag")


def test_closed_cases_and_done_contacts_stay(cast, cases):
    services.close_case(case=cases[0], reason="illness", choice_of="citizen", text="", by=cast.coach, today=TODAY)
    held = builders.held(cases[1], ContactKind.COACHING, [cast.coach])
    move(cast)
    cases[0].refresh_from_db()
    assert cases[0].coach == cast.coach
    assert list(held.staff.all()) == [cast.coach]


def test_what_a_hand_over_refuses(cast, cases):
    for more, field in (
        ({"to": cast.coach}, "to"),
        ({"to": cast.caseworker}, "to"),
        ({"to": None}, "to"),
        ({"note": "  "}, "note"),
        ({"by": cast.other_coach}, "worker"),
        ({"worker": cast.lead}, "worker"),
    ):
        with pytest.raises(Refused) as refusal:
            move(cast, **more)
        assert refusal.value.field == field
    User.objects.filter(pk=cast.other_coach.pk).update(is_active=False)
    cast.other_coach.refresh_from_db()
    with pytest.raises(Refused):
        move(cast)
    assert not HandOver.objects.exists()
    assert CaseFile.objects.filter(coach=cast.coach).count() == 3


def test_a_coach_hands_over_the_own_cases_also_after_access_was_closed(cast, cases):
    move(cast, by=cast.coach)
    User.objects.filter(pk=cast.other_coach.pk).update(is_active=False)
    cast.other_coach.refresh_from_db()
    back = move(cast, worker=cast.other_coach, to=cast.coach)
    assert back.rows.count() == 3


def test_receipts_are_append_only(cast, cases):
    receipt = move(cast)
    with pytest.raises(IntegrityError, match="hand_over_append_only"), transaction.atomic():
        HandOver.objects.filter(pk=receipt.pk).update(note="Andet")
    with pytest.raises(IntegrityError, match="handed_over_case_append_only"), transaction.atomic():
        HandedOverCase.objects.filter(hand_over=receipt).delete()
    row = {"on": TODAY, "by": cast.lead, "task_count": 0, "contact_count": 0}
    with pytest.raises(IntegrityError, match="hand_over_to_another"), transaction.atomic():
        HandOver.objects.create(from_worker=cast.lead, to_worker=cast.lead, note="x", **row)
    with pytest.raises(IntegrityError, match="hand_over_with_note"), transaction.atomic():
        HandOver.objects.create(from_worker=cast.lead, to_worker=cast.coach, note=" ", **row)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="no_truncate"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE cases_handover CASCADE")


@pytest.mark.django_db(transaction=True)
def test_two_hand_overs_at_once_move_each_case_once(cast, cases):
    barrier, outcomes = Barrier(2), []

    def go(to):
        try:
            barrier.wait()
            with clock.at(TODAY):
                outcomes.append(move(cast, to=to).rows.count())
        except Refused:
            outcomes.append(0)
        finally:
            connection.close()

    threads = [Thread(target=go, args=(to,)) for to in (cast.other_coach, cast.lead)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [0, 3]
    assert HandedOverCase.objects.count() == 3


def queries_of(client, address):
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_moving_takes_about_the_same_queries_for_few_and_many(cast, django_assert_max_num_queries):
    for number in (2, 12):
        for n in range(number):
            builders.accepted(cast.caseworker, cast.coach, name=f"Amina {n}")
        with django_assert_max_num_queries(48):
            move(cast)


# --- Absence -------------------------------------------------------------------------------------------------------------


def mine(user, today=TODAY):
    user = User.objects.get(pk=user.pk)  # as in a new request
    return set(worklist.tasks_in(user, "mine", today).values_list("title", flat=True)) - {""}


def task(cast, case, title, due_on, **more):
    values = {"holder": Holder.TEAM, "owner": cast.coach, **more}
    return services.add_task(case=case, title=title, due_on=due_on, by=cast.coach, **values)


def test_the_substitute_sees_what_falls_due_meanwhile(cast, cases):
    task(cast, cases[0], "I dag", TODAY)
    task(cast, cases[0], "Sidste dag", TODAY + 7 * DAY)
    task(cast, cases[0], "Bagefter", TODAY + 8 * DAY)
    assert mine(cast.other_coach) == set()
    absence = away(cast)
    assert mine(cast.other_coach) == {"I dag", "Sidste dag"}
    assert mine(cast.lead) == set()
    assert "I dag" in mine(cast.coach)
    assert mine(cast.other_coach, TODAY + 8 * DAY) == set()
    services.cancel_absence(absence=absence, by=cast.coach)
    assert mine(cast.other_coach) == set()


def test_the_substitute_does_not_see_what_waits_on_others(cast, cases):
    task(cast, cases[0], "Borgeren finder et lokale", TODAY, holder=Holder.CITIZEN)
    away(cast)
    assert mine(cast.other_coach) == set()


def test_an_absence_to_come_shows_nothing_yet(cast, cases):
    task(cast, cases[0], "I dag", TODAY)
    away(cast, from_on=TODAY + DAY)
    assert mine(cast.other_coach) == set()


def test_my_work_marks_whose_task_it_is(cast, cases, client_for):
    task(cast, cases[0], "Ring til banken", TODAY)
    away(cast, note="Nøglen ligger hos Petra")
    page = client_for(cast.other_coach).get(reverse("cases:work")).content.decode()
    assert "Vikar for Mette Medarbejder" in page
    assert "Du er vikar for Mette Medarbejder" in page
    assert "Nøglen ligger hos Petra" in page
    assert "Vikar for" not in client_for(cast.coach).get(reverse("cases:work")).content.decode()


def test_what_an_absence_refuses(cast):
    away(cast)
    for more, field in (
        ({"substitute": cast.coach}, "substitute"),
        ({"substitute": cast.caseworker}, "substitute"),
        ({"substitute": None}, "substitute"),
        ({"to_on": TODAY - DAY}, "to_on"),
        ({"from_on": TODAY - 9 * DAY, "to_on": TODAY - 2 * DAY}, "to_on"),
        ({"from_on": TODAY + 7 * DAY, "to_on": TODAY + 9 * DAY}, "from_on"),
        ({"by": cast.other_coach}, "worker"),
        ({"worker": cast.lead, "substitute": cast.coach, "by": cast.lead}, "substitute"),
    ):
        with pytest.raises(Refused) as refusal:
            away(cast, **more)
        assert refusal.value.field == field
    away(cast, from_on=TODAY + 8 * DAY, to_on=TODAY + 9 * DAY)


def test_an_absence_is_called_off_once_and_by_those_it_concerns(cast):
    absence = away(cast)
    third = builders.user("coach", "Tredje Coach")
    with pytest.raises(Refused):
        services.cancel_absence(absence=absence, by=third)
    services.cancel_absence(absence=absence, by=cast.other_coach)
    with pytest.raises(Conflict):
        services.cancel_absence(absence=absence, by=cast.lead)
    away(cast)


def test_the_database_guards_absences(cast):
    absence = away(cast)
    row = {"worker": cast.coach, "substitute": cast.lead, "recorded_by": cast.lead}
    with pytest.raises(IntegrityError, match="absence_no_overlap"), transaction.atomic():
        Absence.objects.create(from_on=TODAY, to_on=TODAY, **row)
    for change, name in (
        ({"to_on": TODAY - DAY}, "absence_from_before_to"),
        ({"substitute": cast.coach}, "absence_substitute_is_another"),
        ({"cancelled_at": clock.now()}, "absence_cancelled_by_somebody"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Absence.objects.filter(pk=absence.pk).update(**change)


# --- Screens -------------------------------------------------------------------------------------------------------------


def test_the_lead_hands_over_on_the_screen_and_presses_twice(cast, cases, client_for):
    client = client_for(cast.lead)
    address = reverse("cases:handover_new")
    data = {"worker": cast.coach.pk, "to": cast.other_coach.pk, "note": "Barsel"}
    check = client.post(address, data).content.decode()
    assert "Overdrag 3 sager" in check
    assert cases[0].number in check
    assert not HandOver.objects.exists()
    assert client.post(address, {**data, "edit": "1"}).status_code == 200
    first = client.post(address, {**data, "step": "move"})
    second = client.post(address, {**data, "step": "move"})
    assert first.url == second.url
    receipt = client.get(first.url).content.decode()
    assert "Amina 1" in receipt
    assert HandOver.objects.count() == 1


def test_refusals_stand_at_their_field(cast, cases, client_for):
    client = client_for(cast.lead)
    data = {"worker": cast.coach.pk, "to": cast.coach.pk, "note": "x"}
    assert "Vælg en anden til at overtage" in client.post(reverse("cases:handover_new"), data).content.decode()
    data = {"worker": cast.coach.pk, "from_on": "20-11-2026", "to_on": "21-11-2026", "substitute": cast.coach.pk}
    assert "Vælg en anden som vikar" in client.post(reverse("cases:absence_new"), data).content.decode()


def test_a_coach_may_choose_oneself_alone(cast, cases, client_for):
    form = client_for(cast.coach).get(reverse("cases:handover_new")).context["form"]
    assert list(form.fields["worker"].queryset) == [cast.coach]


def test_absences_on_the_screen(cast, client_for):
    client = client_for(cast.coach)
    data = {"worker": cast.coach.pk, "from_on": "20-11-2026", "to_on": "27-11-2026", "substitute": cast.lead.pk}
    assert client.post(reverse("cases:absence_new"), data).status_code == 302
    assert "Petra Projektleder" in client.get(reverse("cases:handover")).content.decode()
    cancel = reverse("cases:absence_cancel", args=[Absence.objects.get().pk])
    assert client.post(cancel).status_code == 302
    assert client.post(cancel, follow=True).status_code == 200


def test_the_lists_take_the_same_queries_for_few_and_many(cast, client_for):
    client = client_for(cast.lead)
    seen = []
    for number in (3, 9):
        for n in range(number):
            case = builders.accepted(cast.caseworker, cast.coach, name=f"Amina {n}")
            move(cast)
            CaseFile.objects.filter(pk=case.pk).update(coach=cast.coach)
            away(cast, from_on=TODAY + (number * 10 + n) * DAY, to_on=TODAY + (number * 10 + n) * DAY)
        move(cast)
        receipt = HandOver.objects.latest("at")
        seen.append(
            (
                queries_of(client, reverse("cases:handover")),
                queries_of(client, reverse("cases:handover_receipt", args=[receipt.pk])),
            )
        )
    assert seen[0] == seen[1]
