"""The referral form, the receipt and "Mine henvisninger" (ui-guide.md §3.7)."""

import logging
from datetime import timedelta

import pytest
from django.urls import reverse

from cases.enums import Channel, ClosingReason, Livelihood, Phase
from cases.models import CaseFile, Referral
from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.models import AccessLog
from tests.cases import builders
from tests.support.strict import StrictClient

NEW = "/referrals/new/"
CPR = builders.fictitious_cpr(77)


def answers(**changes):
    values = {
        "cpr": f"{CPR[:6]}-{CPR[6:]}",
        "name": "Amina Testesen",
        "phone": "12 34 56 78",
        "best_time": "formiddag",
        "livelihood": Livelihood.CASH_BENEFIT,
        "own_wish": "yes",
        "idea": "Et lille bageri med surdej",
        "citizen_informed": "on",
        "step": "check",
    }
    return {**values, **changes}


@pytest.fixture
def caseworker(cast, client_for):
    return client_for(cast.caseworker)


def test_the_form_asks_eight_things(caseworker):
    form = caseworker.get(NEW).context["form"]
    assert len(form.fields) == 8


def test_the_team_is_also_asked_how_the_citizen_found_us(cast, client_for):
    client = client_for(cast.coach)
    assert "channel" in client.get(NEW).context["form"].fields
    sent = client.post(NEW, answers(step="send", channel=Channel.INFORMATION_MEETING), follow=True)
    assert "Mine henvisninger" not in sent.content.decode()  # a page that the team does not have
    assert CaseFile.objects.get().channel == Channel.INFORMATION_MEETING


def test_a_referral_is_checked_and_then_sent(caseworker, cast):
    checked = caseworker.post(NEW, answers(), follow=True)
    assert checked.redirect_chain == [(f"{NEW}?step=check", 302)]
    assert "Send henvisning" in checked.content.decode()
    assert not CaseFile.objects.exists()
    sent = caseworker.post(NEW, answers(step="send"), follow=True)
    case = CaseFile.objects.get()
    assert sent.redirect_chain[-1][0] == f"/referrals/{case.number}/receipt/"
    assert "27. november 2026" in sent.content.decode()
    assert "Du får besked, når der sker noget" in sent.content.decode()
    assert case.citizen.phone == "12345678"
    assert case.referral.best_time == "formiddag"
    assert case.channel == Channel.CASEWORKER


def test_change_on_the_check_page_leads_back_with_all_answers(caseworker):
    page = caseworker.post(NEW, answers(step="", edit="idea"), follow=True)
    assert page.redirect_chain == [(f"{NEW}?edit=idea", 302)]
    form = page.context["form"]
    assert form["idea"].value() == "Et lille bageri med surdej"
    assert form.fields["idea"].widget.attrs["autofocus"] is True


def test_back_after_sending_says_that_it_was_sent_and_sends_nothing(caseworker):
    checked = caseworker.post(NEW, answers(), follow=True)
    page = checked.context["draft"].page
    caseworker.post(NEW, answers(step="send", draft_page=page))
    back = caseworker.get(f"{NEW}?step=check", follow=True)
    assert back.redirect_chain == [("/referrals/mine/", 302)]
    assert "Der er ikke mere at sende" in back.content.decode()
    again = caseworker.post(NEW, answers(draft_page=page), follow=True)  # an old tab that is checked once more
    assert "allerede en åben sag" in again.content.decode()
    assert CaseFile.objects.count() == 1


def test_what_was_heard_from_another_reaches_the_check_page(caseworker):
    told = {"own_wish": "told", "answer_own_wish_heard": "Mentoren, 3. november"}
    checked = caseworker.post(NEW, answers(**told), follow=True)
    assert "Mentoren, 3. november" in checked.content.decode()
    assert "Send henvisning" in checked.content.decode()


def test_a_warning_is_a_question_and_not_an_error(caseworker):
    unusual = answers(livelihood=Livelihood.UNEMPLOYMENT_INSURANCE)
    page = caseworker.post(NEW, unusual)
    assert page.context["form"].questions == ["answer_livelihood"]
    assert "Fejl:" not in page.content.decode()
    refused = caseworker.post(NEW, {**unusual, "answer_livelihood": " "})
    assert refused.context["form"].errors["answer_livelihood"]
    for unreadable in ("a\0b", "a" * 1001):
        refused = caseworker.post(NEW, {**unusual, "answer_livelihood": unreadable, "step": "send"})
        assert refused.context["form"].errors["answer_livelihood"]
    assert not Referral.objects.exists()
    caseworker.post(NEW, {**unusual, "answer_livelihood": "Kommer på kontanthjælp 1. december", "step": "send"})
    assert Referral.objects.get().warnings["livelihood"]["answer"] == "Kommer på kontanthjælp 1. december"


