"""Mit arbejde, the case list and search."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from cases import services, worklist
from cases.enums import ContactKind, Holder, Livelihood, Phase
from cases.models import Business, CaseFile, Citizen, Task
from microloan.accounts.enums import AccessAction
from microloan.accounts.models import AccessLog
from microloan.core import clock
from tests.cases import builders
from tests.cases.builders import TODAY

WORK = "/work/"
LIST = "/cases/"


def by_hand(case, title, owner, *, days=0, holder=Holder.TEAM):
    return services.add_task(
        case=case, title=title, due_on=TODAY + timedelta(days=days), holder=holder, owner=owner, by=owner
    )


@pytest.fixture
def case(cast):
    return builders.accepted(cast.caseworker, cast.coach, name="Amina Testesen")


def test_my_work_groups_by_due_date(cast, case, client_for):
    by_hand(case, "Sent", cast.coach)
    Task.objects.filter(title="Sent").update(due_on=TODAY - timedelta(days=2))
    by_hand(case, "I dag", cast.coach)
    by_hand(case, "Snart", cast.coach, days=5)
    by_hand(case, "Senere", cast.coach, days=40)
    groups = client_for(cast.coach).get(WORK).context["groups"]
    found = {group["key"]: [row.task.label for row in group["rows"] if row.task.is_by_hand] for group in groups}
    assert found == {"late": ["Sent"], "today": ["I dag"], "soon": ["Snart"], "later": ["Senere"]}


def test_the_views_hold_what_they_say(cast, case):
    by_hand(case, "Borgeren finder lokale", cast.coach, holder=Holder.CITIZEN)
    by_hand(case, "Sagsbehandleren spørger", cast.coach, holder=Holder.CASEWORKER)
    by_hand(case, "Godkend", cast.coach, holder=Holder.PROJECT_LEAD)
    by_hand(builders.refer(cast.caseworker), "Find ud af, hvem det er", cast.coach)
    without_coach = builders.accepted(cast.caseworker, cast.coach)
    CaseFile.objects.filter(pk=without_coach.pk).update(coach=None)
    coach, lead = worklist.counts(cast.coach, TODAY), worklist.counts(cast.lead, TODAY)
    own = Task.objects.filter(owner=cast.coach, holder=Holder.TEAM, done_at__isnull=True).count()
    assert coach["mine"] == own
    assert lead["mine"] == 1
    assert coach["new"] == 1
    assert (coach["waiting"], lead["waiting"]) == (3, 2)
    assert coach["no_coach"] == Task.objects.filter(case=without_coach, done_at__isnull=True).count()
    assert worklist.waiting_on(cast.coach) == [("Projektleder", 1), ("Borgeren", 1), ("Sagsbehandleren", 1)]
    assert worklist.waiting_on(cast.lead) == [("Borgeren", 1), ("Sagsbehandleren", 1)]


def test_the_appointments_of_a_day_stand_by_the_clock(cast, client_for):
    for hours in (5, 3):
        case = builders.accepted(cast.caseworker, cast.coach)
        services.plan_contact(
            case=case,
            kind=ContactKind.COACHING,
            at=clock.now() + timedelta(days=2, hours=hours),
            place="",
            staff=[cast.coach],
            by=cast.coach,
            today=TODAY,
        )
    by_hand(case, "Hele dagen", cast.coach, days=2)
    groups = client_for(cast.coach).get(WORK).context["groups"]
    soon = next(group["rows"] for group in groups if group["key"] == "soon")
    day = [row.task for row in soon if row.task.due_on == TODAY + timedelta(days=2)]
    assert day[0].label == "Hele dagen"
    assert [task.why for task in day[1:]] == sorted(task.why for task in day[1:])
    assert len(day) == 3


def test_no_contact_for_14_days_is_a_view(cast):
    case = builders.accepted(cast.caseworker, cast.coach, on=TODAY - timedelta(days=20))
    services.reconcile_tasks(case=case, today=TODAY)
    assert worklist.counts(cast.coach, TODAY)["quiet"] == 1
    builders.held(case, "coaching", [cast.coach])
    assert worklist.counts(cast.coach, TODAY)["quiet"] == 0


def test_new_referrals_tell_how_long_the_oldest_has_waited(cast):
    builders.refer(cast.caseworker, on=date(2026, 11, 9))
    builders.refer(cast.caseworker)
    assert worklist.new_referrals(cast.coach, TODAY) == {"number": 2, "age": 9, "late": True}


def test_done_can_be_undone_from_the_message(cast, case, client_for):
    task = by_hand(case, "Ring til banken", cast.coach)
    client = client_for(cast.coach)
    page = client.post(reverse("cases:task_done", args=[task.pk]), {"next": WORK}, follow=True)
    assert "Opgaven er løst." in page.content.decode()
    assert "Fortryd" in page.content.decode()
    task.refresh_from_db()
    assert task.done_by == cast.coach
    client.post(reverse("cases:task_undo", args=[task.pk]), {"next": WORK})
    task.refresh_from_db()
    assert not task.is_done
    assert "Fortryd" not in client.get(WORK).content.decode()


def test_one_is_never_sent_to_another_site(cast, case, client_for):
    task = by_hand(case, "Ring", cast.coach)
    response = client_for(cast.coach).post(reverse("cases:task_done", args=[task.pk]), {"next": "//evil.example/"})
    assert response.url == f"/cases/{case.number}/"


def test_a_derived_task_has_no_done_button_and_leads_to_the_step(cast, case, client_for):
    derived = Task.objects.get(case=case, kind="telephone_interview")
    page = client_for(cast.coach).get(WORK).content.decode()
    assert reverse("cases:task_done", args=[derived.pk]) not in page
    assert f"/cases/{case.number}/contacts/new/?kind=telephone_interview" in page
    response = client_for(cast.coach).post(reverse("cases:task_done", args=[derived.pk]), follow=True)
    assert "lukker af sig selv" in response.content.decode()


def test_an_empty_view_says_where_to_look(cast, client_for):
    assert "Her er ingen opgaver" in client_for(cast.other_coach).get(WORK).content.decode()
    assert client_for(cast.other_coach).get(f"{WORK}?view=nonsense").context["view"] == "mine"


def test_a_task_can_be_added_from_the_work_list(cast, case, client_for):
    client = client_for(cast.coach)
    address = reverse("cases:task_new")
    values = {"number": case.number.lower(), "title": "Find lokale", "due_on": "1/12-26", "holder": "team"}
    assert client.post(address, values).status_code == 302
    assert Task.objects.get(title="Find lokale").due_on == date(2026, 12, 1)
    assert client.post(address, {**values, "number": "ML-2026-9999"}).context["form"].errors["number"]
    assert client.post(address, {**values, "due_on": "1/11-26"}).context["form"].errors["due_on"]


@pytest.mark.parametrize("number", [2, 8])
def test_my_work_takes_the_same_queries_for_few_and_many(cast, client_for, django_assert_max_num_queries, number):
    for _ in range(number):
        builders.accepted(cast.caseworker, cast.coach)
    client = client_for(cast.coach)
    with django_assert_max_num_queries(25):
        client.get(f"{WORK}?view=team")


# --- The case list -------------------------------------------------------------------------------------------------------


def names(response):
    return [row.record.citizen.name for row in response.context["table"].page.object_list]


def test_names_are_sorted_as_danes_do(cast, client_for):
    for name in ("Åse Test", "Zita Test", "Ærlig Test", "Aase Test", "Øjvind Test", "Anna Test"):
        builders.refer(cast.caseworker, name=name)
    client = client_for(cast.coach)
    found = names(client.get(f"{LIST}?sort=citizen"))
    assert found[:4] == ["Anna Test", "Zita Test", "Ærlig Test", "Øjvind Test"]
    assert set(found[4:]) == {"Aase Test", "Åse Test"}
    assert names(client.get(f"{LIST}?sort=-citizen"))[-1] == "Anna Test"


def test_filters_narrow_the_list_and_can_be_removed(cast, case, client_for):
    builders.refer(cast.colleague, name="Bo Prøvesen", livelihood=Livelihood.SICKNESS_BENEFIT)
    client = client_for(cast.coach)
    assert sorted(names(client.get(LIST))) == ["Amina Testesen", "Bo Prøvesen"]
    page = client.get(LIST, {"livelihood": "sickness_benefit", "centre": cast.south.pk})
    assert names(page) == ["Bo Prøvesen"]
    assert [tag["url"] for tag in page.context["tags"]] == [
        "?livelihood=sickness_benefit",
        f"?centre={cast.south.pk}",
    ]
    for query, expected in (
        ({"phase": Phase.RECRUITMENT}, ["Amina Testesen"]),
        ({"coach": cast.coach.pk}, ["Amina Testesen"]),
        ({"coach": "none"}, ["Bo Prøvesen"]),
        ({"waiting_on": Holder.CITIZEN}, []),
        ({"phase": Phase.CLOSED}, []),
        ({"channel": "caseworker", "phase": "all"}, ["Amina Testesen", "Bo Prøvesen"]),
    ):
        assert (
            sorted(names(client.get(LIST, query))) == expected
            if expected
            else client.get(LIST, query).context["total"] == 0
        )


def test_closed_cases_are_found_when_asked_for(cast, case, client_for):
    services.close_case(case=case, reason="illness", choice_of="citizen", text="", by=cast.coach, today=TODAY)
    client = client_for(cast.coach)
    assert client.get(LIST).context["total"] == 0
    assert names(client.get(LIST, {"phase": "closed"})) == ["Amina Testesen"]


@pytest.mark.parametrize(
    "sort", ["citizen", "-citizen", "number", "-step", "coach", "cohort", "next_due_on", "-next_due_on"]
)
def test_every_column_sorts(cast, case, client_for, sort):
    builders.refer(cast.caseworker)
    assert len(names(client_for(cast.coach).get(LIST, {"sort": sort}))) == 2


@pytest.mark.parametrize("number", [2, 9])
def test_the_list_takes_the_same_queries_for_few_and_many(cast, client_for, django_assert_max_num_queries, number):
    for _ in range(number):
        builders.refer(cast.caseworker)
    client = client_for(cast.coach)
    with django_assert_max_num_queries(19):
        client.get(LIST)


# --- Search --------------------------------------------------------------------------------------------------------------


def hits(client, query):
    return [
        hit["name"] for hit in client.post("/search/", {"q": query}, headers={"HX-Request": "true"}).context["hits"]
    ]


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Åse Ødegård", "aase"),
        ("Aase Testesen", "Åse"),
        ("René Prøvesen", "rene prøve"),
        ("Łukasz Wałęsa", "lukasz walesa"),
        ("Şahin Yılmaz", "sahin yilmaz"),
        ("Bo Sörensen", "sørensen"),
        ("Amina Testesen", "testesen amina"),
        ("Amina Testesen", "TESTE"),
    ],
)
def test_names_are_found_however_they_are_spelled(cast, client_for, name, query):
    builders.refer(cast.caseworker, name=name)
    builders.refer(cast.caseworker, name="Helt Anderledes")
    assert hits(client_for(cast.coach), query) == [name]


def test_the_database_folds_names_as_the_rule_does(cast):
    from cases.rules import fold_name

    for name in ("Åse Ødegård", "Łukasz Wałęsa", "Şahin Yılmaz", "Zoë d'Été", "Ægir Þór", "O’Neill-Ñuñez"):
        citizen = Citizen.objects.create(name=name)
        citizen.refresh_from_db()
        assert citizen.name_key == fold_name(name)


def test_numbers_are_found(cast, client_for):
    number = builders.fictitious_cpr(4242)
    case = builders.refer(cast.caseworker, cpr=number, phone="87654321", name="Amina Testesen")
    Business.objects.create(case=case, name="Bageriet", form="sole_proprietorship", cvr="12345674")
    builders.refer(cast.caseworker, name="En Anden")
    client = client_for(cast.coach)
    for query in (number, f"{number[:6]}-{number[6:]}", case.number, case.number.lower(), "87 65 43 21", "12345674"):
        assert hits(client, query) == ["Amina Testesen"], query
    assert hits(client, "12") == []
    assert hits(client, "a") == []


def test_only_what_one_may_see_is_found(cast, client_for):
    builders.refer(cast.caseworker, name="Amina Testesen")
    assert hits(client_for(cast.caseworker), "amina") == ["Amina Testesen"]
    assert hits(client_for(cast.specialist), "amina") == ["Amina Testesen"]
    assert hits(client_for(cast.colleague), "amina") == []
    assert hits(client_for(cast.officer), "amina") == []


def test_at_most_eight_hits(cast, client_for):
    for number in range(10):
        builders.refer(cast.caseworker, name=f"Amina Nummer {'abcdefghij'[number]}")
    assert len(hits(client_for(cast.coach), "amina")) == 8


def test_a_search_is_logged_without_what_was_typed(cast, client_for):
    case = builders.refer(cast.caseworker, name="Amina Testesen")
    hits(client_for(cast.coach), "amina")
    line = AccessLog.objects.get(action=AccessAction.SEARCH)
    assert line.case_numbers == [case.number]
    assert "amina" not in line.what + line.purpose


def test_a_search_with_a_nul_in_it_finds_what_the_rest_finds(cast, client_for):
    builders.refer(cast.caseworker, name="Amina Testesen")
    assert "Amina Testesen" in client_for(cast.coach).post("/search/", {"q": "ami\0na"}).content.decode()


def test_search_as_you_type_answers_with_the_hits_alone(cast, client_for):
    builders.refer(cast.caseworker, name="Amina Testesen")
    response = client_for(cast.coach).post("/search/", {"q": "amina"}, headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert "Amina Testesen" in response.content.decode()
