"""Changes of plan through the services: proposed, decided, lettered, taken back (domain.md §7.3)."""

from datetime import date
from decimal import Decimal

import pgtrigger
import pytest
from django.db import IntegrityError, connection, transaction

from cases.letters.models import Letter
from loans import case_file, services
from loans.enums import DefermentKind, Extra, LoanOutcome, PlanCause, PlanChangeKind
from loans.integrity import Report, check_loans
from loans.models import Instalment, Loan, PlanChange
from loans.queries import current_plan, position_of
from loans.services import Wanted
from microloan.accounts.enums import TEAM, Role
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from screening.enums import Hearing
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.world import World

D = Decimal
# 35,000 over twelve months, paid out on 20 November 2026: the first is due in January 2027.
THREE = Wanted(PlanChangeKind.DEFERMENT, date(2027, 3, 1), months=3, deferment_kind=DefermentKind.GRANTED)
MORE = Wanted(PlanChangeKind.NEW_AMOUNT, date(2027, 3, 1), amount=D("5000"))
LATER = date(2027, 5, 20)


def fresh(loan: Loan) -> Loan:
    return Loan.objects.select_related("case__citizen", "rule_set", "legal_basis").get(pk=loan.pk)


def propose(world: World, loan: Loan, wanted: Wanted = THREE, **changes: object) -> PlanChange:
    values = {"asked": "Butikken er lukket om vinteren.", "by": world.user(Role.COACH), "today": TODAY, **changes}
    return services.propose_change(loan=loan, wanted=wanted, **values)


def decide(world: World, change: PlanChange, **changes: object) -> PlanChange:
    values = {"answer": builders.YES, "by": world.user(Role.PROJECT_LEAD), "today": TODAY}
    return services.decide_change(change=change, **{**values, **changes})


def grant(world: World, loan: Loan, wanted: Wanted = THREE, today: date = TODAY) -> PlanChange:
    return decide(world, propose(world, loan, wanted, today=today), today=today)


def stored(loan: Loan) -> list[tuple[date, Decimal]]:
    return list(Instalment.objects.filter(plan=current_plan(loan)).order_by("due_on").values_list("due_on", "amount"))


def problems() -> list[str]:
    report = Report()
    check_loans(report)
    return report.problems


def test_a_deferment_makes_a_new_version_and_a_letter_with_the_same_lines(world: World) -> None:
    loan = builders.paid_out(world)
    before = stored(loan)
    change = grant(world, loan)
    plan = current_plan(loan)
    assert plan.cause == PlanCause.DEFERMENT
    after = stored(loan)
    assert [amount for _due, amount in after] == [amount for _due, amount in before]
    assert after[:2] == before[:2]
    assert (after[2][0], after[-1][0].month) == (date(2027, 6, 1), 3)
    letter = Letter.objects.get(kind="deferment_decision")
    assert [(line["due"], D(line["amount"])) for line in letter.context["lines"]] == [
        (due.isoformat(), amount) for due, amount in after
    ]
    assert change.facts["last_due_after"] == after[-1][0].isoformat()
    assert problems() == []


def test_taken_back_the_plan_is_exactly_what_it_was(world: World) -> None:
    loan = builders.paid_out(world)
    before, lines = position_of(fresh(loan)), stored(loan)
    change = grant(world, loan, MORE)
    assert position_of(fresh(loan)) != before
    values = {"reason": "Forkert måned", "by": world.user(Role.PROJECT_LEAD), "today": TODAY}
    services.undo_change(change=change, **values)
    assert position_of(fresh(loan)) == before
    assert stored(loan) == lines
    assert Letter.objects.filter(kind="new_plan").count() == 1
    with pytest.raises(Conflict):
        services.undo_change(change=change, **values)
    assert problems() == []


def test_an_arrangement_is_made_for_what_is_overdue_when_it_is_decided(world: World) -> None:
    loan = builders.paid_out(world)
    wanted = Wanted(PlanChangeKind.ARRANGEMENT, date(2027, 6, 1), amount=D("1000"))
    change = propose(world, loan, wanted, today=LATER)
    builders.pay(world, loan, "917", date(2027, 5, 19), today=LATER)
    decide(world, change, today=LATER)
    change.refresh_from_db()
    owed = 5 * D("2917") - 917  # January to May
    assert change.total == owed
    assert services.overdue_on(fresh(loan), LATER) == 0
    assert Letter.objects.get(kind="instalment_decision").context["arrears"] == f"{owed}.00"
    assert problems() == []


def test_a_refusal_needs_reasons_and_leaves_the_plan(world: World) -> None:
    loan = builders.paid_out(world)
    change = propose(world, loan)
    no, reasons = LoanOutcome.REFUSED, "Du har råd til afdragene."
    for answer, field in (
        (services.Answer(no), "reasons"),
        (services.Answer(no, reasons), "hearing"),
        (services.Answer(no, reasons, Hearing.EXPIRED, " "), "hearing_note"),
    ):
        with pytest.raises(Refused) as refusal:
            decide(world, change, answer=answer)
        assert refusal.value.field == field
    before = current_plan(loan)
    decide(world, change, answer=services.Answer(no, reasons, Hearing.ANSWERED, "Du har intet salg om vinteren."))
    assert current_plan(loan) == before
    letter = Letter.objects.get(kind="plan_refusal")
    assert letter.context["asked_for"].startswith("Henstand i 3")
    assert letter.context["hearing"] == ["Du har intet salg om vinteren."]
    told = next(item for item in case_file.items(loan.case) if item.title.startswith("Henstand i 3"))
    assert "Du har intet salg om vinteren." in dict(told.rows)["Partshøring"]
    with pytest.raises(Conflict):
        decide(world, change)


