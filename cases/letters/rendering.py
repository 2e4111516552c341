"""From a kind, an envelope and a plain dictionary to a frozen PDF. Pure: no database, no clock."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from html import escape
from html.parser import HTMLParser

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from cases.letters.enums import Block
from cases.letters.envelope import Envelope
from cases.letters.layout import LetterLayout, address_size, letter_layout
from cases.letters.registry import (
    REQUIRED,
    Attachment,
    Context,
    LetterError,
    LetterKind,
    MissingBlock,
    appeal_of,
    is_blank,
    lookup,
)
from microloan.core import danish
from microloan.core.pdf import Pdf, UnprintableText, render_document

FONT_REGULAR = "vendor/ibm-plex-sans-1.1.0/IBMPlexSans-Regular.woff2"
FONT_SEMIBOLD = "vendor/ibm-plex-sans-1.1.0/IBMPlexSans-SemiBold.woff2"
# Reasons may be left out only where the citizen got everything asked for (danish-rules §2.1).
REASONS = (Block.FACTS, Block.CONSIDERATIONS)
TITLE_SLOT = "<title>Brev</title>"
DATED = re.compile(r"(<span data-dated>)[^<]*(</span>)")


@dataclass(frozen=True, kw_only=True)
class Source:
    """What the PDF was made of, kept while the letter waits: its words with another date are these words."""

    html: str
    styles: tuple[str, ...] = ()  # beside the style sheet of letters
    forms: bool = False


@dataclass(frozen=True, kw_only=True)
class Rendered:
    subject: str
    pdf: bytes
    sha256: str
    page_count: int
    context: Context
    source: Source


def render_letter(
    kind: LetterKind, envelope: Envelope, context: Context, *, texts: Mapping[str, str] | None = None
) -> Rendered:
    """`texts`: what an administrator wrote instead of our own words, by section."""
    return render_composed(kind, envelope, complete_context(kind, context), texts or {})


def render_composed(kind: LetterKind, envelope: Envelope, complete: Context, texts: Mapping[str, str]) -> Rendered:
    """The letter from facts that are complete."""
    html, subject = compose(kind, envelope, complete, texts)
    attached = _attachment(kind, envelope, complete)
    source = Source(html=html, styles=(attached.styles,) if attached else (), forms=attached is not None)
    pdf = print_source(source)
    return Rendered(
        subject=subject,
        pdf=pdf.data,
        sha256=hashlib.sha256(pdf.data).hexdigest(),
        page_count=pdf.page_count,
        context=complete,
        source=source,
    )


def print_source(source: Source) -> Pdf:
    styles = [letter_stylesheet(letter_layout()), *source.styles]
    try:
        return render_document(source.html, stylesheets=styles, forms=source.forms)
    except UnprintableText as refusal:
        raise LetterError(str(refusal)) from refusal


def with_date(source: Source, dated: date) -> Source:
    """The same words under another date: only what stands in the head of the letter changes."""
    html, found = DATED.subn(rf"\g<1>{danish.long_date(dated)}\g<2>", source.html)
    if found != 1:
        raise LetterError(_("The letter cannot be given a new date. Make it again."))
    return replace(source, html=html)


def _attachment(kind: LetterKind, envelope: Envelope, context: Context) -> Attachment | None:
    return kind.attachment(envelope.case_number, context) if kind.attachment else None


def complete_context(kind: LetterKind, context: Context) -> Context:
    """Defaults filled in; unknown or missing facts refused, so that a letter never has a hole in a sentence."""
    unknown = sorted(set(context) - set(kind.fields))
    if unknown:
        raise LetterError(f"{kind.code}: unknown facts: {', '.join(unknown)}")
    complete = {name: context.get(name, default) for name, default in kind.fields.items()}
    if kind.is_decision:
        complete["appeal"] = appeal_of(kind, complete)
        _refuse_missing(kind, _blocks_without_facts(kind, complete))
    missing = sorted(name for name, value in complete.items() if value is REQUIRED or _is_hole(kind, name, value))
    if missing:
        raise LetterError(
            _("The letter cannot be made. These facts are missing: %(names)s.") % {"names": ", ".join(missing)}
        )
    if kind.check:
        kind.check(complete)
    return complete


def compose(
    kind: LetterKind, envelope: Envelope, context: Context, texts: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """The finished HTML and the subject, which is the heading."""
    with translation.override("da"):
        attached = _attachment(kind, envelope, context)
        html = render_to_string(
            kind.template,
            {
                **context,
                "attachment": attached.html if attached else "",
                "envelope": envelope,
                "sender": envelope.sender,
                "contact": envelope.contact,
                "to_citizen": kind.to_citizen,
                "address_size": _address_size(envelope),
                "kind": kind,
                "texts": texts or {},
                "values": prose_values(kind, envelope, context),
            },
        )
    outline = Outline.of(html)
    if not outline.heading:
        raise LetterError(f"{kind.code}: the letter has no heading")
    if kind.is_decision:
        empty = [block for block in kind.required_blocks if not outline.blocks.get(block.value)]
        _refuse_missing(kind, [block for block in empty if not _may_be_left_out(block, context)])
    return html.replace(TITLE_SLOT, f"<title>{escape(outline.heading)}</title>", 1), outline.heading


def prose_values(kind: LetterKind, envelope: Envelope, context: Context) -> Context:
    """What the texts of a letter may print."""
    more = kind.more_values(context) if kind.more_values else {}
    return {
        "municipality": envelope.sender.authority,
        "case_number": envelope.case_number,
        "recipient_name": envelope.recipient.name,
        "contact_name": envelope.contact.name,
        **context,
        **more,
    }


def _address_size(envelope: Envelope) -> int:
    size = address_size(envelope.recipient.window, letter_layout())
    if size is None:
        raise LetterError(_("The address is too long for the window of the envelope. Shorten it."))
    return size


def _is_hole(kind: LetterKind, name: str, value: object) -> bool:
    return kind.fields[name] is REQUIRED and is_blank(value)


def _blocks_without_facts(kind: LetterKind, context: Context) -> list[Block]:
    def is_empty(path: str) -> bool:
        value = lookup(context, path)
        return value is REQUIRED or is_blank(value)

    return [
        block
        for block in kind.required_blocks
        if any(is_empty(path) for path in kind.block_fields.get(block, ())) and not _may_be_left_out(block, context)
    ]


def _may_be_left_out(block: Block, context: Context) -> bool:
    return block in REASONS and context.get("fully_favourable") is True


def _refuse_missing(kind: LetterKind, blocks: list[Block]) -> None:
    if blocks:
        names = ", ".join(str(block.label) for block in blocks)
        raise MissingBlock(
            _("The letter “%(kind)s” cannot be made. These parts are missing: %(parts)s.")
            % {"kind": kind.label, "parts": names},
            blocks,
        )


@lru_cache(maxsize=4)
def letter_stylesheet(layout: LetterLayout) -> str:
    return render_to_string(
        "letters/letter.css",
        {
            **layout.css(),
            "address_sizes": layout.address_sizes,
            "font_regular": FONT_REGULAR,
            "font_semibold": FONT_SEMIBOLD,
        },
    )


class Outline(HTMLParser):
    """The heading, and the text inside every element marked `data-block`."""

    def __init__(self) -> None:
        super().__init__()
        self.heading = ""
        self.blocks: dict[str, str] = {}
        self._open: list[tuple[str, str | None]] = []

    @classmethod
    def of(cls, html: str) -> "Outline":
        outline = cls()
        outline.feed(html)
        outline.close()
        outline.heading = " ".join(outline.heading.split())
        return outline

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"br", "img", "meta", "link"}:
            self._open.append((tag, dict(attrs).get("data-block")))

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1][0] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _block in self._open]
        if "h1" in tags:
            self.heading += data
        if "h2" in tags:
            return
        for _tag, block in self._open:
            if block:
                self.blocks[block] = self.blocks.get(block, "") + data.strip()
