"""Cases at every point of a loan's life, built by the services as the screens do. People are invented."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

import pgtrigger
from django.db import transaction

from cases import services as cases
from cases.enums import BusinessForm, Livelihood, Phase
from cases.letters.models import Letter
from cases.models import CaseFile, PhaseChange
from courses import services as courses
from courses.enums import AttendanceMark
from courses.models import Attendance, AttendanceEntry, CourseModule, CourseRun, CourseSession, Enrolment, ModuleGrant
from loans import services
from loans.arrears_letters import KINDS
from loans.enums import Charge, LoanOutcome, SupportKind
from loans.models import (
    ArrearsLetter,
    ContactAttempt,
    DisbursementOrder,
    LedgerEntry,
    Loan,
    LoanDecision,
    SupportPeriod,
)
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.clock import COPENHAGEN
from microloan.policy.models import LegalBasis, RuleSet
from screening import services as screening
from screening.enums import Hearing, LineKind, Outcome, ScreeningNumber, ScreeningState
from screening.models import CriteriaSet, Screening
from tests.support.people import make_user
from tests.support.stages import reach
from tests.support.world import World

TODAY = date(2026, 11, 20)  # a Friday
PAYOUT = date(2026, 11, 30)
REFUSAL = services.Answer(
    LoanOutcome.REFUSED,
    reasons="Virksomheden kan ikke bære gælden.",
    hearing=Hearing.ANSWERED,
    hearing_note="Du har set budgettet og fik en uge til at svare.",
)
YES = services.Answer(LoanOutcome.GRANTED)
_numbers = count(1)


def _staged(name: str, case: CaseFile | None, changes: dict[str, Any], make: Callable[[], int]) -> int:
    """The key that `make` gives, put back from an earlier test where the same was asked for with plain values."""
    plain = all(isinstance(value, str | int | date | Decimal) for value in changes.values())
    return reach(f"{name} {case.pk if case else ''} {changes}", make) if plain else make()


def small_world() -> World:
    world = World()
    reach("small", lambda: RuleSet.objects.update(instalments=12))
    return world


def new_case(world: World, *, name: str = "", livelihood: str = Livelihood.CASH_BENEFIT) -> CaseFile:
    def make() -> CaseFile:
        number = next(_numbers)
        case = world.refer(f"7203850{number:03d}", name or f"Bo Prøvesen {number}", livelihood=livelihood)
        coach = world.user(Role.COACH)
        return cases.accept(case=case, coach=coach, by=coach, today=world.today)

    return reach(f"new case {name} {livelihood}", make)


def put_in_phase(case: CaseFile, phase: Phase, *, on: date) -> CaseFile:
    """Straight into a phase, past what it demands: the journey there is tested elsewhere."""
    before = case.phase
    CaseFile.objects.filter(pk=case.pk).update(phase=phase, phase_entered_on=on)
    PhaseChange.objects.create(case=case, from_phase=before, to_phase=phase, on=on)
    return CaseFile.objects.select_related("citizen", "coach").get(pk=case.pk)


def decided_screening(
    world: World, case: CaseFile, number: int, outcome: str = Outcome.CONTINUE, round_: int = 1
) -> Screening:
    screening.ensure_criteria()
    return Screening.objects.create(
        case=case,
        number=number,
        round=round_,
        criteria_set=CriteriaSet.objects.get(number=number, is_current=True),
        held_on=world.today,
        state=ScreeningState.DECIDED,
        outcome=outcome,
        reasons="" if outcome == Outcome.CONTINUE else "Planen holder ikke.",
        hearing="answered" if outcome == Outcome.STOP else "",
        hearing_note="Du har sagt, at du vil prøve igen." if outcome == Outcome.STOP else "",
        improvements="Ret budgettet" if outcome == Outcome.REVISE else "",
        return_by=world.today + timedelta(days=28) if outcome == Outcome.REVISE else None,
        decided_by=world.user(Role.PROJECT_LEAD),
        decided_at=clock.now(),
        decided_on=world.today,
    )


def residential_course(world: World, case: CaseFile, *, ended_days_ago: int = 5) -> None:
    """Completed, so that the main course may start and the days to payout are counted."""
    courses.ensure_catalogue()
    module = CourseModule.objects.get(code="residential_course")
    last = world.today - timedelta(days=ended_days_ago)
    run = CourseRun.objects.create(
        module=module,
        place=courses.place_called("Kursuscentret"),
        capacity=12,
        starts_on=last - timedelta(days=3),
        ends_on=last,
    )
    two = decided_screening(world, case, ScreeningNumber.TWO)
    ModuleGrant.objects.create(case=case, module=module, screening=two, granted_on=world.today)
    coach = world.user(Role.COACH)
    enrolment = Enrolment.objects.create(run=run, case=case, enrolled_on=world.today, enrolled_by=coach)
    for days in range(4):
        start = datetime.combine(run.starts_on + timedelta(days=days), time(9), tzinfo=COPENHAGEN)
        session = CourseSession.objects.create(run=run, starts_at=start, ends_at=start + timedelta(hours=6))
        mark = {"mark": AttendanceMark.PRESENT, "marked_at": start, "marked_by": coach}
        with transaction.atomic():  # when it commits, the newest mark is the attendance
            for kind in (AttendanceEntry, Attendance):
                kind.objects.create(session=session, enrolment=enrolment, **mark)


def approved_budget(world: World, case: CaseFile) -> None:
    line = screening.LineData(LineKind.EXPENSE, "Udstyr", Decimal("40000"))
    coach, lead = world.user(Role.COACH), world.user(Role.PROJECT_LEAD)
    budget = screening.save_budget(case=case, lines=[line], note="", by=coach, today=world.today)
    screening.approve_budget(budget=budget, by=lead, today=world.today)


def business(world: World, case: CaseFile, **changes: Any) -> None:
    values = {"name": "Bos Bageri", "form": BusinessForm.SOLE_PROPRIETORSHIP, "trade": "Bageri", "cvr": "10000009"}
    cases.save_business(
        case=case, started_on=world.today, by=world.user(Role.COACH), today=world.today, **{**values, **changes}
    )


def in_approval(world: World, **changes: Any) -> CaseFile:
    """A case in the phase approval with everything the legal basis demands."""

    def make() -> int:
        case = put_in_phase(new_case(world, **changes), Phase.APPROVAL, on=world.today)
        residential_course(world, case)
        decided_screening(world, case, ScreeningNumber.THREE)
        approved_budget(world, case)
        business(world, case)
        return case.pk

    case_id = _staged("in approval", None, changes, make)
    return CaseFile.objects.select_related("citizen", "coach", "business").get(pk=case_id)


def proposal(world: World, case: CaseFile, **changes: Any) -> services.Proposal:
    pensioner = case.is_pensioner
    made = services.Proposal(
        kind=SupportKind.LOAN,
        amount=Decimal("35000.00"),
        purpose="Udstyr og varelager",
        planned_payout_on=max(PAYOUT, world.today),
        late_start_reason="Ovnen bliver først leveret da.",
        legal_basis=LegalBasis.objects.get(code="local_basis"),
        rehabilitation_on=None if pensioner else world.today,
        rehabilitation_reference="Praksis for pensionister" if pensioner else "Afgørelse om revalidering",
        charge=Charge.NOT_POSSIBLE,
        charge_note="Udstyret er for lille til pant",
    )
    return replace(made, **changes)


def proposed(world: World, case: CaseFile | None = None, **changes: Any) -> LoanDecision:
    def make() -> int:
        found = case or in_approval(world)
        values = proposal(world, found, **changes)
        return services.propose(case=found, proposal=values, by=world.user(Role.COACH), today=world.today).pk

    decisions = LoanDecision.objects.select_related("case__citizen", "case__coach", "legal_basis")
    return decisions.get(pk=_staged("proposed", case, changes, make))


def granted(world: World, case: CaseFile | None = None, **changes: Any) -> Loan:
    def make() -> int:
        decision = proposed(world, case, **changes)
        services.decide_loan(decision=decision, answer=YES, by=world.user(Role.PROJECT_LEAD), today=world.today)
        return Loan.objects.get(decision=decision).pk

    return _loan(_staged("granted", case, changes, make))


def _loan(pk: int) -> Loan:
    return Loan.objects.select_related("case__citizen", "decision", "rule_set", "legal_basis").get(pk=pk)


def supported(world: World, loan: Loan, *, starts_on: date | None = None) -> SupportPeriod:
    return services.decide_support(
        case=loan.case,
        starts_on=starts_on or loan.planned_payout_on,
        reasons="",
        by=world.user(Role.PROJECT_LEAD),
        today=world.today,
    )


def signed(world: World, loan: Loan) -> Loan:
    return services.register_agreement(loan=loan, signed_on=world.today, by=world.user(Role.COACH), today=world.today)


def in_queue(world: World, case: CaseFile | None = None, **changes: Any) -> DisbursementOrder:
    def make() -> int:
        loan = granted(world, case, **changes)
        if not loan.case.is_pensioner:
            supported(world, loan)
        if loan.kind == SupportKind.LOAN:
            signed(world, loan)
        return loan.pk

    loan_id = _staged("in queue", case, changes, make)
    return DisbursementOrder.objects.select_related("loan__case__citizen").get(loan=loan_id)


def sent_back(world: World, order: DisbursementOrder | None = None) -> DisbursementOrder:
    return services.send_back(
        order=order or in_queue(world),
        reason="Der mangler kontering på bilaget.",
        by=world.user(Role.BENEFITS_OFFICER),
        today=world.today,
    )


def pay_out(world: World, order: DisbursementOrder, *, by: User | None = None, **changes: Any) -> DisbursementOrder:
    values = {"paid_on": world.today, "voucher": "B-1", "booked": True, "today": world.today, **changes}
    return services.register_payout(order=order, by=by or world.user(Role.BENEFITS_OFFICER), **values)


def paid_out(world: World, case: CaseFile | None = None, **changes: Any) -> Loan:
    """Paid out today."""

    def make() -> int:
        order = in_queue(world, case, **changes)
        pay_out(world, order)
        return order.loan_id

    return _loan(_staged("paid out", case, changes, make))


def pay(world: World, loan: Loan, amount: Decimal | str, on: date, *, key: str = "", **changes: Any) -> LedgerEntry:
    values = {"by": world.user(Role.BENEFITS_OFFICER), "today": max(on, world.today), **changes}
    return services.register_payment(
        loan=loan, amount=Decimal(amount), value_date=on, key=key or str(uuid4()), **values
    )


def past_the_gates() -> Any:
    """Around rows that a test writes straight into the ledger, past what must have come before them."""
    guards = ("entry_handover_gate", "entry_by_two", "entry_payout_by_another")
    return pgtrigger.ignore(*(f"loans.LedgerEntry:{name}" for name in guards))


def sent(loan: Loan, step: str, due: date, on: date) -> ArrearsLetter:
    """A letter of the ladder as it stands when it has been sent; no file is made."""
    at = datetime.combine(on, time(9), tzinfo=COPENHAGEN)
    letter = Letter.objects.create(
        case=loan.case, kind=KINDS[step], key=f"{step}:{loan.pk}:{due}", subject="Brev", recipient_name="Amina",
        path="x", sha256="x", page_count=1, dated=on, status="dispatched", channel="print", dispatched_on=on,
        dispatched_at=at,
    )  # fmt: skip
    return ArrearsLetter.objects.create(loan=loan, due_on=due, step=step, letter=letter)


def reached(world: World, loan: Loan, on: date, *, channel: str = "call", talked: bool = True) -> ContactAttempt:
    return ContactAttempt.objects.create(
        loan=loan, channel=channel, reached=talked, made_on=on, by=world.user(Role.COACH)
    )


def all_in_place(world: World, loan: Loan, due: date) -> date:
    """All that the hand-over of the claim due on a day demands; the day on which it may be proposed."""
    for step, days in (("first_dunning", 10), ("second_dunning", 30), ("notice", 45)):
        sent(loan, step, due, due + timedelta(days=days))
    reached(world, loan, due + timedelta(days=6))
    return due + timedelta(days=61)


def screening_4(world: World, case: CaseFile, round_: int = 1) -> Screening:
    """An undecided round of screening 4, to rest an extension on."""
    screening.ensure_criteria()
    return Screening.objects.create(
        case=case,
        number=ScreeningNumber.FOUR,
        round=round_,
        criteria_set=CriteriaSet.objects.get(number=ScreeningNumber.FOUR, is_current=True),
        held_on=world.today,
        state=ScreeningState.DECIDED,
        outcome=Outcome.CONTINUE,
        decided_by=world.user(Role.PROJECT_LEAD),
        decided_at=clock.now(),
        decided_on=world.today,
    )


def extend(world: World, case: CaseFile, months: int, *, round_: int = 1, **changes: Any) -> SupportPeriod:
    values = {
        "by": world.user(Role.PROJECT_LEAD),
        "today": world.today,
        "reasons": "Der kommer flere ordrer.",
        **changes,
    }
    return services.extend_support(screening=screening_4(world, case, round_), months=months, **values)


def another(role: str) -> User:
    return make_user(role)


def rule_set() -> RuleSet:
    return RuleSet.objects.get()
