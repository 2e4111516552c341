"""What came back: the fields of a fillable PDF, or why there are none. Bytes in, `Reading` out; no database.

The file has been through the check of documents before (`cases.files`); yet a damaged one may break only here.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pypdf import PdfReader, apply_configuration
from pypdf.generic import DictionaryObject, NullObject, StreamObject

from cases.files import BROKEN_PDF
from screening.citizen_forms.identity import FIELD, ChangedIdentity, FormIdentity, printed_identity, read_identity
from screening.papers.enums import FormResult

MOST_FIELDS = 1000
MOST_TEXT = 20_000
PAGES_LOOKED_AT = 5
MOST_UNPACKED = 10_000_000  # of one stream in the file
LIMITS: dict[str, Any] = {
    "zlib_maximum_output_length": MOST_UNPACKED,
    "lzw_maximum_output_length": MOST_UNPACKED,
    "run_length_maximum_output_length": MOST_UNPACKED,
    "brotli_maximum_output_length": MOST_UNPACKED,
    "form_fields_maximum_entries": MOST_FIELDS,
}


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
        with apply_configuration(**LIMITS):
            return _read(data)
    except BROKEN_PDF:
        return Reading(FormResult.BROKEN)


def _is_picture(data: bytes) -> bool:
    return data.startswith((b"\x89PNG", b"\xff\xd8\xff"))


def _read(data: bytes) -> Reading:
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        return Reading(FormResult.LOCKED)
    if not _may_be_ours(reader):
        return Reading(FormResult.FOREIGN)
    fields = reader.get_fields() or {}
    if FIELD not in fields:
        return _without_number(reader, has_fields=bool(fields))
    values = {str(name): _text_of(found) for name, found in fields.items()}
    try:
        identity = read_identity(values.pop(FIELD))
    except ChangedIdentity:
        return Reading(FormResult.CHANGED)
    return Reading(FormResult.READ, identity, values)


def _may_be_ours(reader: PdfReader) -> bool:
    """Looked at before the fields are read, which unpacks every value: ours are few, and none lies in a stream."""
    form = _found(reader.root_object, "/AcroForm")
    waiting, seen = [form], 0
    while waiting:
        field = waiting.pop()
        if not isinstance(field, DictionaryObject):
            continue
        if isinstance(_found(field, "/V"), StreamObject):
            return False
        for below in (_found(field, "/Fields"), _found(field, "/Kids")):
            kids = below if isinstance(below, list) else []
            seen += len(kids)
            if seen > MOST_FIELDS:
                return False
            waiting += [kid.get_object() for kid in kids]
    return True


def _found(where: DictionaryObject, key: str) -> Any:
    """What stands there, wherever in the file it lies."""
    value = where.get(key)
    return value.get_object() if value is not None else None


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
    value = value.get_object() if hasattr(value, "get_object") else value
    if value is None or isinstance(value, NullObject):  # how some programs empty a field
        return ""
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)[:MOST_TEXT]
    text = str(value)
    if found.get("/FT") == "/Btn":
        return "" if text == "/Off" else text.removeprefix("/")
    return text[:MOST_TEXT]
