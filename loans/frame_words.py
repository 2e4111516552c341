"""The yearly frame and the forecast in words and as a chart."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from loans.rules.frame import FORECAST_MONTHS, FrameFigures
from microloan.core import charts, danish
from microloan.core.money import ZERO
from microloan.core.months import add_months, month_start


def finding_of(figures: FrameFigures) -> str:
    """The heading of the year: what is left, or that it is used up, or that no frame is set."""
    words: dict[str, object] = {"year": figures.year}
    if figures.amount is None or figures.left is None:
        return _("No frame is set for %(year)s") % words
    words |= {"left": danish.kr(abs(figures.left)), "frame": danish.kr(figures.amount)}
    if figures.left < 0:
        return _("%(left)s more is granted than the frame of %(frame)s in %(year)s") % words
    return _("%(left)s is left of the frame of %(frame)s in %(year)s") % words


def figure_rows(figures: FrameFigures) -> list[tuple[str, str]]:
    """The figures as terms and amounts; what makes the frame smaller comes first."""
    rows = [
        (_("Frame"), danish.kr(figures.amount) if figures.amount is not None else _("not set")),
        (_("Paid out"), danish.kr(figures.paid_out)),
        (_("Granted, not paid out yet"), danish.kr(figures.committed)),
    ]
    if figures.left is not None:
        rows.append((_("Left"), danish.kr(figures.left)))
    rows += [
        (_("Proposed, not decided (binds nothing)"), danish.kr(figures.proposed)),
        (_("Repaid by citizens in the year"), danish.kr(figures.repaid)),
        (_("Recovered in the year"), danish.kr(figures.recovered)),
        (_("Written off in the year"), danish.kr(figures.written_off)),
        (_("Grants paid out (outside the frame)"), danish.kr(figures.grants)),
    ]
    return rows


def month_labels(today: date) -> list[str]:
    """The coming twelve months by name, this one first."""
    first = month_start(today)
    return [danish.month_name(add_months(first, number)) for number in range(FORECAST_MONTHS)]


def forecast_finding(amounts: Sequence[Decimal]) -> str:
    total = sum(amounts, ZERO)
    if not total:
        return _("No instalments fall due in the coming 12 months")
    return _("%(total)s falls due in the coming 12 months") % {"total": danish.kr(total)}


def forecast_chart(amounts: Sequence[Decimal], today: date) -> SafeString:
    first = month_start(today)
    return charts.columns(
        key="forecast",
        title=forecast_finding(amounts),
        description=_("Columns with the instalments that fall due in each month. The table has the same numbers."),
        labels=[danish.MONTHS[add_months(first, number).month - 1][:3] for number in range(FORECAST_MONTHS)],
        values=list(amounts),
    )


def frame_words(figures: FrameFigures, amount: Decimal) -> str:
    """What a loan of this amount would do to the frame, for the one who decides it (domain.md §7: it warns, never blocks)."""
    words: dict[str, object] = {"year": figures.year}
    if figures.left is None:
        return _("No frame is set for %(year)s.") % words
    after = figures.left_after(amount)
    words |= {"left": danish.kr(figures.left), "after": danish.kr(abs(after or ZERO))}
    if after is not None and after < 0:
        return _("%(left)s is left in %(year)s. With this loan the frame is passed by %(after)s.") % words
    return _("%(left)s is left in %(year)s; %(after)s with this loan.") % words
