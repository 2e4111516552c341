"""Many tasks at once: the plan, the deed, what stays, and undoing it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases import services
from cases.enums import Holder
from cases.models import BulkChange, CaseFile, HolderChange, Task
from microloan.accounts.enums import AccessAction
from microloan.accounts.models import AccessLog
from microloan.core.errors import Refused
from tests.cases import builders
from tests.cases.builders import TODAY

WORK = "/work/"
IN_A_WEEK = TODAY + timedelta(days=7)


def by_hand(case, title, owner, *, days=0, holder=Holder.TEAM):
    return services.add_task(
        case=case, title=title, due_on=TODAY + timedelta(days=days), holder=holder, owner=owner, by=owner
    )


@pytest.fixture
def case(cast):
    return builders.accepted(cast.caseworker, cast.coach, name="Amina Testesen")


@pytest.fixture
def interview(case):
    """A derived task that is no promise."""
    return Task.objects.get(case=case, kind="telephone_interview", done_at__isnull=True)


def assign(tasks, owner, by, **more):
    return services.assign_tasks(task_ids=[task.pk for task in tasks], owner=owner, by=by, today=TODAY, **more)


def move(tasks, due_on, by):
    return services.move_tasks(task_ids=[task.pk for task in tasks], due_on=due_on, by=by, today=TODAY)


def test_tasks_get_another_owner_and_back(cast, case, interview):
    hand = by_hand(case, "Ring til banken", cast.coach)
    change = assign([hand, interview], cast.other_coach, cast.lead)
    assert set(Task.objects.filter(pk__in=[hand.pk, interview.pk]).values_list("owner", flat=True)) == {
        cast.other_coach.pk
    }
    assert services.undo_bulk(change=change, by=cast.lead, today=TODAY) == (2, 0)
    assert set(Task.objects.filter(pk__in=[hand.pk, interview.pk]).values_list("owner", flat=True)) == {cast.coach.pk}


def test_a_derived_task_stays_with_the_one_it_was_given_to(cast, case, interview):
    assign([interview], cast.other_coach, cast.lead)
    services.reconcile_all(TODAY + timedelta(days=1))
    interview.refresh_from_db()
    assert interview.owner == cast.other_coach
    assert not interview.is_done


def test_a_derived_date_stays_moved_until_the_case_asks_for_another(cast, case, interview):
    asked = interview.due_on
    move([interview], IN_A_WEEK + timedelta(days=3), cast.coach)
    services.reconcile_all(TODAY + timedelta(days=1))
    interview.refresh_from_db()
    assert (interview.due_on, interview.asked_due_on) == (IN_A_WEEK + timedelta(days=3), asked)
    CaseFile.objects.filter(pk=case.pk).update(phase_entered_on=TODAY + timedelta(days=2))
    services.reconcile_all(TODAY + timedelta(days=2))
    interview.refresh_from_db()
    assert (interview.due_on, interview.asked_due_on) == (asked + timedelta(days=2), None)


def test_moving_twice_and_undoing_twice_comes_back_to_the_start(cast, case, interview):
    start = interview.due_on
    first = move([interview], IN_A_WEEK + timedelta(days=2), cast.coach)
    second = move([interview], IN_A_WEEK + timedelta(days=5), cast.coach)
    services.undo_bulk(change=second, by=cast.coach, today=TODAY)
    services.undo_bulk(change=first, by=cast.coach, today=TODAY)
    interview.refresh_from_db()
    assert (interview.due_on, interview.asked_due_on) == (start, None)


def test_a_promised_date_is_not_moved(cast):
    case = builders.refer(cast.caseworker)
    promise = Task.objects.get(case=case, kind="accept_referral")
    with pytest.raises(Refused, match="Ingen af opgaverne"):
        move([promise], IN_A_WEEK, cast.coach)


def test_a_task_of_somebody_else_is_not_assigned(cast, case):
    hand = by_hand(case, "Borgeren finder lokale", None, holder=Holder.CITIZEN)
    assign([hand], cast.other_coach, cast.lead)  # somebody may keep an eye on it
    done = services.complete_task(task=by_hand(case, "Gjort", cast.coach), by=cast.coach)
    with pytest.raises(Refused):
        assign([done], cast.other_coach, cast.lead)


def test_cases_without_a_coach_can_get_one_with_the_tasks(cast, case):
    CaseFile.objects.filter(pk=case.pk).update(coach=None)
    services.reconcile_all(TODAY)
    tasks = list(Task.objects.filter(case=case, done_at__isnull=True))
    change = assign(tasks, cast.other_coach, cast.lead, also_coach=True)
    case.refresh_from_db()
    assert case.coach == cast.other_coach
    assert not Task.objects.filter(case=case, owner_is_chosen=True).exists()
    services.undo_bulk(change=change, by=cast.lead, today=TODAY)
    case.refresh_from_db()
    assert case.coach is None
    assert not Task.objects.filter(case=case, done_at__isnull=True, owner__isnull=False).exists()


def test_undoing_leaves_a_coach_who_came_later(cast, case):
    CaseFile.objects.filter(pk=case.pk).update(coach=None)
    services.reconcile_all(TODAY)
    tasks = list(Task.objects.filter(case=case, done_at__isnull=True))
    change = assign(tasks, cast.other_coach, cast.lead, also_coach=True)
    services.assign_coach(case=case, coach=cast.coach, by=cast.lead, today=TODAY)
    services.undo_bulk(change=change, by=cast.lead, today=TODAY)
    case.refresh_from_db()
    assert case.coach == cast.coach


def test_undoing_leaves_what_somebody_has_changed_since(cast, case, interview):
    hand = by_hand(case, "Ring til banken", cast.coach)
    change = assign([hand, interview], cast.other_coach, cast.lead)
    assign([hand], cast.lead, cast.coach)
    assert services.undo_bulk(change=change, by=cast.lead, today=TODAY) == (1, 1)
    hand.refresh_from_db()
    assert hand.owner == cast.lead
    with pytest.raises(Refused, match="allerede fortrudt"):
        services.undo_bulk(change=change, by=cast.lead, today=TODAY)


def test_undoing_leaves_what_has_been_done_since(cast, case, interview):
    hand = by_hand(case, "Ring til banken", cast.coach)
    change = assign([hand, interview], cast.other_coach, cast.lead)
    services.complete_task(task=hand, by=cast.other_coach)
    assert services.undo_bulk(change=change, by=cast.lead, today=TODAY) == (1, 1)
    hand.refresh_from_db()
    assert hand.owner == cast.other_coach


def test_only_the_one_who_did_it_undoes_it(cast, case, interview):
    change = move([interview], IN_A_WEEK + timedelta(days=1), cast.coach)
    with pytest.raises(Refused):
        services.undo_bulk(change=change, by=cast.lead, today=TODAY)


@pytest.mark.parametrize("role", ["caseworker", "specialist", "officer", "manager", "administrator", "auditor"])
def test_others_than_the_team_are_refused_by_the_services(cast, case, interview, role):
    outsider = getattr(cast, role)
    with pytest.raises(Refused):
        assign([interview], cast.coach, outsider)
    with pytest.raises(Refused):
        move([interview], IN_A_WEEK, outsider)
    with pytest.raises(Refused, match="mikrolånsteamet"):
        assign([interview], outsider, cast.lead)


def test_moving_writes_down_whose_turn_it_becomes(cast, case):
    by_hand(case, "Borgeren finder lokale", cast.coach, days=2, holder=Holder.CITIZEN)
    assert HolderChange.objects.filter(case=case).last().holder == Holder.CITIZEN
    task = Task.objects.get(title="Borgeren finder lokale")
    change = move([task], TODAY + timedelta(days=300), cast.coach)
    assert HolderChange.objects.filter(case=case).last().holder == Holder.TEAM
    services.undo_bulk(change=change, by=cast.coach, today=TODAY)
    assert HolderChange.objects.filter(case=case).last().holder == Holder.CITIZEN


# --- Guards of the database ------------------------------------------------------------------------------------------------


def test_what_was_done_is_not_rewritten(cast, case, interview):
    change = move([interview], IN_A_WEEK + timedelta(days=1), cast.coach)
    for attack in (
        lambda: BulkChange.objects.filter(pk=change.pk).update(changes=[]),
        lambda: BulkChange.objects.filter(pk=change.pk).delete(),
        lambda: HolderChange.objects.filter(case=case).update(holder="citizen"),
        lambda: HolderChange.objects.filter(case=case).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            attack()
    services.undo_bulk(change=change, by=cast.coach, today=TODAY)
    with pytest.raises(IntegrityError, match="undone_once"), transaction.atomic():
        BulkChange.objects.filter(pk=change.pk).update(undone_at=None)


# --- Screens ---------------------------------------------------------------------------------------------------------------


def ticked(client, do, tasks):
    return client.post(reverse("cases:bulk"), {"task": [task.pk for task in tasks], "do": do, "next": WORK})


def test_ticking_checking_doing_and_undoing(cast, case, interview, client_for):
    promise = Task.objects.get(case=builders.refer(cast.caseworker), kind="accept_referral")
    client = client_for(cast.coach)
    address = ticked(client, "move", [interview, promise]).url
    page = client.get(address)
    assert page.context["tasks"] == sorted([interview, promise], key=lambda task: (task.due_on, task.pk))
    for wrong in ("1-1-2020", "1-1-2062"):
        assert client.post(address, {"due_on": wrong}).context["form"].errors["due_on"]
    check = client.post(address, {"due_on": "1-2-2027"})
    assert [row.task for row in check.context["planned"]] == [interview]
    assert [row.task for row in check.context["left"]] == [promise]
    interview.refresh_from_db()
    assert interview.due_on.year == 2026
    assert client.post(address, {**check.context["hidden"], "edit": "1"}).context["checked"] is False
    page = client.post(address, {**check.context["hidden"], "confirm": "1"}, follow=True)
    assert "Fristen for 1 opgave er flyttet." in page.content.decode()
    interview.refresh_from_db()
    assert interview.due_on.year == 2027
    assert AccessLog.objects.filter(action=AccessAction.CHANGE, what="cases:bulk_move").exists()
    change = BulkChange.objects.get()
    page = client.post(reverse("cases:bulk_undo", args=[change.pk]), {"next": WORK}, follow=True)
    assert "1 opgave er, som den var." in page.content.decode()
    interview.refresh_from_db()
    assert interview.due_on.year == 2026


def test_nothing_ticked_is_said_in_words(cast, client_for):
    client = client_for(cast.coach)
    page = client.post(reverse("cases:bulk"), {"do": "assign", "next": WORK}, follow=True)
    assert "Du har ikke valgt nogen opgaver." in page.content.decode()
    assert client.post(reverse("cases:bulk"), {"do": "assign", "task": "x", "next": "//evil.example"}).url == WORK
    for name in ("cases:bulk_assign", "cases:bulk_move", "letters:bulk"):
        assert "Gå til Mit arbejde" in client.get(reverse(name)).content.decode()


def test_assigning_from_the_screen(cast, case, interview, client_for):
    client = client_for(cast.lead)
    address = ticked(client, "assign", [interview]).url
    assert "also_coach" not in client.get(address).context["form"].fields
    check = client.post(address, {"owner": cast.other_coach.pk})
    assert [(row.before, row.after) for row in check.context["planned"]] == [("Mette Medarbejder", "Bo Coach")]
    page = client.post(address, {"owner": cast.other_coach.pk, "confirm": "1"}, follow=True)
    assert "1 opgave er tildelt." in page.content.decode()
    again = client.post(address, {"owner": cast.other_coach.pk, "confirm": "1"})
    assert "Ingen af opgaverne kan ændres" in again.content.decode()
    assert BulkChange.objects.count() == 1


@pytest.mark.parametrize("number", [2, 12])
def test_the_check_page_takes_the_same_queries_for_few_and_many(
    cast, client_for, django_assert_max_num_queries, number
):
    tasks = [
        by_hand(builders.accepted(cast.caseworker, cast.coach), f"Opgave {index}", cast.coach)
        for index in range(number)
    ]
    client = client_for(cast.coach)
    address = ticked(client, "assign", tasks).url
    with django_assert_max_num_queries(14):
        client.post(address, {"owner": cast.other_coach.pk})
