"""PDF rendering: one door to WeasyPrint for letters, forms and reports (facts in docs/decisions/030).

* Nothing is fetched but `data:` URLs and our own static files, written `static:css/x.css`; anything else stops it.
* A document without a title, a language, or an image description is refused: some readers use screen readers.
* Fonts and style sheets are parsed once per process.
"""

import atexit
import io
import logging
import os
import re
import threading
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.utils.translation import gettext as _
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, NumberObject

STATIC_SCHEME = "static"
# How WeasyPrint says that no font has a sign.
NO_GLYPH = re.compile(r"\.notdef glyph rendered .*\(U\+([0-9A-F]{4,6})\)", re.DOTALL)
MOST_SIGNS = 10
# A sign may show only when another in the same line is gone.
MOST_PASSES = 5
READ_ONLY = 1  # the flag of a field in a PDF
CONTENT_TYPES = {".css": "text/css", ".woff2": "font/woff2", ".png": "image/png", ".svg": "image/svg+xml"}

# WeasyPrint shares one font configuration per process; Pango's is not meant for several threads at once.
_lock = threading.Lock()


class PdfError(Exception):
    """The document cannot be made; the message says why and holds no citizen data."""


class UnprintableText(PdfError):
    """The text holds signs that no font has, such as emoji. `signs` are those, each once."""

    def __init__(self, signs: Sequence[str]) -> None:
        self.signs = signs
        super().__init__(
            _("These signs cannot be printed: %(signs)s. Take them out, or write them in another way.")
            % {"signs": " ".join(sign if sign.isprintable() else _code(sign) for sign in signs[:MOST_SIGNS])}
        )


def _code(sign: str) -> str:
    return f"U+{ord(sign):04X}"


class Pdf(NamedTuple):
    data: bytes
    page_count: int


def render_pdf(html: str, *, stylesheets: Iterable[str] = (), variant: str = "pdf/ua-1", forms: bool = False) -> bytes:
    """Return `html` as a tagged PDF with embedded fonts. `stylesheets` are CSS texts, parsed once per process.

    `forms`: its inputs become fields that can be filled in; those with `readonly` can be read only.
    """
    return render_document(html, stylesheets=stylesheets, variant=variant, forms=forms).data


def render_document(
    html: str, *, stylesheets: Iterable[str] = (), variant: str = "pdf/ua-1", forms: bool = False
) -> Pdf:
    """The same, with the number of pages."""
    weasyprint = _weasyprint()
    with _lock, _complaints() as complaints:
        document = weasyprint.HTML(string=html, url_fetcher=_fetcher(), media_type="print")
        _refuse_inaccessible(document.etree_element)
        pdf = _write(document, stylesheets, variant, forms=forms)
        if forms:
            pdf = pdf._replace(data=_lock_fields(pdf.data, _read_only(document.etree_element)))
    _refuse_unprintable(complaints)
    if complaints:
        _forget()
        raise PdfError("; ".join(complaints))
    return pdf


def render_whatever(html: str, *, stylesheets: Sequence[str] = (), variant: str = "pdf/ua-1") -> Pdf:
    """The same for what is written already and cannot be put right: a sign that no font has stands as its code, `[U+1F680]`."""
    for _again in range(MOST_PASSES):
        try:
            return render_document(html, stylesheets=stylesheets, variant=variant)
        except UnprintableText as refusal:
            html = html.translate({ord(sign): f"[{_code(sign)}]" for sign in refusal.signs})
    return render_document(html, stylesheets=stylesheets, variant=variant)


def _write(document: Any, stylesheets: Iterable[str], variant: str, *, forms: bool) -> Pdf:
    from weasyprint.urls import FatalURLFetchingError

    pid = os.getpid()
    try:
        options = {"pdf_variant": variant, "pdf_tags": True, "pdf_forms": forms}
        fonts = _fonts(pid)
        # Temporary folders are tidied away under processes that live long.
        if fonts._folder and not Path(fonts._folder).is_dir():
            _forget()
            fonts = _fonts(pid)
        sheets = [_stylesheet(text, pid) for text in stylesheets]
        laid_out = document.render(font_config=fonts, stylesheets=sheets, **options)
        return Pdf(laid_out.write_pdf(**options), len(laid_out.pages))
    except FatalURLFetchingError as refusal:
        raise PdfError(_("The document asks for a file that is not allowed.")) from refusal


def _read_only(root: Any) -> set[str]:
    return {str(element.get("name")) for element in root.iter("input") if element.get("readonly") is not None}


def _lock_fields(data: bytes, names: set[str]) -> bytes:
    """WeasyPrint knows no read-only fields: the flag is set afterwards, and nothing else is touched."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    for reference in writer.root_object["/AcroForm"]["/Fields"]:  # type: ignore[index]
        field = reference.get_object()
        if field.get("/T") in names:
            field[NameObject("/Ff")] = NumberObject(int(field.get("/Ff", 0)) | READ_ONLY)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _refuse_unprintable(complaints: Sequence[str]) -> None:
    """What somebody typed is put right by somebody; everything else that is complained of is our own fault."""
    found = [NO_GLYPH.match(complaint) for complaint in complaints]
    signs = [chr(int(match[1], 16)) for match in found if match]
    if signs and all(found):
        raise UnprintableText(list(dict.fromkeys(signs)))


def _refuse_inaccessible(root: Any) -> None:
    if not (root.get("lang") or "").strip():
        raise PdfError(_("The document has no language."))
    title = root.find("head/title")
    if title is None or not (title.text or "").strip():
        raise PdfError(_("The document has no title."))
    for image in root.iter("img"):
        if not (image.get("alt") or "").strip():
            raise PdfError(_("An image has no description."))


def _weasyprint() -> Any:
    """Import on first use: it costs about a second, which only the processes that make letters should pay."""
    import weasyprint

    return weasyprint


@lru_cache(maxsize=1)
def _fetcher() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Fetcher(URLFetcher):
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            scheme, _colon, rest = url.partition(":")
            if scheme.lower() == "data":
                return super().fetch(url, headers)
            if scheme.lower() == STATIC_SCHEME:
                path = _static_path(rest)
                if path is not None:
                    content_type = CONTENT_TYPES[path.suffix]
                    return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": content_type})
            raise FatalURLFetchingError(scheme)

    return Fetcher(allowed_protocols=("data",), allow_redirects=False, fail_on_errors=True)


def _static_path(name: str) -> Path | None:
    if Path(name).suffix not in CONTENT_TYPES:
        return None
    try:
        found = finders.find(name)
    except SuspiciousFileOperation:
        return None
    return Path(found) if found else None


@lru_cache(maxsize=1)
def _fonts(pid: int) -> Any:
    """Keyed by process: the object owns a temporary folder, which a forked worker must not share with its parent."""
    from weasyprint.text.fonts import FontConfiguration

    return FontConfiguration()


@lru_cache(maxsize=16)
def _stylesheet(text: str, pid: int) -> Any:
    return _weasyprint().CSS(string=text, font_config=_fonts(pid), url_fetcher=_fetcher())


def _forget() -> None:
    """Drop the fonts while their clean-up can still run, at the end of the process."""
    _stylesheet.cache_clear()
    _fonts.cache_clear()


atexit.register(_forget)


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage()[:200])


@contextmanager
def _complaints() -> Any:
    """WeasyPrint only logs what goes wrong: a font that will not load, a rule that it does not know. Here it stops us."""
    logger = logging.getLogger("weasyprint")
    handler = _Collector()
    logger.addHandler(handler)
    try:
        yield handler.messages
    finally:
        logger.removeHandler(handler)
