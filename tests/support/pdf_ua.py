"""What an open check can tell of PDF/UA (ISO 14289-1), by the numbers of the Matterhorn protocol where there is one.

No validator is needed for it: the structure is read with pypdf. Conformance as a whole is for veraPDF and a person with a
screen reader to say; `faults_of` finds what is plainly wrong.
"""

import io
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.generic import DictionaryObject

STANDARD = {
    "/Document", "/Part", "/Sect", "/Div", "/NonStruct", "/P", "/H1", "/H2", "/H3", "/H4", "/L", "/LI", "/Lbl", "/LBody",
    "/Table", "/THead", "/TBody", "/TR", "/TH", "/TD", "/Caption", "/Span", "/Link", "/Form", "/Figure", "/Annot",
}  # fmt: skip
HEADINGS = ("/H1", "/H2", "/H3", "/H4")


def faults_of(data: bytes) -> list[str]:
    reader = PdfReader(io.BytesIO(data))
    return [*_document(reader), *_structure(reader), *_fonts(reader), *_fields(reader)]


def _document(reader: PdfReader) -> Iterator[str]:
    root = reader.root_object
    if not root.get("/MarkInfo", {}).get("/Marked"):
        yield "06-001: not marked as tagged"
    if not str(root.get("/Lang", "")).startswith("da"):
        yield "11-006: no language"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        yield "07-001: the title is not shown"
    metadata = root["/Metadata"].get_object().get_data().decode() if "/Metadata" in root else ""
    if "pdfuaid" not in metadata:
        yield "06-002: does not say that it is PDF/UA"
    if "dc:title" not in metadata or not (reader.metadata and reader.metadata.title):
        yield "06-003: no title"
    for number, page in enumerate(reader.pages, start=1):
        if page.get("/Annots") and page.get("/Tabs") != "/S":
            yield f"28-009: the tab order of page {number} is not that of the structure"


def _elements(reader: PdfReader) -> Iterator[DictionaryObject]:
    def walk(element: Any) -> Iterator[DictionaryObject]:
        element = element.get_object()
        if isinstance(element, list):
            for child in element:
                yield from walk(child)
        elif isinstance(element, DictionaryObject):
            if "/S" in element:
                yield element
            if "/K" in element:
                yield from walk(element["/K"])

    yield from walk(reader.root_object["/StructTreeRoot"])


def _structure(reader: PdfReader) -> Iterator[str]:
    if "/StructTreeRoot" not in reader.root_object:
        yield "01-005: no structure"
        return
    level = 0
    for element in _elements(reader):
        kind = str(element["/S"])
        if kind not in STANDARD:
            yield f"02-001: unknown structure {kind}"
        if kind == "/Figure" and not element.get("/Alt"):
            yield "13-004: a picture without words"
        if kind in HEADINGS:
            now = HEADINGS.index(kind) + 1
            if now > level + 1:
                yield f"14-003: heading {now} after {level}"
            level = now
    if level == 0:
        yield "14-002: no heading"


def _fonts(reader: PdfReader) -> Iterator[str]:
    for page in reader.pages:
        for name, font in (page.get("/Resources", {}).get("/Font") or {}).items():
            font = font.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = inner.get("/FontDescriptor", DictionaryObject()).get_object()
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor):
                yield f"31-009: the font {name} is not in the file"
            if "/ToUnicode" not in font:
                yield f"31-027: the font {name} has no way back to text"


def _fields(reader: PdfReader) -> Iterator[str]:
    """Every field has a name for screen readers, stands in the structure as a form, and on a page."""
    in_structure = {
        child.raw_get("/Obj").idnum
        for element in _elements(reader)
        if element["/S"] == "/Form"
        for child in _objects(element)
    }
    for page in reader.pages:
        for reference in page.get("/Annots") or ():
            annotation = reference.get_object()
            name = annotation.get("/T", "?")
            if annotation.get("/Subtype") != "/Widget":
                continue
            if not str(annotation.get("/TU", "")).strip():
                yield f"28-005: the field {name} has no name for screen readers"
            if annotation.get("/TU") == annotation.get("/T"):
                yield f"28-005: the field {name} is called by its code"
            if reference.idnum not in in_structure:
                yield f"28-010: the field {name} is not in the structure"
            if "/StructParent" not in annotation:
                yield f"28-010: the field {name} does not know its place in the structure"


def _objects(element: DictionaryObject) -> Iterator[DictionaryObject]:
    kids = element.get("/K")
    kids = kids.get_object() if kids is not None else []
    for kid in kids if isinstance(kids, list) else [kids]:
        kid = kid.get_object()
        if isinstance(kid, DictionaryObject) and kid.get("/Type") == "/OBJR":
            yield kid
