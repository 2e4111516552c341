"""Small real files for uploads, made on the spot."""

import io
import struct
import zipfile
import zlib

from openpyxl import Workbook
from PIL import Image
from pypdf import PdfWriter

_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{}</Types>'
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def pdf(pages: int = 1, *, width: float = 595, height: float = 842, password: str = "", rotate: int = 0) -> bytes:
    writer = PdfWriter()
    for _number in range(pages):
        page = writer.add_blank_page(width, height)
        if rotate:
            page.rotate(rotate)
    if password:
        writer.encrypt(password, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_with_page(page: bytes, *, stream: bytes = b"", times: int = 1) -> bytes:
    """One page as it is written here, in the file as many times as asked; object 4 is a stream."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[" + b"3 0 R " * times + b"]/Count %d>>" % times,
        b"<</Type/Page/Parent 2 0 R" + page + b">>",
        b"<</Length 3" + stream + b">>stream\nq Q\nendstream",
    ]
    out, table = b"%PDF-1.4\n", b""
    for number, text in enumerate(objects, start=1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    head = b"xref\n0 5\n0000000000 65535 f \n"
    return out + head + table + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(out)


def _image(kind: str, size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("L", size, "white").save(out, kind)
    return out.getvalue()


def png(size: tuple[int, int] = (4, 4)) -> bytes:
    return _image("PNG", size)


def png_claiming(width: int, height: int) -> bytes:
    """A small file whose head says that the picture is large."""
    head = b"IHDR" + struct.pack("!IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack("!I", 13) + head + struct.pack("!I", zlib.crc32(head)) + png()[33:]


def jpeg(size: tuple[int, int] = (4, 4)) -> bytes:
    return _image("JPEG", size)


def zipped(parts: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def docx(**more: bytes | str) -> bytes:
    types = _TYPES.format(f'<Override PartName="/word/document.xml" ContentType="{_WORD}"/>')
    return zipped({"[Content_Types].xml": types, "word/document.xml": "<document/>", **more})


def docx_with_macros_by_another_name() -> bytes:
    macros = '<Override PartName="/word/x.bin" ContentType="application/vnd.ms-office.vbaProject"/>'
    main = f'<Override PartName="/word/document.xml" ContentType="{_WORD}"/>'
    types = _TYPES.format(main + macros)
    return zipped({"[Content_Types].xml": types, "word/document.xml": "<document/>", "word/x.bin": b"makro"})


def xlsx() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


def odt() -> bytes:
    return zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<office/>"})
