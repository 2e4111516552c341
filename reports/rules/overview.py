"""The cohort tables as blocks of a page or sheets of a workbook: titles, definitions, headings, rows. Pure.

Takes the document of `cohort_tables`, or the same with small numbers hidden (`suppress_tables`), and words it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.enums import Livelihood, Sex
from microloan.core import danish
from reports.rules.suppression import OTHER_KINDS, Hidden

FEW, MANY = 10, 20  # ui-guide.md §3.6: under 10 no percentage, under 20 a warning


class Percent(int):
    """A whole per cent, to be shown with its sign."""


@dataclass(frozen=True)
class Block:
    """One table. The first cell of a row is its heading; `total` is the last row, when there is one."""

    key: str
    title: str
    definition: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    total: Sequence[Any] = ()
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def text_rows(self) -> list[list[str]]:
        return [[text(cell) for cell in row] for row in self.rows]

    @property
    def text_total(self) -> list[str]:
        return [text(cell) for cell in self.total]

    @property
    def is_empty(self) -> bool:
        return not self.rows and not self.total

    @property
    def hides(self) -> bool:
        return any(isinstance(cell, Hidden) for row in [*self.rows, self.total] for cell in row)


def text(cell: Any) -> str:
    """A cell as people read it; what is not there, or not shown, in words that say which."""
    if cell is None:
        return "–"
    if isinstance(cell, Hidden):
        return _("0–4") if cell is Hidden.SMALL else _("hidden")
    if isinstance(cell, Percent):
        return danish.percent(cell)
    if isinstance(cell, Decimal):
        return danish.kr(cell)
    if isinstance(cell, date):
        return danish.short_date(cell)
    return danish.number(cell) if isinstance(cell, int) else str(cell)


def plain(cell: Any) -> Any:
    """A cell for a spreadsheet: numbers stay numbers."""
    return text(cell) if cell is None or isinstance(cell, Hidden) else int(cell) if isinstance(cell, int) else cell


def blocks(tables: dict[str, Any]) -> list[Block]:
    """All eight tables in the order of the review. A table that is left out altogether has no rows."""
    return [
        _cohorts(tables),
        _sexes(tables),
        _ages(tables),
        _livelihoods(tables),
        _self_support(tables),
        _sizes(tables),
        _debts(tables),
        _degrees(tables),
    ]


def _percent(value: int | None, whole: Any) -> Any:
    """No percentage of fewer than ten people."""
    return None if value is None or isinstance(whole, Hidden) or whole < FEW else Percent(value)


def _few(whole: Any) -> list[str]:
    small = isinstance(whole, Hidden) or whole < MANY
    return [_("Few people: read the percentages with care.")] if small else []


def _kroner(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _cohorts(tables: dict[str, Any]) -> Block:
    rows = [
        [row["cohort"], date.fromisoformat(row["start"]), date.fromisoformat(row["end"]), row["participants"]]
        for row in tables["table1"]
    ]
    return Block(
        "table1",
        _("Participants per cohort"),
        _("Citizens who took part in the main course, and the period of the cohort."),
        [_("Cohort"), _("Start"), _("End"), _("Participants")],
        rows,
        [_("In all"), "", "", tables["participants"]],
    )


def _sexes(tables: dict[str, Any]) -> Block:
    labels = {**{sex.value: str(sex.label) for sex in Sex}, "unknown": _("Not known")}
    whole = tables["participants"]
    rows = [[labels[key], row["count"], _percent(row["percent"], whole)] for key, row in tables["table2"].items()]
    return Block(
        "table2",
        _("Sex"),
        _("Share of all participants."),
        [_("Sex"), _("Participants"), _("Share")],
        rows,
        [_("In all"), whole, ""],
        _few(whole),
    )


def _ages(tables: dict[str, Any]) -> Block:
    whole = tables["participants"]
    rows = [
        [
            _("Not known") if row["band"] == "unknown" else _("%(band)s years") % {"band": _range(row["band"])},
            row["count"],
            _percent(row["percent"], whole),
        ]
        for row in tables["table3"]
    ]
    notes = _few(whole)
    if tables["mean_age"] is not None:
        notes.append(_("The mean age is %(age)d years.") % {"age": tables["mean_age"]})
    if tables["age_range"] is not None:
        first, last = tables["age_range"]
        notes.append(_("The youngest is %(first)d, the oldest %(last)d years.") % {"first": first, "last": last})
    return Block(
        "table3",
        _("Age"),
        _("Year of the cut-off minus year of birth. Younger and older count in the first and the last band."),
        [_("Age"), _("Participants"), _("Share")],
        rows,
        [_("In all"), whole, ""],
        notes,
    )


def _range(band: str) -> str:
    return band.replace("-", "–")


def _livelihoods(tables: dict[str, Any]) -> Block:
    labels = {**{kind.value: str(kind.label) for kind in Livelihood}, OTHER_KINDS: _("Kinds with few people, together")}
    rows = [[labels[key], count] for key, count in tables["table4"].items()]
    return Block(
        "table4",
        _("Livelihood before the programme"),
        _("What the participants lived on when they were referred."),
        [_("Livelihood"), _("Participants")],
        rows,
        [_("In all"), tables["participants"]],
    )


def _self_support(tables: dict[str, Any]) -> Block:
    rows = [
        [
            _("%(cohort)s, own course end") % {"cohort": row["cohort"]} if row["delayed"] else row["cohort"],
            *_spells(row),
        ]
        for row in tables["table5"] or ()
    ]
    return Block(
        "table5",
        _("Self-supporting after the course"),
        _(
            "Own business, employment, education without benefits or a mix on the cut-off date, and the days without a "
            "break from the day after the course to the cut-off."
        ),  # fmt: skip
        [_("Cohort"), _("Participants"), _("Self-supporting"), _("Days in all"), _("Days each, mean")],
        rows,
        [_("In all"), *_spells(tables["table5_total"])],
        _per_cohort_hidden(tables["table5"]),
    )


def _per_cohort_hidden(rows: Any) -> list[str]:
    return [_("The figures of each cohort are hidden, because they are small.")] if rows is None else []


def _spells(row: dict[str, Any]) -> list[Any]:
    return [row["participants"], row["self_supporting"], row["days"], row["mean_days"]]


def _sizes(tables: dict[str, Any]) -> Block:
    table = tables["table6"]
    title, definition = _("Size of the loans"), _("Loans that are not fully repaid on the cut-off date.")
    headings = [_("Loan amount"), _("Loans")]
    if table is None:
        return Block("table6", title, definition, headings, [])
    notes = []
    if table["mean"] is not None:
        notes.append(_("The mean is %(amount)s") % {"amount": danish.kr(Decimal(table["mean"]))})
    if table["min"] is not None:
        sizes = {"least": danish.kr(Decimal(table["min"])), "most": danish.kr(Decimal(table["max"]))}
        notes.append(_("The smallest is %(least)s, the largest %(most)s") % sizes)
    rows = [[_size(row["band"]), row["count"]] for row in table["bands"]]
    return Block("table6", title, definition, headings, rows, [_("In all"), table["count"]], notes)


def _size(band: str) -> str:
    if band.endswith("+"):
        return _("%(amount)s and more") % {"amount": danish.kr(int(band[:-1]))}
    first, last = band.split("-")
    return f"{danish.grouped(int(first))}–{danish.kr(int(last))}"


def _debts(tables: dict[str, Any]) -> Block:
    total = tables["table7_total"]
    return Block(
        "table7",
        _("Debt and repayment"),
        _("Loans that are not fully repaid on the cut-off date. What was handed over to recovery is still debt."),
        [_("Cohort"), _("Original debt"), _("Current debt"), _("Repaid")],
        [[row["cohort"], *_debt(row)] for row in tables["table7"] or ()],
        [_("In all"), *_debt(total)] if total is not None else (),
        _per_cohort_hidden(tables["table7"]),
    )


def _debt(row: dict[str, Any]) -> list[Any]:
    repaid = row["repaid_percent"]
    return [_kroner(row["original"]), _kroner(row["current"]), None if repaid is None else Percent(repaid)]


def _degrees(tables: dict[str, Any]) -> Block:
    """With a column per cohort where the rows have them; a manager's rows hold totals only."""
    rows = tables["table8"]
    cohorts = [name for name in tables["cohorts"] if all(name in row for row in rows)]
    label = {"100": danish.percent(100)}
    return Block(
        "table8",
        _("Degree of repayment"),
        _("All loans paid out by the cut-off date, by how much of the loan is repaid."),
        [_("Repaid"), *cohorts, _("In all")],
        [
            [
                label.get(row["band"]) or f"{_range(row['band'])}{danish.NBSP}%",
                *(row[name] for name in cohorts),
                row["total"],
            ]
            for row in rows
        ],
        [_("In all"), *(sum(row[name] for row in rows) for name in cohorts), _loans(tables)],
    )


