"""The rows of the four history sheets, and what can be wrong with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class RowError:
    """Row is as the spreadsheet numbers it (the headings are row 1); 0 and no column: the sheet as a whole."""

    sheet: str
    row: int
    column: str
    message: str

    def __str__(self) -> str:
        place = [self.sheet]
        if self.row:
            place.append(_("row %(row)d") % {"row": self.row})
        if self.column:
            place.append(_("column %(column)s") % {"column": self.column})
        return f"{', '.join(place)}: {self.message}"


class RawRow(NamedTuple):
    number: int
    cells: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class RawTable:
    """One sheet as found: its name in the file, the first row as headings, the rest as rows."""

    name: str
    headings: tuple[Any, ...]
    rows: Sequence[RawRow]


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    row: int
    case_ref: str
    cohort: str
    cohort_start: date
    cohort_end: date
    course_end: date | None
    sex: str
    birth_year: int | None
    livelihood_before: str


@dataclass(frozen=True, slots=True)
class LoanRow:
    row: int
    case_ref: str
    principal: Decimal
    payout_date: date
    handed_over_on: date | None


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """`occurrence` tells equal payments apart (same case, date, amount, no reference): 1, 2 …"""

    row: int
    case_ref: str
    date: date
    amount: Decimal
    reference: str
    occurrence: int = 1


@dataclass(frozen=True, slots=True)
class LivelihoodRow:
    row: int
    case_ref: str
    kind: str
    start: date
    end: date | None


@dataclass
class History:
    participants: list[ParticipantRow] = field(default_factory=list)
    loans: list[LoanRow] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    livelihoods: list[LivelihoodRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    # Per sheet, every case named in it, also in rows that cannot be read: so that one bad row is blamed once.
    named: dict[str, set[str]] = field(default_factory=dict)

    def wrong(self, sheet: str, row: int, column: str, message: str) -> None:
        self.errors.append(RowError(sheet, row, column, message))

    def note(self, sheet: str, row: int, column: str, message: str) -> None:
        self.warnings.append(RowError(sheet, row, column, message))
