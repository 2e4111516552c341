"""Whose the services of loans, living support and money are."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from loans import services
from loans.enums import DefermentKind, LoanOutcome, PlanChangeKind
from loans.models import DisbursementOrder, Handover, IncomingPayment, LedgerEntry, Loan, ReminderPause
from loans.services.imports import fingerprint_of, judge
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.months import month_start
from tests.loans import builders
from tests.loans.payment_files import csv_file, line
from tests.support.acting import act
from tests.support.people import make_user
from tests.support.routes.arrears import first_due, make_handed_over, make_late, make_paused, make_write_off
from tests.support.routes.loans import (
    make_approval,
    make_change,
    make_change_in_force,
    make_granted,
    make_order,
    make_paid_out,
    make_pensioner,
    make_proposal,
    make_sent_back,
    make_suspension,
)
from tests.support.routes.loans import make_supported as make_support_period
from tests.support.routes.payments import (
    MONEY,
    _row,
    make_booking,
    make_conflict,
    make_overpaid,
    make_parked,
    make_preview,
    make_refund,
    make_returning,
    make_reversal,
)
from tests.support.routing import LEAD, TEAM, Role
from tests.support.world import World

OFFICER = frozenset({Role.BENEFITS_OFFICER})


def on(day: date, call: Callable[[], Any]) -> Any:
    with clock.at(day):
        return call()


def make_paid_by_another(world: World) -> DisbursementOrder:
    """Who takes a payout back is not who registered it."""
    order = builders.in_queue(world)
    builders.pay_out(world, order, by=make_user(Role.BENEFITS_OFFICER))
    return order


def make_supported(world: World) -> Any:
    """The case of a loan paid out, with the screening an extension rests on."""
    loan = builders.paid_out(world)
    return builders.screening_4(world, loan.case)


def make_aside(world: World) -> IncomingPayment:
    return _row(world, state="aside", aside="reversal")


def make_pause(world: World) -> ReminderPause:
    return world.of(make_paused).pauses.get()


def make_before_notice(world: World) -> Loan:
    """All letters but the notice have been sent, and the citizen was talked with."""
    loan = builders.paid_out(world)
    due = first_due(loan)
    builders.sent(loan, "first_dunning", due, due + timedelta(days=10))
    builders.sent(loan, "second_dunning", due, due + timedelta(days=30))
    builders.reached(world, loan, due + timedelta(days=6))
    return loan


def make_all_in_place(world: World) -> tuple[Loan, date]:
    loan = builders.paid_out(world)
    return loan, builders.all_in_place(world, loan, first_due(loan))


def make_handover(world: World) -> Handover:
    loan, day = make_all_in_place(world)
    coach = world.user(Role.COACH)
    return on(day, lambda: services.propose_handover(loan=loan, reason="Ingen betaling", by=coach, today=day))


def make_payment_after(world: World) -> LedgerEntry:
    """Money that came to us although the claim is with recovery."""
    handover = world.of(make_handed_over)
    day = handover.decided_on + timedelta(days=1)
    return on(day, lambda: builders.pay(world, handover.loan, "100", day))


def extend(world: World, by: User) -> Any:
    screening = world.of(make_supported)
    return services.extend_support(
        screening=screening, months=2, reasons="Der kommer flere ordrer.", by=by, today=world.today
    )


def payment(world: World, by: User) -> Any:
    values = {"amount": Decimal("417"), "value_date": world.today, "key": "role-table", "voucher": "B-9"}
    return services.register_payment(loan=world.of(make_paid_out), by=by, today=world.today, **values)


def change(world: World, by: User) -> Any:
    first = month_start(world.today).replace(year=world.today.year + 1, month=3)
    wanted = services.Wanted(PlanChangeKind.DEFERMENT, first, 3, DefermentKind.GRANTED)
    return services.propose_change(
        loan=world.of(make_paid_out), wanted=wanted, asked="Lukket om vinteren", by=by, today=world.today
    )


def upload(world: World, by: User) -> Any:
    data = csv_file([line("7", world.today)])
    return services.upload_payments(data=data, name="bank.csv", by=by, today=world.today)


def confirm(world: World, by: User) -> Any:
    found = world.of(make_preview)
    return services.confirm_import(payment_import=found, seen=fingerprint_of(judge(found.payments.all())), by=by)


def refund(world: World, by: User) -> Any:
    values = {"amount": Decimal("25"), "paid_on": world.today, "voucher": "T-1", "reason": "x"}
    return services.propose_refund(loan=world.of(make_overpaid), by=by, today=world.today, **values)


def reversal(world: World, by: User) -> Any:
    entry = LedgerEntry.objects.filter(loan=world.of(make_overpaid), kind="payment").last()
    return services.propose_reversal(entry=entry, reason="x", money="", by=by, today=world.today)


def notice(world: World, by: User) -> Any:
    loan = world.of(make_before_notice)
    day = first_due(loan) + timedelta(days=61)
    return on(day, lambda: services.send_notice(loan=loan, by=by, today=day))


def what_is_due(world: World, by: User) -> Any:
    loan = world.of(make_late)
    day = first_due(loan) + timedelta(days=12)
    return on(day, lambda: services.send_what_is_due(loan=loan, by=by, today=day))


def handover(world: World, by: User) -> Any:
    loan, day = world.of(make_all_in_place)
    return on(day, lambda: services.propose_handover(loan=loan, reason="Ingen betaling", by=by, today=day))


def approve(world: World, by: User) -> Any:
    found = world.of(make_handover)
    day = found.proposed_on
    return on(day, lambda: services.approve_handover(handover=found, by=by, today=day))


def decline(world: World, by: User) -> Any:
    found = world.of(make_handover)
    day = found.proposed_on
    return on(day, lambda: services.decline_handover(handover=found, answer="Betaler igen", by=by, today=day))


def recovery(world: World, by: User) -> Any:
    found = world.of(make_handed_over)
    day = found.decided_on + timedelta(days=30)
    values = {"amount": Decimal("100"), "value_date": day, "key": "role-table", "voucher": "G-1"}
    return on(day, lambda: services.register_recovery(loan=found.loan, by=by, today=day, **values))


def write_down(world: World, by: User) -> Any:
    entry = world.of(make_payment_after)
    day = entry.value_date
    values = {"amount": Decimal("100"), "told_on": day, "note": "Meldt på portalen"}
    return on(day, lambda: services.register_write_down(payment=entry, by=by, today=day, **values))


def interruption(world: World, by: User) -> Any:
    values = {"due_on": None, "kind": "judgement", "happened_on": world.today, "note": "Dom i mappen"}
    return services.interrupt_limitation(loan=world.of(make_late), by=by, today=world.today, **values)


def row(name: str, allow: Any, call: Callable[[World, User], Any]) -> Any:
    return act(f"loans.{name}", allow=allow, call=call)


def said(name: str, allow: Any, make: Callable[[World], Any], argument: str, *, dated: bool = True, **more: Any) -> Any:
    """A service that takes what `make` makes under the name `argument`, and plain values."""
    service = getattr(services, name)

    def call(world: World, by: User) -> Any:
        values = {argument: world.of(make), "by": by, **more}
        return service(**values, today=world.today) if dated else service(**values)

    return row(name, allow, call)


ROWS = [
    row(
        "propose",
        TEAM,
        lambda w, by: services.propose(
            case=w.of(make_approval), proposal=builders.proposal(w, w.of(make_approval)), by=by, today=w.today
        ),
    ),
    said("decide_loan", LEAD, make_proposal, "decision", answer=builders.YES),
    row(
        "register_agreement",
        TEAM,
        lambda w, by: services.register_agreement(loan=w.of(make_granted), signed_on=w.today, by=by, today=w.today),
    ),
    row(
        "set_frame",
        LEAD,
        lambda w, by: services.set_frame(year=w.today.year, amount=Decimal(1), note="Udvalget", by=by, today=w.today),
    ),
    row(
        "decide_support",
        LEAD,
        lambda w, by: services.decide_support(
            case=w.of(make_granted).case,
            starts_on=w.of(make_granted).planned_payout_on,
            reasons="",
            by=by,
            today=w.today,
        ),
    ),
    row("extend_support", LEAD, extend),
    row(
        "announce_end",
        LEAD,
        lambda w, by: services.announce_end(
            case=w.of(make_supported).case, reasons="Virksomheden er i gang.", by=by, today=w.today
        ),
    ),
    row("register_payout", OFFICER, lambda w, by: builders.pay_out(w, w.of(make_order), by=by)),
    said("undo_payout", MONEY, make_paid_by_another, "order", reason="Forkert borger"),
    said("send_back", OFFICER, make_order, "order", reason="Der mangler kontering"),
    said("send_again", TEAM, make_sent_back, "order"),
    row("propose_change", TEAM, change),
    said("withdraw_proposal", TEAM, make_change, "change"),
    said("decide_change", LEAD, make_change, "change", answer=services.Answer(LoanOutcome.GRANTED)),
    said("undo_change", LEAD, make_change_in_force, "change", reason="Forkert måned"),
    row("register_payment", OFFICER, payment),
    row("upload_payments", MONEY, upload),
    row("confirm_import", MONEY, confirm),
    said("discard_import", MONEY, make_preview, "payment_import", dated=False),
    said("continue_import", MONEY, make_booking, "payment_import", dated=False),
    row(
        "match_payment",
        MONEY,
        lambda w, by: services.match_payment(
            incoming=w.of(make_parked), loan=w.of(make_paid_out), by=by, today=w.today
        ),
    ),
    said("settle_conflict", MONEY, make_conflict, "incoming", dated=False, is_payment=False),
    said("settle_aside", MONEY, make_aside, "incoming", dated=False, is_payment=False),
    said("propose_return", MONEY, make_parked, "incoming", dated=False, reason="Ikke vores"),
    said("confirm_return", MONEY, make_returning, "incoming"),
    said("keep_payment", MONEY, make_returning, "incoming", dated=False),
    row("propose_refund", OFFICER, refund),
    said("confirm_refund", MONEY, make_refund, "refund"),
    said("decline_refund", MONEY, make_refund, "refund", answer="Nej"),
    row("propose_reversal", MONEY, reversal),
    said("confirm_reversal", MONEY, make_reversal, "reversal"),
    said("decline_reversal", MONEY, make_reversal, "reversal", answer="Nej"),
    row(
        "log_attempt",
        TEAM,
        lambda w, by: services.log_attempt(
            loan=w.of(make_late), channel="call", reached=False, made_on=w.today, note="", by=by, today=w.today
        ),
    ),
    row(
        "pause_reminders",
        TEAM,
        lambda w, by: services.pause_reminders(
            loan=w.of(make_late), until=w.today, reason="illness", note="Syg", by=by, today=w.today
        ),
    ),
    said("lift_pause", TEAM, make_pause, "pause"),
    row("send_notice", TEAM, notice),
    row("send_what_is_due", TEAM, what_is_due),
    row("interrupt_limitation", TEAM, interruption),
    row("propose_handover", TEAM, handover),
    row("approve_handover", LEAD, approve),
    row("decline_handover", TEAM, decline),
    row("register_recovery", OFFICER, recovery),
    row("register_write_down", MONEY, write_down),
    row(
        "propose_write_off",
        MONEY,
        lambda w, by: services.propose_write_off(
            loan=w.of(make_paid_out), amount=Decimal("100"), reason="Dødsbo", by=by, today=w.today
        ),
    ),
    row(
        "set_support_amount",
        MONEY,
        lambda w, by: services.set_support_amount(
            case=w.of(make_support_period).case,
            from_on=w.of(make_support_period).starts_on,
            amount=Decimal(12000),
            note="",
            by=by,
            today=w.today,
        ),
    ),
    row(
        "suspend_pension",
        TEAM,
        lambda w, by: services.suspend_pension(
            case=w.of(make_pensioner), from_on=w.today, until=w.today, note="", by=by, today=w.today
        ),
    ),
    row(
        "end_suspension",
        TEAM,
        lambda w, by: services.end_suspension(suspension=w.of(make_suspension), ended_on=w.today, by=by, today=w.today),
    ),
    said("confirm_write_off", LEAD, make_write_off, "write_off"),
    said("decline_write_off", MONEY, make_write_off, "write_off", answer="Kan betale"),
]

READS = (
    "asked_months", "candidates_for", "check_answer", "check_basis", "check_decision", "check_in_force", "check_money", "check_shorter",
    "check_takes_payments", "content_hash", "ends_of", "extension_span", "fingerprint", "fingerprint_of", "judge",
    "latest_start", "limits_of", "limits_of_rules", "match_by_reference", "may_be_parked", "missing_of", "months_left",
    "names_of", "overdue_on", "overpaid_of", "preview_change", "tells_the_same", "unfinished_imports",
    "last_payout", "waiting_for_people", "why_not_reversible", "why_not_undone",
)  # fmt: skip
PARTS = {
    **{f"loans.{name}": "reads" for name in READS},
    **{
        f"loans.{name}": "a part of the guarded services"
        for name in ("book_payment", "book_recovery", "enter", "journal", "order_payout_if_ready", "write_entry")
    },
    **{
        f"loans.{name}": "a part of the guarded services: it locks"
        for name in ("lock_loan", "lock_order", "lock_with_arrears")
    },
    **{
        f"loans.{name}": "keeps the plan in step with the ledger"
        for name in ("follow_ledger", "store_current", "store_plan")
    },
    "loans.book_incoming": "run by the queue, for the person who confirmed the file",
    "loans.book_waiting": "run by the queue, for the person who confirmed the file",
}
