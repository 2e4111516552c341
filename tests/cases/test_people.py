"""Mentor, representative, interpreter, consents and exemption (domain.md §3.4, §8)."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from cases import services
from cases.letters.enums import LetterStatus
from cases.letters.models import Letter
from cases.letters.print_queue import make_batch
from cases.letters.services import dispatch_letter, prepare_letter, release_letter, resend_letter
from cases.models import Consent, Exemption, Interpreter, Mentor, Representative
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from tests.cases import builders
from tests.cases.builders import TODAY
from tests.letters.reading import text_of

DAY = timedelta(days=1)
POWER = {
    "name": "Rita Testesen",
    "organisation": "Retshjælpen",
    "scope": "Hele sagen",
    "street": "Fuldmagtsvej 3",
    "postcode": "9999",
    "city": "Prøveby",
    "from_on": TODAY,
    "to_on": TODAY + 90 * DAY,
}


@pytest.fixture
def case(cast):
    return builders.accepted(cast.caseworker, cast.coach, name="Amina Testesen")


@pytest.fixture
def coach(cast, client_for):
    return client_for(cast.coach)


def add(cast, case, kind=Representative, **values):
    return services.add_person(case=case, kind=kind, values=values, by=cast.coach, today=TODAY)


def letter(cast, case, key="k1", **more):
    return prepare_letter(
        kind="screening_continue",
        case=case,
        key=key,
        context={"number": 2, "held_on": TODAY, "next_steps": ["Vi ringer til dig."]},
        by=cast.coach,
        today=TODAY,
        **more,
    )


def exempt(cast, case, by=None, **more):
    values = {"from_on": TODAY, "to_on": None, "begun_before": "", "useful": "", "consultant": cast.caseworker, **more}
    return services.exempt(case=case, by=by or cast.coach, today=TODAY, **values)


# --- Who is around -------------------------------------------------------------------------------------------------------


def test_a_mentor_has_a_trade_and_the_journal_tells(cast, case):
    mentor = add(cast, case, Mentor, name="Mona Testesen", trade="Bager", from_on=TODAY)
    assert case.journal.first().title == "Mentor registreret: Mona Testesen"
    services.end_person(person=mentor, on=TODAY + DAY, by=cast.coach, today=TODAY)
    mentor.refresh_from_db()
    assert mentor.is_current(TODAY + DAY)
    assert mentor.is_over(TODAY + 2 * DAY)


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        (Mentor, {"name": " ", "trade": "Bager", "from_on": TODAY}, "name"),
        (Mentor, {"name": "Mona", "trade": "", "from_on": TODAY}, "trade"),
        (Mentor, {"name": "Mona", "trade": "Bager", "from_on": TODAY, "to_on": TODAY - DAY}, "to_on"),
        (Interpreter, {"language": " ", "from_on": TODAY}, "language"),
        (Representative, {**POWER, "to_on": None}, "to_on"),
        (Representative, {**POWER, "scope": ""}, "scope"),
        (Representative, {**POWER, "street": ""}, "street"),
    ],
)
def test_what_is_missing_is_refused_at_its_field(cast, case, kind, values, field):
    with pytest.raises(Refused) as refusal:
        add(cast, case, kind, **values)
    assert refusal.value.field == field


def test_no_service_writes_what_is_not_its_own(cast, case):
    with pytest.raises(ValueError, match="case_id"):
        add(cast, case, Mentor, name="Mona", trade="Bager", from_on=TODAY, case_id=7)


def test_the_database_keeps_the_dates_of_people(cast, case):
    power = add(cast, case, **POWER)
    with pytest.raises(IntegrityError, match="representative_power_ends"), transaction.atomic():
        Representative.objects.filter(pk=power.pk).update(to_on=None)
    with pytest.raises(IntegrityError, match="representative_from_before_to"), transaction.atomic():
        Representative.objects.filter(pk=power.pk).update(to_on=TODAY - DAY)
    for kind, more, name in (
        (Mentor, {"name": "Mona", "trade": "Bager"}, "mentor"),
        (Interpreter, {"language": "Farsi"}, "interpreter"),
    ):
        row = add(cast, case, kind, from_on=TODAY, **more)
        with pytest.raises(IntegrityError, match=f"{name}_from_before_to"), transaction.atomic():
            kind.objects.filter(pk=row.pk).update(to_on=TODAY - DAY)


# --- Copies of letters ---------------------------------------------------------------------------------------------------


def pdf_text(row):
    with default_storage.open(row.path) as file:
        return text_of(file.read())


def test_the_representative_gets_a_copy_on_paper(cast, case):
    add(cast, case, **POWER)
    original = letter(cast, case)
    copy = Letter.objects.get(representative__isnull=False)
    assert (copy.recipient_name, copy.recipient_user) == ("Rita Testesen", None)
    assert copy.recipient_address == "Retshjælpen\nFuldmagtsvej 3\n9999 Prøveby"
    words = pdf_text(copy)
    assert "Kopi til Rita Testesen, der repræsenterer Amina Testesen." in words
    assert "Kære Amina Testesen" in words
    assert "Kopi er sendt til Rita Testesen" in pdf_text(original)
    assert "Rita" not in copy.file_name
    sent = dispatch_letter(copy.pk, today=clock.today())
    assert (sent.status, sent.channel) == (LetterStatus.QUEUED, "print")
    make_batch(by=None, today=clock.today())
    assert "Kopi til Rita Testesen" in case.journal.first().text
    assert letter(cast, case) == original
    assert Letter.objects.count() == 2
    assert resend_letter(letter=sent, by=cast.coach).representative == copy.representative


def test_no_copy_before_after_or_for_colleagues(cast, case):
    add(cast, case, **{**POWER, "from_on": TODAY + DAY})
    add(cast, case, **{**POWER, "from_on": TODAY - 9 * DAY, "to_on": TODAY - DAY})
    letter(cast, case)
    exempt(cast, case)
    assert not Letter.objects.filter(representative__isnull=False).exists()


def test_a_copy_waits_with_its_letter_and_not_beyond_the_power(cast, case):
    power = add(cast, case, **POWER)
    original = letter(cast, case, send=False)
    copy = Letter.objects.get(representative=power)
    assert copy.status == LetterStatus.HELD
    release_letter(letter=original, by=cast.coach)
    copy.refresh_from_db()
    assert copy.status == LetterStatus.READY
    with clock.at(TODAY + 91 * DAY):
        assert dispatch_letter(copy.pk, today=clock.today()).error == "Fuldmagten er udløbet i mellemtiden."


def test_a_copy_does_not_tell_a_protected_address(cast, case):
    services.update_citizen(
        case=case,
        values={
            "street": "Hemmelig Sti 7",
            "postcode": "8000",
            "city": "Aarhus C",
            "protected_address": True,
            "letter_preference": "paper",
        },
        by=cast.coach,
        today=TODAY,
    )
    add(cast, case, **POWER)
    case.refresh_from_db()
    case.citizen.refresh_from_db()
    letter(cast, case)
    assert "Hemmelig" not in pdf_text(Letter.objects.get(representative__isnull=False))


def test_a_power_of_attorney_that_ends_soon_is_a_task(cast, case):
    power = add(cast, case, **POWER)
    services.reconcile_all(TODAY + 75 * DAY)
    assert not case.tasks.filter(kind="power_ends").exists()
    services.reconcile_all(TODAY + 76 * DAY)
    task = case.tasks.get(kind="power_ends", done_at__isnull=True)
    assert (task.due_on, task.why) == (TODAY + 90 * DAY, "Rita Testesen")
    services.change_person(person=power, values={"to_on": TODAY + 300 * DAY}, by=cast.coach, today=TODAY + 76 * DAY)
    assert not case.tasks.filter(kind="power_ends", done_at__isnull=True).exists()


# --- Consents ------------------------------------------------------------------------------------------------------------


def consent(cast, case, **more):
    values = {"kind": "bank_view", "scope": "Bankrådgiveren", "given_on": TODAY - DAY, **more}
    return services.give_consent(case=case, by=cast.coach, today=TODAY, **values)


def test_a_consent_has_scope_date_and_withdrawal(cast, case):
    given = consent(cast, case)
    assert consent(cast, case, scope=" Bankrådgiveren ") == given
    withdrawn = services.withdraw_consent(consent=given, on=TODAY, by=cast.coach, today=TODAY)
    assert not Consent.objects.given().exists()
    assert case.journal.first().title == "Samtykke trukket tilbage: Kigadgang til bankkonto"
    with pytest.raises(Conflict):
        services.withdraw_consent(consent=withdrawn, on=TODAY, by=cast.coach, today=TODAY)
    assert consent(cast, case) != given


def test_consents_that_are_refused(cast, case):
    for more, field in (({"kind": "x"}, "kind"), ({"scope": " "}, "scope"), ({"given_on": TODAY + DAY}, "given_on")):
        with pytest.raises(Refused) as refusal:
            consent(cast, case, **more)
        assert refusal.value.field == field
    given = consent(cast, case)
    for day in (TODAY + DAY, TODAY - 2 * DAY):
        with pytest.raises(Refused):
            services.withdraw_consent(consent=given, on=day, by=cast.coach, today=TODAY)


def test_the_database_guards_consents(cast, case):
    given = consent(cast, case)
    for change, name in (
        ({"scope": " "}, "consent_has_scope"),
        ({"kind": "x"}, "consent_kind_known"),
        ({"withdrawn_on": TODAY}, "consent_withdrawn_after_given"),
        ({"withdrawn_on": TODAY - 9 * DAY, "withdrawal_recorded_by": cast.coach}, "consent_withdrawn_after_given"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Consent.objects.filter(pk=given.pk).update(**change)
    with pytest.raises(IntegrityError, match="consent_once"), transaction.atomic():
        Consent.objects.create(case=case, kind=given.kind, scope=given.scope, given_on=TODAY, recorded_by=cast.coach)
    services.withdraw_consent(consent=given, on=TODAY, by=cast.coach, today=TODAY)
    with pytest.raises(IntegrityError, match="consent_final"), transaction.atomic():
        Consent.objects.filter(pk=given.pk).update(withdrawn_on=None, withdrawal_recorded_by=None)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with (
        pytest.raises(IntegrityError, match="consent_no_truncate"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE cases_consent CASCADE")


# --- Exemption -----------------------------------------------------------------------------------------------------------


def test_the_job_consultant_is_told_by_letter_with_the_exceptions(cast, case):
    exempt(cast, case, by=cast.lead, begun_before="Danskkursus", useful="Ordblindetest")
    notice = Letter.objects.get(kind="exemption_notice")
    assert notice.recipient_user == cast.caseworker
    words = pdf_text(notice)
    for expected in ("Amina Testesen", "Danskkursus", "Ordblindetest", "20. november 2026", "hver tredje måned"):
        assert expected in words
    entry = case.journal.get(title__startswith="Fritaget")
    assert entry.for_referrer


def test_only_the_project_lead_finds_something_useful(cast, case):
    with pytest.raises(Refused, match="projektlederen") as refusal:
        exempt(cast, case, useful="Ordblindetest")
    assert refusal.value.field == "useful"
    assert not Exemption.objects.exists()


def test_an_exemption_ends_and_is_told_anew(cast, case):
    exemption = exempt(cast, case)
    services.end_exemption(exemption=exemption, on=TODAY, by=cast.coach, today=TODAY)
    services.end_exemption(exemption=exemption, on=TODAY, by=cast.coach, today=TODAY)
    notices = Letter.objects.filter(kind="exemption_notice").order_by("created_at")
    assert [one.subject for one in notices] == [
        "Din borger er fritaget for andre tilbud",
        "Fritagelsen for andre tilbud er slut",
    ]


def test_what_an_exemption_refuses(cast, case):
    exempt(cast, case, to_on=TODAY + 9 * DAY)
    for more, field in (
        ({"consultant": None}, "consultant"),
        ({"consultant": cast.coach}, "consultant"),
        ({"to_on": TODAY - DAY}, "to_on"),
        ({"from_on": TODAY + 9 * DAY}, "from_on"),
    ):
        with pytest.raises(Refused) as refusal:
            exempt(cast, case, **more)
        assert refusal.value.field == field
    exempt(cast, case, from_on=TODAY + 10 * DAY)


def test_the_database_guards_exemptions(cast, case):
    exemption = exempt(cast, case)
    row = {"case": case, "consultant": cast.caseworker, "recorded_by": cast.coach}
    with pytest.raises(IntegrityError, match="exemption_no_overlap"), transaction.atomic():
        Exemption.objects.create(from_on=TODAY + DAY, **row)
    with pytest.raises(IntegrityError, match="exemption_useful_by_somebody"), transaction.atomic():
        Exemption.objects.filter(pk=exemption.pk).update(useful="Kursus")
    with pytest.raises(IntegrityError, match="exemption_from_before_to"), transaction.atomic():
        Exemption.objects.filter(pk=exemption.pk).update(to_on=TODAY - DAY)


# --- The page ------------------------------------------------------------------------------------------------------------


def at(name, case, *more):
    return reverse(f"cases:{name}", args=[case.number, *more])


def test_people_are_added_and_changed_on_the_page(coach, cast, case):
    data = {
        "name": "Rita Testesen",
        "scope": "Hele sagen",
        "from_on": "20-11-2026",
        "street": "Vej 1",
        "postcode": "9999",
        "city": "Prøveby",
    }
    refused = coach.post(at("person_new", case, "representative"), data).content.decode()
    assert "Skriv datoen" in refused
    assert coach.post(at("person_new", case, "representative"), {**data, "to_on": "20-12-2026"}).status_code == 302
    assert (
        coach.post(at("person_new", case, "interpreter"), {"language": "Arabisk", "from_on": "20-11-2026"}).status_code
        == 302
    )
    assert (
        coach.post(
            at("person_new", case, "mentor"), {"name": "Mona", "trade": "Bager", "from_on": "20-11-2026"}
        ).status_code
        == 302
    )
    page = coach.get(at("people", case)).content.decode()
    for words in ("Rita Testesen", "Arabisk", "Mona", "Bager"):
        assert words in page
    assert "Arabisk" in coach.get(at("detail", case)).content.decode()
    mentor = Mentor.objects.get()
    changed = {"name": "Mona", "trade": "Kok", "from_on": "20-11-2026", "to_on": "21-11-2026"}
    assert coach.post(at("person", case, "mentor", mentor.pk), changed).status_code in (200, 302)
    assert coach.get(at("person_new", case, "friend")).status_code == 404
    assert coach.get(at("person", case, "interpreter", mentor.pk + 999)).status_code == 404


def test_consents_and_exemption_on_the_page(coach, cast, case):
    data = {"kind": "mentor", "scope": "Mona må se planen", "given_on": "20-11-2026"}
    assert coach.post(at("consent_new", case), data).status_code == 302
    given = Consent.objects.get()
    assert coach.post(at("consent_withdraw", case, given.pk), {"withdrawn_on": "20-11-2026"}).status_code == 302
    assert coach.get(at("consent_withdraw", case, given.pk)).status_code == 302
    form = coach.get(at("exemption_new", case))
    assert form.context["form"].initial["consultant"] == cast.caseworker
    assert "useful" not in form.context["form"].fields
    data = {"from_on": "20-11-2026", "consultant": cast.caseworker.pk}
    assert coach.post(at("exemption_new", case), data).status_code == 302
    exemption = Exemption.objects.get()
    assert coach.post(at("exemption_end", case, exemption.pk), {"to_on": "20-11-2026"}).status_code == 302
    page = coach.get(at("people", case)).content.decode()
    assert "Trukket tilbage" in page
    assert "Frameldt" not in page  # the word for a seat on a course


@pytest.mark.parametrize("number", [2, 9])
def test_the_page_takes_the_same_queries_for_few_and_many(coach, cast, case, django_assert_max_num_queries, number):
    for n in range(number):
        consent(cast, case, scope=f"Rådgiver {n}")
        add(cast, case, Mentor, name=f"Mentor {n}", trade="Bager", from_on=TODAY)
    coach.get(at("people", case))
    with django_assert_max_num_queries(36):
        coach.get(at("people", case))
