"""What the database refuses, whatever code or SQL asks for it."""

import pytest
from django.db import IntegrityError, connection, transaction

from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.models import AccessLog, User
from microloan.accounts.services import log_access
from tests.support.people import make_user

pytestmark = pytest.mark.django_db


def run(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def line() -> AccessLog:
    return log_access(user=make_user(), action=AccessAction.VIEW, what="cases:detail", purpose="casework")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE accounts_accesslog SET purpose = 'noget andet'",
        "DELETE FROM accounts_accesslog",
        "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE accounts_accesslog",
    ],
)
def test_the_access_log_is_append_only(line: AccessLog, sql: str) -> None:
    with pytest.raises(IntegrityError, match="access_log_"):
        run(sql)
    line.refresh_from_db()
    assert line.purpose == "casework"


def test_the_access_log_is_append_only_for_our_own_code(line: AccessLog) -> None:
    line.purpose = "noget andet"
    with pytest.raises(IntegrityError), transaction.atomic():
        line.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessLog.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessLog.objects.update(what="")


def test_a_user_has_one_of_the_eight_roles() -> None:
    make_user()
    with pytest.raises(IntegrityError, match="user_role_known"):
        run("UPDATE accounts_user SET role = 'superuser'")


def test_a_specialist_belongs_to_a_centre() -> None:
    make_user(Role.REFERRAL_SPECIALIST)
    with pytest.raises(IntegrityError, match="user_specialist_has_centre"):
        run("UPDATE accounts_user SET centre_id = NULL")


def test_names_of_users_are_unique_whatever_their_case() -> None:
    make_user(username="mette")
    with pytest.raises(IntegrityError, match="user_username_once"), transaction.atomic():
        make_user(username="METTE")


def test_a_user_who_is_named_in_the_log_cannot_be_deleted(line: AccessLog) -> None:
    with pytest.raises(IntegrityError):
        run("DELETE FROM accounts_user; SET CONSTRAINTS ALL IMMEDIATE")


def test_the_history_of_a_user_never_holds_the_password() -> None:
    user = make_user()
    user.set_password("et-helt-andet-kodeord")
    user.save()
    (event_model,) = [m for m in User._meta.get_field("events").related_model.__mro__ if m.__name__ == "UserEvent"]
    assert "password" not in {field.name for field in event_model._meta.get_fields()}
