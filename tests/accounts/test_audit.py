"""The data protection officer reads who looked and what was changed, and never what stands in a case."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from pytest_django import DjangoAssertNumQueries

from cases import services as cases
from microloan.accounts import audit
from microloan.accounts.audit import change_lines, what_label
from microloan.accounts.enums import AccessAction, Purpose, Role
from microloan.accounts.models import AccessLog, User
from microloan.accounts.registry import subject_of, tracked_rows_of
from microloan.accounts.services import log_access
from microloan.core import clock
from microloan.core.history import SEALED
from tests.support.strict import StrictClient
from tests.support.world import World

pytestmark = pytest.mark.django_db
NAME, CPR, IDEA = "Amina Testesen", "7203801234", "Syværksted"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def client(world: World) -> StrictClient:
    client = StrictClient()
    client.force_login(world.user(Role.AUDITOR))
    return client


def look(world: World, user: User, action: AccessAction = AccessAction.VIEW, case: Any = None) -> AccessLog:
    case = case or world.case
    return log_access(
        user=user,
        action=action,
        what="cases:detail",
        purpose=Purpose.CASEWORK,
        citizen_ids=[case.citizen_id],
        case_numbers=[case.number],
    )


def rows(response: Any) -> list[AccessLog]:
    return [row.record for row in response.context["table"].paginated_rows]


def test_the_log_is_filtered(client: StrictClient, world: World) -> None:
    coach, lead = world.user(Role.COACH), world.user(Role.PROJECT_LEAD)
    first, second = look(world, coach), look(world, lead, AccessAction.REVEAL)
    assert rows(client.get("/access-log/")) == [second, first]
    assert rows(client.get(f"/access-log/?user={coach.pk}")) == [first]
    assert rows(client.get("/access-log/?action=reveal")) == [second]
    assert rows(client.get(f"/access-log/?number={world.case.number.lower()}")) == [second, first]
    assert rows(client.get("/access-log/?number=ML-1999-0001")) == []
    today = clock.today().strftime("%d-%m-%Y")
    tomorrow = (clock.today() + timedelta(days=1)).strftime("%d-%m-%Y")
    assert rows(client.get(f"/access-log/?since={today}&until={today}")) == [second, first]
    assert rows(client.get(f"/access-log/?since={tomorrow}")) == []
    assert "Skriv datoen" in client.get("/access-log/?since=i+morgen").content.decode()


def test_all_lines_about_a_citizen_from_any_case(client: StrictClient, world: World) -> None:
    other = world.refer("7301801238", "Bo Testesen")
    coach = world.user(Role.COACH)
    mine, _theirs = look(world, coach), look(world, coach, case=other)
    shown = rows(client.get(f"/access-log/cases/{world.case.number}/"))
    assert [line.pk for line in shown if line.user == coach] == [mine.pk]


def test_the_extract_has_dates_and_purposes_and_no_names(client: StrictClient, world: World) -> None:
    """danish-rules.md §7: Datatilsynet 2 July 2024."""
    look(world, world.user(Role.COACH))
    look(world, world.user(Role.BENEFITS_OFFICER), AccessAction.REVEAL)
    response = client.get(f"/access-log/cases/{world.case.number}/extract.csv")
    text = b"".join(response.streaming_content).decode()
    heading, *lines = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")
    assert heading == ["Dato og tid", "Handling", "Hvad", "Formål"]
    assert [line[1:] for line in lines[:2]] == [
        ["Set", "Sag og journal", "Sagsbehandling i mikrolånsprogrammet"],
        ["Vist CPR-nr. eller adresse", "Sag og journal", "Sagsbehandling i mikrolånsprogrammet"],
    ]
    assert not any(user.full_name in text or user.username in text for user in User.objects.all())
    last = AccessLog.objects.order_by("pk").last()
    assert last is not None
    assert (last.action, last.purpose, last.user) == (AccessAction.EXPORT, Purpose.ACCESS_REQUEST, client.user)


def test_a_case_is_found_by_its_number(client: StrictClient, world: World) -> None:
    found = client.get("/access-log/find/", {"number": f" {world.case.number.lower()} "})
    assert found.headers["Location"] == f"/access-log/cases/{world.case.number}/"
    missing = client.get("/access-log/find/", {"number": "ML-1999-0001"})
    assert (missing.status_code, "Ingen sag har nummeret ML-1999-0001" in missing.content.decode()) == (404, True)


@pytest.mark.parametrize("tail", ["", "changes/", "extract.csv"])
def test_an_unknown_number_has_no_pages(client: StrictClient, tail: str) -> None:
    assert client.get(f"/access-log/cases/ML-1999-0001/{tail}").status_code == 404


@pytest.mark.parametrize("address", ["/access-log/", "/access-log/cases/{}/", "/access-log/cases/{}/changes/"])
def test_the_officer_sees_no_content_of_a_case(client: StrictClient, world: World, address: str) -> None:
    case = world.case
    cases.write_note(case=case, text="Meget fortroligt", by=world.user(Role.COACH))
    look(world, world.user(Role.COACH))
    shown = client.get(address.format(case.number)).content.decode()
    assert case.number in shown
    for secret in (NAME, CPR, CPR[:6], IDEA, "Meget fortroligt", "1980", "00000000"):
        assert secret not in shown
    assert client.get(f"/cases/{case.number}/").status_code in (403, 404)


def test_changes_say_field_before_after_and_who(client: StrictClient, world: World) -> None:
    case, other = world.case, world.user(Role.PROJECT_LEAD)
    lead = StrictClient()
    lead.force_login(other)
    lead.post(f"/cases/{case.number}/close/", {})  # whatever it answers: the request is the context
    cases.assign_coach(case=case, coach=other, by=other, today=world.today)
    (line, *_rest) = [
        line for line in change_lines(tracked_rows_of(case.number)) if line.field == "coach" and line.kind == "Ændret"
    ]
    assert (line.before, line.after) == ("Carla Testesen", "Per Testesen")
    page = client.get(f"/access-log/cases/{case.number}/changes/").content.decode()
    assert "Carla Testesen" in page


def test_who_changed_it_is_known_from_the_request(world: World) -> None:
    admin = world.user(Role.ADMINISTRATOR)
    client = StrictClient()
    client.force_login(admin)
    centre = world.centre
    client.post(f"/centres/{centre.pk}/", {"name": "Center Ny", "code": "nord", "is_active": "on"})
    from microloan.accounts.registry import TrackedRows

    newest = change_lines([TrackedRows(type(centre), (centre.pk,))])[0]
    assert (newest.who, newest.after) == (admin.full_name, "ikke vist (9 tegn)")


def test_every_tracked_row_of_a_case_is_found_and_no_other(world: World) -> None:
    case = world.case
    other = world.refer("7301801238", "Bo Testesen")
    found = {rows.model.__name__: rows.pks for rows in tracked_rows_of(case.number)}
    assert found["CaseFile"] == (case.pk,)
    assert found["Citizen"] == (case.citizen_id,)
    assert other.pk not in found["CaseFile"]
    assert subject_of(other.number) != subject_of(case.number)
    assert subject_of("ML-1999-0001") is None


@pytest.mark.parametrize("lines", [2, 12])
def test_the_pages_take_the_same_queries_at_any_size(
    client: StrictClient, world: World, lines: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    case = world.case
    coach, lead = world.user(Role.COACH), world.user(Role.PROJECT_LEAD)
    for n in range(lines):
        look(world, coach)
        cases.assign_coach(case=case, coach=lead if n % 2 else coach, by=lead, today=world.today)
    with django_assert_num_queries(LOG_QUERIES):
        client.get("/access-log/")
    with django_assert_num_queries(CASE_QUERIES):
        client.get(f"/access-log/cases/{case.number}/")
    with django_assert_num_queries(EXTRACT_QUERIES):
        b"".join(client.get(f"/access-log/cases/{case.number}/extract.csv").streaming_content)
    with django_assert_num_queries(CHANGES_QUERIES):
        client.get(f"/access-log/cases/{case.number}/changes/")


LOG_QUERIES, CASE_QUERIES, EXTRACT_QUERIES, CHANGES_QUERIES = 11, 13, 11, 50


def test_words_for_what_was_seen() -> None:
    assert what_label("loans:payments") == "Lån, tilskud og indbetalinger"
    assert what_label("Betalinger som CSV") == "Betalinger som CSV"


def test_the_log_can_be_long(client: StrictClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from microloan.accounts.paging import CappedPaginator

    monkeypatch.setattr(CappedPaginator, "most", 2)
    for _n in range(3):
        look(world, world.user(Role.COACH))
    assert "De nyeste 2 linjer vises" in client.get("/access-log/").content.decode()


def test_every_field_of_the_change_history_has_danish_words() -> None:
    """A field without words of its own would show its English name."""
    without = [
        f"{model.__name__}.{field.name}"
        for model in set(apps.get_models()) - SEALED
        if any(relation.related_model.__name__ == f"{model.__name__}Event" for relation in model._meta.related_objects)
        for field in model._meta.concrete_fields
        if field.editable
        and not field.primary_key
        and type(field.verbose_name) is str
        and field.name not in audit.FIELDS
        and not (field.is_relation and field.related_model is not User)
    ]
    assert without == []
