"""The number of a form: whose case, which kind and from which version, signed. It holds no CPR number and no name."""

import re
import unicodedata
from dataclasses import dataclass

from django.core import signing

FIELD = "form_number"
SALT = "screening.citizen_forms"
SHAPE = re.compile(r"[A-Z]{2}-[0-9]{4}-[0-9]{4,8}\.[a-z_]{1,40}\.[0-9]{1,4}(?![0-9])")


@dataclass(frozen=True)
class FormIdentity:
    case_number: str
    kind: str
    version: int

    @property
    def plain(self) -> str:
        return f"{self.case_number}.{self.kind}.{self.version}"

    @property
    def signed(self) -> str:
        return signing.Signer(salt=SALT, sep=":").sign(self.plain)


class ChangedIdentity(Exception):
    """The number of a form is not one that we gave."""


def read_identity(text: str) -> FormIdentity:
    try:
        plain = signing.Signer(salt=SALT, sep=":").unsign("".join(text.split()))
    except signing.BadSignature:
        raise ChangedIdentity from None
    case_number, kind, version = plain.split(".")
    return FormIdentity(case_number, kind, int(version))


def printed_identity(text: str) -> FormIdentity | None:
    """The number as it is printed at the foot of each page, in the text of a page; unsigned, so only a hint."""
    found = SHAPE.search(unicodedata.normalize("NFKC", text))  # fonts join "fi" into one sign
    if found is None:
        return None
    case_number, kind, version = found[0].split(".")
    return FormIdentity(case_number, kind, int(version))
