"""A whole case as one PDF: cover with contents, the sections, and the letters and documents merged in behind them.

Written pages are made by the one PDF engine, a piece of a section at a time, so that a case with thousands of lines does
not need the memory for all of them at once; merging, page numbers and bookmarks are pypdf's (docs/decisions/113).
"""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from pypdf import PageObject, PdfReader, PdfWriter, Transformation
from pypdf.generic import ArrayObject, DecodedStreamObject, NameObject, TextStringObject

from cases.case_file.registry import Item, Section, sections
from cases.files import BROKEN_PDF
from cases.models import CaseFile
from microloan.core import danish
from microloan.core.cpr import Cpr, mask_text
from microloan.core.errors import Refused
from microloan.core.pdf import render_whatever
from microloan.policy.services import municipality

ITEMS_PER_PIECE = 150
# More than this of other people's files is not merged but named: the writer holds all pages at once.
MAX_MERGED = 250 * 1024 * 1024
# A small file may repeat one page for ever.
MAX_PAGES = 2000
A4_WIDTH, A4_HEIGHT = 595.28, 841.89
ACTIVE = {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE"}


@dataclass(frozen=True)
class Options:
    sections: tuple[str, ...]
    leave_out: bool = True
    mask_cpr: bool = True


@dataclass(frozen=True)
class CaseFilePdf:
    data: bytes
    page_count: int
    left_out: int


@dataclass
class Piece:
    """Some pages in a row. A `title` makes a line of the contents: level 1 is a section, 2 a letter or document in it.

    What is only named has no pages of its own; its line points to the pages it is `named_in`.
    """

    pages: list[PageObject]
    title: str = ""
    level: int = 1
    named_in: "Piece | None" = None
    first: int = 0


@dataclass
class Line:
    """An item as it is written: its words, or that it is left out."""

    item: Item
    title: str
    when: str
    is_left_out: bool
    rows: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""
    attached: PdfReader | None = None
    note: str = ""


@dataclass
class _Work:
    case: CaseFile
    options: Options
    now: datetime
    merged: int = 0
    merged_pages: int = 0
    left_out: int = 0
    summary: list[dict[str, Any]] = field(default_factory=list)

    def shown(self, value: Any) -> str:
        """Text as it may stand in the file."""
        text = "" if value is None else str(value)
        return mask_text(text) if self.options.mask_cpr else text


def build(case: CaseFile, options: Options, now: datetime) -> CaseFilePdf:
    """The case file as it stands now."""
    with translation.override("da"):
        work = _Work(case, options, now)
        pieces = [
            piece for section in sections if section.key in options.sections for piece in _pieces_of(section, work)
        ]
        data, page_count = _joined([_front(pieces, work), *pieces], work)
        return CaseFilePdf(data, page_count, left_out=work.left_out)


# --- Sections --------------------------------------------------------------------------------------------------------


def _pieces_of(section: Section, work: _Work) -> list[Piece]:
    """The written pages of a section, then what is merged in."""
    written: list[Piece] = []
    attachments: list[Piece] = []
    count = left_out = 0
    for items in _batches(section.items(work.case)):
        lines = [_line(item, work) for item in items]
        count += len(lines)
        left_out += sum(line.is_left_out for line in lines)
        pages = _written("section", {"section": section, "lines": lines, "is_first": not written}, work)
        written.append(Piece(pages, title="" if written else str(section.label)))
        attachments += _attachments(lines, written[-1])
    work.left_out += left_out
    work.summary.append({"label": str(section.label), "count": count, "left_out": left_out})
    return [*written, *attachments]


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """At least one, which may be empty: a section that holds nothing says so."""
    batch: list[Item] = []
    number = 0
    for item in items:
        batch.append(item)
        if len(batch) == ITEMS_PER_PIECE:
            yield batch
            batch, number = [], number + 1
    if batch or not number:
        yield batch


def _line(item: Item, work: _Work) -> Line:
    when = (
        danish.date_and_time(item.at) if isinstance(item.at, datetime) else danish.long_date(item.at) if item.at else ""
    )
    if item.others_data and work.options.leave_out:
        return Line(item, title="", when=when, is_left_out=True)
    rows = [(str(label), work.shown(value)) for label, value in item.rows if value not in (None, "")]
    line = Line(item, title=work.shown(item.title), when=when, is_left_out=False, rows=rows, text=work.shown(item.text))
    if item.pdf is not None:
        line.attached, line.note = _attached(item.pdf, work)
    elif item.listed:
        line.note = _("The file is no PDF, so it is only named here. It is handed over beside this file.")
    return line


def _attached(read: Callable[[], bytes], work: _Work) -> tuple[PdfReader | None, str]:
    """The PDF to merge in, else why it is not there."""
    try:
        data = read()
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            reader.decrypt("")
        pages = len(reader.pages)
        if work.merged + len(data) > MAX_MERGED or work.merged_pages + pages > MAX_PAGES:
            return None, _("The file is too large to be merged in. It is handed over beside this file.")
        _probe(data)
    except Refused as refusal:
        return None, refusal.messages[0]
    except BROKEN_PDF:
        return None, _("The file could not be merged in. It is handed over beside this file.")
    work.merged += len(data)
    work.merged_pages += pages
    return reader, ""


def _probe(data: bytes) -> None:
    """All that is done to the pages later, on a copy: what is broken is named instead of stopping the whole file."""
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        reader.decrypt("")
    probe, stamp = PdfWriter(), _empty_stamp()
    for page in reader.pages:
        _disarm(probe.add_page(page))
    for page in probe.pages:
        _put_on(page, stamp)
    probe.write(io.BytesIO())


def _empty_stamp() -> PageObject:
    """A page that draws nothing, but has to be merged as one that does."""
    stamp = PageObject.create_blank_page(width=A4_WIDTH, height=A4_HEIGHT)
    nothing = DecodedStreamObject()
    nothing.set_data(b"q Q")
    stamp[NameObject("/Contents")] = nothing
    return stamp


def _attachments(lines: Iterable[Line], written: Piece) -> Iterator[Piece]:
    for line in lines:
        if line.attached is not None:
            yield Piece(list(line.attached.pages), title=line.title, level=2)
        elif line.item.in_index and not line.is_left_out:
            yield Piece([], title=line.title, level=2, named_in=written)


def _written(name: str, context: dict[str, Any], work: _Work) -> list[PageObject]:
    number = cast(Cpr | None, work.case.citizen.cpr)
    cpr = "" if number is None else number.masked if work.options.mask_cpr else number.formatted
    html = render_to_string(
        f"case_file/{name}.html",
        {"case": work.case, "now": work.now, "options": work.options, "cpr": cpr, **context},
    )
    pdf = render_whatever(html, stylesheets=[render_to_string("case_file/case_file.css")])
    return list(PdfReader(io.BytesIO(pdf.data)).pages)


# --- Cover, contents, page numbers -----------------------------------------------------------------------------------


def _front(pieces: list[Piece], work: _Work) -> Piece:
    """Cover and contents. Their own length moves every page number, so they are laid out once to be measured."""
    measured = len(_front_pages(pieces, work))
    number = measured + 1
    for piece in pieces:
        piece.first = number
        number += len(piece.pages)
    for piece in pieces:
        if piece.named_in is not None:
            piece.first = piece.named_in.first
    return Piece(_front_pages(pieces, work), title=_("Contents"), first=1)


def _front_pages(pieces: list[Piece], work: _Work) -> list[PageObject]:
    contents = [piece for piece in pieces if piece.title]
    context = {
        "municipality": municipality(),
        "contents": contents,
        "summary": work.summary,
        "left_out": work.left_out,
    }
    return _written("front", context, work)


def _joined(pieces: list[Piece], work: _Work) -> tuple[bytes, int]:
    writer = PdfWriter()
    section = None
    for piece in pieces:
        start = len(writer.pages)
        for page in piece.pages:
            _disarm(writer.add_page(page))
        if piece.title and (piece.pages or piece.named_in):
            target = start if piece.pages else piece.first - 1
            mark = writer.add_outline_item(
                title=piece.title, page_number=target, parent=section if piece.level > 1 else None
            )
            section = mark if piece.level == 1 else section
    _stamp(writer, work)
    writer.add_metadata({"/Title": f"Sagsakter {work.case.number}", "/Producer": "Mikrolån"})
    writer.root_object[NameObject("/Lang")] = TextStringObject("da")
    writer.compress_identical_objects(remove_duplicates=True, remove_unreferenced=True)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue(), len(writer.pages)


def _disarm(page: PageObject) -> None:
    """What others have made keeps its looks, also what is filled in, but starts and opens nothing."""
    page.pop("/AA", None)
    kept = ArrayObject()
    for reference in page.get("/Annots") or ():
        annotation = reference.get_object()
        annotation.pop("/AA", None)
        action = annotation.get("/A")
        if action is not None and action.get_object().get("/S") in ACTIVE:
            annotation.pop("/A")
        if annotation.get("/Subtype") not in ("/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound"):
            kept.append(reference)
    if "/Annots" in page:
        page[NameObject("/Annots")] = kept


def _stamp(writer: PdfWriter, work: _Work) -> None:
    """The case number and the page of the whole file in the top right corner, also of what was merged in."""
    count = len(writer.pages)
    stamps = _written("stamps", {"numbers": range(1, count + 1), "count": count}, work)
    for page, stamp in zip(writer.pages, stamps, strict=True):
        _put_on(page, stamp)


def _put_on(page: PageObject, stamp: PageObject) -> None:
    if page.rotation:
        page.transfer_rotation_to_content()
    box = page.mediabox
    shift = Transformation().translate(float(box.right) - A4_WIDTH, float(box.top) - A4_HEIGHT)
    page.merge_transformed_page(stamp, shift, over=True, expand=False)