def _loans(tables: dict[str, Any]) -> Any:
    return tables["loans"] if "loans" in tables else sum(row["total"] for row in tables["table8"])


@dataclass(frozen=True)
class Tile:
    """A figure on top of the page: always with what it is a part of."""

    title: str
    figure: str
    of: str
    definition: str


def tiles(tables: dict[str, Any]) -> list[Tile]:
    support, debt = tables["table5_total"], tables["table7_total"]
    return [
        Tile(
            _("Participants"),
            text(tables["participants"]),
            _in_cohorts(len(tables["cohorts"])),
            "table1",
        ),
        Tile(_("Self-supporting now"), *_share(support["self_supporting"], support["participants"]), "table5"),
        Tile(
            _("Repaid of open loans"),
            text(_debt(debt)[2]) if debt else "–",
            _("of %(amount)s") % {"amount": danish.kr(Decimal(debt["original"]))} if debt else "",
            "table7",
        ),
        Tile(_("Handed over to recovery"), *_share(tables["handed_over"], _loans(tables)), "table8"),
    ]


def _in_cohorts(count: int) -> str:
    return ngettext("in %(count)d cohort", "in %(count)d cohorts", count) % {"count": count}


def _share(part: Any, whole: Any) -> tuple[str, str]:
    """The figure, and “x of n” beside it (ui-guide.md §3.6)."""
    numbers = _("%(part)s of %(whole)s") % {"part": text(part), "whole": text(whole)}
    if isinstance(part, Hidden) or isinstance(whole, Hidden) or whole < FEW:
        return text(part), numbers
    return danish.percent(Decimal(100 * part) / whole), numbers
