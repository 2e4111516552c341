"""The journal: drafts that survive a log-out, filters, marks, corrections; and the other forms that two may write in."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import journal_queries, services
from cases.enums import ContactKind, EntryKind, Holder
from cases.models import Draft, EntryMark
from microloan.core import clock
from microloan.core.errors import Refused
from tests.cases import builders
from tests.cases.builders import TODAY
from tests.support.forms import seen
from tests.support.pages import text


@pytest.fixture
def case(cast):
    return builders.accepted(cast.caseworker, cast.coach)


@pytest.fixture
def coach(cast, client_for):
    return client_for(cast.coach)


def url(name, case, **more):
    return reverse(f"cases:{name}", kwargs={"number": case.number, **more})


# --- Drafts --------------------------------------------------------------------------------------------------------------


def draft_address(case):
    return reverse("cases:draft", kwargs={"kind": "note", "key": case.number})


def test_a_note_that_was_not_sent_is_there_after_a_log_out(coach, cast, case, client_for):
    words = {"text": "Vi talte om", "kind": "loan", "others_data": "on", "draft_page": "a"}
    coach.post(draft_address(case), words, headers={"HX-Request": "true"})
    coach.logout()
    again = client_for(cast.coach)
    for page in (again.get(url("journal", case)), again.get(url("detail", case))):
        body = page.content.decode()
        assert "Vi talte om</textarea>" in body
        assert '<option value="loan" selected>' in body
        assert re.search(r'<input type="checkbox" name="others_data"[^>]* checked', body)
        assert "Kladde gemt" in text(page)
    assert "Vi talte om" not in client_for(cast.lead).get(url("journal", case)).content.decode()


def test_a_sent_note_leaves_no_draft_and_a_late_autosave_brings_none_back(coach, case):
    words = {"text": "Vi talte om lokaler.", "kind": "note", "draft_page": "a"}
    coach.post(draft_address(case), words)
    assert coach.post(url("journal", case), words).status_code == 302
    coach.post(draft_address(case), words)
    assert "lokaler.</textarea>" not in coach.get(url("journal", case)).content.decode()
    assert Draft.objects.get().content is None


def test_a_refused_note_keeps_its_draft(coach, case):
    words = {"text": "I morgen", "kind": "note", "date": "1/12-26", "draft_page": "a"}
    coach.post(draft_address(case), words)
    assert coach.post(url("journal", case), words).context["form"].errors["date"]
    assert Draft.objects.get().content["text"] == "I morgen"


def test_a_correction_is_kept_over_a_log_out_too(coach, cast, case, client_for):
    entry = services.write_note(case=case, text="Mødet er flyttet.", by=cast.lead)
    other = services.write_note(case=case, text="Mødet er aflyst.", by=cast.lead)
    key = f"{case.number}.{entry.pk}"
    address = reverse("cases:draft", kwargs={"kind": "correction", "key": key})
    assert coach.post(address, {"text": "Det er aflyst", "draft_page": "a"}).url == url(
        "journal_correct", case, pk=entry.pk
    )
    coach.logout()
    again = client_for(cast.coach)
    assert "Det er aflyst</textarea>" in again.get(url("journal_correct", case, pk=entry.pk)).content.decode()
    assert "Det er aflyst" not in again.get(url("journal_correct", case, pk=other.pk)).content.decode()
    again.post(url("journal_correct", case, pk=entry.pk), {"text": "Det er aflyst.", "draft_page": "b"})
    assert Draft.objects.get().content is None
    assert client_for(cast.caseworker).post(address, {"text": "Hej"}).status_code == 404
    for wrong in (f"{case.number}.x", f"{case.number}.999999", case.number, f"ML-1999-0001.{entry.pk}"):
        assert again.post(reverse("cases:draft", kwargs={"kind": "correction", "key": wrong}), {}).status_code == 404


def test_a_draft_can_be_thrown_away(coach, case):
    coach.post(draft_address(case), {"text": "Nej", "draft_page": "a"})
    body = coach.get(url("journal", case)).content.decode()
    address = reverse("cases:draft_delete", kwargs={"kind": "note", "key": case.number})
    assert f'formaction="{address}"' in body
    coach.post(address, {"draft_page": "b"})
    assert "Nej</textarea>" not in coach.get(url("journal", case)).content.decode()


@pytest.mark.parametrize("role", ["caseworker", "officer", "manager", "administrator", "auditor"])
def test_only_the_team_keeps_drafts_of_notes(case, cast, client_for, role):
    client = client_for(getattr(cast, role))
    assert client.post(draft_address(case), {"text": "Hej"}).status_code == 404
    assert not Draft.objects.exists()


def test_there_is_no_draft_of_a_case_that_is_not_there(coach):
    assert coach.post(reverse("cases:draft", kwargs={"kind": "note", "key": "ML-1999-0001"})).status_code == 404


# --- Filter --------------------------------------------------------------------------------------------------------------


def test_the_journal_is_read_by_kind_author_and_period(coach, cast, case):
    with clock.at(TODAY - timedelta(days=10)):
        services.write_note(case=case, text="Ældre note.", by=cast.lead)
    services.write_note(case=case, text="Ny note.", by=cast.coach)
    services.write_note(case=case, text="Om lånet.", by=cast.coach, kind=EntryKind.LOAN)
    address = url("journal", case)
    page = text(coach.get(f"{address}?author={cast.lead.pk}"))
    assert "Ældre note." in page
    assert "Ny note." not in page
    page = text(coach.get(f"{address}?from_on=15-11-2026"))
    assert "Ny note." in page
    assert "Ældre note." not in page
    page = text(coach.get(f"{address}?to_on=10/11-26&kind=note"))
    assert "Ældre note." in page
    assert "Om lånet." not in page
    response = coach.get(f"{address}?kind=loan&author={cast.coach.pk}")
    assert "Om lånet." in text(response)
    assert f"?kind=note&amp;author={cast.coach.pk}" in response.content.decode()
    assert "Ingen poster passer" in text(coach.get(f"{address}?to_on=1/1-20"))
    page = coach.get(f"{address}?from_on=i+morgen")
    assert page.context["filters"].errors["from_on"]
    assert "Ny note." in text(page)


def test_the_period_counts_both_days_in_danish_time(cast, case):
    with clock.at(TODAY - timedelta(days=3)):
        entry = services.write_note(case=case, text="Sent.", by=cast.coach)
    day = TODAY - timedelta(days=3)
    assert entry in journal_queries.entries(case, from_on=day, to_on=day)
    assert entry not in journal_queries.entries(case, to_on=day - timedelta(days=1))
    assert entry not in journal_queries.entries(case, from_on=day + timedelta(days=1))


def test_the_journal_costs_the_same_for_many_lines(coach, cast, case):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            coach.get(url("journal", case))
        return len(captured)

    first = services.write_note(case=case, text="Første.", by=cast.coach)
    coach.get(url("journal", case))
    few = queries()
    for number in range(40):
        services.write_note(case=case, text=f"Note {number}", by=cast.lead, others_data=number % 2 == 0, corrects=first)
    assert queries() == few


# --- Marks ---------------------------------------------------------------------------------------------------------------


def test_a_line_is_marked_and_the_mark_is_taken_away(coach, cast, case):
    entry = services.write_note(case=case, text="Svigerinden er syg.", by=cast.coach)
    address = url("journal_mark", case, pk=entry.pk)
    assert "udelades" in text(coach.get(address)) or "udeladt" in text(coach.get(address))
    assert coach.post(address, {"others_data": "yes"}).status_code == 302
    coach.post(address, {"others_data": "yes"})  # pressed twice, or by two people: it stays marked
    assert "Indeholder oplysninger om en anden person" in text(coach.get(url("journal", case)))
    assert 'name="others_data" value="no"' in coach.get(address).text
    assert "Uden mærket" in text(coach.get(address))
    coach.post(address, {"others_data": "no"})
    assert list(EntryMark.objects.order_by("pk").values_list("others_data", "by")) == [
        (True, cast.coach.pk),
        (False, cast.coach.pk),
    ]
    entry.refresh_from_db()
    assert entry.text == "Svigerinden er syg."


def test_a_note_is_marked_as_it_is_written_and_its_correction_inherits_it(coach, cast, case):
    coach.post(url("journal", case), {"text": "Broren skylder væk.", "kind": "note", "others_data": "on"})
    entry = case.journal.get(text="Broren skylder væk.")
    coach.post(url("journal_correct", case, pk=entry.pk), {"text": "Det var fætteren."})
    marked = journal_queries.marked(case.journal.all()).filter(others_data=True)
    assert {line.text for line in marked} == {"Broren skylder væk.", "Det var fætteren."}


# --- Tasks and contacts: two people in one form ------------------------------------------------------------------------


def make_task(case, by):
    return services.add_task(case=case, title="Ring til banken", due_on=TODAY, holder=Holder.TEAM, owner=by, by=by)


def test_two_people_who_correct_a_task_see_both(coach, cast, case):
    task = make_task(case, cast.coach)
    address = url("case_task_edit", case, pk=task.pk)
    note = seen(coach.get(address))
    services.update_task(
        task=task, title="Ring til banken igen", due_on=TODAY, holder=Holder.TEAM, owner=cast.lead, by=cast.lead
    )
    typed = {"title": "Skriv til banken", "due_on": "20-11-2026", "holder": "team", "owner": cast.coach.pk}
    page = coach.post(address, {**typed, **note})
    rivals = {rival.label: (rival.stored, rival.mine, rival.choice) for rival in page.context["form"].rivals}
    assert rivals == {
        "Hvad skal gøres?": ("Ring til banken igen", "Skriv til banken", ""),
        "Hvem i teamet holder øje med det?": ("Petra Projektleder", "Mette Medarbejder", "stored"),
    }
    chosen = {"choose_title": "mine", "choose_owner": "stored"}
    assert coach.post(address, {**typed, **seen(page), **chosen}).status_code == 302
    task.refresh_from_db()
    assert (task.title, task.owner) == ("Skriv til banken", cast.lead)


def test_a_late_task_may_keep_its_date_and_a_derived_or_done_one_has_no_page(coach, cast, case):
    task = make_task(case, cast.coach)
    address = url("case_task_edit", case, pk=task.pk)
    with clock.at(TODAY + timedelta(days=5)):
        typed = {"title": "Ring nu", "due_on": "20-11-2026", "holder": "citizen", "owner": ""}
        assert coach.post(address, typed).status_code == 302
        assert coach.post(address, {**typed, "due_on": "19-11-2026"}).context["form"].errors["due_on"]
    derived = case.tasks.exclude(key="").first()
    assert coach.get(url("case_task_edit", case, pk=derived.pk)).status_code == 404
    with pytest.raises(Refused, match="følger sagens"):
        services.update_task(task=derived, title="x", due_on=TODAY, holder=Holder.TEAM, owner=None, by=cast.coach)
    services.complete_task(task=task, by=cast.coach)
    assert coach.get(address).status_code == 404


def test_two_people_who_move_a_contact_see_both(coach, cast, case):
    contact = services.plan_contact(
        case=case,
        kind=ContactKind.COACHING,
        at=clock.now() + timedelta(days=3),
        place="Café Torvet",
        staff=[cast.coach],
        today=TODAY,
        by=cast.coach,
    )
    address = url("contact", case, pk=contact.pk)
    page = coach.get(address)
    note, initial = seen(page), page.context["form"].initial
    typed = {
        "kind": "coaching",
        "state": "planned",
        "date": "23-11-2026",
        "time": initial["time"].strftime("%H.%M"),
        "place": "Biblioteket",
        "staff": [cast.coach.pk],
        "notes": "",
    }
    services.register_contact(
        case=case,
        contact=contact,
        kind=ContactKind.COACHING,
        at=contact.at,
        state=contact.state,
        staff=[cast.coach, cast.lead],
        place="Rådhuset",
        by=cast.lead,
        today=TODAY,
    )
    page = coach.post(address, {**typed, **note})
    rivals = {rival.label: (rival.stored, rival.mine, rival.choice) for rival in page.context["form"].rivals}
    assert rivals["Sted"] == ("Rådhuset", "Biblioteket", "")
    assert rivals["Hvem fra teamet var med?"] == (
        "Mette Medarbejder, Petra Projektleder",
        "Mette Medarbejder",
        "stored",
    )
    chosen = {"choose_place": "mine", "choose_staff": "stored"}
    assert coach.post(address, {**typed, **seen(page), **chosen}).status_code == 302
    contact.refresh_from_db()
    assert contact.place == "Biblioteket"
    assert set(contact.staff.all()) == {cast.coach, cast.lead}


# --- By GET --------------------------------------------------------------------------------------------------------------


def test_an_address_that_only_takes_a_form_is_not_blank_when_it_is_opened(coach, cast, case, client_for):
    page = coach.get(url("reveal", case))
    assert page.status_code == 405
    assert "Intet er ændret" in text(page)
    assert url("detail", case) in page.content.decode()
    assert page["Allow"] == "POST"
    assert "Content-Security-Policy" in page.headers
    page = client_for(cast.officer).get(url("reveal", case))
    assert page.status_code == 405
    assert url("detail", case) not in page.content.decode()
    assert coach.get(url("reveal", case), headers={"HX-Request": "true"}).content == b""
