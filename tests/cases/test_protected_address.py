"""A protected address stands on no page, list, file or letter that nobody asked it from (danish-rules.md §7).

Every route of the role table is opened by everyone who may: a new screen is looked at without anybody writing a test.
"""

import io
import zipfile
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from cases import services
from cases.enums import ContactKind, ContactState, DocumentKind
from cases.letters.models import Letter
from cases.letters.services import prepare_letter
from cases.models import Citizen, Task
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.errors import Refused
from tests.cases import builders
from tests.cases.builders import TODAY
from tests.letters.reading import text_of
from tests.support import files
from tests.support.routes import all_rows
from tests.support.routing import SLOW_TO_MAKE, values
from tests.support.strict import StrictClient
from tests.support.world import World

pytestmark = pytest.mark.django_db
STREET, WORD = "Hemmelig Sti 7, 2. tv.", "Hemmelig"
ADDRESS = {"co_name": "", "street": STREET, "postcode": "8000", "city": "Aarhus C", "protected_address": True}
# The one page that shows it, to those who may see it, by POST and with a line in the log.
ASKED_FOR = {"cases:reveal"}


def protect(case, by, **more):
    services.update_citizen(case=case, values={**ADDRESS, **more}, by=by, today=clock.today())
    case.refresh_from_db()
    case.citizen.refresh_from_db()


def visit(case, by, place, *, at=None, kind=ContactKind.HOME_VISIT):
    return services.plan_contact(
        case=case,
        kind=kind,
        at=at or clock.now() + timedelta(days=2),
        place=place,
        staff=[by],
        by=by,
        today=clock.today(),
    )


