"""The establishment budget as a form for the citizen: lines with an amount, read into the budget of the case."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from cases.enums import DocumentKind
from cases.models import CaseFile
from microloan.core.errors import Refused
from screening.citizen_forms.kinds import FormKind, Stored, Taken, form_kinds
from screening.enums import BudgetKind, LineKind
from screening.models import Budget
from screening.papers.questions import AnswerKind, Part, Question
from screening.services.budgets import LineData, latest_budget, save_budget

# Lines on a form that is drawn blank, and free ones after those that are filled in.
LEAST_LINES = {LineKind.EXPENSE: 12, LineKind.OWN_FUNDS: 4}
FREE_LINES = 3
MOST_LINES = {LineKind.EXPENSE: 40, LineKind.OWN_FUNDS: 12}
NUMBER = re.compile(r"[1-9][0-9]{0,2}")  # of a line; a file may hold fields of any name
TITLES = {LineKind.EXPENSE: "Det koster det at begynde", LineKind.OWN_FUNDS: "Det har du selv, eller får fra andre"}


def establishment_parts(case: CaseFile) -> tuple[Part, ...]:
    note = Question("note", "Er der andet, vi skal vide om tallene?")
    budget = latest_budget(case)
    return (
        *(_lines_part(kind, len(_lines_of(budget, kind))) for kind in (LineKind.EXPENSE, LineKind.OWN_FUNDS)),
        Part("remarks", "Bemærkninger", (note,)),
    )


def _lines_part(kind: LineKind, filled: int) -> Part:
    count = min(max(LEAST_LINES[kind], filled + FREE_LINES), max(MOST_LINES[kind], filled))
    return Part(
        kind.value,
        TITLES[kind],
        tuple(question for number in range(1, count + 1) for question in _line(kind, number)),
        intro="Skriv én ting på hver linje, med beløbet i kroner, for eksempel 13500.",
        columns=("Hvad?", "Kroner"),
    )


def _line(kind: LineKind, number: int) -> tuple[Question, Question]:
    what = f"{TITLES[kind]}, linje {number}"
    return (
        Question(f"{kind.value}_{number}", f"{what}: hvad?", kind=AnswerKind.LINE),
        Question(f"{kind.value}_{number}_amount", f"{what}: kroner", kind=AnswerKind.AMOUNT),
    )


def lines_beyond(case: CaseFile, codes: Collection[str]) -> Iterator[Question]:
    """Lines of a form that was made when the budget had more of them."""
    for kind in (LineKind.EXPENSE, LineKind.OWN_FUNDS):
        for number in _numbers(codes, kind):
            yield from _line(kind, number)


def _lines_of(budget: Budget | None, kind: str) -> list[tuple[str, Decimal]]:
    return [(line.text, line.amount) for line in budget.lines.all() if line.kind == kind] if budget else []


def establishment_stored(case: CaseFile) -> Stored:
    budget = latest_budget(case)
    if budget is None:
        return Stored()
    values = {"note": budget.note} if budget.note else {}
    for kind in (LineKind.EXPENSE, LineKind.OWN_FUNDS):
        for number, (text, amount) in enumerate(_lines_of(budget, kind), start=1):
            values |= {f"{kind.value}_{number}": text, f"{kind.value}_{number}_amount": f"{amount:.2f}"}
    return Stored(budget.number, values)


def save_establishment(taken: Taken) -> int:
    kinds = (LineKind.EXPENSE, LineKind.OWN_FUNDS)
    lines = [line for kind in kinds for line in _lines_from(taken.values, kind)]
    budget = save_budget(
        case=taken.case,
        lines=lines,
        note=taken.values.get("note", ""),
        base_number=taken.base,
        by=taken.by,
        today=taken.today,
    )
    return budget.number


def _lines_from(values: Mapping[str, str], kind: LineKind) -> Iterator[LineData]:
    """The lines that are filled in. A text without an amount, or the other way, is asked about at its field."""
    for number in _numbers(values, kind):
        code = f"{kind.value}_{number}"
        text, amount = values.get(code, ""), values.get(f"{code}_amount", "")
        if text and not amount:
            raise Refused(
                _("Write the amount of “%(what)s”, or empty the line.") % {"what": text}, field=f"{code}_amount"
            )
        if amount and not text:
            raise Refused(_("Write what the amount is for, or empty the line."), field=code)
        if text:
            yield LineData(kind, text, Decimal(amount))


def _numbers(values: Iterable[str], kind: LineKind) -> list[int]:
    parts = (
        code.removeprefix(f"{kind.value}_").removesuffix("_amount") for code in values if code.startswith(kind.value)
    )
    return sorted({int(part) for part in parts if NUMBER.fullmatch(part)})


ESTABLISHMENT = FormKind(
    code=BudgetKind.ESTABLISHMENT.value,
    label="Etableringsbudget",
    intro="Her skriver du, hvad det koster at begynde, og hvad du selv har. Resten er det, du har brug for at låne.",
    document_kind=DocumentKind.BUDGET,
    parts=establishment_parts,
    stored=establishment_stored,
    save=save_establishment,
    page="screening:budget",
    beyond=lines_beyond,
)


def register() -> None:
    form_kinds.register(ESTABLISHMENT.code, ESTABLISHMENT, order=100)
