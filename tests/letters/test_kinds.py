"""Every kind of letter: the required blocks, the words, the numbers, the geometry. No database."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from cases.letters.enums import Block
from cases.letters.envelope import Recipient
from cases.letters.layout import LetterLayout, address_size
from cases.letters.registry import LetterError, MissingBlock, all_kinds, get_kind
from cases.letters.rendering import complete_context, compose, render_letter
from microloan.core import danish
from tests.letters import reading, samples

KINDS = [kind.code for kind in all_kinds()]
DECISIONS = [kind.code for kind in all_kinds() if kind.is_decision]
LAYOUT = LetterLayout()


def rendered(code, envelope=samples.ENVELOPE, **changes):
    return render_letter(get_kind(code), envelope, {**samples.CONTEXTS[code], **changes})


@cache
def standard(code, *, long=False):
    """The sample letter, made once for all tests that only read it."""
    kind = get_kind(code)
    if long:
        return render_letter(kind, samples.LONG_ENVELOPE, samples.longest(kind))
    return render_letter(kind, samples.ENVELOPE, samples.CONTEXTS[code])


def html_of(code, **changes):
    kind = get_kind(code)
    return compose(kind, samples.ENVELOPE, complete_context(kind, {**samples.CONTEXTS[code], **changes}))[0]


def test_every_kind_has_a_sample():
    assert set(KINDS) == set(samples.CONTEXTS)


@pytest.mark.parametrize("code", KINDS)
def test_letter_is_tagged_danish_titled_and_whole(code):
    letter = standard(code)
    root = reading.reader(letter.pdf).trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("da", True)
    assert reading.reader(letter.pdf).metadata.title == letter.subject
    tags = reading.tags_of(letter.pdf)
    assert tags.count("/H1") == 1
    assert "/Figure" not in tags
    assert set(reading.fonts_of(letter.pdf).values()) == {True}
    text = reading.text_of(letter.pdf)
    assert "undefined" not in text
    assert "{{" not in text
    assert "None" not in text
    assert ".." not in text
    assert "Amina Testesen" in text
    assert "Sagsnummer ML-2026-0042 · Side 1 af" in text
    assert letter.page_count == len(reading.reader(letter.pdf).pages)


@pytest.mark.parametrize("code", KINDS)
def test_amounts_and_dates_in_the_file_are_those_given(code):
    letter = standard(code)
    text = reading.text_of(letter.pdf)

    def check(value):
        if isinstance(value, Decimal):
            assert " ".join(danish.kr(value).split()) in text
        elif isinstance(value, date):
            assert " ".join(danish.long_date(value).split()) in text
        elif isinstance(value, dict):
            for item in value.values():
                check(item)
        elif isinstance(value, list | tuple):
            for item in value:
                check(item)

    check(letter.context)
    check(samples.ENVELOPE.dated)


@pytest.mark.parametrize("code", KINDS)
def test_words_are_plain(code):
    prose = reading.prose_of(html_of(code))
    text = reading.text_of(standard(code).pdf)
    whole = text.replace(" ", "")
    for paragraph in prose:
        assert paragraph.replace(" ", "") in whole
    assert reading.lix(prose) < 35
    for stiff in ("De bedes", "undertegnede", "klient", "henhold", "vedr", "jobcenter", "imødekomme", "truffet"):
        assert stiff.lower() not in text.lower()


@pytest.mark.parametrize("code", KINDS)
def test_template_holds_no_section_number(code):
    template = get_kind(code).template
    with open(f"templates/{template}", encoding="utf-8") as file:
        assert "§" not in file.read()


@pytest.mark.parametrize("code", KINDS)
@pytest.mark.parametrize("long", [False, True])
def test_only_the_address_touches_the_window_zone(code, long):
    envelope = samples.LONG_ENVELOPE if long else samples.ENVELOPE
    pdf = standard(code, long=long).pdf
    in_zone = [
        (x, y, text)
        for x, y, text in reading.words_at(pdf)
        if LAYOUT.zone_left <= x < LAYOUT.zone_left + LAYOUT.zone_width
        and LAYOUT.zone_top <= y < LAYOUT.zone_top + LAYOUT.zone_height
    ]
    outside_box = [
        text
        for x, y, text in in_zone
        if not (
            x >= LAYOUT.address_left - 0.1 and LAYOUT.address_top <= y <= LAYOUT.address_top + LAYOUT.address_height
        )
    ]
    assert " ".join(outside_box) == envelope.sender.return_line
    window = "".join(text for _x, _y, text in in_zone if text not in outside_box)
    assert window.replace(" ", "") == "".join(envelope.recipient.window).replace(" ", "")
    assert envelope.case_number not in window


def test_heading_and_second_page_start_where_they_should():
    pdf = standard("loan_agreement").pdf
    heading = next(y for _x, y, text in reading.words_at(pdf) if text.startswith("Aftale om"))
    assert LAYOUT.heading_top < heading < LAYOUT.heading_top + 7
    first = min(y for _x, y, _text in reading.words_at(pdf, page=1))
    assert LAYOUT.margin_top < first < LAYOUT.margin_top + 6


def test_all_positions_are_settings(settings):
    settings.LETTER_LAYOUT = {"heading_top": 130, "address_left": 25}
    places = {text: (x, y) for x, y, text in reading.words_at(rendered("loan_repaid").pdf)}
    assert places["Dit lån er betalt"][1] > 130
    assert places["Amina Testesen"][0] == pytest.approx(25, abs=0.5)


def test_address_type_shrinks_before_it_breaks():
    assert address_size(["Amina Testesen", "Eksempelgade 12", "0000 Prøveby"], LAYOUT) == 10
    assert address_size(["Kronprinsesse Charlottes Allé 12"], LAYOUT) == 8
    assert address_size(samples.LONG_ENVELOPE.recipient.window, LAYOUT) in {6, 7, 8}
    assert address_size(["x" * 120] * 9, LAYOUT) is None
    with pytest.raises(LetterError):
        rendered("closing", replace(samples.ENVELOPE, recipient=Recipient(name="A B", lines=("gade " * 24,) * 9)))


# --- Required blocks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", DECISIONS)
def test_decision_holds_every_block_apart(code):
    html = html_of(code)
    assert set(get_kind(code).required_blocks) == set(Block)
    for block in Block:
        assert html.count(f'data-block="{block.value}"') == 1


MISSING = [
    (Block.LEGAL_BASIS, {"legal_basis": {"reference": " ", "appeal_variant": "standard_4_weeks"}}),
    (Block.LEGAL_BASIS, {"legal_basis": {}}),
    (Block.FACTS, {"facts": ()}),
    (Block.FACTS, {"facts": ("  ",)}),
    (Block.CONSIDERATIONS, {"considerations": []}),
    (Block.APPEAL, {"legal_basis": {"reference": "lov § 1"}}),
    (Block.APPEAL, {"appeal": {"variant": "no_administrative_appeal"}}),
    (Block.APPEAL, {"appeal": {"variant": "other", "text": " "}}),
    (Block.APPEAL, {"appeal": {"variant": "unheard_of"}}),
]


@pytest.mark.parametrize("code", DECISIONS)
@pytest.mark.parametrize(("block", "changes"), MISSING)
def test_decision_with_an_empty_block_is_refused_by_name(code, block, changes):
    with pytest.raises(MissingBlock, match=str(block.label)) as refusal:
        rendered(code, fully_favourable=False, **changes)
    assert block in refusal.value.blocks


@pytest.mark.parametrize("code", DECISIONS)
def test_amount_or_period_is_a_block_of_its_own(code):
    kind = get_kind(code)
    name = kind.block_fields[Block.SCOPE][0]
    context = {key: value for key, value in samples.CONTEXTS[code].items() if key != name}
    with pytest.raises(MissingBlock) as refusal:
        render_letter(kind, samples.ENVELOPE, context)
    assert refusal.value.blocks == [Block.SCOPE]


def test_all_missing_blocks_are_named_at_once():
    with pytest.raises(MissingBlock) as refusal:
        rendered("loan_refusal", facts=(), considerations=(), legal_basis={})
    assert set(refusal.value.blocks) == {Block.LEGAL_BASIS, Block.FACTS, Block.CONSIDERATIONS, Block.APPEAL}


def test_reasons_may_be_left_out_only_where_the_citizen_got_everything():
    text = reading.text_of(rendered("support_decision", facts=(), considerations=(), fully_favourable=True).pdf)
    assert "Derfor har vi besluttet det" not in text
    assert "lov om eksempler § 65, stk. 3" in text
    assert "Du kan klage" in text
    with pytest.raises(MissingBlock):
        rendered("support_decision", facts=(), considerations=(), fully_favourable=False)
    with pytest.raises(MissingBlock):
        rendered("support_decision", facts=(), considerations=(), fully_favourable="ja")


def test_appeal_guidance_follows_the_variant():
    standard = reading.text_of(rendered("support_end").pdf)
    assert "klage inden 4 uger" in standard
    assert "Ankestyrelsen" in standard
    none = reading.text_of(
        rendered(
            "support_end", appeal={"variant": "no_administrative_appeal", "reason": "Loven siger, at det er endeligt"}
        ).pdf
    )
    assert "Du kan ikke klage til en anden myndighed. Loven siger, at det er endeligt." in none
    assert "Ankestyrelsen" not in none
    other = reading.text_of(rendered("support_end", appeal={"variant": "other", "text": "Klag til nævnet"}).pdf)
    assert "Klag til nævnet." in other


# --- Facts that would make a false letter ------------------------------------------------------------------------------


def test_unknown_and_missing_facts_are_refused():
    with pytest.raises(LetterError, match="amonut"):
        rendered("instalment_reminder", amonut=Decimal(1))
    with pytest.raises(LetterError, match="payment_reference"):
        rendered("instalment_reminder", payment_reference=" ")
    with pytest.raises(LetterError, match="unheard_of"):
        get_kind("unheard_of")


@pytest.mark.parametrize(
    "changes",
    [
        {"total": Decimal(49999)},
        {"amount": Decimal(50001)},
        {"lines": samples.plan_lines(50000, 596, 83)},
        {"lines": samples.plan_lines(50000, 596, 84)[::-1]},
        {"first_due": date(2027, 4, 1)},
    ],
)
def test_plan_that_does_not_fit_the_loan_is_refused(changes):
    with pytest.raises(LetterError):
        rendered("loan_agreement", **changes)


def test_loan_figures_that_do_not_add_up_are_refused():
    with pytest.raises(LetterError):
        rendered("loan_grant", last_amount=Decimal(417))
    with pytest.raises(LetterError):
        rendered("support_decision", period_to=date(2020, 1, 1))


@pytest.mark.parametrize(("count", "instalment"), [(84, 596), (120, 417), (1, 50000)])
def test_plan_shows_every_line_and_the_total(count, instalment):
    letter = render_letter(get_kind("loan_agreement"), samples.ENVELOPE, samples.agreement(50000, instalment, count))
    text = reading.text_of(letter.pdf)
    for line in letter.context["lines"]:
        row = f"{line['number']} {danish.long_date(line['due'])} {danish.kr(line['amount'])} {danish.kr(line['remaining'])}"
        assert " ".join(row.split()) in text
    assert "I alt 50.000 kr." in text
    assert text.count("Betal senest") >= (count + 51) // 52
    assert letter.page_count <= 5


def test_a_plan_that_moved_with_the_payout_is_not_signed_again():
    text = reading.text_of(rendered("loan_agreement", paid_on=date(2026, 11, 20), debt_instrument=True).pdf)
    assert "Ny plan for dit lån" in text
    assert "Vi udbetalte dit lån den 20. november 2026." in text
    assert "Underskrift" not in text
    assert "Gældsbrev" not in text
    assert "Venlig hilsen" in text


@pytest.mark.parametrize(
    ("amount", "count", "words"), [(50000, 84, "596 kr. i 83 måneder"), (50064, 84, "596 kr. i 84 måneder")]
)
def test_the_equal_instalments_are_counted_without_a_smaller_last_one(amount, count, words):
    assert words in reading.text_of(rendered("loan_grant", **samples.loan_terms(amount, 596, count)).pdf)


def test_loan_letters_say_that_it_is_a_loan_and_the_support_that_it_is_not():
    for code in ("loan_grant", "loan_agreement"):
        text = reading.text_of(standard(code).pdf)
        assert "Det er et lån. Du skal betale pengene tilbage. Det er ikke et tilskud." in text
        assert "000000000000420" in text
    grant = reading.text_of(standard("grant_decision").pdf)
    assert "Det er et tilskud. Du skal ikke betale pengene tilbage. Det er ikke et lån." in grant
    assert "Tilskuddet er ikke et lån. Du skal ikke betale det tilbage." in reading.text_of(
        rendered("support_decision").pdf
    )


def test_markup_in_what_staff_wrote_is_text():
    text = reading.text_of(rendered("closing", reason="Du skrev <b>O'Hara & Søn</b> & holdt op").pdf)
    assert "Du skrev <b>O'Hara & Søn</b> & holdt op." in text


@pytest.mark.parametrize(("text", "sign"), [("Glad \U0010fffd i dag", "U+10FFFD"), ("Et\x01to", "U+0001")])
def test_signs_that_no_font_has_refuse_the_letter_and_are_named(text, sign):
    """One citizen with such a name must not stop a decision with an error, or the reminders of all the others."""
    with pytest.raises(LetterError, match=re.escape(sign)):
        rendered("loan_refusal", facts=(text,))
    envelope = replace(samples.ENVELOPE, recipient=Recipient(name=text, lines=("Prøvevej 1", "0000 Prøveby")))
    with pytest.raises(LetterError, match=re.escape(sign)):
        rendered("loan_refusal", envelope)
    assert rendered("loan_refusal").page_count
