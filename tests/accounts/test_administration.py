"""Administrators make, change and close users and centres; nobody is deleted, and nobody is left without a key."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from microloan.accounts import services
from microloan.accounts.enums import Role
from microloan.accounts.models import Centre, User
from microloan.core.errors import Refused
from tests.support.people import PASSWORD, make_centre, make_user
from tests.support.strict import StrictClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return make_user(Role.ADMINISTRATOR, username="admin")


@pytest.fixture
def client(admin: User) -> StrictClient:
    client = StrictClient()
    client.force_login(admin)
    return client


def fields(**changed: Any) -> dict[str, Any]:
    return {"username": "nan0001", "full_name": "Nanna Testesen", "role": "coach", "email": "", "phone": "", **changed}


def test_a_new_user_gets_a_password_that_is_shown_once_and_must_be_changed(client: StrictClient) -> None:
    response = client.post("/users/new/", fields(phone="12 34 56 78"))
    assert response.headers["Cache-Control"].startswith("max-age=0")
    password = response.context["password"]
    assert password in response.content.decode()
    user = User.objects.get(username="nan0001")
    assert (user.check_password(password), user.must_change_password, user.phone) == (True, True, "12345678")
    assert password not in client.get(f"/users/{user.pk}/").content.decode()


def test_temporary_passwords_differ_and_pass_our_own_rules() -> None:
    made = {services.new_temporary_password() for _n in range(100)}
    assert len(made) == 100
    assert all(len(password) == 19 for password in made)


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"role": "referral_specialist"}, "centre", "Vælg videnspersonens center."),
        ({"username": "ADMIN"}, "username", "Brugernavnet er i brug. Vælg et andet."),
        ({"role": "superuser"}, "role", "superuser"),
        ({"full_name": ""}, "full_name", "Udfyld"),
        ({"specialist_trained_on": "31-02-2026"}, "specialist_trained_on", "Februar 2026 har ikke 31 dage"),
        ({"phone": "123"}, "phone", "otte cifre"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(client: StrictClient, wrong: dict, field: str, says: str) -> None:
    form = client.post("/users/new/", fields(**wrong)).context["form"]
    assert says in " ".join(form.errors[field])
    assert User.objects.count() == 1


def test_a_user_is_changed(client: StrictClient) -> None:
    centre = make_centre("nord")
    user = make_user(Role.CASEWORKER, username="nan0001", centre=centre)
    changed = fields(role="referral_specialist", centre=centre.pk, specialist_trained_on="11-2-2025")
    assert client.post(f"/users/{user.pk}/", changed).status_code == 302
    user.refresh_from_db()
    assert (user.role, user.specialist_trained_on) == (Role.REFERRAL_SPECIALIST, date(2025, 2, 11))
    assert user.check_password(PASSWORD), "the password stays"


def test_a_new_role_takes_effect_at_the_next_click(client: StrictClient) -> None:
    other = StrictClient()
    other.force_login(make_user(Role.ADMINISTRATOR, username="nan0001"))
    assert other.get("/users/").status_code == 200
    client.post(f"/users/{other.user.pk}/", fields(role="coach"))
    assert other.get("/users/").status_code == 403


def test_nobody_closes_the_own_access(client: StrictClient, admin: User) -> None:
    page = client.post(f"/users/{admin.pk}/close/", follow=True).content.decode()
    assert "Du kan ikke lukke din egen adgang" in page
    admin.refresh_from_db()
    assert admin.is_active


def test_there_is_always_an_administrator(client: StrictClient, admin: User) -> None:
    form = client.post(f"/users/{admin.pk}/", fields(username="admin", role="coach")).context["form"]
    assert form.non_field_errors() == ["Der skal være mindst én administrator. Opret en anden først."]
    second = make_user(Role.ADMINISTRATOR)
    services.deactivate_user(user=admin, by=second)
    with pytest.raises(Refused):
        services.deactivate_user(user=second, by=admin)


def test_a_closed_access_is_opened_with_a_new_password(client: StrictClient) -> None:
    user = make_user(username="nan0001")
    client.post(f"/users/{user.pk}/close/")
    user.refresh_from_db()
    assert not user.is_active
    assert user.full_name not in client.get("/users/").content.decode().split("<table")[1]
    assert user.full_name in client.get("/users/?closed=1").content.decode()
    with pytest.raises(Refused, match="Åbn adgangen først"):
        services.reset_password(user=user, by=client.user)
    password = client.post(f"/users/{user.pk}/open/").context["password"]
    user.refresh_from_db()
    assert (user.is_active, user.check_password(password), user.must_change_password) == (True, True, True)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_the_services_themselves_refuse_others(role: Role) -> None:
    by, user = make_user(role), make_user()
    for call in (
        lambda: services.deactivate_user(user=user, by=by),
        lambda: services.reset_password(user=user, by=by),
        lambda: services.reactivate_user(user=user, by=by),
        lambda: services.save_centre(centre=None, name="Vest", code="vest", is_active=True, by=by),
    ):
        with pytest.raises(Refused, match="Kun en administrator"):
            call()


def test_users_are_filtered_and_sorted(client: StrictClient) -> None:
    centre = make_centre("nord", name="Center Nord")
    make_user(Role.CASEWORKER, username="bodil", full_name="Bodil Testesen", centre=centre)
    make_user(Role.COACH, username="anna", full_name="Anna Testesen")

    def names(query: str) -> list[str]:
        return [row.record.username for row in client.get(f"/users/?{query}").context["table"].paginated_rows]

    assert names("q=bod") == ["bodil"]
    assert names("role=coach") == ["anna"]
    assert names(f"centre={centre.pk}") == ["bodil"]
    assert names("sort=-full_name&q=testesen") == ["bodil", "anna"]
    assert names("role=rubbish") == names("")


@pytest.mark.parametrize("people", [3, 30])
def test_the_list_takes_the_same_queries_at_any_size(
    client: StrictClient, people: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    centre = make_centre("nord")
    for _n in range(people):
        make_user(Role.CASEWORKER, centre=centre)
    client.get("/users/")
    with django_assert_num_queries(LIST_QUERIES):
        client.get("/users/")
    with django_assert_num_queries(CENTRES_QUERIES):
        client.get("/centres/")


LIST_QUERIES = 12
CENTRES_QUERIES = 10


def test_centres(client: StrictClient) -> None:
    client.post("/centres/new/", {"name": "Center Vest", "code": "vest", "is_active": "on"})
    centre = Centre.objects.get(code="vest")
    assert "Mangler" in client.get("/centres/").content.decode()
    make_user(Role.REFERRAL_SPECIALIST, centre=centre, specialist_trained_on=date(2025, 1, 1))
    assert "Mangler" not in client.get("/centres/").content.decode()
    renamed = {"name": "Beskæftigelse Vest", "code": "vest", "is_active": "on"}
    client.post(f"/centres/{centre.pk}/", renamed)
    centre.refresh_from_db()
    assert centre.name == "Beskæftigelse Vest"
    form = client.post(f"/centres/{centre.pk}/", {"name": "Beskæftigelse Vest", "code": "vest"}).context["form"]
    assert "Der er brugere på centret" in form.errors["is_active"][0]
    form = client.post("/centres/new/", {"name": "Andet", "code": "vest", "is_active": "on"}).context["form"]
    assert form.errors["code"] == ["Det korte navn er i brug. Vælg et andet."]


def test_a_centre_out_of_use_cannot_be_chosen_but_stays_where_it_is(client: StrictClient) -> None:
    closed = make_centre("old", is_active=False)
    keeps = make_user(Role.CASEWORKER, username="nan0001", centre=closed)
    form = client.post("/users/new/", fields(username="ny", role="caseworker", centre=closed.pk)).context["form"]
    assert "centre" in form.errors
    kept = client.post(f"/users/{keeps.pk}/", fields(role="caseworker", centre=closed.pk))
    assert kept.status_code == 302


def test_an_administrator_sees_no_case_content(client_for: Callable[..., StrictClient]) -> None:
    page = client_for(Role.ADMINISTRATOR).get("/users/").content.decode()
    assert 'href="/cases/' not in page
    assert "search-q" not in page
