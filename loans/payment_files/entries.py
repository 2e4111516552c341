"""An entry of a bank statement as every format gives it, and what makes it the same entry when it comes again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from cases.rules import fold_name
from microloan.core import danish
from microloan.core.errors import Refused
from microloan.core.money import MAX_AMOUNT

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_ENTRIES: Final = 20_000
MOST_MESSAGES: Final = 20
KRONER: Final = "DKK"
# What banks write where the payer gave nothing.
NOTHING: Final = frozenset({"", "NOTPROVIDED", "NOREF", "NONREF"})


class BadFile(Refused):
    """The file cannot be read. `messages` say where and what, line by line; nothing of it has been taken in."""

    def __init__(self, *messages: object) -> None:
        shown = list(messages[:MOST_MESSAGES])
        if len(messages) > MOST_MESSAGES:
            shown.append(_("… and %(count)s more.") % {"count": len(messages) - MOST_MESSAGES})
        super().__init__(*shown, field="file")


def refused(why: str) -> BadFile:
    """The file as a whole cannot be read."""
    words = {
        "empty": _("The file is empty. Choose another."),
        "large": _("The file is larger than 10 MB. Take out a shorter period from the bank."),
        "many": _("The file has more than %(most)s entries. Take out a shorter period from the bank.")
        % {"most": danish.number(MAX_ENTRIES)},
        "workbook": _("This is an Excel workbook. Save it as CSV, and choose that file."),
        "nothing": _("There are no entries in the file."),
    }
    return BadFile(words[why])


def wrong_amount(amount: Decimal) -> str:
    """Why an amount cannot be one; empty where it can."""
    if abs(amount) > MAX_AMOUNT:  # first: a longer number cannot even be rounded
        return _("The amount is too large.")
    return _("The amount has fractions of an øre.") if amount != amount.quantize(Decimal("0.01")) else ""


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One movement on the account. `amount` is kroner, never negative; `is_credit` says whether it came in.

    `position`: the line of a CSV file, or the number of the entry in an XML file. `bank_ref`: the bank's own name for
    this payment; `batch_ref`: for the entry on the account that it is a part of (`part` of it, from 1; 0 is the whole).
    """

    position: int
    amount: Decimal
    booked_on: date
    value_on: date
    is_credit: bool = True
    currency: str = KRONER
    is_reversal: bool = False
    is_booked: bool = True
    reference: str = ""
    payer: str = ""
    text: str = ""
    account: str = ""
    bank_ref: str = ""
    batch_ref: str = ""
    end_to_end: str = ""
    part: int = 0

    @property
    def value_date(self) -> date:
        """The day the money counts from: the value day, but not later than the day it stood on the account."""
        return min(self.value_on, self.booked_on)

    @property
    def key(self) -> str:
        """The same key is the same movement, in whichever file it stands (docs/decisions/161).

        The bank's reference, else that of the whole entry and the part, else the payer's reference and the day (standing
        orders repeat theirs every month), else all that is written.
        """
        if self.bank_ref:
            return f"ref:{self.bank_ref}"
        if self.batch_ref:
            return f"ref:{self.batch_ref}/{self.end_to_end or self.part}" if self.part else f"ref:{self.batch_ref}"
        if self.end_to_end:
            return f"e2e:{self.end_to_end}:{self.booked_on.isoformat()}"
        words = "|".join(fold_name(" ".join(text.split())) for text in (self.reference, self.payer, self.text))
        text = f"{self.booked_on.isoformat()}|{self.amount}|{self.currency}|{self.is_credit}|{self.is_reversal}|{words}"
        return f"content:{hashlib.sha256(text.encode()).hexdigest()}"

    @property
    def has_own_key(self) -> bool:
        """Whether somebody named this movement; else the same words twice in a file may well be two payments."""
        return not self.key.startswith("content:")

    def aside(self, accounts: Sequence[str] = ()) -> str:
        """Why this is no payment to book, as a code; empty for money that came in (domain.md §7.5)."""
        if not self.is_booked:
            return "pending"
        if self.is_reversal:
            return "reversal"
        if accounts and self.account and not is_account(self.account, accounts):
            return "account"
        if not self.is_credit:
            return "debit"
        if self.currency != KRONER:
            return "currency"
        return "" if self.amount else "zero"


def same_content(one: BankEntry, other: BankEntry) -> bool:
    """Whether two entries with the same key tell the same. What only one of them tells is no contradiction."""
    facts = ("amount", "currency", "is_credit", "is_reversal", "booked_on")
    if any(getattr(one, name) != getattr(other, name) for name in facts):
        return False
    return not one.reference or not other.reference or digits(one.reference) == digits(other.reference)


def digits(text: str) -> str:
    return "".join(char for char in text if char in "0123456789")


def is_account(account: str, accounts: Sequence[str]) -> bool:
    """Whether an account is among ours. A Danish IBAN ends with registration and account number."""
    plain = digits(account)
    ours = [digits(one) for one in accounts]
    return any(own and (plain == own or _domestic(plain) == _domestic(own)) for own in ours)


def _domestic(number: str) -> tuple[str, str]:
    """Registration number and account without leading zeros, from an IBAN's digits (2 check digits) or as written."""
    body = number[2:] if len(number) == 16 else number
    return body[:4], body[4:].lstrip("0")


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """What a file holds. `kind`: `csv`, or the name of the message such as `camt.053.001.02`."""

    kind: str
    entries: tuple[BankEntry, ...]
