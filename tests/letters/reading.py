"""Reads letters back the way a citizen's reader does."""

import io
from functools import lru_cache

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from cases.letters.plain_words import lix, prose_of

__all__ = ["lix", "prose_of"]

MM_PER_POINT = 25.4 / 72


def reader(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


@lru_cache(maxsize=64)
def text_of(pdf: bytes) -> str:
    """All text, with single plain spaces."""
    return " ".join(" ".join(page.extract_text() for page in reader(pdf).pages).split())


def tags_of(pdf: bytes) -> list[str]:
    found: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, ArrayObject):
            for child in node:
                walk(child.get_object() if hasattr(child, "get_object") else child)
        elif isinstance(node, DictionaryObject):
            if "/S" in node:
                found.append(str(node["/S"]))
            if "/K" in node:
                walk(node["/K"])

    walk(reader(pdf).trailer["/Root"]["/StructTreeRoot"])
    return found


def fonts_of(pdf: bytes) -> dict[str, bool]:
    """Font name → embedded."""
    fonts = {}
    for page in reader(pdf).pages:
        for font in page["/Resources"].get("/Font", {}).values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = inner["/FontDescriptor"].get_object()
            fonts[str(inner["/BaseFont"])] = any(f"/FontFile{n}" in descriptor for n in ("", "2", "3"))
    return fonts


def words_at(pdf: bytes, page: int = 0) -> list[tuple[float, float, str]]:
    """Each piece of text with its place in mm from the top left corner (its baseline)."""
    found: list[tuple[float, float, str]] = []
    sheet = reader(pdf).pages[page]
    height = float(sheet.mediabox.height)

    def visit(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip():
            x = cm[0] * tm[4] + cm[2] * tm[5] + cm[4]
            y = cm[1] * tm[4] + cm[3] * tm[5] + cm[5]
            found.append((x * MM_PER_POINT, (height - y) * MM_PER_POINT, text.strip()))

    sheet.extract_text(visitor_text=visit)
    return found