def test_a_question_cannot_be_skipped_by_sending_at_once(caseworker):
    caseworker.post(NEW, answers(own_wish="no", step="send"))
    assert not CaseFile.objects.exists()


def test_a_double_press_opens_one_case_and_shows_one_receipt(caseworker):
    first = caseworker.post(NEW, answers(step="send"))
    second = caseworker.post(NEW, answers(step="send"))
    assert first.url == second.url
    assert CaseFile.objects.count() == 1


def test_a_colleague_is_told_that_there_is_a_case(caseworker, cast, client_for):
    caseworker.post(NEW, answers(step="send"))
    page = client_for(cast.colleague).post(NEW, answers(step="send"))
    assert "allerede en åben sag" in page.content.decode()
    assert CaseFile.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"cpr": "123"}, "cpr"),
        ({"cpr": ""}, "cpr"),
        ({"name": " "}, "name"),
        ({"phone": "12"}, "phone"),
        ({"livelihood": "own_business"}, "livelihood"),
        ({"livelihood": ""}, "livelihood"),
        ({"own_wish": ""}, "own_wish"),
        ({"idea": ""}, "idea"),
        ({"citizen_informed": ""}, "citizen_informed"),
    ],
)
def test_each_field_says_what_to_write(caseworker, changes, field):
    page = caseworker.post(NEW, answers(**changes))
    assert page.context["form"].errors[field]
    assert "Fejl:" in page.content.decode()


def test_the_cpr_number_stands_in_no_log_session_or_address(caseworker, caplog):
    with caplog.at_level(logging.DEBUG):
        caseworker.post(NEW, answers())
        response = caseworker.post(NEW, answers(step="send"))
    assert CPR not in caplog.text
    assert CPR[6:] not in response.url
    assert CPR not in str(dict(caseworker.session.items()))


def test_pages_with_a_cpr_number_are_not_kept_by_the_browser(caseworker):
    assert "no-store" in caseworker.post(NEW, answers())["Cache-Control"]
    assert "no-store" in caseworker.get(f"{NEW}?step=check")["Cache-Control"]


def test_my_referrals_shows_name_step_and_date_of_my_own(cast, client_for):
    builders.refer(cast.caseworker, name="Amina Testesen")
    builders.refer(cast.colleague, name="Bo Prøvesen")
    page = client_for(cast.caseworker).get(reverse("cases:my_referrals")).content.decode()
    assert "Amina Testesen" in page
    assert "Venter på den første samtale" in page
    assert "om 7 dage" in page.replace("\xa0", " ").lower()
    assert "Bo Prøvesen" not in page


def test_the_specialist_sees_the_whole_centre(cast, client_for):
    builders.refer(cast.caseworker, name="Amina Testesen")
    builders.refer(cast.colleague, name="Bo Prøvesen")
    page = client_for(cast.specialist).get(reverse("cases:my_referrals")).content.decode()
    assert "Amina Testesen" in page
    assert "Bo Prøvesen" not in page


def test_a_specialist_reads_who_referred_and_a_caseworker_does_not(cast, client_for):
    builders.refer(cast.caseworker, name="Amina Testesen")
    page = client_for(cast.specialist).get(reverse("cases:my_referrals")).content.decode()
    assert cast.caseworker.full_name in page
    assert f"Alle fra {cast.specialist.centre}" in page
    assert "Henvist af" not in client_for(cast.caseworker).get(reverse("cases:my_referrals")).content.decode()


def test_a_date_in_my_referrals_says_what_is_promised(cast, client_for):
    case = builders.refer(cast.caseworker)
    promised = case.tasks.get(is_promise=True, done_at__isnull=True)
    page = client_for(cast.caseworker).get(reverse("cases:my_referrals")).content.decode()
    assert promised.label in page


def test_no_referrals_yet_says_what_to_do(caseworker):
    assert "Du har ikke henvist nogen endnu" in caseworker.get(reverse("cases:my_referrals")).content.decode()


@pytest.mark.parametrize("number", [3, 9])
def test_my_referrals_takes_the_same_queries_for_few_and_many(cast, client_for, django_assert_max_num_queries, number):
    for _ in range(number):
        builders.refer(cast.caseworker)
    client = client_for(cast.caseworker)
    with django_assert_max_num_queries(14):
        client.get(reverse("cases:my_referrals"))


def test_a_referrer_follows_the_case_and_writes_to_the_team(cast, client_for):
    case = builders.accepted(cast.caseworker, cast.coach)
    from cases import services

    services.write_note(case=case, text="Internt: se nærmere på økonomien", by=cast.coach)
    client: StrictClient = client_for(cast.caseworker)
    address = reverse("cases:referral_detail", args=[case.number])
    page = client.get(address).content.decode()
    assert "Mette Medarbejder" in page
    assert "Internt" not in page
    assert client.post(address, {"text": "Borgeren har skiftet telefon"}).status_code == 302
    assert "Borgeren har skiftet telefon" in client.get(address).content.decode()
    assert case.tasks.filter(key="", done_at__isnull=True).exists()
    assert "Skriv" in client.post(address, {"text": " "}).content.decode()


