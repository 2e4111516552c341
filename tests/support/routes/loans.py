"""Who may open the pages of loans and the disbursement queue."""

from datetime import date, timedelta
from typing import Any

from cases.enums import Livelihood
from cases.models import CaseFile
from loans import services
from loans.enums import DefermentKind, LoanOutcome, PlanChangeKind
from loans.models import DisbursementOrder, Loan, LoanDecision, PensionSuspension, PlanChange, SupportPeriod
from microloan.core.danish import input_date
from microloan.core.months import month_start
from tests.loans import builders
from tests.support.routing import LEAD, TEAM, Role, row
from tests.support.world import World

OFFICER = frozenset({Role.BENEFITS_OFFICER})
KEY = "7d3c6f0e-4b7e-4c0d-9a3f-2f2f6c1f0a11"


def make_approval(world: World) -> CaseFile:
    return builders.in_approval(world)


def make_proposal(world: World) -> LoanDecision:
    return builders.proposed(world, builders.in_approval(world))


def make_granted(world: World) -> Loan:
    return builders.granted(world)


def make_order(world: World) -> DisbursementOrder:
    return builders.in_queue(world)


def make_sent_back(world: World) -> DisbursementOrder:
    return builders.sent_back(world)


def make_paid_out(world: World) -> Loan:
    return builders.paid_out(world)


def approval(world: World) -> dict[str, str]:
    return {"number": world.of(make_approval).number}


def proposal(world: World) -> dict[str, str]:
    return {"number": world.of(make_proposal).case.number}


def granted(world: World) -> dict[str, str]:
    return {"number": world.of(make_granted).case.number}


def sent_back(world: World) -> dict[str, str]:
    return {"number": world.of(make_sent_back).loan.case.number}


def paid_out(world: World) -> dict[str, str]:
    return {"number": world.of(make_paid_out).case.number}


def order(world: World) -> dict[str, int]:
    return {"pk": world.of(make_order).pk}


def paid_order(world: World) -> dict[str, int]:
    return {"pk": world.of(make_paid_out).order.pk}


def decide_data(world: World) -> dict[str, str]:
    seen = services.fingerprint(LoanDecision.objects.get(pk=world.of(make_proposal).pk))
    return {"outcome": "granted", "reasons": "", "step": "decide", "seen": seen}


def support_data(world: World) -> dict[str, str]:
    return {"starts_on": input_date(world.of(make_granted).planned_payout_on), "reasons": "", "step": "decide"}


def payment_data(world: World) -> dict[str, str]:
    return {"amount": "417", "value_date": input_date(world.today), "voucher": "B-9", "key": KEY, "step": "book"}


def payout_data(world: World) -> dict[str, str]:
    return {"paid_on": input_date(world.today), "voucher": "B-1", "booked": "on"}


def deferment_data(world: World) -> dict[str, str]:
    first = month_start(world.today).replace(year=world.today.year + 1, month=3)
    return {
        "from_month": first.isoformat(),
        "months": "3",
        "deferment_kind": "granted",
        "asked": "Butikken er lukket om vinteren.",
        "step": "propose",
    }


def make_change(world: World) -> PlanChange:
    return propose_deferment(world, builders.paid_out(world))


def propose_deferment(world: World, loan: Loan) -> PlanChange:
    data = deferment_data(world)
    wanted = services.Wanted(PlanChangeKind.DEFERMENT, date.fromisoformat(data["from_month"]), 3, DefermentKind.GRANTED)
    return services.propose_change(
        loan=loan, wanted=wanted, asked=data["asked"], by=world.user(Role.COACH), today=world.today
    )


def make_change_in_force(world: World) -> PlanChange:
    return services.decide_change(
        change=propose_deferment(world, builders.paid_out(world)),
        answer=services.Answer(LoanOutcome.GRANTED),
        by=world.user(Role.PROJECT_LEAD),
        today=world.today,
    )


def proposed_change(world: World) -> dict[str, Any]:
    return {"number": world.of(make_change).loan.case.number}


def change_in_force(world: World) -> dict[str, Any]:
    change = world.of(make_change_in_force)
    return {"number": change.loan.case.number, "pk": change.pk}


def make_supported(world: World) -> SupportPeriod:
    return builders.supported(world, builders.granted(world))


def supported(world: World) -> dict[str, str]:
    return {"number": world.of(make_supported).case.number}


