"""Operating and liquidity budgets as forms for the citizen. What is worked out (VAT, tax, loan) is not asked."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext as _

from cases.enums import DocumentKind
from cases.models import CaseFile
from microloan.core.errors import Refused
from microloan.core.money import ZERO
from microloan.core.months import add_months, month_start
from screening.budget_rules import WITH_VAT, Row
from screening.citizen_forms.kinds import FormKind, Stored, Taken, form_kinds
from screening.enums import BudgetKind, RowSection, VatPeriod
from screening.models import Budget, BudgetRow
from screening.papers.questions import AnswerKind, Part, Question
from screening.services.budgets import PATHS, latest_budget
from screening.services.year_budgets import MOST_ROWS, FrameData, amounts_of, save_year_budget, sections_of

LEAST_ROWS, FREE_ROWS = 4, 2
TITLES = {
    RowSection.SALES: "Salg",
    RowSection.OTHER_IN: "Andre penge ind",
    RowSection.GOODS: "Varer og materialer",
    RowSection.COSTS: "Faste udgifter",
    RowSection.START: "Køb til starten",
    RowSection.PRIVATE: "Det, du selv tager ud",
}
MONTHS = ("Jan.", "Feb.", "Marts", "April", "Maj", "Juni", "Juli", "Aug.", "Sep.", "Okt.", "Nov.", "Dec.")
# Words of the choice, fixed: they are in the forms that are out.
VAT_WORDS = {
    VatPeriod.NONE: "Ikke momsregistreret",
    VatPeriod.QUARTER: "Hvert kvartal",
    VatPeriod.HALF_YEAR: "Hvert halve år",
}


@dataclass(frozen=True)
class Line:
    """The codes of one line's fields."""

    section: RowSection
    number: int

    @property
    def code(self) -> str:
        return f"{self.section.value}_{self.number}"

    def amount(self, month: int) -> str:
        return f"{self.code}_m{month}"

    @property
    def source(self) -> str:
        return f"{self.code}_source"


def parts_of_budget(kind: str, case: CaseFile) -> tuple[Part, ...]:
    budget = latest_budget(case, kind=kind)
    sections = [_section_part(kind, section, budget) for section in sections_of(kind)]
    return (
        _frame_part(kind),
        *sections,
        Part("remarks", "Bemærkninger", (Question("note", "Er der andet, vi skal vide om tallene?"),)),
    )


def _frame_part(kind: str) -> Part:
    vat = Question("vat_period", "Hvor tit betaler du moms?", kind=AnswerKind.CHOICE, choices=tuple(VAT_WORDS.values()))
    questions = [
        Question("starts_on", "Hvilken måned begynder budgettet?", "Skriv den første i måneden.", kind=AnswerKind.DATE),
        vat,
        Question("b_tax", "Hvor meget B-skat betaler du på et år?", "I kroner.", kind=AnswerKind.AMOUNT),
    ]
    if kind == BudgetKind.LIQUIDITY:
        questions.append(
            Question("opening", "Hvor mange penge har du på kontoen ved starten?", "I kroner.", kind=AnswerKind.AMOUNT)
        )
    return Part("frame", "Om budgettet", tuple(questions))


def _section_part(kind: str, section: RowSection, budget: Budget | None) -> Part:
    filled = len(_rows_of(budget, section))
    count = min(max(LEAST_ROWS, filled + FREE_ROWS), MOST_ROWS)
    title, many = TITLES[section], amounts_of(kind) > 1
    columns = ("Hvad?", *(_months_of(budget) if many else ("Kroner på et år",)))
    if section == RowSection.SALES:
        columns = (*columns, "Hvorfra ved du det?")
    questions = [q for number in range(1, count + 1) for q in _line(kind, Line(section, number), title)]
    return Part(section.value, title, tuple(questions), columns=columns)


def _months_of(budget: Budget | None) -> list[str]:
    if budget is None:
        return [f"Måned {number}" for number in range(1, 13)]
    first = budget.frame.starts_on.month - 1
    return [MONTHS[(first + index) % 12] for index in range(12)]


def _line(kind: str, line: Line, title: str) -> Iterator[Question]:
    what, many = f"{title}, linje {line.number}", amounts_of(kind) > 1
    yield Question(line.code, f"{what}: hvad?", kind=AnswerKind.LINE)
    for month in range(1, amounts_of(kind) + 1):
        name = f"{what}: kroner i måned {month}" if many else f"{what}: kroner på et år"
        yield Question(line.amount(month), name, kind=AnswerKind.AMOUNT)
    if line.section == RowSection.SALES:
        yield Question(line.source, f"{what}: hvorfra ved du det?", kind=AnswerKind.LINE)


def lines_beyond(kind: str, case: CaseFile, codes: Collection[str]) -> Iterator[Question]:
    """Lines of a form that was made when the budget had more of them."""
    for section in sections_of(kind):
        for number in range(1, MOST_ROWS + 1):
            line = Line(section, number)
            if any(code == line.code or code.startswith(f"{line.code}_") for code in codes):
                yield from _line(kind, line, TITLES[section])


