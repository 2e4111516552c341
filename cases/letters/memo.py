"""A letter as a MeMo message, the format of Digital Post (danish-rules.md §5, docs/decisions/178).

The CPR number stands in `recipientID`, which the format demands, and nowhere else: not in file names, manifest or logs.
The version is a setting. Where the municipality has put the official schema in a folder, each message is checked against
it before it leaves.
"""

import base64
import re
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from django.conf import settings
from django.utils.translation import gettext as _

from cases.letters.models import Letter
from cases.letters.registry import LetterError
from microloan.core.cpr import Cpr
from microloan.policy.services import municipality

NAMESPACE = "https://DigitalPost.dk/MeMo-1"
NOT_IN_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LABEL_SIGNS = 150  # what a list of post shows
ElementTree.register_namespace("memo", NAMESPACE)


class NotInTheFormat(LetterError):
    """The message cannot be made, or is not as the schema of the municipality wants it."""


def message(letter: Letter, pdf: bytes, now: datetime) -> bytes:
    """The whole message with the PDF inside. Raises NotInTheFormat; the words hold no CPR number."""
    citizen = letter.case.citizen
    if citizen.cpr is None:
        raise NotInTheFormat(
            _("The citizen has no CPR number, so Digital Post does not know to whom. Write it on the case.")
        )
    attributes = {"memoVersion": settings.MEMO_VERSION, "memoSchVersion": f"{settings.MEMO_VERSION}.0"}
    root = ElementTree.Element(_name("Message"), attributes)
    _header(root, letter, Cpr(citizen.cpr).digits)
    _body(root, letter, pdf, now)
    data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    _check(data)
    return data


def _header(root: ElementTree.Element, letter: Letter, cpr: str) -> None:
    header = _add(root, "MessageHeader")
    _add(header, "messageType", "DIGITALPOST")
    _add(header, "messageUUID", str(letter.pk))
    _add(header, "messageID", str(letter.pk))
    _add(header, "label", letter.subject[:LABEL_SIGNS])
    _add(header, "mandatory", "false")
    _add(header, "legalNotification", "false")
    sender = _add(header, "Sender")
    _add(sender, "senderID", settings.MEMO_SENDER_CVR)
    _add(sender, "idType", "CVR")
    _add(sender, "label", municipality().name)
    recipient = _add(header, "Recipient")
    _add(recipient, "recipientID", cpr)
    _add(recipient, "idType", "CPR")
    case = _add(_add(header, "ContentData"), "CaseID")
    _add(case, "caseID", letter.case.number)
    _add(case, "caseSystem", "Mikrolån")


def _body(root: ElementTree.Element, letter: Letter, pdf: bytes, now: datetime) -> None:
    body = _add(root, "MessageBody")
    _add(body, "createdDateTime", now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    document = _add(body, "MainDocument")
    _add(document, "label", letter.subject[:LABEL_SIGNS])
    file = _add(document, "File")
    _add(file, "encodingFormat", "application/pdf")
    _add(file, "filename", letter.file_name)
    _add(file, "language", "da")
    _add(file, "content", base64.b64encode(pdf).decode())


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(parent: ElementTree.Element, name: str, text: str | None = None) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, _name(name))
    if text is not None:
        element.text = NOT_IN_XML.sub(" ", text)
    return element


def _check(data: bytes) -> None:
    folder = settings.MEMO_SCHEMA_FOLDER
    if not folder:
        return
    if problem := _problem(data, Path(folder)):
        raise NotInTheFormat(_("Digital Post would refuse the letter (%(problem)s).") % {"problem": problem})


def _problem(data: bytes, folder: Path) -> str:
    """Which element the schema does not accept; never what stands in it."""
    etree = import_module("lxml.etree")  # needed by those alone who check (docs/drift.md)
    try:
        schema = _schema(etree, folder)
    except (OSError, etree.LxmlError):
        schema = None
    if schema is None:
        return str(_("there is no schema in the folder that can be used"))
    document = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    if schema.validate(document):
        return ""
    wrong = schema.error_log[0]
    found = document.xpath(wrong.path, namespaces={"memo": NAMESPACE}) if wrong.path else []
    return f"{etree.QName(found[0]).localname if found else 'Message'}, {wrong.type_name}"


def _schema(etree: Any, folder: Path) -> Any:
    """The official schema is several files; the one that describes a message names its namespace."""
    for path in sorted(folder.glob("*.xsd")):
        parsed = etree.parse(path)
        if (
            parsed.getroot().get("targetNamespace") == NAMESPACE
            and parsed.find("{*}element[@name='Message']") is not None
        ):
            return etree.XMLSchema(parsed)
    return None
