"""The texts of letters in versions: the safe language, what a wording must keep, who puts it into force, what is kept."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from cases.letters import services, text_queries, text_services, texts
from cases.letters.fields import FIELDS, OF_KIND
from cases.letters.models import Letter, LetterText, LetterTextConfirmation, LetterTextStart
from cases.letters.registry import all_kinds, get_kind
from cases.letters.rendering import compose
from cases.letters.text_services import BadTexts
from cases.letters.wording import WordingError, wording_of
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from tests.letters import reading, samples
from tests.letters.conftest import make_user

KINDS = all_kinds()
LOAN = "loan_grant"


def refused_by(name):
    return pytest.raises(IntegrityError, match=name)


def written(kind, source, **values):
    return wording_of(get_kind(kind), source).html(values)


def changed(kind=LOAN, **sections):
    return {**texts.built_in(get_kind(kind)), **sections}


# --- The language -----------------------------------------------------------------------------------------------------


def test_facts_are_printed_by_their_type():
    facts = {
        "amount": Decimal("1234.50"),
        "months": 1,
        "from_month": date(2027, 1, 4),
        "mandatory": True,
        "balance": None,
    }
    html = written("deferment_decision", "{{ balance }}{{ months }} fra {{ from_month }}: {{ mandatory }}.", **facts)
    assert html == "<p>1\u00a0måned fra 4.\u00a0januar 2027: ja.</p>"
    assert "35.000\u00a0kr.</p>" in written(LOAN, "Du får {{ amount }}.", amount=Decimal(35000))


def test_paragraphs_lists_headings_and_boxes():
    html = written(
        "closing", "En.\nTo.\n\n## Nu\n\n- Første\n- Anden.\n\n> Husk\n\n{{ achievements }}", achievements=("a", "b.")
    )
    assert html == (
        "<p>En. To.</p>\n<h2>Nu</h2>\n<ul><li>Første.</li><li>Anden.</li></ul>\n"
        '<div class="notice"><p>Husk</p></div>\n<ul><li>a.</li><li>b.</li></ul>'
    )


def test_what_is_chosen_by_a_field():
    source = "{% if balance and instalment_amount > 100 %}Ja{% elif reason %}Måske{% else %}Nej{% endif %}"
    assert written("closing", source, balance=1, instalment_amount=Decimal(200), reason="") == "<p>Ja</p>"
    assert written("closing", source, balance=None, instalment_amount=None, reason="x") == "<p>Måske</p>"
    assert written("closing", source, balance=None, instalment_amount=None, reason="") == "<p>Nej</p>"


def test_markup_and_structure_in_words_and_values_are_text():
    html = written("closing", "<b>Hej</b>\n\n{{ reason }}", reason="- a\n\n## <script>x</script> {{ y }}")
    assert html == "<p>&lt;b&gt;Hej&lt;/b&gt;</p>\n<p>- a ## &lt;script&gt;x&lt;/script&gt; {{ y }}</p>"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{ amoutn }}", "Mener du »amount«?"),
        ("{{ amount.__class__ }}", "kan ikke læses"),
        ("{{ legal_basis.reference }}", "noget felt"),
        ("{{ legal_basis }}", "tabel"),
        ("{{ amount|safe }}", "|safe"),
        ("{{ }}", "mangler et felt"),
        ("{{ amount", "passer ikke sammen"),
        ("{{ a b }}", "kan ikke læses"),
        ("{% if amount %}x", "mangler sit »endif«"),
        ("x{% endif %}", "uden et »if«"),
        ("{% if hemmelig %}x{% endif %}", "hemmelig"),
        *(
            (f"{{% {tag} %}}", tag.split()[0])
            for tag in ("load static", 'include "x"', "url 'x'", "debug", "csrf_token", "now 'Y'")
        ),
        ("x" * 4001, "højst 4000"),
    ],
)
def test_what_is_not_part_of_the_language_is_refused_in_words(source, words):
    with pytest.raises(WordingError, match=words.replace("|", r"\|").replace("?", r"\?").replace("{", r"\{")):
        wording_of(get_kind(LOAN), source)


# --- What the product holds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_our_own_words_are_a_version_like_any_other(kind):
    assert texts.problems(kind, texts.built_in(kind)) == {}
    assert texts.warnings(texts.built_in(kind)) == []
    for name in (*kind.fields, *kind.derived):
        assert name in FIELDS or (kind.code, name) in OF_KIND
    assert {section.name for section in texts.sections_of(kind)} <= set(texts.LABELS)


def test_a_decision_keeps_its_blocks_and_its_facts_whatever_is_written():
    kind = get_kind(LOAN)
    assert texts.problems(kind, changed(decided=" ")) == {
        "decided": ["Skriv en tekst. Dette afsnit må ikke være tomt."]
    }
    assert "heading" in texts.problems(kind, changed(heading="To\nlinjer"))
    (message,) = texts.problems(
        kind, changed(heading="Du får et lån", decided="Ja. {% if business %}{{ amount }}{% endif %}")
    )[""]
    assert "amount" in message
    html, subject = compose(
        kind,
        samples.ENVELOPE,
        {**text_services.sample_context(kind)},
        changed(heading="Ja: {{ amount }}", decided="Lånet er {{ amount }}.", help="Ring."),
    )
    assert subject == "Ja: 35.000 kr."
    for fixed in (
        "Det er et lån. Du skal betale pengene tilbage.",
        "Du kan klage",
        "lov om eksempler",
        "Renter og gebyrer",
    ):
        assert fixed in html


def test_typed_amounts_dates_and_sections_of_law_are_pointed_out():
    assert len(texts.warnings({"decided": "Du får 500 kr. den 3. maj efter § 4."})) == 3


# --- Versions ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(town):
    return make_user("administrator", full_name="Asta Administrator")


def write(by, base=0, kind="closing", **sections):
    sections = sections or {"ending": "Farvel, og held og lykke."}
    return text_services.write_text(kind=kind, sections=changed(kind, **sections), note="Venligere", base=base, by=by)


def start(text, by, day=None):
    today = clock.today()
    return text_services.start_text(text=text, valid_from=day or today, by=by, today=today)


def confirm(text, by):
    today = clock.today()
    return text_services.confirm_text(
        text=text, jurist="Jura Testesen", confirmed_on=today, reference="Mail 42", by=by, today=today
    )


def prepare(town, key, day, kind="closing"):
    return services.prepare_letter(
        kind=kind, case=town.case, key=key, context=samples.CONTEXTS[kind], by=town.coach, today=day, send=False
    )


def test_a_letter_is_made_with_the_version_of_its_day_and_keeps_it(town, admin):
    today, later = clock.today(), clock.today() + timedelta(days=10)
    own = prepare(town, "own", today)
    text = write(admin)
    start(text, admin, later)
    before, after = prepare(town, "before", later - timedelta(days=1)), prepare(town, "after", later)
    assert (own.text, before.text, after.text) == (None, None, text)
    assert own.text_sha256 == before.text_sha256 != after.text_sha256
    assert "Farvel, og held og lykke." in reading.text_of(after.read_pdf())
    assert "Tak for samarbejdet." in reading.text_of(before.read_pdf())
    with refused_by("letter_frozen"), transaction.atomic():
        Letter.objects.filter(pk=after.pk).update(text=None)


def test_a_decision_waits_for_the_jurist(town, admin):
    text = write(admin, kind=LOAN, help="Ring til mig.")
    assert text.needs_jurist
    with pytest.raises(Refused, match="jurist"):
        start(text, admin)
    with refused_by("letter_text_start_confirmed"), transaction.atomic():
        LetterTextStart.objects.create(text=text, valid_from=clock.today(), by=admin)
    for wrong in ({"jurist": " "}, {"reference": ""}, {"confirmed_on": clock.today() + timedelta(days=1)}):
        values = {"jurist": "Jura", "reference": "42", "confirmed_on": clock.today(), **wrong}
        with pytest.raises(Refused):
            text_services.confirm_text(text=text, by=admin, today=clock.today(), **values)
    confirm(text, admin)
    start(text, admin)
    assert services.text_on(LOAN, clock.today()) == text
    with pytest.raises(Conflict):
        confirm(text, admin)


def test_versions_are_numbered_compared_and_restored(town, admin):
    first = write(admin)
    with pytest.raises(Refused, match="ikke rettet"):
        write(admin, base=1)
    with pytest.raises(Conflict):
        write(admin, ending="Noget andet.")
    write(admin, base=1, ending="Vi ses. Held og lykke.")
    third = text_services.restore_text(kind="closing", number=1, base=2, by=admin)
    assert (third.number, third.restored_from, third.sections) == (3, 1, first.sections)
    assert text_services.restore_text(kind="closing", number=0, base=3, by=admin).sections == texts.built_in(
        get_kind("closing")
    )
    diff = {one.section.name: one for one in text_queries.compare(get_kind("closing"), first, third)}
    assert not any(one.is_changed for one in diff.values())
    pieces = list(text_queries.word_diff("Ring til mig den {{ pay_by }}.", "Skriv til mig senest den {{ pay_by }}."))
    assert [(piece.change, piece.text) for piece in pieces if piece.change != "same"] == [
        ("taken", "Ring"), ("added", "Skriv"), ("added", "senest "),
    ]  # fmt: skip


def test_bad_words_days_and_strangers_are_refused(town, admin):
    with pytest.raises(BadTexts) as refusal:
        write(admin, ending="{{ hemmelig }}")
    assert list(refusal.value.by_section) == ["ending"]
    text = write(admin)
    for day in (clock.today() - timedelta(days=1), clock.today() + timedelta(days=2000)):
        with pytest.raises(Refused):
            start(text, admin, day)
    with pytest.raises(Refused):
        text_services.write_text(kind="message", sections={}, note="x", base=0, by=admin)


def test_versions_confirmations_and_starts_are_never_changed(town, admin):
    text = write(admin)
    confirm(text, admin)
    start(text, admin)
    for table in (LetterText, LetterTextConfirmation, LetterTextStart):
        name = table._meta.db_table
        for statement in (f"UPDATE {name} SET by_id = by_id", f"DELETE FROM {name}", f"TRUNCATE {name} CASCADE"):
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


# --- Screens ----------------------------------------------------------------------------------------------------------


def test_an_administrator_writes_sees_and_uses_a_version(town, client_for):
    client = client_for("administrator")
    page = client.get("/letters/texts/closing/edit/")
    shown_form = page.context["form"]
    form = {"note": "", **{name: str(shown_form[name].value()) for name in shown_form.fields if name != "note"}}
    typed = {**form, "section_ending": "Farvel {{ hemmelig }}"}
    for button in ("preview", "save", "pdf"):
        answer = client.post("/letters/texts/closing/edit/", {**typed, button: "1"}).content.decode()
        assert "Brevet har ikke noget felt, der hedder »hemmelig«." in answer
    assert "hemmelig" in client.post("/letters/texts/closing/preview/", typed).content.decode()
    typed["section_ending"] = "Farvel <b>og</b> tak."
    shown = client.post("/letters/texts/closing/edit/", {**typed, "preview": "1"}).content.decode()
    assert "Farvel &lt;b&gt;og&lt;/b&gt; tak." in shown
    assert "LIX" in shown
    assert client.post("/letters/texts/closing/edit/", {**typed, "pdf": "1"})["Content-Type"] == "application/pdf"
    assert (
        "Skriv, hvad der er rettet"
        in client.post("/letters/texts/closing/edit/", {**typed, "save": "1"}).content.decode()
    )
    assert not LetterText.objects.exists()
    typed["note"] = "Kortere"
    assert client.post("/letters/texts/closing/edit/", {**typed, "save": "1"}).status_code == 302
    today = clock.today()
    assert "Skriv" in client.post("/letters/texts/closing/1/start/", {"valid_from": "30-02-2027"}).content.decode()
    client.post("/letters/texts/closing/1/start/", {"valid_from": f"{today:%d-%m-%Y}"})
    assert services.text_on("closing", today).number == 1
    assert "Bekræftet af" not in client.get("/letters/texts/closing/").content.decode()
    assert "<ins>" in client.get("/letters/texts/closing/compare/").content.decode()
    client.post("/letters/texts/closing/0/restore/")
    assert LetterText.objects.count() == 2
    assert client.get("/letters/texts/message/").status_code == 404
    assert client.get("/letters/texts/closing/9/start/").status_code == 404
