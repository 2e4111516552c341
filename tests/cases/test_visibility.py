"""Who sees which cases (domain.md §2), with a fixed cast."""

import pytest
from django.db.models import Q
from django.urls import reverse

from cases import registry, services
from cases.models import CaseFile
from microloan.accounts.enums import Role
from tests.cases import builders


@pytest.fixture
def cases(cast):
    """Three cases: two referred from the north (by the caseworker and by the specialist), one from the south."""
    return {
        "north": builders.refer(cast.caseworker),
        "specialist": builders.refer(cast.specialist),
        "south": builders.refer(cast.colleague),
    }


EXPECTED = {
    "caseworker": {"north"},
    "colleague": {"south"},
    "specialist": {"north", "specialist"},
    "coach": {"north", "specialist", "south"},
    "other_coach": {"north", "specialist", "south"},
    "lead": {"north", "specialist", "south"},
    "manager": set(),
    "administrator": set(),
    "auditor": set(),
}


@pytest.mark.parametrize("who", EXPECTED)
def test_visible_to(cast, cases, who):
    seen = set(CaseFile.objects.visible_to(getattr(cast, who)).values_list("pk", flat=True))
    assert {name for name, case in cases.items() if case.pk in seen} == EXPECTED[who]


def test_a_benefits_officer_sees_what_the_room_of_loans_says(cast, cases):
    assert not CaseFile.objects.visible_to(cast.officer).exists()
    condition = registry.visibility.get(Role.BENEFITS_OFFICER)
    if condition is not None:
        assert isinstance(condition(), Q)


def test_a_case_that_moves_to_a_coach_stays_visible_to_the_referrer(cast, cases):
    case = services.accept(case=cases["north"], coach=cast.coach, by=cast.lead, today=builders.TODAY)
    assert CaseFile.objects.visible_to(cast.caseworker).get() == case


def test_a_specialist_who_moves_to_another_centre_keeps_the_own_referrals(cast, cases):
    cast.specialist.centre = cast.south
    cast.specialist.save()
    assert set(CaseFile.objects.visible_to(cast.specialist)) == {cases["specialist"], cases["south"]}


@pytest.mark.parametrize("who", ["colleague", "manager", "administrator", "auditor"])
def test_a_stranger_s_case_does_not_exist_in_search(cast, cases, client_for, who):
    client = client_for(getattr(cast, who))
    response = client.post("/search/", {"q": cases["north"].number})
    assert response.status_code == 403 or not response.context["hits"]


def test_another_s_case_is_404_and_other_roles_pages_403(cast, cases, client_for):
    number = cases["north"].number
    assert client_for(cast.colleague).get(reverse("cases:referral_detail", args=[number])).status_code == 404
    assert client_for(cast.coach).get(reverse("cases:detail", args=["ML-2026-4711"])).status_code == 404
    for name in ("detail", "journal", "close", "citizen"):
        address = reverse(f"cases:{name}", args=[number])
        assert client_for(cast.caseworker).get(address).status_code == 403
        assert client_for(cast.officer).get(address).status_code == 403


def test_each_tab_leads_to_a_page(cast, cases):
    for tab in registry.tabs:
        assert reverse(tab.url_name, kwargs={"number": cases["north"].number})
        assert tab.roles


def test_a_task_of_an_unseen_case_does_not_exist(cast, cases, client_for):
    task = cases["north"].tasks.get()
    assert client_for(cast.officer).post(reverse("cases:task_done", args=[task.pk])).status_code == 403
    assert client_for(cast.coach).post(reverse("cases:task_done", args=[999999])).status_code == 404
