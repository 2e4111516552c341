"""Criteria sets as data with versions: what is begun and decided keeps its own (domain.md §4)."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from microloan.accounts.enums import Role
from microloan.core.errors import Conflict, Refused
from screening import services
from screening.models import CriteriaSet
from tests.screening.builders import YES, decided, opened
from tests.screening.pages import text_of

WHY = "Ordene var svære at forstå."


@pytest.fixture
def admin(world, client_for):
    return client_for(world.user(Role.ADMINISTRATOR))


def current(number=1):
    services.ensure_criteria()
    return CriteriaSet.objects.get(number=number, is_current=True)


def change(world, rows, *, number=1, base=1, note=WHY, by=None):
    by = by or world.user(Role.ADMINISTRATOR)
    return services.change_criteria(number=number, criteria=rows, note=note, base_version=base, by=by)


def test_a_change_makes_a_version_and_leaves_the_old_one(world):
    before = services.data_of(current())
    rows = [replace(before[1], title="Lyst", weight=3), before[0], services.CriterionData("Netværk", "Få", "Mange")]
    made = change(world, rows)
    assert (made.version, made.made_by, made.note, made.is_current) == (2, world.user(Role.ADMINISTRATOR), WHY, True)
    assert [(row.code, row.title, row.weight) for row in services.data_of(made)] == [
        ("motivation", "Lyst", 3),
        ("self_image", "Selvbillede", 1),
        ("netvaerk", "Netværk", 1),
    ]
    old = CriteriaSet.objects.get(number=1, version=1)
    assert not old.is_current
    assert services.data_of(old) == before


def test_running_and_decided_rounds_keep_theirs_and_a_new_round_gets_the_new(world):
    done, running = decided(world, 1, YES), opened(world)
    before = services.data_of(current())
    made = change(world, before[:1])
    for screening in (done, running):
        screening.refresh_from_db()
        assert screening.criteria_set.version == 1
        assert screening.scores.count() == len(before)
    new = opened(world)
    assert new.criteria_set == made
    assert new.scores.count() == 1


def test_a_taken_out_criterion_does_not_lend_its_code_to_another(world):
    before = services.data_of(current())
    change(world, before[1:])
    again = change(world, [*before[1:], services.CriterionData("Self image", "Lav", "Høj")], base=2)
    assert services.data_of(again)[-1].code == "self_image_2"


def test_what_stands_already_makes_no_version(world):
    assert change(world, services.data_of(current())).version == 1


def test_two_administrators_do_not_overwrite_one_another(world):
    before = services.data_of(current())
    change(world, before[1:])
    with pytest.raises(Conflict, match="version 2"):
        change(world, before[:-1], base=1)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_only_an_administrator_changes_them(world, role):
    with pytest.raises(Refused, match="administrator"):
        change(world, services.data_of(current())[:1], by=world.user(role))


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [services.CriterionData("Tillid", "", "Høj")],
        [services.CriterionData("Tillid", "Lav", "Høj", 6)],
        [services.CriterionData("Tillid", "Lav", "Høj"), services.CriterionData("TILLID ", "Lav", "Høj")],
        [services.CriterionData(f"Nr. {number}", "Lav", "Høj") for number in range(21)],
    ],
)
def test_what_a_set_cannot_be(world, rows):
    current()
    with pytest.raises(Refused):
        change(world, rows)
    assert CriteriaSet.objects.filter(number=1).count() == 1


def test_a_change_says_why(world):
    with pytest.raises(Refused) as refused:
        change(world, services.data_of(current())[1:], note=" ")
    assert refused.value.field == "note"


# --- In the database ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "guard"),
    [
        ("UPDATE screening_criteriaset SET version = 9 WHERE id = {set}", "criteria_set_kept"),
        ("UPDATE screening_criteriaset SET note = 'x' WHERE id = {set}", "criteria_set_kept"),
        ("DELETE FROM screening_criteriaset WHERE id = {set}", "criteria_set_kept"),
        ("UPDATE screening_criterion SET title = 'x' WHERE criteria_set_id = {set}", "criterion_append_only"),
        ("DELETE FROM screening_criterion WHERE criteria_set_id = {set}", "criterion_append_only"),
        (
            'INSERT INTO screening_criterion (criteria_set_id, code, "order", weight, title, low, high) '
            "VALUES ({set}, 'x', 9, 1, 'x', 'x', 'x')",
            "criterion_set_in_use",
        ),
        (
            'INSERT INTO screening_criterion (criteria_set_id, code, "order", weight, title, low, high) '
            "VALUES ({free}, 'x', 9, 6, 'x', 'x', 'x')",
            "criterion_weight",
        ),
        ("TRUNCATE screening_criteriaset CASCADE", "no_truncate"),
    ],
)
def test_the_database_keeps_a_set_as_it_was(world, sql, guard):
    used, free = opened(world).criteria_set_id, current(2).pk
    settled = "SET CONSTRAINTS ALL IMMEDIATE; "
    with pytest.raises(IntegrityError, match=guard), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(settled + sql.format(set=used, free=free))


# --- On the screen -----------------------------------------------------------------------------------------------------


def posted(rows, **more):
    data = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": 0, "version": 1, "note": WHY, **more}
    for place, row in enumerate(rows):
        data |= {f"form-{place}-{name}": value for name, value in row.items()}
    return data


def row(title, code="", order="", weight="1", low="Lidt", high="Meget"):
    return {"title": title, "code": code, "order": order, "weight": weight, "low": low, "high": high}


def test_the_administrator_changes_wording_order_and_weight(admin):
    page = reverse("screening:criteria_edit", kwargs={"number": 1})
    assert "Selvbillede" in text_of(admin.get(page))
    rows = [
        row("Selvbillede", "self_image", "2", "3"),
        row("Tillid", "trust", "1"),
        row("", "motivation"),
        row("", low="", high=""),
    ]
    response = admin.post(page, posted(rows), follow=True)
    assert "Version 2 bruges af de runder, der begynder fra nu af." in text_of(response)
    assert [(item.code, item.weight) for item in services.data_of(current())] == [("trust", 1), ("self_image", 3)]
    old = text_of(admin.get(reverse("screening:criteria_set", kwargs={"number": 1}), {"version": "1"}))
    assert "Motivation" in old
    assert WHY in old


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row("Tillid", low="")], "Skriv, hvad 1 betyder."),
        ([row("", low="Lidt")], "Skriv, hvad kriteriet er."),
        ([row("Tillid", weight="0")], "Skriv et helt tal fra 1 til 5."),
        ([row("Tillid", weight="meget")], "Skriv et helt tal fra 1 til 5."),
        ([row("", low="", high="")], "Screeningen skal have mindst ét kriterium."),
    ],
)
def test_what_is_wrong_is_said_in_words(admin, rows, words):
    response = admin.post(reverse("screening:criteria_edit", kwargs={"number": 1}), posted(rows))
    assert words in text_of(response)
    assert current().version == 1


def test_a_page_from_before_another_change_is_refused_with_what_was_typed(world, admin):
    change(world, services.data_of(current())[1:])
    response = admin.post(reverse("screening:criteria_edit", kwargs={"number": 1}), posted([row("Mod")], version=1))
    assert "version 2" in text_of(response)
    assert 'value="Mod"' in response.content.decode()


@pytest.mark.parametrize("wanted", ["9", "x", "²", "99999999"])
def test_an_unknown_version_is_not_found(admin, wanted):
    assert admin.get(reverse("screening:criteria_set", kwargs={"number": 1}), {"version": wanted}).status_code == 404


@pytest.mark.parametrize("name", ["criteria_set", "criteria_edit"])
def test_there_is_no_fifth_screening(admin, name):
    assert admin.get(reverse(f"screening:{name}", kwargs={"number": 5})).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_versions(world, admin, django_assert_num_queries):
    address = reverse("screening:criteria_set", kwargs={"number": 1})
    rows = services.data_of(current())
    admin.get(address)
    for base in (1, 5):
        for version in range(base, base + 4):
            change(world, [replace(rows[0], title=f"Tillid {version}")], base=version)
        with django_assert_num_queries(QUERIES):
            admin.get(address)


QUERIES = 14
