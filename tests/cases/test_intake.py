"""Who is known already: by CPR number, by name and birth date, and what an earlier case leaves to a new one."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from django.db import IntegrityError

from cases import services
from cases.earlier import earlier_cases
from cases.enums import Channel, ClosingReason, Phase
from cases.models import CaseFile, Citizen, LivelihoodPeriod, PartnerOrganisation
from microloan.core.errors import Refused
from tests.cases import builders

BORN = date(1985, 3, 12)
CPR = builders.fictitious_cpr(951, born=BORN)


def inquiry(by, **changes):
    values = {"cpr": "", "birth_date": BORN, "channel": Channel.INQUIRY, **changes}
    return builders.refer(by, **values)


def closed(case, by, reason=ClosingReason.FOUND_JOB):
    return services.close_case(case=case, reason=reason, choice_of="citizen", text="", by=by, today=builders.TODAY)


@pytest.fixture
def partner(cast):
    return services.save_partner(partner=None, name="Kvindecentret", is_active=True, by=cast.administrator)


# --- Inquiries and partners ---------------------------------------------------------------------------------------------


def test_the_team_writes_down_an_inquiry_without_cpr_number(cast):
    case = inquiry(cast.coach, centre=cast.north)
    assert (case.channel, case.centre, case.referral.referred_by) == (Channel.INQUIRY, cast.north, cast.coach)
    assert case.citizen.cpr is None
    assert case.citizen.birth_date == BORN
    assert case.tasks.filter(kind="cpr_missing", done_at__isnull=True).exists()


def test_a_caseworker_has_the_cpr_number(cast):
    with pytest.raises(Refused) as refusal:
        inquiry(cast.caseworker)
    assert refusal.value.field == "cpr"


def test_without_any_date_of_birth_nobody_can_be_recognised(cast):
    with pytest.raises(Refused) as refusal:
        inquiry(cast.coach, birth_date=None)
    assert refusal.value.field == "birth_date"


def test_who_neither_refers_nor_works_in_the_team_opens_no_case(cast):
    for who in (cast.manager, cast.officer, cast.administrator, cast.auditor):
        with pytest.raises(Refused):
            builders.refer(who)
    assert not CaseFile.objects.exists()


def test_a_partner_organisation_is_a_channel_that_is_named(cast, partner):
    case = builders.refer(cast.coach, channel=Channel.PARTNER, partner=partner)
    assert case.partner == partner
    with pytest.raises(Refused) as refusal:
        builders.refer(cast.coach, channel=Channel.PARTNER)
    assert refusal.value.field == "partner"
    assert builders.refer(cast.coach, partner=partner).partner is None


def test_the_database_keeps_partners_to_their_channel(cast, partner):
    case = builders.refer(cast.caseworker)
    with pytest.raises(IntegrityError):
        CaseFile.objects.filter(pk=case.pk).update(partner=partner)


def test_the_list_of_partners_is_the_administrators(cast, partner):
    with pytest.raises(Refused):
        services.save_partner(partner=None, name="En anden", is_active=True, by=cast.lead)
    with pytest.raises(Refused) as refusal:
        services.save_partner(partner=None, name="kvindecentret ", is_active=True, by=cast.administrator)
    assert refusal.value.field == "name"
    with pytest.raises(IntegrityError):
        PartnerOrganisation.objects.create(name="KVINDECENTRET")


# --- Known already ------------------------------------------------------------------------------------------------------


def test_a_known_cpr_number_with_an_open_case_opens_no_second(cast):
    first = builders.refer(cast.caseworker, cpr=CPR)
    with pytest.raises(Refused, match="allerede en åben sag") as refusal:
        builders.refer(cast.colleague, cpr=CPR, name="Et andet navn")
    assert first.number not in str(refusal.value)
    with pytest.raises(Refused, match=first.number):
        builders.refer(cast.coach, cpr=CPR)
    assert CaseFile.objects.count() == 1


def test_the_same_name_and_birth_date_has_to_be_answered_where_cpr_is_missing(cast):
    first = inquiry(cast.coach, name="Amina Sofie Testesen")
    again = {"name": "amina testesen"}
    with pytest.raises(Refused) as refusal:
        inquiry(cast.other_coach, **again)
    assert refusal.value.field == "same_as"
    with pytest.raises(Refused, match=first.number):
        inquiry(cast.other_coach, **again, same_as=str(first.citizen_id))
    other = inquiry(cast.other_coach, **again, same_as=services.ANOTHER)
    assert other.citizen != first.citizen
    assert not other.tasks.filter(title__contains="kendt").exists()
    unsure = inquiry(cast.other_coach, name="Amina B. Testesen", same_as=services.UNKNOWN)
    assert unsure.tasks.filter(title__contains="kendt", done_at__isnull=True).exists()


def test_a_stranger_born_the_same_day_is_no_question(cast):
    inquiry(cast.coach)
    assert inquiry(cast.coach, name="Bo Testesen").citizen.name == "Bo Testesen"


def test_a_referral_with_cpr_finds_the_inquiry_that_lacked_it(cast):
    first = inquiry(cast.coach)
    closed(first, cast.coach)
    data = builders.referral_data(cpr=CPR)
    assert [known.citizen for known in services.duplicates_of(data)] == [first.citizen]
    with pytest.raises(Refused) as refusal:
        builders.refer(cast.caseworker, cpr=CPR)
    assert refusal.value.field == "same_as"
    case = builders.refer(cast.caseworker, cpr=CPR, same_as=str(first.citizen_id))
    assert case.citizen == first.citizen
    case.citizen.refresh_from_db()
    assert case.citizen.cpr.digits == CPR
    assert services.citizen_with(CPR) == case.citizen


def test_a_name_with_another_number_is_another_person(cast):
    builders.refer(cast.caseworker, cpr=CPR)
    other = builders.fictitious_cpr(952, born=BORN)
    assert services.duplicates_of(builders.referral_data(cpr=other)) == []


def test_an_answer_cannot_name_somebody_else(cast):
    inquiry(cast.coach)
    stranger = builders.refer(cast.caseworker, name="Bo Prøvesen")
    with pytest.raises(Refused) as refusal:
        inquiry(cast.coach, same_as=str(stranger.citizen_id))
    assert refusal.value.field == "same_as"


# --- Referred again -----------------------------------------------------------------------------------------------------


def test_referred_again_the_new_case_shows_the_earlier_one(cast, client_for):
    first = closed(builders.refer(cast.caseworker, cpr=CPR), cast.coach)
    case = builders.refer(cast.colleague, cpr=CPR)
    assert case.citizen == first.citizen
    assert list(earlier_cases(case)) == [first]
    assert case.journal.filter(title__contains=first.number).exists()
    page = client_for(cast.coach).get(f"/cases/{case.number}/").content.decode()
    assert first.number in page
    assert first.get_closing_reason_display() in page
    mine = client_for(cast.colleague)
    assert first.number not in mine.get(f"/referrals/{case.number}/").content.decode()
    assert mine.get(f"/referrals/{first.number}/").status_code == 404


def test_the_check_page_tells_the_team_and_not_the_caseworker(cast, client_for):
    first = closed(builders.refer(cast.caseworker, cpr=CPR), cast.coach)
    form = {
        "cpr": CPR,
        "name": "Amina Testesen",
        "phone": "12345678",
        "livelihood": "cash_benefit",
        "own_wish": "yes",
        "idea": "Bageri",
        "citizen_informed": "on",
        "channel": "inquiry",
        "step": "check",
    }
    assert first.number in client_for(cast.coach).post("/referrals/new/", form, follow=True).content.decode()
    checked = client_for(cast.colleague).post("/referrals/new/", form, follow=True).content.decode()
    assert "Send henvisning" in checked
    assert first.number not in checked


def test_a_known_number_under_another_name_is_asked_about_without_telling_whom_we_know(cast, client_for):
    """A slip of the finger would open the case on somebody else; a new name has to reach the team."""
    first = closed(builders.refer(cast.caseworker, cpr=CPR, name="Amina Testesen"), cast.coach)
    data = builders.referral_data(cpr=CPR, name="Amina Nygift")
    question = services.referral_warnings(data, today=builders.TODAY)["other_name"]
    assert "Amina Nygift" in question
    assert "Testesen" not in question
    assert not services.referral_warnings(replace(data, name="amina k. testesen"), today=builders.TODAY)
    with pytest.raises(Refused) as refusal:
        services.refer(data=data, by=cast.colleague, today=builders.TODAY)
    assert refusal.value.field == "answer_other_name"
    case = services.refer(
        data=replace(data, answers={"other_name": "Ja, gift i maj"}), by=cast.colleague, today=builders.TODAY
    )
    assert case.citizen == first.citizen
    page = client_for(cast.coach).get(f"/cases/{case.number}/accept/").content.decode()
    assert "Amina Nygift" in page
    assert "Ja, gift i maj" in page


def test_sending_from_a_second_tab_leaves_no_draft_of_what_was_sent(cast, client_for):
    client = client_for(cast.caseworker)
    form = {
        "cpr": CPR,
        "name": "Amina Testesen",
        "phone": "12345678",
        "livelihood": "cash_benefit",
        "own_wish": "yes",
        "idea": "Bageri",
        "citizen_informed": "on",
        "step": "send",
    }
    first = client.post("/referrals/new/", {**form, "draft_page": str(uuid4())})
    second = client.post("/referrals/new/", {**form, "draft_page": str(uuid4())})
    assert second.url == first.url
    assert "kladde" not in client.get("/referrals/mine/").content.decode()


def test_a_year_of_two_digits_is_one_of_birth(cast, client_for):
    form = client_for(cast.coach).post("/referrals/new/", {"channel": "press", "birth_date": "180267"}).context["form"]
    assert form.cleaned_data["birth_date"] == date(1967, 2, 18)


# --- The number that comes later ----------------------------------------------------------------------------------------


def test_a_missing_number_is_written_down_and_the_task_closes(cast):
    case = inquiry(cast.coach)
    services.record_cpr(case=case, cpr=CPR, same=False, by=cast.coach, today=builders.TODAY)
    citizen = Citizen.objects.get(pk=case.citizen_id)
    assert citizen.cpr.digits == CPR
    assert not case.tasks.filter(kind="cpr_missing", done_at__isnull=True).exists()
    with pytest.raises(Refused):
        services.record_cpr(case=case, cpr=CPR, same=False, by=cast.coach, today=builders.TODAY)


def test_a_known_number_joins_the_histories_when_it_is_said_to_be_the_same(cast):
    first = closed(builders.refer(cast.caseworker, cpr=CPR, phone="87654321"), cast.coach)
    case = inquiry(cast.coach, same_as=str(services.ANOTHER))
    with pytest.raises(Refused) as refusal:
        services.record_cpr(case=case, cpr=CPR, same=False, by=cast.coach, today=builders.TODAY)
    assert refusal.value.field == "same"
    case = services.record_cpr(case=case, cpr=CPR, same=True, by=cast.coach, today=builders.TODAY)
    assert case.citizen == first.citizen
    assert case.citizen.phone == "12345678"
    assert list(earlier_cases(case)) == [first]


@pytest.mark.parametrize("older_until", [None, date(2026, 12, 31)])
def test_a_protection_and_the_new_address_follow_the_citizen_to_the_known_record(cast, older_until):
    older = closed(builders.refer(cast.caseworker, cpr=CPR), cast.coach)
    Citizen.objects.filter(pk=older.citizen_id).update(
        co_name="Hansen", street="Gamle Vej 1", protected_address=older_until is not None, protected_until=older_until
    )
    case = inquiry(cast.coach, same_as=services.ANOTHER)
    values = {
        "street": "Rådhusvej 4",
        "postcode": "9999",
        "city": "Prøveby",
        "protected_address": True,
        "protected_until": date(2027, 6, 30),
        "digital_post_exempt": True,
    }
    services.update_citizen(case=case, values=values, by=cast.coach, today=builders.TODAY)
    case = services.record_cpr(case=case, cpr=CPR, same=True, by=cast.coach, today=builders.TODAY)
    citizen = Citizen.objects.get(pk=older.citizen_id)
    assert case.citizen == citizen
    assert {name: getattr(citizen, name) for name in values} == values
    assert citizen.co_name == ""


def test_what_the_citizen_lives_on_follows_too(cast):
    older = closed(builders.refer(cast.caseworker, cpr=CPR), cast.coach)
    LivelihoodPeriod.objects.create(citizen=older.citizen, kind="employment", from_on=date(2025, 1, 1))
    case = inquiry(cast.coach, same_as=services.ANOTHER)
    services.record_livelihood(citizen=case.citizen, kind="cash_benefit", from_on=date(2026, 3, 1), by=cast.coach)
    services.record_cpr(case=case, cpr=CPR, same=True, by=cast.coach, today=builders.TODAY)
    periods = older.citizen.livelihood_periods.order_by("from_on").values_list("kind", "from_on", "to_on")
    assert list(periods) == [
        ("employment", date(2025, 1, 1), date(2026, 2, 28)),
        ("cash_benefit", date(2026, 3, 1), None),
    ]


def test_two_open_cases_are_not_joined(cast):
    first = builders.refer(cast.caseworker, cpr=CPR)
    case = inquiry(cast.coach, same_as=services.ANOTHER)
    with pytest.raises(Refused, match=first.number):
        services.record_cpr(case=case, cpr=CPR, same=True, by=cast.coach, today=builders.TODAY)


def test_the_number_page_asks_only_where_it_is_known(cast, client_for):
    closed(builders.refer(cast.caseworker, cpr=CPR), cast.coach)
    case = inquiry(cast.coach, same_as=services.ANOTHER)
    client = client_for(cast.coach)
    address = f"/cases/{case.number}/cpr/"
    assert "samme borger" not in client.get(address).content.decode()
    assert "samme borger" in client.post(address, {"cpr": CPR}).content.decode()
    assert client.post(address, {"cpr": CPR, "same": "on"}).url == f"/cases/{case.number}/"
    assert client.get(address).status_code == 302


def test_no_loan_is_considered_without_the_number(cast):
    case = builders.put_in_phase(inquiry(cast.coach), Phase.COURSES)
    assert "CPR-nummer" in " ".join(
        missing.text for missing in services.missing_for(case, Phase.APPROVAL, builders.TODAY)
    )


# --- The screens of the administrator and the team ------------------------------------------------------------------------


def test_the_administrator_keeps_the_list(cast, client_for, partner):
    client = client_for(cast.administrator)
    assert "Kvindecentret" in client.get("/partners/").content.decode()
    assert client.post("/partners/new/", {"name": "Handicaporganisationen", "is_active": "on"}).url == "/partners/"
    client.post(f"/partners/{partner.pk}/", {"name": "Kvindecentret Nord"})
    partner.refresh_from_db()
    assert (partner.name, partner.is_active) == ("Kvindecentret Nord", False)
    assert "allerede på listen" in client.post("/partners/new/", {"name": "Kvindecentret Nord"}).content.decode()
    offered = client_for(cast.coach).get("/referrals/new/").context["form"].fields["partner"].queryset
    assert [one.name for one in offered] == ["Handicaporganisationen"]


@pytest.mark.parametrize("number", [2, 20])
def test_the_list_of_partners_takes_the_same_queries(cast, client_for, django_assert_num_queries, number):
    for place in range(number):
        PartnerOrganisation.objects.create(name=f"Organisation {place}")
    client = client_for(cast.administrator)
    client.get("/partners/")
    with django_assert_num_queries(11):
        client.get("/partners/")


def test_the_team_is_asked_whether_it_is_the_same_by_name(cast, client_for):
    first = inquiry(cast.coach)
    form = {
        "birth_date": "12-03-1985",
        "name": "Amina Testesen",
        "phone": "12345678",
        "livelihood": "cash_benefit",
        "own_wish": "yes",
        "idea": "Bageri",
        "citizen_informed": "on",
        "channel": "press",
        "step": "check",
    }
    client = client_for(cast.other_coach)
    page = client.post("/referrals/new/", form)
    assert page.context["form"].questions == ["same_as"]
    assert first.number in page.content.decode()
    page = client.post("/referrals/new/", {**form, "same_as": str(first.citizen_id)})
    assert page.context["form"].errors["same_as"]
    checked = client.post("/referrals/new/", {**form, "same_as": "another"}, follow=True)
    assert "Registrér henvendelse" in checked.content.decode()
    sent = client.post("/referrals/new/", {**form, "same_as": "another", "step": "send"})
    again = client.post("/referrals/new/", {**form, "same_as": "another", "step": "send"})
    assert sent.url == again.url
    assert CaseFile.objects.count() == 2


def test_what_is_missing_in_an_inquiry_is_said_at_the_field(cast, client_for):
    client = client_for(cast.coach)
    errors = client.post("/referrals/new/", {"channel": "partner", "birth_date": "20-11-2026"}).context["form"].errors
    assert {"partner", "birth_date", "name", "phone", "livelihood", "own_wish", "idea"} <= set(errors)
    errors = client.post("/referrals/new/", {"channel": "press"}).context["form"].errors
    assert "cpr" not in errors


def test_who_said_it_is_asked_where_it_was_not_the_citizen(cast, client_for):
    data = builders.referral_data(heard_from_other=True)
    warnings = services.referral_warnings(data, today=builders.TODAY)
    assert list(warnings) == ["own_wish_heard"]
    case = builders.refer(cast.caseworker, heard_from_other=True, answers={"own_wish_heard": "Mentor, 3. november"})
    assert case.referral.own_wish
    assert case.referral.warnings["own_wish_heard"]["answer"] == "Mentor, 3. november"
