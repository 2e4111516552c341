"""What an uploaded file really is. Its name and what the browser calls it are claims; the content decides.

Pure: bytes in, format and a clean name out, or `Refused` in words that say what to do (docs/decisions/111).
"""

import io
import re
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass

import defusedxml.ElementTree as ElementTree
from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext as _
from PIL import Image
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from cases.enums import FileFormat
from microloan.core.cpr import mask_text
from microloan.core.errors import Refused

MAX_SIZE = 20 * 1024 * 1024
MAX_NAME = 100
MAX_PIXELS = 80_000_000  # a page scanned at 600 dots an inch has 35 million
# An office file is a zip: what it may hold when unpacked, so that a small file cannot fill a machine.
MAX_PARTS, MAX_UNPACKED, MAX_PART = 5000, 300 * 1024 * 1024, 2 * 1024 * 1024

ENDINGS = {
    "pdf": FileFormat.PDF,
    "png": FileFormat.PNG,
    "jpg": FileFormat.JPEG,
    "jpeg": FileFormat.JPEG,
    "docx": FileFormat.DOCX,
    "xlsx": FileFormat.XLSX,
    "odt": FileFormat.ODT,
}
_MAIN_PART = "application/vnd.openxmlformats-officedocument.{}.main+xml"
OFFICE = {
    _MAIN_PART.format("wordprocessingml.document"): FileFormat.DOCX,
    _MAIN_PART.format("spreadsheetml.sheet"): FileFormat.XLSX,
}
_ODT = b"application/vnd.oasis.opendocument.text"
_IMAGES = {"PNG": FileFormat.PNG, "JPEG": FileFormat.JPEG}


# What the readers below raise on a damaged file (tried with thousands of them). NotImplementedError and RecursionError
# are RuntimeErrors, OverflowError is an ArithmeticError.
BROKEN_PDF = (
    PyPdfError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RuntimeError, ArithmeticError,
    OSError, struct.error, zlib.error,
)  # fmt: skip
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, RuntimeError, EOFError)


@dataclass(frozen=True)
class Inspected:
    format: FileFormat
    name: str


def inspect(name: str, data: bytes, *, as_it_is: bool = False) -> Inspected:
    """The format by content, and the name as we keep it. `as_it_is`: a PDF also where it is broken or locked."""
    if not data:
        raise _refused(_("The file is empty. Choose another."))
    if len(data) > MAX_SIZE:
        raise _refused(_("The file is larger than 20 MB. Make it smaller, or divide it."))
    found = FileFormat.PDF if as_it_is and data.startswith(b"%PDF-") else _format_of(data)
    if found is None:
        raise _refused(_("Choose a PDF, PNG, JPEG, Word (DOCX), Excel (XLSX) or OpenDocument (ODT) file."))
    ending = clean_name(name).rpartition(".")[2].lower()
    if ENDINGS.get(ending) != found:
        raise _refused(
            _("The file is called .%(ending)s, but it is a %(format)s file. Save it again in the right format.")
            % {"ending": ending[:10], "format": found.label}
        )
    return Inspected(found, clean_name(name))


def clean_name(name: str) -> str:
    """A name without folders, control characters and CPR numbers, at most 100 characters; the ending is kept."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    shown = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    plain = re.sub(r'[<>:"|?*%]+', "_", mask_text(" ".join(shown.split()))).rstrip(". ")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        stem, ending = plain, ""
    keep = MAX_NAME - len(ending[:10]) - len(dot)
    return f"{stem[:keep].strip('. ') or 'fil'}{dot}{ending[:10]}"


def _refused(message: str) -> Refused:
    return Refused(message, field="file")


def _format_of(data: bytes) -> FileFormat | None:
    if data.startswith(b"%PDF-"):
        return _pdf(data)
    if data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return _image(data)
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    return None


def _broken() -> Refused:
    return _refused(_("The file cannot be read. Open it yourself, save it again, and choose the new one."))


def _with_macros() -> Refused:
    return _refused(_("There are macros (small programs) in the file. Save it without them, or as a PDF."))


def _pdf(data: bytes) -> FileFormat:
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise _refused(_("The file is locked with a password. Save it without, and choose it again."))
        if not len(reader.pages):
            raise _broken()
    except BROKEN_PDF as error:
        raise _broken() from error
    return FileFormat.PDF


def _image(data: bytes) -> FileFormat | None:
    too_large = _refused(_("The picture is too large. Make it smaller, and choose it again."))
    try:
        with Image.open(io.BytesIO(data), formats=tuple(_IMAGES)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise too_large
            image.verify()
            return _IMAGES[str(image.format)]
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_large from error
    except (OSError, SyntaxError, ValueError) as error:
        raise _broken() from error


def _office(data: bytes) -> FileFormat | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = {part.filename: part for part in package.infolist()}
            _check_parts(parts)
            return _odt(package, parts) or _open_xml(package, parts)
    except BROKEN_ZIP as error:
        raise _broken() from error


def _check_parts(parts: dict[str, zipfile.ZipInfo]) -> None:
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts.values()) > MAX_UNPACKED:
        raise _refused(_("The file holds too much. Divide it, or save it as a PDF."))
    if any(part.flag_bits & 1 for part in parts.values()):
        raise _refused(_("The file is locked with a password. Save it without, and choose it again."))
    names = [name.lower() for name in parts]
    if any("vbaproject" in name or name.startswith("basic/") for name in names):
        raise _with_macros()


def _read_part(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """At most MAX_PART, whatever the package says of the size."""
    with package.open(part) as file:
        read = file.read(MAX_PART + 1)
    if len(read) > MAX_PART:
        raise _broken()
    return read


def _odt(package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> FileFormat | None:
    if "mimetype" not in parts or "content.xml" not in parts:
        return None
    return FileFormat.ODT if _read_part(package, parts["mimetype"]).strip() == _ODT else None


def _open_xml(package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> FileFormat | None:
    """Word or Excel by the type of its main part, which has to be there."""
    types = parts.get("[Content_Types].xml")
    if types is None:
        return None
    try:
        root = ElementTree.fromstring(_read_part(package, types))
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise _broken() from error
    if any("vbaproject" in part.get("ContentType", "").lower() for part in root):
        raise _with_macros()
    for override in root:
        found = OFFICE.get(override.get("ContentType", ""))
        if found and override.get("PartName", "").lstrip("/") in parts:
            return found
    return None