def make_pensioner(world: World) -> CaseFile:
    return builders.granted(world, builders.in_approval(world, livelihood=Livelihood.DISABILITY_PENSION)).case


def pensioner(world: World) -> dict[str, str]:
    return {"number": world.of(make_pensioner).number}


def suspension_data(world: World) -> dict[str, str]:
    return {"from_on": input_date(world.today), "until": input_date(world.today + timedelta(days=365)), "note": ""}


def make_suspension(world: World) -> PensionSuspension:
    return services.suspend_pension(
        case=make_pensioner(world),
        from_on=world.today,
        until=world.today + timedelta(days=365),
        note="",
        by=world.user(Role.COACH),
        today=world.today,
    )


def suspended(world: World) -> dict[str, Any]:
    found = world.of(make_suspension)
    return {"number": found.case.number, "pk": found.pk}


def change_data(world: World) -> dict[str, str]:
    return {"change": str(world.of(make_change).pk), "outcome": "granted", "reasons": ""}


ROWS = [
    row("loans:change", allow=TEAM, kwargs=paid_out, logs=True),
    row("loans:try_extra", allow=TEAM, kwargs=paid_out, logs=True),
    row(
        "loans:change_propose",
        allow=TEAM,
        kwargs=lambda world: {**paid_out(world), "kind": "deferment"},
        method="post",
        get=200,
        data=deferment_data,
        logs=True,
    ),
    row(
        "loans:change_decide",
        allow=LEAD,
        elsewhere={Role.COACH},
        kwargs=proposed_change,
        method="post",
        get=200,
        data=change_data,
        logs=True,
    ),
    row("loans:change_withdraw", allow=TEAM, kwargs=proposed_change, method="post", data=change_data, logs=True),
    row(
        "loans:change_undo",
        allow=LEAD,
        kwargs=change_in_force,
        method="post",
        get=200,
        data={"reason": "Forkert måned"},
        logs=True,
    ),
    row("loans:loan", allow=TEAM | OFFICER, kwargs=paid_out, logs=True),
    row("loans:propose", allow=TEAM, kwargs=approval, logs=True),
    row(
        "loans:decide",
        allow=LEAD,
        elsewhere={Role.COACH},
        kwargs=proposal,
        method="post",
        get=200,
        data=decide_data,
        logs=True,
    ),
    row(
        "loans:agreement",
        allow=TEAM,
        kwargs=granted,
        method="post",
        get=200,
        data=lambda world: {"signed_on": input_date(world.today)},
        logs=True,
    ),
    row("loans:self_evaluation", allow=TEAM, kwargs=paid_out, logs=True),
    row(
        "loans:support",
        allow=LEAD,
        elsewhere={Role.COACH},
        kwargs=granted,
        method="post",
        get=200,
        data=support_data,
        logs=True,
    ),
    row("loans:living", allow=TEAM | OFFICER, kwargs=supported, logs=True),
    row(
        "loans:support_amount",
        allow=OFFICER | LEAD,
        kwargs=supported,
        method="post",
        data=lambda world: {"amount": "12550", "from_on": input_date(world.of(make_supported).starts_on)},
        logs=True,
    ),
    row("loans:suspend", allow=TEAM, kwargs=pensioner, method="post", data=suspension_data, logs=True),
    row(
        "loans:suspension_end",
        allow=TEAM,
        kwargs=suspended,
        method="post",
        data=lambda world: {"ended_on": input_date(world.today)},
        logs=True,
    ),
    row("loans:send_again", allow=TEAM, kwargs=sent_back, method="post", logs=True),
    row("loans:payment", allow=OFFICER, kwargs=paid_out, method="post", get=200, data=payment_data, logs=True),
    row("loans:disbursements", allow=OFFICER | LEAD, logs=True),
    row("loans:disbursement", allow=OFFICER, kwargs=order, method="post", get=200, data=payout_data, logs=True),
    row(
        "loans:disbursement_back",
        allow=OFFICER,
        kwargs=order,
        method="post",
        data={"reason": "Der mangler kontering"},
        logs=True,
    ),
    # Today by the one who paid out: told why not, and sent back.
    row("loans:payout_undo", allow=OFFICER | LEAD, kwargs=paid_order, codes={Role.BENEFITS_OFFICER: 302}, logs=True),
    row("loans:disbursement_receipt", allow=OFFICER, kwargs=paid_order, logs=True),
]
