"""Screenings and budgets in the case file (docs/decisions/113). A draft is a working paper, and is not in it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.case_file import Item, Section, register
from cases.models import CaseFile
from microloan.core import danish
from screening import presentation, queries, year_presentation
from screening.enums import BudgetKind, LineKind, ScreeningNumber, ScreeningState
from screening.models import Budget, HearingRecord, Screening
from screening.registry import Material
from screening.services import hearings_of, material_of, outcome_words, year_budget_of
from screening.year_forms import rows_in_words


def register_sections() -> None:
    register(Section("screenings", gettext_lazy("Screenings and budgets"), items, order=40))


def items(case: CaseFile) -> Iterator[Item]:
    for screening in queries.screening_of(case).exclude(state=ScreeningState.DRAFT).order_by("number", "round"):
        screening.case = case
        yield _screening(screening)
    budgets = case.budgets.select_related("created_by", "frame__rule_set").prefetch_related("lines", "rows")
    for budget in budgets.order_by("number", "kind"):
        version = _("version %(number)s") % {"number": budget.number}
        yield Item(
            title=f"{budget.get_kind_display()}, {version}",
            at=budget.created_at,
            by=budget.created_by.full_name,
            rows=[(_("State"), budget.get_state_display()), (_("Remarks"), budget.note)],
            text=_lines_of(budget),
        )


def _lines_of(budget: Budget) -> str:
    if budget.kind == BudgetKind.ESTABLISHMENT:
        return "\n".join(
            f"{LineKind(line.kind).label}: {line.text}, {danish.kr(line.amount)}" for line in budget.lines.all()
        )
    year = year_budget_of(budget)
    shown = year_presentation.shown(year)
    facts = "\n".join(f"{label}: {value}" for label, value in [*shown.facts, *shown.dates])
    return "\n".join([shown.finding, rows_in_words(year.rows), facts])


def _screening(screening: Screening) -> Item:
    """As it was sent to the project lead and decided: each answer with what was said to it."""
    round_words = _("round %(number)s") % {"number": screening.round}
    title = f"{ScreeningNumber(screening.number).label}, {round_words}"
    rows = [
        (answer.label, "\n".join(part for part in (answer.value, answer.note) if part))
        for answer in presentation.answers_of(screening, screening.held_on)
    ]
    if screening.recommendation:
        rows.append((_("Recommendation"), outcome_words(screening, screening.recommendation)))
    if screening.is_decided:
        rows.append((_("Result"), presentation.result_of(screening)["word"]))
        rows += presentation.decision_rows(screening)
        rows += [(f"{item.label} v{item.version}", _figures(item)) for item in material_of(screening)]
    rows += _hearing(screening)
    return Item(title=title, at=screening.held_on, rows=rows)


def _figures(item: Material) -> str:
    return "\n".join(f"{label}: {value}" for label, value in item.figures) or _("version %(number)s") % {
        "number": item.version
    }


def _hearing(screening: Screening) -> list[tuple[str, str]]:
    """What the citizen was shown before a stop, and answered; also where the recommendation was written anew since."""
    return [row for record in reversed(hearings_of(screening)) for row in _heard(record)]


def _heard(record: HearingRecord) -> list[tuple[str, str]]:
    sent = _("Sent %(date)s, to be answered by %(by)s:") % {
        "date": danish.long_date(record.sent_on),
        "by": danish.long_date(record.answer_by),
    }
    answer = f"{danish.long_date(record.answered_on)}: {record.answer}" if record.answered_on else _("No answer yet")
    return [(_("Hearing of the citizen"), f"{sent}\n{record.shown}"), (_("Answer"), answer)]
