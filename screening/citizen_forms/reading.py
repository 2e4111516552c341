"""What came back: the fields of a fillable PDF, or why there are none. Bytes in, `Reading` out; no database.

The file has been through the check of documents before (`cases.files`); yet a damaged one may break only here.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pypdf import PdfReader

from cases.files import BROKEN_PDF
from screening.citizen_forms.identity import FIELD, ChangedIdentity, FormIdentity, printed_identity, read_identity
from screening.papers.enums import FormResult

MOST_FIELDS = 1000
MOST_TEXT = 20_000
PAGES_LOOKED_AT = 5


@dataclass(frozen=True)
class Reading:
    """`identity` is certain where the result is READ; of a flattened page it is what is printed on it."""

    result: FormResult
    identity: FormIdentity | None = None
    values: Mapping[str, str] = field(default_factory=dict)


def read_form(data: bytes) -> Reading:
    if not data.startswith(b"%PDF-"):
        return Reading(FormResult.SCANNED if _is_picture(data) else FormResult.FOREIGN)
    try:
        return _read(data)
    except BROKEN_PDF:
        return Reading(FormResult.BROKEN)


def _is_picture(data: bytes) -> bool:
    return data.startswith((b"\x89PNG", b"\xff\xd8\xff"))


def _read(data: bytes) -> Reading:
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        reader.decrypt("")
    fields = reader.get_fields() or {}
    if len(fields) > MOST_FIELDS:
        return Reading(FormResult.FOREIGN)
    if FIELD not in fields:
        return _without_number(reader, has_fields=bool(fields))
    values = {str(name): _text_of(found) for name, found in fields.items()}
    try:
        identity = read_identity(values.pop(FIELD))
    except ChangedIdentity:
        return Reading(FormResult.CHANGED)
    return Reading(FormResult.READ, identity, values)


def _without_number(reader: PdfReader, *, has_fields: bool) -> Reading:
    """Printed to a new PDF the form has lost its fields, scanned it has no text; else it is something else."""
    text = "\n".join(page.extract_text() for page in reader.pages[:PAGES_LOOKED_AT])
    printed = printed_identity(text)
    if printed is not None:
        return Reading(FormResult.FLATTENED, printed)
    if has_fields or text.strip():
        return Reading(FormResult.FOREIGN)
    return Reading(FormResult.SCANNED)


def _text_of(found: Any) -> str:
    """The value of a field as text: several choices one on each line, a ticked box "on", an empty one nothing."""
    value = found.get("/V")
    if value is None:
        return ""
    value = value.get_object() if hasattr(value, "get_object") else value
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)[:MOST_TEXT]
    if hasattr(value, "get_data"):  # a long text may lie in a stream
        return _stream_text(value.get_data())
    text = str(value)
    if found.get("/FT") == "/Btn":
        return "" if text == "/Off" else text.removeprefix("/")
    return text[:MOST_TEXT]


def _stream_text(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xfe\xff", b"\xff\xfe") else "latin-1"
    return data.decode(encoding, errors="replace")[:MOST_TEXT]
