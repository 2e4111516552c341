"""Flags with reason and resolve (domain.md §3.6)."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from cases import services
from cases.models import CaseFile, Flag
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from tests.cases import builders


@pytest.fixture
def case(cast):
    return builders.accepted(cast.caseworker, cast.coach, name="Amina Testesen")


@pytest.fixture
def flag(cast, case):
    return services.raise_flag(case=case, reason="Banken svarer ikke", by=cast.coach)


def test_a_flag_is_raised_with_a_reason_and_resolved_in_words(cast, case, flag):
    assert list(CaseFile.objects.filter(flags__in=Flag.objects.open())) == [case]
    services.resolve_flag(flag=flag, resolution="Talt med banken", by=cast.lead)
    assert not Flag.objects.open().exists()
    titles = list(case.journal.order_by("-pk").values_list("title", "text")[:2])
    assert titles == [("Flag løst: Banken svarer ikke", "Talt med banken"), ("Flag sat", "Banken svarer ikke")]


def test_the_same_reason_is_the_same_flag_while_it_stands(cast, case, flag):
    assert services.raise_flag(case=case, reason=" Banken  svarer ikke ", by=cast.lead) == flag
    assert services.raise_flag(case=case, reason="Noget andet", by=cast.lead) != flag


def test_what_is_refused(cast, case, flag):
    for words in ("", "  "):
        with pytest.raises(Refused, match="hvorfor"):
            services.raise_flag(case=case, reason=words, by=cast.coach)
        with pytest.raises(Refused, match="gjort"):
            services.resolve_flag(flag=flag, resolution=words, by=cast.coach)
    services.resolve_flag(flag=flag, resolution="Løst", by=cast.coach)
    with pytest.raises(Conflict, match="allerede løst"):
        services.resolve_flag(flag=flag, resolution="Igen", by=cast.lead)
    services.close_case(case=case, reason="illness", choice_of="citizen", text="", by=cast.coach, today=builders.TODAY)
    with pytest.raises(Refused, match="afsluttet"):
        services.raise_flag(case=case, reason="Sent", by=cast.coach)


def test_the_database_guards_flags(cast, case, flag):
    with pytest.raises(IntegrityError, match="flag_has_reason"), transaction.atomic():
        Flag.objects.create(case=case, reason="  ", raised_by=cast.coach)
    with pytest.raises(IntegrityError, match="flag_resolved_in_words"), transaction.atomic():
        Flag.objects.filter(pk=flag.pk).update(resolved_at=clock.now(), resolved_by=cast.coach)
    services.resolve_flag(flag=flag, resolution="Løst", by=cast.coach)
    with pytest.raises(IntegrityError, match="flag_final"), transaction.atomic():
        Flag.objects.filter(pk=flag.pk).update(resolution="Omskrevet")
    with pytest.raises(IntegrityError, match="flag_kept"), transaction.atomic():
        Flag.objects.filter(pk=flag.pk).delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="flag_no_truncate"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE cases_flag CASCADE")


def test_the_pages(cast, case, client_for):
    client = client_for(cast.coach)
    address = reverse("cases:flags", args=[case.number])
    assert "Udfyld" in client.post(address, {"reason": ""}).content.decode()
    assert client.post(address, {"reason": "Banken svarer ikke"}).status_code == 302
    page = client.get(reverse("cases:detail", args=[case.number])).content.decode()
    assert "Banken svarer ikke" in page
    flag = Flag.objects.get()
    resolve = reverse("cases:flag_resolve", args=[case.number, flag.pk])
    assert "Mette Medarbejder" in client.get(resolve).content.decode()
    assert client.post(resolve, {"resolution": "Talt med dem"}).status_code == 302
    assert client.get(resolve).status_code == 302
    assert "Talt med dem" in client.get(address).content.decode()


@pytest.mark.parametrize("number", [10, 60])
def test_the_list_takes_the_same_queries_for_few_and_many(
    cast, case, client_for, django_assert_max_num_queries, number
):
    for n in range(number):
        one = services.raise_flag(case=case, reason=f"Flag {n}", by=cast.coach)
        services.resolve_flag(flag=one, resolution="Løst", by=cast.coach)
    client = client_for(cast.coach)
    client.get(reverse("cases:flags", args=[case.number]))
    with django_assert_max_num_queries(32):
        client.get(reverse("cases:flags", args=[case.number]))
