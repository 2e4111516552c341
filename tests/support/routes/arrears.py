"""Who may do what about a loan that is late (domain.md §2, §7.6)."""

from datetime import date
from decimal import Decimal
from typing import Any

from loans import services
from loans.models import Handover, LedgerEntry, Loan, WriteOff
from loans.queries import current_plan
from microloan.core import clock
from microloan.core.danish import input_date
from tests.loans import builders
from tests.support.routes.loans import OFFICER
from tests.support.routing import LEAD, TEAM, Role, row
from tests.support.world import World

MONEY = OFFICER | LEAD
LATE = date(2027, 3, 6)  # the first instalment is 61 days late


def first_due(loan: Loan) -> date:
    return current_plan(loan).instalments.order_by("number")[0].due_on


def make_late(world: World) -> Loan:
    return builders.paid_out(world)


def make_ready(world: World) -> Loan:
    """All that a hand-over demands is in place, and everything is as old as it has to be."""
    loan = builders.paid_out(world)
    builders.all_in_place(world, loan, first_due(loan))
    return loan


def make_proposed(world: World) -> Handover:
    """Written straight in: the day on which it may be proposed is far ahead."""
    loan = world.of(make_ready)
    due = first_due(loan)
    found = Handover.objects.create(
        loan=loan, reason="Ingen betaling", proposed_by=world.user(Role.COACH), proposed_on=world.today
    )
    found.claims.create(loan=loan, due_on=due, numbers=[1], amount="2917.00", limitation_on=due)
    return found


def make_handed_over(world: World) -> Handover:
    """Handed over on the day that allows it."""
    loan = builders.paid_out(world)
    day = builders.all_in_place(world, loan, first_due(loan))
    with clock.at(day):
        found = services.propose_handover(loan=loan, reason="Ingen betaling", by=world.user(Role.COACH), today=day)
        return services.approve_handover(handover=found, by=world.user(Role.PROJECT_LEAD), today=day)


def make_payment_to_us(world: World) -> LedgerEntry:
    handover = world.of(make_handed_over)
    with clock.at(LATE):
        return builders.pay(world, handover.loan, "100", LATE)


def make_paused(world: World) -> Loan:
    loan = builders.paid_out(world)
    services.pause_reminders(
        loan=loan, until=world.today, reason="illness", note="Syg", by=world.user(Role.COACH), today=world.today
    )
    return loan


def make_write_off(world: World) -> WriteOff:
    return services.propose_write_off(
        loan=builders.paid_out(world),
        amount=Decimal("100"),
        reason="Dødsbo",
        by=world.user(Role.BENEFITS_OFFICER),
        today=world.today,
    )


def late(world: World) -> dict[str, Any]:
    return {"number": world.of(make_late).case.number}


def attempt_data(world: World) -> dict[str, str]:
    return {"attempt": "call:0", "made_on": input_date(world.today), "note": ""}


def pause_data(world: World) -> dict[str, str]:
    return {"reason": "illness", "note": "Syg", "until": input_date(world.today)}


def interruption_data(world: World) -> dict[str, str]:
    return {"kind": "judgement", "due_on": "", "happened_on": input_date(world.today), "note": "Dom i mappen"}


def of_write_off(world: World) -> dict[str, Any]:
    return {"number": world.of(make_write_off).loan.case.number}


ROWS = [
    row("loans:reminders", allow=TEAM),
    row(
        "loans:explain",
        allow=TEAM | OFFICER,
        kwargs=lambda world: {"number": world.of(make_late).case.number, "what": "line-1"},
        logs=True,
    ),
    row("loans:statement", allow=TEAM | OFFICER, kwargs=late, logs=True),
    row("loans:arrears", allow=TEAM | OFFICER, kwargs=late, logs=True),
    row("loans:attempt", allow=TEAM, kwargs=late, method="post", data=attempt_data, logs=True),
    row("loans:pause", allow=TEAM, kwargs=late, method="post", get=200, data=pause_data, logs=True),
    row(
        "loans:pause_lift",
        allow=TEAM,
        kwargs=lambda world: {"number": world.of(make_paused).case.number},
        method="post",
        logs=True,
    ),
    row("loans:notice", allow=TEAM, kwargs=late, ok=302, logs=True),  # nothing is ready for it
    row("loans:interruption", allow=TEAM, kwargs=late, method="post", get=200, data=interruption_data, logs=True),
    row("loans:handover_propose", allow=TEAM, kwargs=late, logs=True),
    row(
        "loans:handover_decide",
        allow=LEAD,
        elsewhere={Role.COACH},
        kwargs=lambda world: {"number": world.of(make_proposed).loan.case.number},
        method="post",
        get=200,
        data=lambda world: {"handover": str(world.of(make_proposed).pk), "step": "decline", "answer": "Betaler igen"},
        logs=True,
    ),
    row(
        "loans:handover_dossier",
        allow=MONEY,
        kwargs=lambda world: {"pk": world.of(make_handed_over).pk, "kind": "csv"},
        logs=True,
    ),
    row(
        "loans:recovery",
        allow=OFFICER,
        kwargs=lambda world: {"number": world.of(make_handed_over).loan.case.number},
        logs=True,
    ),
    row(
        "loans:write_down",
        allow=MONEY,
        kwargs=lambda world: {
            "number": world.of(make_payment_to_us).loan.case.number,
            "pk": world.of(make_payment_to_us).pk,
        },
        logs=True,
    ),
    row(
        "loans:write_off",
        allow=MONEY,
        kwargs=late,
        method="post",
        get=200,
        data={"amount": "100", "reason": "Dødsbo"},
        logs=True,
    ),
    row(
        "loans:write_off_decide",
        allow=LEAD,
        elsewhere={Role.COACH},
        kwargs=of_write_off,
        method="post",
        get=200,
        data=lambda world: {"handover": str(world.of(make_write_off).pk), "step": "decline", "answer": "Kan betale"},
        logs=True,
    ),
]
