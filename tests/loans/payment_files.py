"""Files as banks write them, for tests."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

IBAN = "DK5000400440116243"


def csv_file(rows: Iterable[dict[str, Any]], *, separator: str = ";", encoding: str = "utf-8") -> bytes:
    """Rows by Danish heading; `Beløb` as a Decimal is written the Danish way."""
    rows = list(rows)
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    lines = [separator.join(headings)]
    for row in rows:
        lines.append(separator.join(_cell(row.get(heading, ""), separator) for heading in headings))
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def _cell(value: Any, separator: str) -> str:
    if isinstance(value, Decimal):
        text = f"{value:.2f}".replace(".", ",")
    elif isinstance(value, date):
        text = value.strftime("%d-%m-%Y")
    else:
        text = str(value)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in (separator, '"', "\n")) else text


def line(amount: Any, on: date, **more: Any) -> dict[str, Any]:
    return {"Dato": on, "Beløb": Decimal(amount), **more}


def camt(
    entries: Iterable[str], *, message: str = "camt.053", version: str = "02", iban: str = IBAN, summary: str = ""
) -> bytes:
    outer, inner = {
        "camt.053": ("BkToCstmrStmt", "Stmt"),
        "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    }[message]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{message}.001.{version}"><{outer}>'
        f"<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-20T08:00:00+01:00</CreDtTm></GrpHdr>"
        f"<{inner}><Id>1</Id><Acct><Id><IBAN>{iban}</IBAN></Id></Acct>{summary}{''.join(entries)}</{inner}>"
        f"</{outer}></Document>"
    ).encode()


def ntry(
    amount: Any,
    on: date,
    *,
    version: str = "02",
    ref: str = "",
    side: str = "CRDT",
    currency: str = "DKK",
    status: str = "BOOK",
    reversal: bool = False,
    details: Iterable[str] = (),
    value_on: date | None = None,
) -> str:
    state = f"<Sts><Cd>{status}</Cd></Sts>" if version == "08" else f"<Sts>{status}</Sts>"
    return (
        f'<Ntry><Amt Ccy="{currency}">{Decimal(amount):.2f}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        f"{'<RvslInd>true</RvslInd>' if reversal else ''}{state}"
        f"<BookgDt><Dt>{on.isoformat()}</Dt></BookgDt><ValDt><Dt>{(value_on or on).isoformat()}</Dt></ValDt>"
        f"{f'<AcctSvcrRef>{ref}</AcctSvcrRef>' if ref else ''}"
        f"{'<NtryDtls>' + ''.join(details) + '</NtryDtls>' if details else ''}</Ntry>"
    )


def details(
    *,
    version: str = "02",
    amount: Any = None,
    ref: str = "",
    end_to_end: str = "",
    payer: str = "",
    reference: str = "",
    text: str = "",
) -> str:
    told = ""
    if amount is not None:
        money = f'<Amt Ccy="DKK">{Decimal(amount):.2f}</Amt>'
        told = (
            money + "<CdtDbtInd>CRDT</CdtDbtInd>" if version == "08" else f"<AmtDtls><TxAmt>{money}</TxAmt></AmtDtls>"
        )
    name = f"<Nm>{escape(payer)}</Nm>"
    party = f"<Dbtr><Pty>{name}</Pty></Dbtr>" if version == "08" else f"<Dbtr>{name}</Dbtr>"
    refs = f"{f'<AcctSvcrRef>{ref}</AcctSvcrRef>' if ref else ''}" + (
        f"<EndToEndId>{end_to_end}</EndToEndId>" if end_to_end else ""
    )
    remittance = (f"<Ustrd>{escape(text)}</Ustrd>" if text else "") + (
        f"<Strd><CdtrRefInf><Ref>{escape(reference)}</Ref></CdtrRefInf></Strd>" if reference else ""
    )
    return (
        f"<TxDtls>{f'<Refs>{refs}</Refs>' if refs else ''}{told}"
        f"{f'<RltdPties>{party}</RltdPties>' if payer else ''}"
        f"{f'<RmtInf>{remittance}</RmtInf>' if remittance else ''}</TxDtls>"
    )
