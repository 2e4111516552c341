"""What stands around the text of a letter: to whom, from whom, which case, which day."""

from dataclasses import asdict, dataclass
from datetime import date
from textwrap import shorten
from typing import Any

RETURN_SIGNS = 70


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """`lines` are c/o, street, postcode and city; they are printed in the window and nowhere else."""

    name: str
    lines: tuple[str, ...] = ()

    @property
    def window(self) -> tuple[str, ...]:
        return tuple(line for line in (self.name, *self.lines) if line.strip())


@dataclass(frozen=True, kw_only=True)
class Sender:
    authority: str
    department: str
    lines: tuple[str, ...]
    phone: str
    hours: str = ""
    website: str = ""
    logo: str = ""  # name of a static file

    @property
    def return_line(self) -> str:
        """At most 70 signs, for post that cannot be delivered: the street goes before a word is cut."""
        whole = ", ".join((self.authority, *self.lines))
        short = ", ".join((self.authority, *self.lines[-1:]))
        return whole if len(whole) <= RETURN_SIGNS else shorten(short, RETURN_SIGNS, placeholder="")


@dataclass(frozen=True, kw_only=True)
class Contact:
    """The person who signs."""

    name: str
    phone: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    sender: Sender
    recipient: Recipient
    contact: Contact
    case_number: str
    dated: date
    # A copy goes to somebody else than it speaks to; the original says who gets one (domain.md §8).
    copy_of_letter_to: str = ""
    copies_to: tuple[str, ...] = ()

    @property
    def greeted(self) -> str:
        return self.copy_of_letter_to or self.recipient.name

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