def test_who_may_hold_the_first_conversation_reads_what_was_referred(cast, client_for):
    """The idea, the phone and the answers: for the referrer, the centre's specialist and, also when accepted, the team."""
    answered = {"livelihood": "Borgeren er ansat 10 timer om ugen"}
    case = builders.refer(
        cast.caseworker, livelihood=Livelihood.OTHER, best_time="efter kl. 15", idea="Et sømagasin", answers=answered
    )
    specialist = builders.user(Role.REFERRAL_SPECIALIST, centre=case.centre)
    for reader in (cast.caseworker, specialist):
        page = client_for(reader).get(reverse("cases:referral_detail", args=[case.number])).content.decode()
        for words in ("Et sømagasin", "12 34 56 78", "efter kl. 15", "Borgeren er ansat 10 timer om ugen"):
            assert words in page
    from cases import services

    services.accept(case=case, coach=cast.coach, by=cast.coach, today=builders.TODAY)
    page = client_for(cast.coach).get(reverse("cases:detail", args=[case.number])).content.decode()
    assert "Borgeren er ansat 10 timer om ugen" in page


def test_what_else_the_citizen_lives_on_is_asked_in_words(caseworker):
    asked = caseworker.post(NEW, answers(livelihood=Livelihood.OTHER)).context["form"]
    assert asked.questions == ["answer_livelihood"]
    assert "Hvad lever borgeren af, og hvorfor er forløbet det rigtige?" in str(asked["answer_livelihood"].label)


def test_why_a_case_closed_is_not_told_in_the_team_s_words(cast, client_for):
    from cases import services

    case = builders.refer(cast.caseworker)
    services.close_case(
        case=case, reason="illness", choice_of="citizen", text="Indlagt i oktober", by=cast.coach, today=builders.TODAY
    )
    page = client_for(cast.caseworker).get(reverse("cases:referral_detail", args=[case.number])).content.decode()
    assert "Indlagt" not in page
    assert case.plain_step == "Er ude af forløbet" or case.phase == Phase.REFERRED


def test_looking_at_referrals_is_logged(cast, client_for):
    case = builders.refer(cast.caseworker)
    client_for(cast.caseworker).get(reverse("cases:my_referrals"))
    line = AccessLog.objects.get(action=AccessAction.LIST)
    assert (line.user, line.citizen_ids, line.case_numbers) == (cast.caseworker, [case.citizen_id], [case.number])


def test_a_date_that_is_past_says_so_in_words(cast, client_for):
    builders.refer(cast.caseworker, on=builders.TODAY - timedelta(days=14))
    page = client_for(cast.caseworker).get(reverse("cases:my_referrals")).content.decode()
    assert "mk-due--overdue" in page
    assert "7 dage over" in page


def test_a_completed_case_reads_as_completed(cast):
    case = builders.put_in_phase(builders.accepted(cast.caseworker, cast.coach), Phase.AFTERCARE)
    case.phase, case.closing_reason = Phase.CLOSED, ClosingReason.COMPLETED
    assert case.plain_step == "Har gennemført forløbet"


# --- The draft of the form ----------------------------------------------------------------------------------------------


def test_what_was_typed_is_there_again_and_gone_when_it_is_sent(caseworker, cast, client_for):
    caseworker.post(NEW, answers(idea=""))
    assert "Skriv videre" in caseworker.get(reverse("cases:my_referrals")).content.decode()
    again = client_for(cast.caseworker).get(NEW)
    assert again.context["form"]["name"].value() == "Amina Testesen"
    assert "Din kladde fra" in again.content.decode()
    assert "Kladde gemt" in again.content.decode()
    assert client_for(cast.colleague).get(NEW).context["form"]["name"].value() is None
    page = caseworker.get(NEW).context["draft"].page
    caseworker.post(NEW, answers(step="send", draft_page=page))
    assert caseworker.get(NEW).context["found"] is False
    caseworker.post("/drafts/referral/", {"name": "Sent for sent", "draft_page": page})
    assert caseworker.get(NEW).context["found"] is False


def test_a_draft_keeps_the_answers_to_questions(caseworker):
    caseworker.post(NEW, answers(own_wish="no", answer_own_wish="Hun sagde det i går"))
    form = caseworker.get(NEW).context["form"]
    assert form["answer_own_wish"].value() == "Hun sagde det i går"
    assert form["cpr"].value() == f"{CPR[:6]}-{CPR[6:]}"
