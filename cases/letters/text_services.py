"""What administrators do with the texts of letters: write a version, record a jurist's confirmation, put it into force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases.letters import texts
from cases.letters.envelope import Contact, Envelope, Recipient
from cases.letters.fields import FIELDS, sample_facts
from cases.letters.models import LetterText, LetterTextConfirmation, LetterTextStart
from cases.letters.plain_words import LIMIT, lix, prose_of
from cases.letters.registry import Context, LetterError, LetterKind, appeal_of, get_kind
from cases.letters.rendering import Rendered, compose, render_composed
from cases.letters.services import sender
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.errors import Conflict, Refused

SAMPLE_DAY = date(2027, 5, 3)


class BadTexts(Refused):
    """What is wrong, by section; "" is the letter as a whole."""

    def __init__(self, found: Mapping[str, list[str]]) -> None:
        super().__init__(*(message for messages in found.values() for message in messages))
        self.by_section = dict(found)


@dataclass(frozen=True)
class Sample:
    """A sample letter in a wording: its HTML, and how hard it is to read."""

    html: str
    subject: str
    lix: Decimal

    @property
    def is_hard(self) -> bool:
        return self.lix >= LIMIT

    @property
    def prose(self) -> list[str]:
        return prose_of(self.html)


def sample_context(kind: LetterKind) -> Context:
    facts = sample_facts(kind)
    if kind.is_decision:
        basis = {"reference": "lov om eksempler § 65, stk. 2", "appeal_variant": "standard_4_weeks"}
        facts |= {"legal_basis": basis, "appeal": {}}
        facts["appeal"] = appeal_of(kind, facts)
    return facts


def sample_of(kind: LetterKind, sections: Mapping[str, str], envelope: Envelope) -> Sample:
    """The sample letter as HTML. Raises BadTexts where the wording cannot be used."""
    if found := texts.problems(kind, sections):
        raise BadTexts(found)
    html, subject = compose(kind, envelope, sample_context(kind), sections)
    return Sample(html=html, subject=subject, lix=Decimal(str(round(lix(prose_of(html)), 1))))


def sample_pdf(kind: LetterKind, sections: Mapping[str, str], envelope: Envelope) -> Rendered:
    if found := texts.problems(kind, sections):
        raise BadTexts(found)
    return render_composed(kind, envelope, sample_context(kind), sections)


def invented_envelope() -> Envelope:
    """To an invented person, from the municipality."""
    return Envelope(
        sender=sender(),
        recipient=Recipient(name="Amina Testesen", lines=("Eksempelgade 12, 3. tv", "0000 Prøveby")),
        contact=Contact(name="Mette Medarbejder", phone="00 00 00 01", title="coach"),
        case_number=FIELDS["case_number"].example,
        dated=SAMPLE_DAY,
    )


@transaction.atomic
def write_text(
    *, kind: str, sections: Mapping[str, str], note: str, base: int, by: User, restored_from: int | None = None
) -> LetterText:
    """A new version. `base`: the newest number when the page was opened. What stands already makes no version."""
    _administrator(by)
    letter_kind = _kind(kind)
    newest = LetterText.objects.filter(kind=kind).order_by("-number").select_for_update().first()
    number = newest.number if newest else 0
    tidy = _tidy(letter_kind, sections)
    if newest is not None and tidy == newest.sections and restored_from is None:
        raise Refused(_("Nothing is changed. The text is the same as version %(number)s.") % {"number": number})
    if number != base:
        raise Conflict(
            _("Somebody else made version %(version)s after you opened the page. Look at it, and write yours again.")
            % {"version": number}
        )
    sample = sample_of(letter_kind, tidy, invented_envelope())
    if not note.strip():
        raise Refused(_("Write what is changed, and why."), field="note")
    return _insert(
        kind=kind,
        number=number + 1,
        sections=tidy,
        note=note.strip()[:200],
        lix=sample.lix,
        needs_jurist=letter_kind.is_decision,
        restored_from=restored_from,
        by=by,
    )


def _insert(**values: Any) -> LetterText:
    try:
        with transaction.atomic():
            return LetterText.objects.create(**values)
    except IntegrityError as error:  # two people wrote the very first version
        raise Conflict(
            _("Somebody else made a version at the same moment. Look at it, and write yours again.")
        ) from error


def restore_text(*, kind: str, number: int, base: int, by: User) -> LetterText:
    """An earlier version once more, as the newest; 0 is the product's own words."""
    _administrator(by)
    letter_kind = _kind(kind)
    if number == 0:
        sections, words = texts.built_in(letter_kind), _("The product's own words, once more.")
    else:
        earlier = LetterText.objects.get(kind=kind, number=number)
        sections, words = earlier.sections, _("As version %(number)s, once more.") % {"number": number}
    return write_text(kind=kind, sections=sections, note=words, base=base, by=by, restored_from=number)


@transaction.atomic
def confirm_text(
    *, text: LetterText, jurist: str, confirmed_on: date, reference: str, by: User, today: date
) -> LetterTextConfirmation:
    """Write down that a jurist has confirmed the words of this version; once, and never changed."""
    _administrator(by)
    text = LetterText.objects.select_for_update().get(pk=text.pk)
    if LetterTextConfirmation.objects.filter(text=text).exists():
        raise Conflict(_("The confirmation of this version has been written down already."))
    if not jurist.strip():
        raise Refused(_("Write the name of the jurist."), field="jurist")
    if not reference.strip():
        raise Refused(_("Write where the confirmation can be found."), field="reference")
    if not text.at.date() <= confirmed_on <= today:
        raise Refused(_("Write a day from when the version was made until today."), field="confirmed_on")
    return LetterTextConfirmation.objects.create(
        text=text, jurist=jurist.strip(), confirmed_on=confirmed_on, reference=reference.strip(), by=by
    )


@transaction.atomic
def start_text(*, text: LetterText, valid_from: date, by: User, today: date) -> LetterTextStart:
    """Letters dated on this day and later are made with this version. Letters that were made stay as they are."""
    _administrator(by)
    text = LetterText.objects.select_for_update().get(pk=text.pk)
    if valid_from < today:
        raise Refused(_("Write today or a later day. Letters that were sent keep their text."), field="valid_from")
    if valid_from.year > today.year + 2:
        raise Refused(_("The day is more than two years from now."), field="valid_from")
    if text.needs_jurist and not LetterTextConfirmation.objects.filter(text=text).exists():
        raise Refused(_("A jurist has to confirm the text of a decision before it is used."))
    if found := texts.problems(_kind(text.kind), text.sections):
        raise BadTexts(found)
    return LetterTextStart.objects.create(text=text, valid_from=valid_from, by=by)


def _kind(code: str) -> LetterKind:
    kind = get_kind(code)
    if not texts.sections_of(kind):
        raise LetterError(_("This letter has no text of its own to edit."))
    return kind


def _tidy(kind: LetterKind, sections: Mapping[str, str]) -> dict[str, str]:
    """Only the sections that the letter has, in its order, without trailing spaces."""
    return {
        section.name: "\n".join(
            line.rstrip()
            for line in sections.get(section.name, section.source).replace("\r\n", "\n").strip().split("\n")
        )
        for section in texts.sections_of(kind)
    }


def _administrator(by: User) -> None:
    if by.role != Role.ADMINISTRATOR:
        raise Refused(_("Only an administrator can do this."))
