"""`manage.py set_up`: a new installation gets its reference data and its first administrator, once."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from courses.models import CourseModule
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.policy.models import LegalBasis, RuleSet
from screening.models import CriteriaSet

pytestmark = pytest.mark.django_db


def set_up(username: str, name: str = "Anna Testesen") -> dict[str, str]:
    out = StringIO()
    call_command("set_up", administrator=username, name=name, format="json", stdout=out)
    return json.loads(out.getvalue())


def test_a_new_installation_is_ready() -> None:
    made = set_up("anna")
    user = User.objects.get(username=made["administrator"])
    assert user.role == Role.ADMINISTRATOR
    assert user.must_change_password
    assert user.check_password(made["password"])
    assert all(model.objects.exists() for model in (RuleSet, LegalBasis, CriteriaSet, CourseModule))


def test_only_once() -> None:
    set_up("anna")
    with pytest.raises(CommandError):
        set_up("bente")
    assert not User.objects.filter(username="bente").exists()


@pytest.mark.parametrize(("username", "name"), [("", "Anna Testesen"), ("anna", "")])
def test_an_administrator_has_a_name(username: str, name: str) -> None:
    with pytest.raises(CommandError):
        set_up(username, name)
    assert not User.objects.exists()
