"""The case list as a file: purpose, log, no addresses, nothing that runs."""

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from cases.views import export as view
from cases.views.export import headings
from microloan.accounts.enums import AccessAction, Purpose
from microloan.accounts.models import AccessLog
from tests.cases import builders

ADDRESS = reverse("cases:export")
ASKED = {"purpose": Purpose.CASEWORK, "format": "csv"}


def lines(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return [line.split(";") for line in text.strip().split("\r\n")]


def test_the_file_holds_the_filtered_cases_in_order_and_is_logged(cast, client_for):
    amina = builders.accepted(cast.caseworker, cast.coach, name="Åse Testesen")
    bo = builders.accepted(cast.caseworker, cast.coach, name="Bo Prøvesen")
    builders.refer(cast.colleague, name="Carla Eksempel")
    found = lines(client_for(cast.lead).post(f"{ADDRESS}?coach={cast.coach.pk}&sort=-citizen", ASKED))
    assert found[0] == headings()
    assert [row[:2] for row in found[1:]] == [[amina.number, "Åse Testesen"], [bo.number, "Bo Prøvesen"]]
    assert found[1][headings().index("Venter på")] == "Teamet"
    line = AccessLog.objects.get(action=AccessAction.EXPORT)
    assert (line.what, line.purpose, line.user) == ("cases:export", Purpose.CASEWORK, cast.lead)
    assert line.case_numbers == sorted([amina.number, bo.number])


def test_a_purpose_is_required(cast, client_for):
    builders.refer(cast.caseworker)
    client = client_for(cast.coach)
    assert client.post(ADDRESS, {"format": "csv"}).context["form"].errors["purpose"]
    assert client.post(ADDRESS, {"format": "csv", "purpose": "operation"}).context["form"].errors["purpose"]
    assert not AccessLog.objects.filter(action=AccessAction.EXPORT).exists()


def test_addresses_phones_and_protected_names_are_not_in_it(cast, client_for):
    builders.accepted(
        cast.caseworker,
        cast.coach,
        name="Amina Testesen",
        phone="12345678",
        citizen={"street": "Hemmeligvej 4", "postcode": "8000", "city": "Aarhus C", "protected_address": True},
    )
    client = client_for(cast.coach)
    text = b"".join(client.post(ADDRESS, ASKED).streaming_content).decode()
    for secret in ("Amina", "Hemmeligvej", "8000", "12345678"):
        assert secret not in text
    assert "(navnet er beskyttet)" in text
    page = client.get("/cases/").content.decode()
    assert "Beskyttet adresse" in page
    assert "Hemmeligvej" not in page


def test_nothing_in_it_runs_when_it_is_opened(cast, client_for):
    builders.refer(cast.caseworker, name="=HYPERLINK(1)")
    builders.refer(cast.caseworker, name="@SUM(A1)")
    client = client_for(cast.coach)
    assert {row[1] for row in lines(client.post(ADDRESS, ASKED))[1:]} == {"'=HYPERLINK(1)", "'@SUM(A1)"}
    response = client.post(ADDRESS, {**ASKED, "format": "xlsx"})
    sheet = load_workbook(BytesIO(b"".join(response.streaming_content))).active
    assert {row[1].value for row in sheet.iter_rows(min_row=2)} == {"'=HYPERLINK(1)", "'@SUM(A1)"}
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row[:2]} == {"s"}
    assert response["Content-Disposition"].startswith('attachment; filename="sager-2026-11-20')


def test_too_many_or_none_is_said_in_words(cast, client_for, monkeypatch):
    client = client_for(cast.coach)
    assert "Ingen sager passer" in client.post(ADDRESS, ASKED).content.decode()
    builders.refer(cast.caseworker)
    builders.refer(cast.caseworker)
    monkeypatch.setattr(view, "MOST_ROWS", 1)
    assert "Vælg flere filtre" in client.post(ADDRESS, ASKED).content.decode()


@pytest.mark.parametrize("number", [2, 9])
def test_the_file_takes_the_same_queries_for_few_and_many(cast, client_for, django_assert_max_num_queries, number):
    for _ in range(number):
        builders.accepted(cast.caseworker, cast.coach)
    client = client_for(cast.coach)
    with django_assert_max_num_queries(17):
        assert len(lines(client.post(ADDRESS, ASKED))) == number + 1