def test_one_proposal_at_a_time_and_it_can_be_taken_back(world: World) -> None:
    loan = builders.paid_out(world)
    change = propose(world, loan)
    with pytest.raises(Conflict):
        propose(world, loan, MORE)
    services.withdraw_proposal(change=change, by=world.user(Role.COACH), today=TODAY)
    assert loan.case.journal.filter(title__contains="Henstand i 3").count() == 2
    with pytest.raises(Conflict):
        decide(world, change)
    propose(world, loan, MORE)


def test_the_project_lead_has_a_task_until_it_is_decided(world: World) -> None:
    loan = builders.paid_out(world)
    change = propose(world, loan)
    tasks = loan.case.tasks.filter(kind="plan_change_decide", done_at__isnull=True)
    assert tasks.count() == 1
    decide(world, change)
    assert tasks.count() == 0


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PROJECT_LEAD])
def test_only_the_project_lead_decides(world: World, role: str) -> None:
    loan = builders.paid_out(world)
    change = propose(world, loan)
    with pytest.raises(Refused):
        decide(world, change, by=world.user(role))
    if role not in TEAM:
        services.withdraw_proposal(change=change, by=world.user(Role.COACH), today=TODAY)
        with pytest.raises(Refused):
            propose(world, loan, by=world.user(role))


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted(PlanChangeKind.DEFERMENT, date(2027, 3, 1), months=37, deferment_kind=DefermentKind.GRANTED), "months"),
        (Wanted(PlanChangeKind.NEW_AMOUNT, date(2027, 3, 1), amount=D("500")), "amount"),
        (Wanted(PlanChangeKind.NEW_AMOUNT, date(2027, 3, 1), amount=D("2917")), "from_month"),
        (Wanted(PlanChangeKind.ARRANGEMENT, date(2027, 3, 1), amount=D("500")), "kind"),
    ],
)
def test_what_the_rules_refuse_is_not_proposed(world: World, wanted: Wanted, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        propose(world, builders.paid_out(world), wanted)
    assert refusal.value.field == field
    assert not PlanChange.objects.exists()


@pytest.mark.parametrize(("extra", "count"), [(Extra.SHORTEN, 10), (Extra.LOWER, 12)])
def test_an_extra_payment_with_an_effect_stores_and_sends_the_plan(world: World, extra: Extra, count: int) -> None:
    loan = builders.paid_out(world)
    builders.pay(world, loan, "7000", TODAY, extra=extra)
    assert len(stored(loan)) == count
    assert sum(amount for _due, amount in stored(loan)) == D("28000")
    assert Letter.objects.get(kind="new_plan").context["extra_paid"] == "7000.00"
    assert problems() == []


# --- What the database refuses ----------------------------------------------------------------------------------------


def refused(name: str, sql: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_decided_changes_are_locked_and_what_took_them_back_too(world: World) -> None:
    change = grant(world, builders.paid_out(world))
    services.undo_change(change=change, reason="Fejl", by=world.user(Role.PROJECT_LEAD), today=TODAY)
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    refused("plan_change_locked", "UPDATE loans_planchange SET months = 1")
    refused("plan_change_locked", "DELETE FROM loans_planchange")
    refused("plan_change_undo_append_only", "DELETE FROM loans_planchangeundo")
    refused("plan_change_undo_append_only", "UPDATE loans_planchangeundo SET reason = 'x'")


def copy_of(change: PlanChange, **values: str) -> str:
    """SQL that writes the row once more with other values."""
    fields = [field.column for field in PlanChange._meta.concrete_fields if not field.primary_key]
    chosen = [values.get(name, name) for name in fields]
    return f"INSERT INTO loans_planchange ({', '.join(fields)}) SELECT {', '.join(chosen)} FROM loans_planchange WHERE id = {change.pk}"  # noqa: S608


def test_deferments_cannot_overlap_or_pass_the_cap(world: World) -> None:
    change = grant(world, builders.paid_out(world))
    refused("deferments_overlap", copy_of(change, from_month="date '2027-05-01'"))
    refused("deferments_over_cap", copy_of(change, from_month="date '2028-01-01'", months="34"))
    with connection.cursor() as cursor:
        cursor.execute(copy_of(change, from_month="date '2027-06-01'", months="33"))
    refused("plan_change_from_first", copy_of(change, from_month="date '2030-07-02'", deferment_kind="'mandatory'"))
    refused("plan_change_fits_kind", copy_of(change, kind="'new_amount'"))
    no = {"outcome": "'refused'", "reasons": "'Nej'", "hearing": "'answered'", "hearing_note": "'Hørt'"}
    refused("plan_refusal_has_reasons", copy_of(change, **{**no, "reasons": "''"}))
    for missing in ("hearing", "hearing_note"):
        refused("plan_refusal_has_hearing", copy_of(change, **{**no, missing: "''"}))


def test_a_plan_that_was_tampered_with_is_found(world: World) -> None:
    loan = builders.paid_out(world)
    grant(world, loan)
    with pgtrigger.ignore("loans.PlanChange:plan_change_locked"):
        PlanChange.objects.update(months=2)
    assert problems() != []


def test_the_next_instalment_of_a_letter_is_never_one_of_the_past(world: World) -> None:
    """Two are overdue when the amount is changed: the letter says so, and names the one that comes."""
    loan = builders.paid_out(world)
    late = date(2027, 2, 10)
    wanted = services.Wanted(PlanChangeKind.NEW_AMOUNT, date(2027, 3, 1), amount=Decimal("3500"))
    with clock.at(late):
        grant(world, loan, wanted, today=late)
    context = Letter.objects.get(kind="instalment_decision").context
    assert (context["overdue"], context["next_due"], context["next_amount"]) == ("5834.00", "2027-03-01", "3500.00")
