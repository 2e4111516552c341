"""Two versions of a budget side by side: what they come to, what they rest on, and each line (domain.md §4)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.views.base import get_case
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import danish
from microloan.core.money import ZERO
from screening import queries, services, year_presentation
from screening.enums import BudgetKind, LineKind, RowSection
from screening.models import Budget
from screening.paper_forms import CompareForm
from screening.sheet_views import kind_of
from screening.year_facts import figures_of
from screening.year_views import context_of

Key = tuple[str, str, int]


@dataclass(frozen=True)
class Pair:
    """One thing in two versions. `note`: what the two columns do not show, such as amounts that moved to other months."""

    label: str
    before: str
    after: str
    note: str = ""

    @property
    def change(self) -> str:
        if self.before == self.after:
            return "changed" if self.note else ""
        return "added" if not self.before else "changed" if self.after else "removed"


@dataclass(frozen=True)
class Part:
    code: str
    title: str
    pairs: list[Pair]

    @property
    def changes(self) -> int:
        return sum(bool(pair.change) for pair in self.pairs)


@dataclass(frozen=True)
class Line:
    """A line as it is compared: its amounts, and what else is said of it."""

    amounts: tuple[Decimal, ...]
    more: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        return sum(self.amounts, ZERO)


def compared(before: Budget, after: Budget) -> list[Part]:
    parts = [
        Part("result", _("What it comes to"), list(_told(_figures(before), _figures(after)))),
        Part("frame", _("What the budget rests on"), list(_told(_frame(before), _frame(after)))),
        *_sections(before, after),
    ]
    return [part for part in parts if part.pairs]


def _figures(budget: Budget) -> dict[str, str]:
    if budget.kind == BudgetKind.ESTABLISHMENT:
        totals = services.budget_totals(budget)
        return {
            _("Expenses"): danish.kr(totals["expenses"]),
            _("Own funds and other financing"): danish.kr(totals["own_funds"]),
            _("Loan need"): danish.kr(totals["loan_need"]),
        }
    return dict(figures_of(services.year_budget_of(budget)))


def _frame(budget: Budget) -> dict[str, str]:
    facts = [(_("Remarks"), budget.note)] if budget.note else []
    if budget.kind != BudgetKind.ESTABLISHMENT:
        facts = [*year_presentation.shown(services.year_budget_of(budget)).facts, *facts]
    return dict(facts)


def _told(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Pair]:
    for label in dict.fromkeys([*before, *after]):
        yield Pair(label, before.get(label, ""), after.get(label, ""))


def _sections(before: Budget, after: Budget) -> Iterator[Part]:
    old, new = _lines(before), _lines(after)
    titles = {**dict(LineKind.choices), **dict(RowSection.choices)}
    for section, title in titles.items():
        keys = [key for key in dict.fromkeys([*old, *new]) if key[0] == section]
        yield Part(section, str(title), [_pair(key[1], old.get(key), new.get(key)) for key in keys])


def _pair(label: str, before: Line | None, after: Line | None) -> Pair:
    words = [danish.kr(line.total) if line else "" for line in (before, after)]
    return Pair(label, words[0], words[1], note=_note(before, after) if before and after else "")


def _note(before: Line, after: Line) -> str:
    if before.total != after.total:
        sign = "+" if after.total > before.total else "−"
        return f"{sign}{danish.kr(abs(after.total - before.total))}"
    if before.amounts != after.amounts:
        return _("other months")
    return _("other remarks") if before.more != after.more else ""


def _lines(budget: Budget) -> dict[Key, Line]:
    """The lines by heading and name; where two have the same name, by their order."""
    seen: Counter[tuple[str, str]] = Counter()
    found: dict[Key, Line] = {}
    for section, text, line in _read(budget):
        seen[section, text] += 1
        found[section, text, seen[section, text]] = line
    return found


def _read(budget: Budget) -> Iterable[tuple[str, str, Line]]:
    if budget.kind == BudgetKind.ESTABLISHMENT:
        return [(line.kind, line.text, Line((line.amount,))) for line in budget.lines.all()]
    rows = budget.rows.all()
    return [(row.section, row.text, Line(tuple(row.amounts), (row.source, str(row.vat)))) for row in rows]


@team_required
@require_safe
def budget_compare(request: StaffRequest, number: str, kind: str) -> HttpResponse:
    """Two versions of a budget side by side; the two newest where none are asked for."""
    case, of = get_case(request, number), kind_of(kind)
    versions = queries.budgets_of(case, of)
    if len(versions) < 2:
        raise Http404
    chosen = {"before": versions[1].number, "after": versions[0].number}
    form = CompareForm(request.GET if {"before", "after"} <= set(request.GET) else chosen, versions=versions)
    if form.is_valid():
        chosen = form.cleaned_data
    found = {version.number: version for version in versions}
    before, after = found[chosen["before"]], found[chosen["after"]]
    parts = compared(before, after)
    context = {
        "form": form,
        "before": before,
        "after": after,
        "parts": parts,
        "changes": sum(part.changes for part in parts if part.code != "result"),
    }
    return render(request, "screening/budget_compare.html", context_of(request, case, of, **context))
