"""The strict suite is tested too: each kind of slip must fail a test."""

import warnings
from datetime import datetime
from pathlib import Path

import pytest
from django.core.paginator import Paginator, UnorderedObjectListWarning
from django.http import HttpResponse
from django.template import Context, Template, TemplateSyntaxError, engines
from django.template.loader import render_to_string

from microloan.accounts.models import User
from tests.support.people import make_user
from tests.support.strict import assert_clean, faults_of
from tests.support.undefined import UndefinedVariableError, is_ours


def test_an_undefined_variable_fails():
    for source in ("{{ nobody }}", "{{ nobody.name }}", "{{ nobody|default:'x' }}", "{% with a=nobody %}{% endwith %}"):
        with pytest.raises(UndefinedVariableError, match="nobody"):
            Template(source).render(Context())
    with pytest.raises(UndefinedVariableError, match="nam"):
        Template("{{ user.nam }}").render(Context({"user": User(full_name="x")}))


def test_conditions_may_ask_for_what_is_not_there():
    assert Template("{% if nobody %}x{% endif %}|{% firstof nobody 'y' %}").render(Context()) == "|y"


def test_empty_and_none_are_not_undefined():
    assert Template("{{ a }}|{{ b }}|").render(Context({"a": "", "b": None})) == "|None|"


def test_templates_of_other_packages_are_excused():
    assert is_ours(str(Path(__file__).resolve().parent.parent.parent / "templates/base.html"))
    assert not is_ours("/venv/lib/python3.11/site-packages/crispy_bootstrap5/templates/bootstrap5/field.html")
    assert "<form" in render_to_string("bootstrap5/whole_uni_form.html", {"form": "", "form_tag": True})


def test_a_typing_error_in_a_template_fails_too():
    with pytest.raises(TemplateSyntaxError):
        engines["django"].from_string("{{ a|no_such_filter }}")


@pytest.mark.parametrize(
    "html",
    [
        '<p style="color: red">x</p>',
        "<style>p {}</style>",
        "<script>alert(1)</script>",
        '<button onclick="x()">x</button>',
        '<a href="javascript:x()">x</a>',
        "<p>{{ name }}</p>",
        '<p title="{% url %}">x</p>',
        '<p id="a"></p><p id="a"></p>',
    ],
)
def test_what_the_policy_would_block_fails(html):
    assert faults_of(html)
    with pytest.raises(AssertionError):
        assert_clean(HttpResponse(html))


def test_clean_pages_and_other_files_pass():
    assert not faults_of(
        '<script src="/x.js"></script><script type="application/json">{"a": 1}</script><p id="a">x</p>'
    )
    assert_clean(HttpResponse("{{ x }}", content_type="text/plain"))


def test_naive_datetimes_fail(db):
    with pytest.raises(RuntimeWarning, match="naive"):
        User.objects.filter(last_login__gte=datetime(2026, 1, 1)).exists()


def test_unordered_pagination_fails(db):
    with pytest.raises(UnorderedObjectListWarning):
        Paginator(User.objects.order_by(), 10).page(1)


def test_warnings_fail():
    with pytest.raises(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)


@pytest.mark.parametrize("role", ["caseworker", "referral_specialist", "coach", "project_lead", "benefits_officer"])
def test_there_is_a_client_for_every_role(client_for, role):
    client = client_for(role)
    assert client.user.role == role
    assert client.session["_auth_user_id"] == str(client.user.pk)


def test_users_of_tests_can_be_given_a_name(db):
    assert make_user("manager", full_name="Lene Leder").full_name == "Lene Leder"
