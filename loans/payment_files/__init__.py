"""Files of incoming payments: bytes in, entries out. Pure: no database, no settings, nothing written.

| module | reads |
|---|---|
| `csv_file` | CSV with Danish or English headings, `;` or `,`, UTF-8 or Windows-1252 |
| `camt` | ISO 20022 camt.053 (statement) and camt.054 (notification), versions 02 and 08 |
| `entries` | what both give, what makes an entry the same entry, and which entries are no payments |

A file is read whole or refused whole: `BadFile` names each line or entry and what is wrong with it (domain.md §7.5;
docs/decisions/161).
"""

from loans.payment_files.camt import read_camt
from loans.payment_files.csv_file import read_csv
from loans.payment_files.entries import MAX_BYTES, BadFile, BankEntry, PaymentFile, refused
from loans.payment_files.references import references_in

__all__ = ["MAX_BYTES", "BadFile", "BankEntry", "PaymentFile", "read_file", "references_in"]

UTF_16 = (b"\xff\xfe<\0", b"\xfe\xff\0<")


def read_file(data: bytes) -> PaymentFile:
    """The entries of a file, whatever it is called: XML is read as camt, everything else as CSV."""
    if not data.strip():
        raise refused("empty")
    if len(data) > MAX_BYTES:
        raise refused("large")
    if data.startswith(b"PK\x03\x04"):
        raise refused("workbook")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", *UTF_16)):
        return read_camt(data)
    return read_csv(data)
