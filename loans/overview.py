"""What the loan page shows: the plan folded by years, the ledger with its running balance, support, what may be done.

All figures come from the stored rows and `rules`; nothing is computed a second way (domain.md §1).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cases.enums import Phase
from cases.models import CaseFile
from loans import rules
from loans.enums import EntryKind, LoanOutcome, OrderState, PeriodKind, SupportKind
from loans.models import LedgerEntry, Loan, LoanDecision, PlanChange, PlanVersion, SupportPeriod
from loans.queries import balance_of, not_paid_out, payout_date, payouts_of, rule_entries
from loans.services import limits_of
from loans.services.payouts import why_not_undone
from loans.services.reversals import REVERSIBLE
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core import clock, danish
from microloan.core.money import ZERO


@dataclass(frozen=True)
class Line:
    """One line of the plan as it is shown. `state`: paid, partly, late, due, handed_over, written_off or planned."""

    number: int
    due: date
    amount: Decimal
    paid: Decimal
    remaining: Decimal
    state: str
    paid_on: date | None = None
    is_rest: bool = False

    @property
    def key(self) -> str:
        """What `loans.explain` knows it by."""
        return f"line-{self.number}"


@dataclass(frozen=True)
class Year:
    """The lines of one year, folded; `pauses` are the deferments that begin in it."""

    year: int
    lines: tuple[Line, ...]
    is_open: bool
    pauses: tuple[rules.Deferment, ...] = ()

    @property
    def amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def paid(self) -> Decimal:
        return sum((line.paid for line in self.lines), ZERO)

    @property
    def late(self) -> int:
        return sum(line.state == "late" for line in self.lines)


@dataclass(frozen=True)
class Money:
    """The figures in the head of the loan page, in kroner. `share` is whole per cent paid, cut."""

    paid_out: Decimal
    paid: Decimal
    balance: Decimal
    handed_over: Decimal = ZERO
    written_off: Decimal = ZERO
    overpaid: Decimal = ZERO
    share: int = 0
    late: Decimal = ZERO


def money_of(loan: Loan, position: rules.Position | None, today: date) -> Money:
    """Where the loan stands. For an imported loan, which has no plan, the ledger alone says it."""
    if payout_date(loan) is None:
        return Money(ZERO, ZERO, ZERO)
    if position is None:
        return _money_of_ledger(loan)
    return Money(
        paid_out=loan.principal - not_paid_out(loan),
        paid=position.paid,
        balance=position.outstanding - not_paid_out(loan),
        handed_over=position.handed_over,
        written_off=position.written_off,
        overpaid=position.overpaid,
        share=_share(position.paid, loan.principal),
        late=rules.late_total(position, today),
    )


def _money_of_ledger(loan: Loan) -> Money:
    if loan.kind == SupportKind.GRANT:
        return Money(loan.principal, ZERO, ZERO)
    counting = rules.effective(rule_entries(loan.entries.all()))
    sums = {kind: sum((e.amount for e in counting if e.kind is kind), ZERO) for kind in EntryKind}
    recovered = -sums[EntryKind.RECOVERY_PAYMENT]
    paid = -sums[EntryKind.PAYMENT] - sums[EntryKind.CORRECTION] - sums[EntryKind.REFUND] + recovered
    balance = balance_of(loan)
    return Money(
        paid_out=sums[EntryKind.PAYOUT],
        paid=paid + min(balance, ZERO),
        balance=max(balance, ZERO),
        handed_over=max(-sums[EntryKind.HANDOVER] - recovered, ZERO),
        written_off=-sums[EntryKind.WRITE_OFF],
        overpaid=max(-balance, ZERO),
        share=_share(paid, loan.principal),
    )


def _share(paid: Decimal, principal: Decimal) -> int:
    return int(max(ZERO, min(paid, principal)) * 100 // principal)


# --- The plan ---------------------------------------------------------------------------------------------------------


def lines_of(plan: PlanVersion | None, position: rules.Position | None, today: date) -> list[Line]:
    """The lines of the plan in force with what has happened to each; of an older version, or before payout, as planned."""
    if position is not None:
        states = position.lines
        return [_line(state, today, is_rest=state is states[-1]) for state in states]
    rows = list(plan.instalments.all()) if plan else []
    return [
        Line(row.number, row.due_on, row.amount, ZERO, row.amount, "planned", is_rest=row is rows[-1]) for row in rows
    ]


def _line(state: rules.LineState, today: date, *, is_rest: bool) -> Line:
    return Line(
        number=state.number,
        due=state.due,
        amount=state.amount,
        paid=state.paid,
        remaining=state.remaining,
        state=_state(state, today),
        paid_on=state.paid_on,
        is_rest=is_rest,
    )


def _state(line: rules.LineState, today: date) -> str:
    if line.remaining:
        if line.due < today:
            return "late"
        return "partly" if line.paid else "due"
    if line.handed_over:
        return "handed_over"
    return "written_off" if line.written_off else "paid"


SHOWN = ("all", "year", "late")


def years_of(lines: Iterable[Line], today: date, shown: str, pauses: Iterable[rules.Deferment] = ()) -> list[Year]:
    """The lines folded by year, with the deferments that begin in it; this year and years with something late stand
    open."""
    of_year: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        if _is_wanted(line, today, shown):
            of_year[line.due.year].append(line)
    begin: dict[int, list[rules.Deferment]] = defaultdict(list)
    for pause in pauses:
        if shown == "all" or (shown == "year" and pause.from_month.year == today.year):
            begin[pause.from_month.year].append(pause)
    years = [
        Year(
            year,
            tuple(of_year[year]),
            shown != "all" or year == today.year or any(line.state == "late" for line in of_year[year]),
            tuple(begin[year]),
        )
        for year in sorted({*of_year, *begin})
    ]
    if years and not any(year.is_open for year in years):
        years[0] = replace(years[0], is_open=True)
    return years


def _is_wanted(line: Line, today: date, shown: str) -> bool:
    return (
        shown == "all"
        or (shown == "year" and line.due.year == today.year)
        or (shown == "late" and line.state == "late")
    )


# --- The ledger -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Posting:
    """A ledger entry with the balance after it."""

    entry: LedgerEntry
    balance: Decimal
    is_reversed: bool = False
    ends_day: bool = False

    @property
    def has_day(self) -> bool:
        """Whether the balance after it is the one that is explained for the end of its day."""
        return self.ends_day and self.balance >= 0

    @property
    def key(self) -> str:
        """Under which the entry is explained (`loans.explain`)."""
        return f"entry-{self.entry.pk}"

    @property
    def may_be_reversed(self) -> bool:
        """Whether it is an entry that two people reverse on a page (domain.md §7.4)."""
        return self.entry.kind in REVERSIBLE and not self.is_reversed


def postings_of(loan: Loan) -> list[Posting]:
    """The whole ledger by value date, the newest first, each with what was owed to us after it.

    Money that came through recovery does not change that: the hand-over had taken it off already.
    """
    entries = sorted(loan.entries.all(), key=lambda entry: (entry.value_date, entry.pk))
    recovered = {entry.pk for entry in entries if entry.kind == EntryKind.RECOVERY_PAYMENT}
    taken_back = {entry.reverses_id for entry in entries}
    last_of_day = {entry.value_date: entry.pk for entry in entries}
    balance, postings = ZERO, []
    for entry in entries:
        if entry.pk not in recovered and entry.reverses_id not in recovered:
            balance += entry.amount
        postings.append(Posting(entry, balance, entry.pk in taken_back, last_of_day[entry.value_date] == entry.pk))
    return postings[::-1]


# --- Living support ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Support:
    """The months of living support: decided, begun, and what more may be given."""

    periods: tuple[SupportPeriod, ...]
    starts_on: date
    ends_on: date
    months: int
    used: int
    extension_left: int
    longest_extension: int
    is_over: bool


def support_of_page(loan: Loan | None, periods: list[SupportPeriod], today: date) -> Support | None:
    if loan is None or not periods:
        return None
    base, *extensions = periods
    months = sum(period.months for period in periods)
    given = [period.months for period in extensions]
    limits = limits_of(loan)
    return Support(
        periods=tuple(periods),
        starts_on=base.starts_on,
        ends_on=periods[-1].ends_on,
        months=months,
        used=rules.months_used(base.starts_on, months, today),
        extension_left=max(limits.extensions_total - sum(given), 0),
        longest_extension=rules.longest_extension(base.months, given, limits),
        is_over=periods[-1].ends_on < today,
    )


def support_rows(support: Support) -> list[tuple[str, Any]]:
    """The box "Tilskud til forsørgelse" (ui-guide.md §3.2)."""
    period = support.periods[-1]
    rows: list[tuple[str, Any]] = [
        (_("Legal basis"), period.legal_basis.support_reference),
        (_("Period"), span_words(support.starts_on, support.ends_on)),
        (
            _("Used"),
            _("%(used)s of %(months)s") % {"used": support.used, "months": danish.months(support.months)},
        ),
    ]
    if not support.is_over:
        left = support.extension_left
        more = _("At most %(months)s more") % {"months": danish.months(left)} if left else _("No more")
        rows.append((_("May be extended"), more))
    return rows


def span_words(start: date, end: date) -> str:
    return f"{danish.short_date(start)} – {danish.short_date(end)}"


# --- Boxes and buttons ------------------------------------------------------------------------------------------------


def terms_rows(loan: Loan, lines: list[Line]) -> list[tuple[str, Any]]:
    """Granted, paid out, interest, first and each instalment (ui-guide.md §3.2)."""
    rows = [
        (_("Granted"), danish.kr(loan.principal)),
        (
            _("Paid out"),
            "; ".join(f"{danish.kr(one.amount)}, {danish.short_date(one.value_date)}" for one in payouts_of(loan))
            or _("0 kr. – waiting"),
        ),
    ]
    if loan.kind == SupportKind.GRANT:
        return [*rows, (_("Repayment"), _("None: a grant is not paid back"))]
    return [*rows, (_("Interest"), _("Interest-free")), *_instalment_rows(lines)]


def _instalment_rows(lines: list[Line]) -> Iterator[tuple[str, Any]]:
    if lines:
        yield _("First instalment"), danish.short_date(lines[0].due)
        yield _("Instalments"), instalment_words([line.amount for line in lines])


def instalment_words(amounts: list[Decimal]) -> str:
    """`417 kr. × 83 + 389 kr.`; where they have changed on the way, each run of them."""
    runs = [(amount, len(list(group))) for amount, group in groupby(amounts)]
    return " + ".join(danish.kr(amount) if count == 1 else f"{danish.kr(amount)} × {count}" for amount, count in runs)


def preview_rows(position: rules.Position, today: date) -> list[tuple[str, Any]]:
    """A position in a few lines, to be read before and after a change."""
    unpaid = position.unpaid
    if not unpaid:
        return [(_("Balance"), danish.kr(position.outstanding)), (_("Next instalment"), _("None: all is paid"))]
    coming = next((line for line in unpaid if line.due >= today), unpaid[-1])
    return [
        (_("Balance"), danish.kr(position.outstanding)),
        (_("Arrears"), danish.kr(rules.late_total(position, today))),
        (_("Next instalment"), f"{danish.kr(coming.remaining)}, {danish.short_date(coming.due)}"),
        (_("Still to be paid"), instalment_words([line.remaining for line in unpaid])),
        (_("Last instalment"), danish.short_date(unpaid[-1].due)),
    ]


# --- Changes of plan --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChangeRow:
    """A change of plan as the loan page lists it."""

    change: PlanChange
    state: str
    tone: str
    may_undo: bool


def changes_of_page(loan: Loan, user: User) -> list[ChangeRow]:
    """The changes of plan, the newest first."""
    is_lead = user.role == Role.PROJECT_LEAD
    rows = []
    for change in sorted(loan.plan_changes.all(), key=lambda one: -one.pk):
        state, tone = _change_state(change)
        rows.append(ChangeRow(change, state, tone, is_lead and change.is_in_force))
    return rows


def _change_state(change: PlanChange) -> tuple[str, str]:
    if not change.is_decided:
        return _("Waiting for the project lead"), "warn"
    if change.is_undone:
        return _("Taken back"), ""
    return (_("Refused"), "bad") if change.outcome == LoanOutcome.REFUSED else (_("In force"), "good")


@dataclass(frozen=True)
class Action:
    """A button: where it leads, and whether it is a form (a POST) rather than a link."""

    label: str
    url: str
    is_post: bool = False


def actions_for(
    user: User, case: CaseFile, loan: Loan | None, decision: LoanDecision | None, has_support: bool
) -> list[Action]:
    """What this person may do next on this loan, the most natural first."""
    makers = {Role.BENEFITS_OFFICER: _officer_actions, Role.COACH: _team_actions, Role.PROJECT_LEAD: _team_actions}
    maker = makers.get(Role(user.role))
    return list(maker(user, case, loan, decision, has_support)) if maker else []


def _url(name: str, case: CaseFile) -> str:
    return reverse(f"loans:{name}", kwargs={"number": case.number})


def _officer_actions(
    user: User, case: CaseFile, loan: Loan | None, decision: LoanDecision | None, has_support: bool
) -> Iterator[Action]:
    order = getattr(loan, "order", None)
    if loan is None:
        return
    if order is not None and not why_not_undone(loan, user, clock.today()):
        yield Action(_("Take the payout back"), reverse("loans:payout_undo", kwargs={"pk": order.pk}))
    if order is not None and order.state == OrderState.READY and case.phase in (Phase.APPROVAL, Phase.MAIN_COURSE):
        label = _("Pay out loan") if loan.kind == SupportKind.LOAN else _("Pay out grant")
        yield Action(label, reverse("loans:disbursement", kwargs={"pk": order.pk}))
    if loan.kind == SupportKind.LOAN and payout_date(loan) is not None:
        yield Action(_("Register payment"), _url("payment", case))


def _team_actions(
    user: User, case: CaseFile, loan: Loan | None, decision: LoanDecision | None, has_support: bool
) -> Iterator[Action]:
    if loan is not None and loan.kind == SupportKind.LOAN and payout_date(loan) and loan.rule_set is not None:
        if user.role == Role.PROJECT_LEAD and any(not change.is_decided for change in loan.plan_changes.all()):
            yield Action(_("Decide the change of plan"), _url("change_decide", case))
        yield Action(_("Propose a change of plan"), _url("change", case))
    order = getattr(loan, "order", None)
    if user.role == Role.PROJECT_LEAD and loan is not None and order and not why_not_undone(loan, user, clock.today()):
        yield Action(_("Take the payout back"), reverse("loans:payout_undo", kwargs={"pk": order.pk}))
    if case.phase != Phase.APPROVAL:
        return
    is_lead = user.role == Role.PROJECT_LEAD
    if loan is None:
        is_open = decision is not None and not decision.is_decided
        if is_open and is_lead:
            yield Action(_("Decide the proposal"), _url("decide", case))
        yield Action(_("Change proposal") if is_open else _("Propose loan or grant"), _url("propose", case))
        return
    if loan.kind == SupportKind.LOAN and loan.agreement_signed_on is None:
        yield Action(_("Register signed agreement"), _url("agreement", case))
    if is_lead and not case.is_pensioner and not has_support:
        yield Action(_("Decide living support"), _url("support", case))
    order = getattr(loan, "order", None)
    if order is not None and order.state == OrderState.SENT_BACK:
        yield Action(_("Send to payout again"), _url("send_again", case), is_post=True)


def state_words(
    loan: Loan | None, decision: LoanDecision | None, position: rules.Position | None, today: date
) -> tuple[str, str]:
    """The status word of the loan and its tone; what asks for something comes before what is as it should be."""
    if loan is None:
        if decision is None:
            return _("Not proposed yet"), ""
        if not decision.is_decided:
            return _("Waiting for the project lead"), "warn"
        return (_("Refused"), "bad") if decision.outcome == LoanOutcome.REFUSED else (_("Granted"), "good")
    if payouts_of(loan) and not_paid_out(loan):
        return _("Paid out in part"), "warn"
    if payout_date(loan) is None:
        return _granted_words(loan)
    return _running_words(position, today) if position is not None else (_("Paid out"), "good")


def _running_words(position: rules.Position, today: date) -> tuple[str, str]:
    if position.is_settled:
        return _("Repaid"), "good"
    if rules.late_total(position, today):
        return _("In arrears"), "bad"
    return (_("With recovery"), "warn") if position.handed_over else (_("Paid out"), "good")


def _granted_words(loan: Loan) -> tuple[str, str]:
    order = getattr(loan, "order", None)
    if order is None:
        return _("Granted, not ready for payout"), "info"
    return str(order.get_state_display()), "warn" if order.state == OrderState.SENT_BACK else "info"


def kinds_of_periods(periods: Iterable[SupportPeriod]) -> list[tuple[str, SupportPeriod]]:
    """The periods with their names, the first first."""
    words = {PeriodKind.BASE: _("First period"), PeriodKind.EXTENSION: _("Extension")}
    return [(words[PeriodKind(period.kind)], period) for period in periods]
