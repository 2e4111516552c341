"""The overview: figures in aggregate. Coaches and the project lead choose freely; managers see no small numbers."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from cases.enums import Channel, Phase
from cases.models import Cohort
from microloan.accounts.enums import TEAM, AccessAction, Role
from microloan.accounts.perms import role_required
from microloan.accounts.services import log_access
from microloan.core import clock
from microloan.core.export import xlsx_response
from reports import queries
from reports.forms import AggregateForm, OverviewForm
from reports.history_uploads import LOADERS
from reports.rules import overview as words
from reports.rules.quarters import quarter_ends
from reports.rules.suppression import suppress_counts, suppress_tables

# Who learns from ratings and outcomes.
LEARNERS: frozenset[str] = frozenset({Role.PROJECT_LEAD, Role.MANAGER})
overview_required = role_required(Role.MANAGER, *TEAM)


@dataclass(frozen=True)
class Choice:
    form: OverviewForm | AggregateForm
    cohorts: list[Cohort]
    as_of: date
    aggregates_only: bool

    def tables(self) -> dict[str, Any]:
        figures = queries.cohort_figures(self.cohorts, as_of=self.as_of)
        return suppress_tables(figures) if self.aggregates_only else figures


def _choice(request: HttpRequest) -> Choice:
    """What the address asks for; without an answer, all cohorts begun by today (managers: by the last quarter's end)."""
    today = clock.today()
    aggregates_only = request.user.role == Role.MANAGER
    as_of = quarter_ends(today)[0] if aggregates_only else today
    started = queries.cohorts_started_by(as_of)
    form: OverviewForm | AggregateForm
    if aggregates_only:
        form = AggregateForm(request.GET or None, initial={"as_of": as_of.isoformat()}, today=today)
    else:
        form = OverviewForm(request.GET or None, initial={"as_of": as_of, "cohorts": [c.pk for c in started]})
    if not (form.is_bound and form.is_valid()):
        return Choice(form, list(started), as_of, aggregates_only)
    as_of = form.cleaned_data["as_of"]
    cohorts = queries.cohorts_started_by(as_of) if aggregates_only else form.cleaned_data["cohorts"]
    return Choice(form, list(cohorts), as_of, aggregates_only)


@overview_required
def overview(request: HttpRequest) -> HttpResponse:
    choice = _choice(request)
    tables = choice.tables()
    blocks = words.blocks(tables)
    context = {
        "form": choice.form,
        "as_of": choice.as_of,
        "cohorts": choice.cohorts,
        "aggregates_only": choice.aggregates_only,
        "blocks": blocks,
        "tiles": words.tiles(tables),
        "phases": _phases(choice.aggregates_only),
        "channels": _channels(choice.as_of, aggregates_only=choice.aggregates_only),
        "partners": [] if choice.aggregates_only else queries.cases_per_partner(choice.as_of),
        "query": request.GET.urlencode(),
        "may_learn": request.user.role in LEARNERS,
        "may_load": request.user.role in LOADERS,
    }
    return render(request, "reports/overview.html", context)


def _phases(aggregates_only: bool) -> list[tuple[str, int, str]]:
    """Open cases per phase."""
    counts = queries.open_cases_per_phase()
    return _bars([str(Phase(phase).label) for phase in counts], list(counts.values()), aggregates_only)


def _channels(as_of: date, *, aggregates_only: bool) -> list[tuple[str, int, str]]:
    """Cases opened, by how the citizen came to the programme."""
    counts = queries.cases_per_channel(as_of)
    return _bars([str(Channel(channel).label) for channel in counts], list(counts.values()), aggregates_only)


def _bars(labels: list[str], counts: list[int], aggregates_only: bool) -> list[tuple[str, int, str]]:
    """Label, length of the bar, words. What is hidden has no bar."""
    cells = suppress_counts(counts)[0] if aggregates_only else counts
    largest = max(counts, default=0) or 1
    return [
        (label, 100 * cell // largest if isinstance(cell, int) else 0, words.text(cell))
        for label, cell in zip(labels, cells, strict=True)
    ]


@overview_required
def overview_workbook(request: HttpRequest) -> HttpResponseBase:
    """The same tables as a workbook, one sheet each; what the page hides is hidden here too."""
    choice = _choice(request)
    sheets = {
        block.title: (
            block.headings,
            [[words.plain(cell) for cell in row] for row in [*block.rows, block.total] if row],
        )
        for block in words.blocks(choice.tables())
    }
    log_access(
        user=request.user,
        action=AccessAction.EXPORT,
        what="reports:overview_workbook",
        purpose=_("Figures in aggregate"),
    )
    return xlsx_response(_("cohort-tables-%(date)s") % {"date": choice.as_of}, sheets)
