"""Looking for viruses in what is uploaded: a small protocol, and ClamAV behind it (docs/decisions/111).

Off by default. `VIRUS_SCANNER=clamav` with `CLAMAV_ADDRESS=/run/clamav/clamd.ctl` or `tcp://host:3310` switches it on;
from then on a file that could not be looked at is refused, never taken unseen. Another scanner is a class with `scan`,
named by `VIRUS_SCANNER=package.module.Class`.
"""

import socket
import struct
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from microloan.core.errors import Refused

log = structlog.get_logger(__name__)

CHUNK = 1 << 16
MAX_ANSWER = 4096
TIMEOUT = 60.0
KNOWN = {"clamav": "cases.scanning.ClamAv"}


class ScannerDown(Exception):
    """The scanner did not answer, or not in words that we know."""


@dataclass(frozen=True)
class Verdict:
    """What a scanner says of a file. `found` is the name of the virus; empty when there is none."""

    found: str = ""


class Scanner(Protocol):
    label: str

    def scan(self, data: bytes) -> Verdict:
        """Look at a file. Raises ScannerDown where that is not possible."""


class ClamAv:
    """ClamAV's daemon, asked through its socket with INSTREAM: the file itself never lies where others can reach it."""

    label = "ClamAV"

    def __init__(self, address: str = "") -> None:
        self.address = address or settings.CLAMAV_ADDRESS

    def scan(self, data: bytes) -> Verdict:
        try:
            with self._connect() as connection:
                connection.sendall(b"zINSTREAM\0")
                for start in range(0, len(data), CHUNK):
                    part = data[start : start + CHUNK]
                    connection.sendall(struct.pack("!I", len(part)) + part)
                connection.sendall(struct.pack("!I", 0))
                answer = _answer(connection)
        except OSError as error:
            raise ScannerDown(type(error).__name__) from error
        return _verdict(answer)

    def _connect(self) -> socket.socket:
        parts = urlsplit(self.address)
        if parts.scheme == "tcp":
            return socket.create_connection((parts.hostname or "", parts.port or 3310), timeout=TIMEOUT)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(parts.path)
        except OSError:
            connection.close()
            raise
        return connection


def _answer(connection: socket.socket) -> str:
    received = b""
    while b"\0" not in received and len(received) < MAX_ANSWER:
        part = connection.recv(MAX_ANSWER)
        if not part:
            break
        received += part
    return received.split(b"\0")[0].decode("utf-8", "replace").strip()


def _verdict(answer: str) -> Verdict:
    """`stream: OK`, or `stream: Eicar-Test-Signature FOUND`; anything else, such as a size limit, is no answer."""
    if answer == "stream: OK":
        return Verdict()
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return Verdict(answer.removeprefix("stream: ").removesuffix(" FOUND"))
    raise ScannerDown(answer[:100] or "no answer")


def scanner() -> Scanner | None:
    """The scanner of this installation; None where it has none."""
    name = settings.VIRUS_SCANNER
    if not name:
        return None
    made: Scanner = import_string(KNOWN.get(name, name))()
    return made


def refuse_viruses(data: bytes) -> str:
    """Raise Refused for a virus, and where the scanner cannot be reached. Gives what has looked; empty for nothing."""
    looking = scanner()
    if looking is None:
        return ""
    try:
        verdict = looking.scan(data)
    except ScannerDown as error:
        log.error("virus_scanner_down", reason=str(error))
        raise Refused(
            _("The file could not be checked for viruses, so it has not been saved. Try again in a little while."),
            field="file",
        ) from error
    if verdict.found:
        log.warning("virus_found", virus=verdict.found)
        raise Refused(
            _("There is a virus in the file (%(virus)s). It has not been saved. Tell the IT department.")
            % {"virus": verdict.found[:60]},
            field="file",
        )
    return looking.label
