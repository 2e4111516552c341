"""The calculation in words: result, steps, uncertainty, and what moves it most."""

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from microloan.core import charts, danish
from reports.forms import PayoffForm
from reports.rules import break_even as rules
from reports.rules.break_even import SENSITIVITY_PERCENT, Assumptions, Counted
from reports.rules.overview import FEW
from reports.rules.suppression import is_safe_share

MOST_SWINGS = 8


@dataclass(frozen=True)
class Payoff:
    """All that the page shows."""

    finding: str
    rows: list[tuple[Any, str]]
    actual: str
    difference: str
    chart: SafeString | None
    swings: list[tuple[str, str, str]]
    assumptions: list[tuple[Any, str]]


def assumptions_of(values: dict[str, Any]) -> Assumptions:
    """From what was typed or saved."""
    whole = ("participants", "years")
    typed: dict[str, Any] = {
        field.name: int(values[field.name]) if field.name in whole else Decimal(values[field.name])
        for field in fields(Assumptions)
    }
    return Assumptions(**typed)


def payoff_of(given: Assumptions, counted: Counted, *, aggregates_only: bool) -> Payoff:
    """A manager sees how many are self-supporting only where it gives nobody away."""
    found = rules.calculate(given)
    names = {"programme": "programme_cost", "courses": "course_cost", "loans_lost": "loans_lost"}
    labels = {code: _label(name) for code, name in names.items()}
    labels["support"] = _("Living support, without what would have been paid anyway")
    rows = [(labels[line.code], danish.kr(_kroner(line.amount))) for line in found.costs]
    rows += [
        (_("Costs in all"), danish.kr(_kroner(found.cost))),
        (_("Saved by one who is self-supporting all the years"), danish.kr(_kroner(found.saved_per_person))),
    ]
    # Asked of what was counted: who may type any number of participants must not get round it.
    hidden = aggregates_only and not is_safe_share(counted.self_supporting, counted.participants)
    known = None if hidden or counted.self_supporting > given.participants else counted.self_supporting
    swings = rules.sensitivity(given)[:MOST_SWINGS]
    return Payoff(
        finding=_finding(found, given),
        rows=rows,
        actual=_actual(given, known),
        difference=_difference(given, known),
        chart=_chart(found, swings),
        swings=[(str(_label(one.name)), _percent(one.when_lower), _percent(one.when_higher)) for one in swings],
        assumptions=[(_label(field.name), _shown(field.name, getattr(given, field.name))) for field in fields(given)],
    )


def _label(name: str) -> Any:
    return PayoffForm.base_fields[name].label


def _kroner(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1), rounding="ROUND_HALF_UP")


def _percent(share: Decimal) -> str:
    return danish.percent(share * 100, 1)


def _shown(name: str, value: Any) -> str:
    if name in ("participants", "years"):
        return danish.number(value)
    return danish.percent(value) if name.endswith("_percent") else danish.kr(value)


def _finding(found: rules.Result, given: Assumptions) -> str:
    if found.break_even_share is None or found.break_even_people is None:
        return _("Nothing is saved by these assumptions, so it cannot pay")
    facts = {
        "share": _percent(found.break_even_share),
        "people": danish.number(found.break_even_people, 1),
        "all": danish.number(given.participants),
        "years": danish.number(given.years),
    }
    if found.break_even_share > 1:
        return _("It cannot pay by these assumptions: %(people)s of %(all)s would have to be self-supporting") % facts
    return _("It pays when %(share)s are self-supporting for %(years)s years: %(people)s of %(all)s") % facts


def _actual(given: Assumptions, known: int | None) -> str:
    """The actual share beside it, with its range; no percentage of few (ui-guide.md §3.6)."""
    if known is None:
        return _("How many are self-supporting is not known, or they are too few to be shown.")
    facts: dict[str, str] = {"part": danish.number(known), "all": danish.number(given.participants)}
    share = rules.actual(given, known)
    if given.participants < FEW or share is None:
        return _("%(part)s of %(all)s are self-supporting at the cut-off: too few to tell a share.") % facts
    facts |= {"share": danish.percent(share.value * 100), "low": danish.percent(share.low * 100)}
    facts["high"] = danish.percent(share.high * 100)
    return _(
        "%(part)s of %(all)s are self-supporting at the cut-off, %(share)s. With so many people the true share may lie "
        "from %(low)s to %(high)s. Whether they stay so for all the years is not known yet."
    ) % facts  # fmt: skip


def _difference(given: Assumptions, known: int | None) -> str:
    if known is None:
        return ""
    result = _kroner(rules.result_for(given, known))
    facts = {"amount": danish.kr(abs(result))}
    if result >= 0:
        return _("If they stay so, %(amount)s more is saved than spent.") % facts
    return _("If they stay so, %(amount)s more is spent than saved.") % facts


def _chart(found: rules.Result, swings: list[rules.Swing]) -> SafeString | None:
    if found.break_even_share is None or not swings:
        return None
    return charts.ranges(
        key="swings",
        title=_("What moves the share at which it pays"),
        description=_("For each assumption, the share when it is %(percent)s lower and higher. The table has the same.")
        % {"percent": danish.percent(SENSITIVITY_PERCENT)},
        spans=[
            charts.Span(
                str(_label(one.name)),
                one.when_lower,
                one.when_higher,
                _percent(one.when_lower),
                _percent(one.when_higher),
            )
            for one in swings
        ],
        middle=found.break_even_share,
        words=_percent(found.break_even_share),
    )
