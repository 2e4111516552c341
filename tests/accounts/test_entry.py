"""In and out: log-in, where one lands, lock-out, own password, the session."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from microloan.accounts import services
from microloan.accounts.checks import no_demo_users
from microloan.accounts.demo import DEMO_PASSWORD, DEMO_USERS, ensure_demo_users
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.errors import Refused
from tests.support.people import PASSWORD, make_user
from tests.support.strict import StrictClient

pytestmark = pytest.mark.django_db
NEW = "tre-ord-uden-sammenhaeng"


def log_in(client: Client, username: str = "mette", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login/", {"username": username, "password": password, **more})


# --- Log-in ----------------------------------------------------------------------------------------------------------


def test_after_the_log_in_one_is_where_one_wanted_to_be(client: StrictClient) -> None:
    make_user(username="mette")
    assert client.get("/profile/").headers["Location"] == "/login/?next=/profile/"
    assert log_in(client, next="/profile/").headers["Location"] == "/profile/"


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com/", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_by_a_link(client: StrictClient, elsewhere: str) -> None:
    make_user(username="mette")
    assert log_in(client, next=elsewhere).headers["Location"] == "/"


def test_upper_and_lower_case_of_the_name_do_not_matter(client: StrictClient) -> None:
    make_user(username="mette")
    assert log_in(client, "METTE").status_code == 302


def test_two_users_cannot_differ_in_case_alone() -> None:
    make_user(username="mette")
    with pytest.raises(Refused, match="Brugernavnet er i brug"):
        services.create_user(
            username="Mette",
            full_name="Mette Testesen",
            role=Role.COACH,
            centre=None,
            specialist_trained_on=None,
            email="",
            phone="",
            by=make_user(Role.ADMINISTRATOR),
        )


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(client: StrictClient) -> None:
    make_user(username="mette")
    make_user(username="closed", is_active=False)
    answers = {
        tuple(log_in(client, name, password).context["form"].non_field_errors())
        for name, password in [("mette", "forkert"), ("ukendt", PASSWORD), ("closed", PASSWORD)]
    }
    assert answers == {
        ("Brugernavn og adgangskode passer ikke sammen. Der er forskel på store og små bogstaver i adgangskoden.",)
    }


def test_the_password_stands_nowhere_in_the_answer(client: StrictClient) -> None:
    make_user(username="mette")
    assert b"hemmeligt-forkert" not in log_in(client, password="hemmeligt-forkert").content


@pytest.mark.parametrize(
    ("role", "start"),
    [
        (Role.COACH, "/work/"),
        (Role.PROJECT_LEAD, "/work/"),
        (Role.CASEWORKER, "/referrals/mine/"),
        (Role.REFERRAL_SPECIALIST, "/referrals/mine/"),
        (Role.BENEFITS_OFFICER, "/disbursements/"),
        (Role.MANAGER, "/overview/"),
        (Role.ADMINISTRATOR, "/users/"),
        (Role.AUDITOR, "/access-log/"),
    ],
)
@pytest.mark.usefixtures("reference_data")
def test_each_role_has_its_start_page(client_for: Callable[..., StrictClient], role: Role, start: str) -> None:
    client = client_for(role)
    response = client.get("/")
    assert response.headers["Location"].endswith(start)
    assert client.get(response.headers["Location"]).status_code == 200


def test_log_out_ends_the_session(client_for: Callable[..., StrictClient]) -> None:
    client = client_for("coach")
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").headers["Location"] == "/login/"
    assert client.get("/profile/").status_code == 302


# --- Lock-out --------------------------------------------------------------------------------------------------------


@pytest.fixture
def axes(settings: Any) -> None:
    settings.AXES_ENABLED = True


@pytest.mark.usefixtures("axes")
def test_five_failures_lock_the_name_for_a_quarter_of_an_hour(client: StrictClient) -> None:
    make_user(username="mette")
    for attempt in range(4):
        assert log_in(client, "mette" if attempt % 2 else "METTE ", "forkert").status_code == 200
    locked = log_in(client, password="forkert")
    assert locked.status_code == 429
    assert re.search(r"kl\.\s\d\d\.\d\d</strong>, om 15 minutter", locked.content.decode())
    assert "Din administrator kan give dig en ny adgangskode" in locked.content.decode()
    assert log_in(client).status_code == 429, "the right password does not help now"
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
        assert log_in(StrictClient()).status_code == 302


@pytest.mark.usefixtures("axes")
def test_the_lock_of_one_name_is_not_that_of_another(client: StrictClient) -> None:
    make_user(username="mette")
    make_user(username="jens")
    for _attempt in range(5):
        log_in(client, password="forkert")
    assert log_in(client, "jens").status_code == 302


@pytest.mark.usefixtures("axes")
def test_an_unknown_name_is_locked_as_well(client: StrictClient) -> None:
    assert [log_in(client, "ukendt").status_code for _attempt in range(6)] == [200] * 4 + [429] * 2


@pytest.mark.usefixtures("axes")
def test_a_new_password_from_the_administrator_unlocks(client: StrictClient) -> None:
    user = make_user(username="Mette")
    for _attempt in range(5):
        log_in(client, password="forkert")
    _user, password = services.reset_password(user=user, by=make_user(Role.ADMINISTRATOR))
    assert log_in(client, password=password).status_code == 302


# --- Own password ----------------------------------------------------------------------------------------------------


def test_a_temporary_password_opens_nothing_but_the_change(client: StrictClient) -> None:
    make_user(Role.ADMINISTRATOR, username="mette", must_change_password=True)
    log_in(client)
    assert client.get("/users/").headers["Location"] == "/password/"
    assert client.post("/users/new/", {}).headers["Location"] == "/password/"
    assert client.get("/accessibility/").status_code == 200
    change = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post("/password/", change).headers["Location"] == "/"
    assert client.get("/users/").status_code == 200, "one stays logged in"
    assert not User.objects.get(username="mette").must_change_password


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ("kort", "mindst 12 tegn"),
        ("123456789012345", "numerisk"),
        (PASSWORD, "anderledes end den nuværende"),
        (DEMO_PASSWORD, "Alle kender den adgangskode"),
        ("mette-medarbejder", "brugernavn"),
        ("1q2w3e4r5t6y", "almindelig"),
    ],
)
def test_a_weak_new_password_is_refused_in_danish(client: StrictClient, new: str, says: str) -> None:
    client.force_login(make_user(username="mette-medarbejder"))
    change = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    response = client.post("/password/", change)
    if response.status_code == 302:
        pytest.fail("accepted")
    errors = " ".join(response.context["form"].errors.get("new_password2", []))
    assert says in errors


def test_the_old_password_and_two_equal_new_ones_are_asked_for(client_for: Callable[..., StrictClient]) -> None:
    change = {"old_password": "forkert", "new_password1": NEW, "new_password2": NEW + "x"}
    form = client_for("coach").post("/password/", change).context["form"]
    assert form.errors["old_password"] == ["Det er ikke din nuværende adgangskode."]
    assert form.errors["new_password2"] == ["De to nye adgangskoder er ikke ens. Skriv begge igen."]


# --- The session -----------------------------------------------------------------------------------------------------


def test_the_session_ends_after_an_hour_without_a_click(client: StrictClient, settings: Any) -> None:
    make_user(username="mette")
    log_in(client)
    start = timezone.now()
    with time_machine.travel(start + timedelta(minutes=50), tick=True):
        assert client.post("/session/extend/").status_code == 204
    with time_machine.travel(start + timedelta(minutes=100), tick=True):
        assert client.get("/profile/").status_code == 200
    with time_machine.travel(start + timedelta(minutes=161), tick=True):
        assert client.get("/profile/").status_code == 302


def test_a_form_sent_after_the_log_out_leads_back_to_its_page(client: StrictClient) -> None:
    """… and says that nothing was saved; also from a tab that is eleven months old."""
    make_user(username="mette")
    response = client.post("/profile/", {}, headers={"Referer": "http://testserver/profile/?a=1"})
    assert response.headers["Location"] == "/login/?next=/profile/%3Fa%3D1"
    assert "intet blev gemt" in client.get(response.headers["Location"]).content.decode()


def test_a_form_from_elsewhere_leads_to_the_start_page(client: StrictClient) -> None:
    response = client.post("/profile/", {}, headers={"Referer": "https://example.com/x"})
    assert response.headers["Location"] == "/login/?next=/"


def test_a_region_of_a_page_takes_the_whole_page_to_the_log_in(client: StrictClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/profile/"}
    response = client.get("/profile/", headers=headers)
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, "/login/?next=/profile/")


def test_closing_the_access_ends_the_session_at_once(client_for: Callable[..., StrictClient]) -> None:
    client = client_for("coach")
    services.deactivate_user(user=client.user, by=make_user(Role.ADMINISTRATOR))
    assert client.get("/profile/").status_code == 302


def test_a_new_password_ends_the_open_sessions(client_for: Callable[..., StrictClient]) -> None:
    client = client_for("coach")
    services.reset_password(user=client.user, by=make_user(Role.ADMINISTRATOR))
    assert client.get("/profile/").status_code == 302


def test_shortcuts_can_be_switched_off(client_for: Callable[..., StrictClient]) -> None:
    client = client_for("coach")
    client.post("/profile/", {})
    assert 'data-shortcuts="off"' in client.get("/profile/").content.decode()
    client.post("/profile/", {"shortcuts_enabled": "on", "digest": "off"})
    assert 'data-shortcuts="on"' in client.get("/profile/").content.decode()


# --- Demo ------------------------------------------------------------------------------------------------------------


def test_a_demo_user_of_every_role_logs_in_with_one_click(client: StrictClient) -> None:
    users = ensure_demo_users()
    assert {user.role for user in users.values()} == set(Role)
    assert ensure_demo_users() == users, "a second run makes nobody"
    page = client.get("/login/?next=/profile/").content.decode()
    for person in DEMO_USERS:
        assert f'value="{person.username}"' in page
        response = StrictClient().post("/login/demo/", {"username": person.username, "next": "/profile/"})
        assert response.headers["Location"] == "/profile/"


def test_the_demo_password_works_for_all_of_them(client: StrictClient) -> None:
    ensure_demo_users()
    assert all(log_in(StrictClient(), person.username, DEMO_PASSWORD).status_code == 302 for person in DEMO_USERS)


def test_demo_logins_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    ensure_demo_users()
    call_command("demo_logins")
    printed = capsys.readouterr().out
    assert DEMO_PASSWORD in printed
    assert all(person.username in printed for person in DEMO_USERS)


@pytest.fixture
def production(settings: Any) -> None:
    settings.DEMO = settings.DEMO_CLOCK = False


def test_outside_demos_none_of_it_exists(client: StrictClient, settings: Any) -> None:
    ensure_demo_users()
    settings.DEMO = settings.DEMO_CLOCK = False
    assert DEMO_PASSWORD not in client.get("/login/").content.decode()
    assert client.post("/login/demo/", {"username": "coach"}).status_code == 404
    refused = log_in(client, "coach", DEMO_PASSWORD)
    assert "Demoens adgangskode virker ikke her" in refused.content.decode()
    with pytest.raises(Refused):
        ensure_demo_users()
    with pytest.raises(CommandError):
        call_command("demo_logins")
    (error,) = no_demo_users(databases=["default"])
    assert (error.id, "coach" in error.msg) == ("accounts.E001", True)
    client.force_login(User.objects.get(username="projektleder"))
    assert client.get("/demo/clock/").status_code == 404


@pytest.mark.usefixtures("production")
def test_only_demo_users_count_as_such() -> None:
    make_user(username="coach")
    assert no_demo_users(databases=["default"]) == []


def test_nobody_else_logs_in_with_one_click(client: StrictClient) -> None:
    make_user(Role.ADMINISTRATOR, username="chef")
    make_user(username="coach", is_active=False)
    assert client.post("/login/demo/", {"username": "chef"}).status_code == 404
    assert client.post("/login/demo/", {"username": "coach"}).status_code == 404