def readable(response) -> str:
    """What a person can read of an answer: a page, a PDF, or the sheets of a workbook."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content.startswith(b"%PDF"):
        return text_of(content)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    return content.decode("utf-8", "replace")


def test_no_page_shows_it():
    world = World()
    coach = world.user(Role.COACH)
    visit(world.case, coach, "Hemmelig sti 7")
    protect(world.case, coach)
    rows = [route for route in all_rows() if route.name not in ASKED_FOR]
    for route in rows:
        if route.name.startswith(SLOW_TO_MAKE):
            values(route.kwargs, world), values(route.data, world)
    leaks, opened = [], 0
    for route in rows:
        made = dict(world._made)
        with transaction.atomic():
            if route.prepare:
                route.prepare(world)
            address, data = reverse(route.name, kwargs=values(route.kwargs, world)), values(route.data, world)
            for role, user in world.users.items():
                if role in route.allow:
                    opened += 1
                    if WORD in shown_to(user, route.method, address, data):
                        leaks.append(f"{route} as {role}")
            transaction.set_rollback(True)
        world._made = made
    assert not leaks, "\n".join(leaks)
    assert opened > 100


def shown_to(user, method, address, data) -> str:
    client = StrictClient()
    with transaction.atomic():
        client.force_login(user)
        shown = readable(getattr(client, method)(address, data, follow=True))
        transaction.set_rollback(True)
    return shown


@pytest.mark.parametrize(("until", "is_protected"), [(None, True), (TODAY, True), (TODAY - timedelta(days=1), False)])
def test_a_protection_holds_to_its_last_day(until, is_protected):
    citizen = Citizen(name="Amina Testesen", protected_address=True, protected_until=until)
    assert citizen.is_protected_on(TODAY) is is_protected


def test_the_place_of_a_home_visit_is_not_written_down(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    before = visit(case, cast.coach, "hemmelig sti 7 2.tv")
    assert Task.objects.get(key=f"contact-{before.pk}").why.endswith("hemmelig sti 7 2.tv")
    protect(case, cast.coach)
    before.refresh_from_db()
    assert before.place == "Beskyttet adresse"
    assert WORD.lower() not in Task.objects.get(key=f"contact-{before.pk}").why.lower()
    new = visit(case, cast.coach, "Hos borgeren, Hemmelig Sti 7")
    assert new.place == "Beskyttet adresse"
    moved = services.move_contact(
        contact=new, at=clock.now() + timedelta(days=4), place="Hemmelig Sti 7", by=cast.coach, today=TODAY
    )
    assert moved.place == "Beskyttet adresse"
    services.register_contact(
        case=case,
        kind=ContactKind.HOME_VISIT,
        at=clock.now() - timedelta(hours=1),
        state=ContactState.ATTENDED,
        staff=[cast.coach],
        place=STREET,
        by=cast.coach,
        today=TODAY,
    )
    assert WORD not in case.journal.first().text
    assert visit(case, cast.coach, "Café Torvet").place == "Café Torvet"


def test_a_place_is_as_it_was_when_the_protection_is_over(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    protect(case, cast.coach, protected_until=TODAY - timedelta(days=1))
    assert visit(case, cast.coach, "Hemmelig Sti 7").place == "Hemmelig Sti 7"


def test_the_form_keeps_an_address_that_it_does_not_show(cast, client_for):
    case = builders.accepted(cast.caseworker, cast.coach)
    protect(case, cast.coach)
    client = client_for(cast.coach)
    address = reverse("cases:citizen", args=[case.number])
    page = client.get(address)
    assert WORD not in page.content.decode()
    assert "Adressen er beskyttet" in page.content.decode()
    data = {
        "name": "Amina Testesen",
        "letter_preference": "digital_post",
        "protected_address": "on",
        "phone": "12345678",
    }
    assert client.post(address, data).status_code == 302
    case.citizen.refresh_from_db()
    assert (case.citizen.street, case.citizen.city) == (STREET, "Aarhus C")
    part = client.post(address, {**data, "street": "Ny Sti 1"})
    assert list(part.context["form"].errors) == ["postcode", "city"]
    assert "Skriv hele adressen" in part.content.decode()
    case.citizen.refresh_from_db()
    assert (case.citizen.street, case.citizen.city) == (STREET, "Aarhus C")
    moved = {"street": "Ny Sti 1", "postcode": "8200", "city": "Aarhus N"}
    assert client.post(address, {**data, **moved}).status_code == 302
    case.citizen.refresh_from_db()
    assert (case.citizen.street, case.citizen.postcode) == ("Ny Sti 1", "8200")


def test_no_letter_says_it_but_the_window_of_one_on_paper(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    protect(case, cast.coach)

    def letter(key):
        made = prepare_letter(
            kind="screening_continue",
            case=case,
            key=key,
            context={"number": 2, "held_on": TODAY, "next_steps": ["Vi ringer til dig."]},
            by=cast.coach,
            today=TODAY,
        )
        return text_of(made.read_pdf()), made

    words, made = letter("digital")
    assert WORD not in words + made.recipient_address
    services.update_citizen(case=case, values={"letter_preference": "paper"}, by=cast.coach, today=TODAY)
    case.citizen.refresh_from_db()
    words, made = letter("paper")
    assert words.count(WORD) == 1
    services.exempt(
        case=case,
        from_on=TODAY,
        to_on=None,
        begun_before="",
        useful="",
        consultant=cast.caseworker,
        by=cast.coach,
        today=TODAY,
    )
    assert WORD not in text_of(Letter.objects.get(kind="exemption_notice").read_pdf())


@pytest.mark.parametrize("written", ["Hemmelig Sti 7", "hemmelig  sti 7, 2.tv", "HEMMELIG STI 7, 2. TV."])
def test_what_was_written_before_the_protection_is_not_told(cast, client_for, written):
    """Notes stay as they are; who reads them is not told the address, the referrer least of all."""
    case = builders.accepted(cast.caseworker, cast.coach)
    services.write_to_team(case=case, text=f"Bor nu på {written} hos en søster.", by=cast.caseworker, today=TODAY)
    protect(case, cast.coach)
    for user, name in ((cast.coach, "journal"), (cast.coach, "detail"), (cast.caseworker, "referral_detail")):
        page = readable(client_for(user).get(reverse(f"cases:{name}", kwargs={"number": case.number})))
        assert WORD.lower() not in page.lower()
        assert "[beskyttet adresse]" in page
        assert "hos en søster." in page


def test_titles_of_tasks_and_reasons_of_flags_tell_it_no_more(cast, client_for):
    case, by = builders.accepted(cast.caseworker, cast.coach), cast.coach
    words = "Aflever nøgler på hemmelig sti 7, 2.tv, inden ferien"
    task = services.add_task(case=case, title=words, due_on=TODAY, holder="team", owner=by, by=by)
    services.raise_flag(case=case, reason=words, by=by)
    flag = services.raise_flag(case=case, reason=f"{words} igen", by=by)
    services.resolve_flag(flag=flag, resolution="Talt om Hemmelig Sti 7", by=by)
    protect(case, by)
    task.refresh_from_db()
    assert task.title == "Aflever nøgler på [beskyttet adresse], inden ferien"
    for name in ("detail", "flags", "tasks", "work"):
        of_case = {} if name == "work" else {"number": case.number}
        page = readable(client_for(by).get(reverse(f"cases:{name}", kwargs=of_case)))
        assert WORD.lower() not in page.lower(), name
        assert "[beskyttet adresse]" in page
    for write in (
        lambda: services.add_task(case=case, title=words, due_on=TODAY, holder="team", owner=by, by=by),
        lambda: services.update_task(task=task, title=words, due_on=TODAY, holder="team", owner=by, by=by),
        lambda: services.raise_flag(case=case, reason=words, by=by),
    ):
        with pytest.raises(Refused, match="uden adressen"):
            write()


def test_titles_of_documents_tell_it_no_more(cast, client_for):
    case, by = builders.accepted(cast.caseworker, cast.coach), cast.coach
    facts = {"kind": DocumentKind.CONTRACT, "dated": TODAY, "others_data": False, "by": by, "today": TODAY}
    upload = services.Upload("Lejeaftale.png", files.png())
    words = "Lejeaftale for hemmelig sti 7, 2.tv"
    document = services.add_document(case=case, upload=upload, title=words, **facts)
    protect(case, by)
    document.refresh_from_db()
    assert document.title == "Lejeaftale for [beskyttet adresse]"
    page = readable(client_for(by).get(reverse("cases:documents", kwargs={"number": case.number})))
    assert WORD.lower() not in page.lower()
    for write in (
        lambda: services.add_document(case=case, upload=upload, title=words, **facts),
        lambda: services.update_document(document=document, values={"title": words}, by=by, today=TODAY),
        lambda: services.withdraw_document(document=document, reason=words, by=by),
    ):
        with pytest.raises(Refused, match="uden adressen"):
            write()


def test_a_number_that_only_begins_like_the_address_stays(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    protect(case, cast.coach, street="Gåsevej 7")
    hidden = case.citizen.without_address("Gaasevej 7 og Gåsevej 71", TODAY)
    assert hidden == "[beskyttet adresse] og Gåsevej 71"
