"""ISO 20022: camt.053 (account statement) and camt.054 (credit notification), versions 001.02 and 001.08.

An entry on the account (`Ntry`) may hold several payments (`TxDtls`): each is an entry of ours. Where their amounts are
not told, or do not add up to the entry, the entry is taken as one, for a person to look at. No document type
definition, entity or outside address is ever followed.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError  # nosec B405  (types alone; defusedxml reads)

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from loans.payment_files.entries import (
    MAX_ENTRIES,
    NOTHING,
    BadFile,
    BankEntry,
    PaymentFile,
    refused,
    wrong_amount,
)
from microloan.core import clock, danish

NAMESPACE: Final = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:(camt\.05[34]\.001\.(?:02|08))\}Document")
ANY_MESSAGE: Final = re.compile(r"\{.*:([a-z]{4}\.[0-9]{3}\.[0-9]{3}\.[0-9]{2})\}Document")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_AMOUNT: Final = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,5})?|\.[0-9]{1,5}")
STATEMENTS: Final = {"camt.053": "BkToCstmrStmt/Stmt", "camt.054": "BkToCstmrDbtCdtNtfctn/Ntfctn"}
MOST_SIGNS: Final = 500


class _Wrong(Exception):
    """An entry cannot be read."""


def read_camt(data: bytes) -> PaymentFile:
    """The entries of a camt file, numbered through; every entry that cannot be read is named."""
    root = _root(data)
    match = NAMESPACE.fullmatch(root.tag)
    if match is None:
        raise BadFile(_not_ours(root.tag))
    kind = match[1]
    _without_namespace(root, f"{{urn:iso:std:iso:20022:tech:xsd:{kind}}}")
    found = [
        (statement, entry) for statement in root.findall(STATEMENTS[kind[:8]]) for entry in statement.findall("Ntry")
    ]
    if not found:
        raise refused("nothing")
    if len(found) > MAX_ENTRIES:
        raise refused("many")
    entries: list[BankEntry] = []
    wrong = list(_counted_wrong(root.findall(STATEMENTS[kind[:8]])))
    for number, (statement, entry) in enumerate(found, 1):
        try:
            entries.extend(_read_entry(number, statement, entry))
        except _Wrong as why:
            wrong.append(_("Entry %(number)s: %(what)s") % {"number": number, "what": why})
    if wrong:
        raise BadFile(*wrong)
    if len(entries) > MAX_ENTRIES:
        raise refused("many")
    return PaymentFile(kind, tuple(entries))


def _root(data: bytes) -> Element:
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except ParseError as error:
        raise BadFile(
            _("The file is not whole: the XML breaks off at line %(line)s. Take it out of the bank again.")
            % {"line": error.position[0]}
        ) from error
    except (DefusedXmlException, LookupError, ValueError) as error:
        raise BadFile(
            _("The file holds what a bank never puts in (a document type or an unknown encoding). It is not read.")
        ) from error
    return root


def _not_ours(tag: str) -> str:
    known = "camt.053.001.02, camt.053.001.08, camt.054.001.02, camt.054.001.08"
    match = ANY_MESSAGE.fullmatch(tag)
    if match is not None:
        return _("The file is %(kind)s. These are read: %(known)s, and CSV.") % {"kind": match[1], "known": known}
    return _("The file is XML, but no account statement. These are read: %(known)s, and CSV.") % {"known": known}


def _without_namespace(root: Element, prefix: str) -> None:
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.removeprefix(prefix)


def _counted_wrong(statements: list[Element]) -> Iterator[str]:
    """A file that tells how many entries it has, and has another number, is cut off."""
    for statement in statements:
        told = _text(statement, "TxsSummry/TtlNtries/NbOfNtries")
        found = len(statement.findall("Ntry"))
        if told.isdecimal() and int(told) != found:
            yield _("The file says that it has %(told)s entries, but %(found)s are there. Take it out again.") % {
                "told": told,
                "found": found,
            }


def _text(element: Element, path: str) -> str:
    return " ".join((element.findtext(path) or "").split())[:MOST_SIGNS]


def _first(element: Element, *paths: str) -> str:
    return next((found for path in paths if (found := _text(element, path))), "")


def _named(element: Element, *paths: str) -> str:
    """A reference, unless the bank only says that there is none."""
    return next((found for path in paths if (found := _text(element, path)).upper() not in NOTHING), "")


def _read_entry(number: int, statement: Element, entry: Element) -> Iterator[BankEntry]:
    booked_on = _day(entry, "BookgDt")
    value_on = _day(entry, "ValDt") or booked_on
    if value_on is None:
        raise _Wrong(_("There is no date."))
    amount, currency = _amount(entry.find("Amt"))
    whole = BankEntry(
        position=number,
        amount=amount,
        currency=currency,
        booked_on=booked_on or value_on,
        value_on=value_on,
        is_credit=_is_credit(entry),
        is_reversal=_text(entry, "RvslInd") in ("true", "1"),
        is_booked=_first(entry, "Sts/Cd", "Sts") == "BOOK",
        account=_first(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id"),
        batch_ref=_named(entry, "AcctSvcrRef"),
        text=_text(entry, "AddtlNtryInf"),
    )
    payments = entry.findall("NtryDtls/TxDtls")
    if len(payments) == 1:
        yield _with_details(whole, payments[0])
        return
    parts = [_part(whole, place, payment) for place, payment in enumerate(payments, 1)]
    if not parts or not _adds_up(whole, parts):
        yield replace(whole, bank_ref=whole.batch_ref)
        return
    yield from (part for part in parts if part is not None)


def _adds_up(whole: BankEntry, parts: list[BankEntry | None]) -> bool:
    told = [part for part in parts if part is not None]
    if len(told) != len(parts) or any(part.currency != whole.currency for part in told):
        return False
    signed = sum((part.amount if part.is_credit == whole.is_credit else -part.amount for part in told), Decimal(0))
    return signed == whole.amount


def _part(whole: BankEntry, place: int, payment: Element) -> BankEntry | None:
    """One payment of several in an entry; None where its amount is not told."""
    element = payment.find("Amt")
    if element is None:
        element = payment.find("AmtDtls/TxAmt/Amt")
    if element is None:
        return None
    amount, currency = _amount(element)
    told = payment.find("CdtDbtInd")
    is_credit = whole.is_credit if told is None else _is_credit(payment)
    part = replace(whole, amount=amount, currency=currency, is_credit=is_credit, part=place)
    return _with_details(part, payment)


def _with_details(entry: BankEntry, payment: Element) -> BankEntry:
    """The entry with who paid, what for, and what the bank calls it."""
    words = [_clean(one.text) for one in payment.findall("RmtInf/Ustrd")]
    words += [_clean(one.text) for one in payment.findall("AddtlTxInf")]
    references = [_clean(one.text) for one in payment.findall("RmtInf/Strd/CdtrRefInf/Ref")]
    own = _named(payment, "Refs/AcctSvcrRef")
    return replace(
        entry,
        payer=_first(payment, "RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Pty/Nm", "RltdPties/UltmtDbtr/Nm",
                     "RltdPties/UltmtDbtr/Pty/Nm")[:140],
        reference=" ".join(one for one in references if one)[:140],
        text=" ".join(one for one in [*words, entry.text] if one)[:MOST_SIGNS],
        bank_ref=own or (entry.batch_ref if not entry.part else ""),
        end_to_end=_named(payment, "Refs/EndToEndId"),
        is_reversal=entry.is_reversal or payment.find("RtrInf") is not None,
    )  # fmt: skip


def _clean(text: str | None) -> str:
    return " ".join((text or "").split())


def _is_credit(element: Element) -> bool:
    told = _text(element, "CdtDbtInd")
    if told not in ("CRDT", "DBIT"):
        raise _Wrong(_("It does not say whether the money came in or went out."))
    return told == "CRDT"


def _amount(element: Element | None) -> tuple[Decimal, str]:
    text = (element.text or "").strip() if element is not None else ""
    currency: Any = element.get("Ccy", "") if element is not None else ""
    if not _AMOUNT.fullmatch(text) or not re.fullmatch(r"[A-Z]{3}", currency):
        raise _Wrong(_("The amount or its currency cannot be read."))
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise _Wrong(_("The amount or its currency cannot be read.")) from None
    if words := wrong_amount(amount):
        raise _Wrong(words)
    return amount.quantize(Decimal("0.01")), currency


def _day(entry: Element, name: str) -> date | None:
    """A date, or the Danish day of a moment."""
    told, moment = _text(entry, f"{name}/Dt"), _text(entry, f"{name}/DtTm")
    if not told and not moment:
        return None
    try:
        day = _plain_day(told) if told else _danish_day(moment)
    except (ValueError, OverflowError):
        raise _Wrong(_("The date cannot be read.")) from None
    if not danish.FIRST_YEAR <= day.year <= danish.LAST_YEAR:
        raise _Wrong(_("The date cannot be read."))
    return day


def _plain_day(told: str) -> date:
    if not _DAY.fullmatch(told):
        raise ValueError("not a day of XML")
    return date.fromisoformat(told[:10])


def _danish_day(moment: str) -> date:
    read = datetime.fromisoformat(moment)
    return read.astimezone(clock.COPENHAGEN).date() if read.tzinfo else read.date()