def _rows_of(budget: Budget | None, section: RowSection) -> list[BudgetRow]:
    return [row for row in budget.rows.all() if row.section == section] if budget else []


def stored_budget(kind: str, case: CaseFile) -> Stored:
    budget = latest_budget(case, kind=kind)
    if budget is None:
        return Stored()
    frame = budget.frame
    values = {
        "starts_on": frame.starts_on.isoformat(),
        "vat_period": VAT_WORDS[VatPeriod(frame.vat_period)],
        "b_tax": _plain(frame.b_tax),
        "note": budget.note,
    }
    if kind == BudgetKind.LIQUIDITY:
        values["opening"] = _plain(frame.opening)
    for section in sections_of(kind):
        for number, row in enumerate(_rows_of(budget, section), start=1):
            values |= _stored_row(Line(section, number), row)
    return Stored(budget.number, {code: text for code, text in values.items() if text})


def _stored_row(line: Line, row: BudgetRow) -> dict[str, str]:
    amounts = {line.amount(month): _plain(amount) for month, amount in enumerate(row.amounts, start=1)}
    source = {line.source: row.source} if line.section == RowSection.SALES else {}
    return {line.code: row.text, **amounts, **source}


def _plain(amount: Decimal) -> str:
    return f"{amount:.2f}" if amount else ""


def save_taken_budget(kind: str, taken: Taken) -> int:
    values = taken.values
    if not values.get("starts_on"):
        raise Refused(_("Write the first month of the budget."), field="starts_on")
    words = {text: period for period, text in VAT_WORDS.items()}
    data = FrameData(
        starts_on=date.fromisoformat(values["starts_on"]),
        vat_period=words.get(values.get("vat_period", ""), VatPeriod.NONE).value,
        opening=Decimal(values.get("opening") or ZERO),
        b_tax=Decimal(values.get("b_tax") or ZERO),
    )
    vat = _with_vat(kind, taken.case, data)
    budget = save_year_budget(
        case=taken.case,
        kind=kind,
        rows=list(_rows_from(kind, values, vat)),
        data=data,
        note=values.get("note", ""),
        base_number=taken.base,
        by=taken.by,
        today=taken.today,
    )
    return budget.number


def usual_frame(today: date) -> dict[str, str]:
    """The first month that the pages begin with too, where the citizen has not written one that can be read."""
    return {"starts_on": add_months(month_start(today), 1).isoformat()}


def _with_vat(kind: str, case: CaseFile, data: FrameData) -> Callable[[str, str], bool]:
    """Whether a line is with VAT is not asked on the form: a line that is stored keeps its mark; a new one of a registered
    business is with VAT where there can be any."""
    budget = latest_budget(case, kind=kind)
    kept = {(row.section, row.text): row.vat for row in budget.rows.all()} if budget else {}
    usual = kind == BudgetKind.LIQUIDITY and data.vat_period != VatPeriod.NONE

    def answer(section: str, text: str) -> bool:
        return kept.get((section, text), usual and section in WITH_VAT)

    return answer


def _rows_from(kind: str, values: Mapping[str, str], vat: Callable[[str, str], bool]) -> Iterator[Row]:
    for section in sections_of(kind):
        for number in range(1, MOST_ROWS + 1):
            line = Line(section, number)
            text = values.get(line.code, "")
            amounts = tuple(Decimal(values.get(line.amount(month)) or ZERO) for month in range(1, amounts_of(kind) + 1))
            if any(amounts) and not text:
                raise Refused(_("Write what the amount is for, or empty the line."), field=line.code)
            if text and not any(amounts):
                raise Refused(
                    _("Write the amount of “%(what)s”, or empty the line.") % {"what": text}, field=line.amount(1)
                )
            if text:
                yield Row(
                    section.value, text, amounts, vat=vat(section.value, text), source=values.get(line.source, "")
                )


def _kind(kind: BudgetKind, label: str, intro: str) -> FormKind:
    return FormKind(
        code=kind.value,
        label=label,
        intro=intro,
        document_kind=DocumentKind.BUDGET,
        parts=partial(parts_of_budget, kind.value),
        stored=partial(stored_budget, kind.value),
        save=partial(save_taken_budget, kind.value),
        page="screening:year_budget",
        page_kwargs={"kind": PATHS[kind.value]},
        beyond=partial(lines_beyond, kind.value),
        assumed=usual_frame,
        is_wide=kind == BudgetKind.LIQUIDITY,
    )


KINDS = (
    _kind(
        BudgetKind.OPERATING,
        "Driftsbudget",
        "Her skriver du, hvad du sælger, og hvad virksomheden koster på et år. Skriv beløbene uden moms.",
    ),
    _kind(
        BudgetKind.LIQUIDITY,
        "Likviditetsbudget",
        "Her skriver du, hvornår pengene kommer ind og går ud, måned for måned. Moms, skat og afdrag på lånet regner vi ud.",
    ),
)


def register() -> None:
    for order, kind in enumerate(KINDS, start=1):
        form_kinds.register(kind.code, kind, order=100 + order * 10)
