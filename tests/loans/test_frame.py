"""The yearly frame: what is set, lent, promised and expected (domain.md §7)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loans import frame, services
from loans.enums import EntryKind, SupportKind
from loans.models import Loan, YearlyFrame
from loans.queries import position_of, with_ledger
from loans.rules.frame import FrameFigures, forecast, forecast_months
from loans.services import write_entry
from microloan.accounts.enums import Role
from microloan.core.errors import Conflict, Refused
from microloan.core.money import ZERO
from microloan.core.months import add_months
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.world import World

PAGE = "loans:frame"


def setting(world: World, amount: str = "500000", *, role: str = Role.PROJECT_LEAD, **more: object) -> YearlyFrame:
    values = {"year": TODAY.year, "note": "Social- og Beskæftigelsesudvalget 4. november", **more}
    return services.set_frame(amount=Decimal(amount), by=world.user(role), today=TODAY, **values)


# --- Rules ------------------------------------------------------------------------------------------------------------


def test_what_is_left() -> None:
    figures = FrameFigures(2026, Decimal("100000"), paid_out=Decimal("35000"), committed=Decimal("50000"))
    assert figures.left == Decimal("15000")
    assert figures.left_after(Decimal("20000.50")) == Decimal("-5000.50")
    assert FrameFigures(2026, None).left is None
    assert FrameFigures(2026, None).left_after(Decimal(1)) is None


def test_the_twelve_months_begin_today_and_then_with_each_first() -> None:
    days = forecast_months(date(2026, 11, 20))
    assert days[:3] == [date(2026, 11, 20), date(2026, 12, 1), date(2027, 1, 1)]
    assert days[-1] == date(2027, 11, 1)
    assert len(days) == 13
    assert forecast([Decimal(9), Decimal(9), Decimal(4), Decimal(0)]) == [0, 5, 4]


# --- Setting it -------------------------------------------------------------------------------------------------------


def test_the_newest_is_in_force_and_the_earlier_are_kept(world: World) -> None:
    first = setting(world)
    second = setting(world, "450000.50", seen=first.pk)
    assert frame.frame_of(2026) == second
    assert frame.earlier_frames(2026) == [first]
    assert frame.frame_of(2027) is None


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PROJECT_LEAD}))
def test_nobody_but_the_project_lead_sets_it(world: World, role: str) -> None:
    with pytest.raises(Refused):
        setting(world, role=role)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"year": 2025}, "year"), ({"year": 2030}, "year"), ({"amount": "-1"}, "amount"), ({"note": "  "}, "note")],
)
def test_what_makes_no_sense_is_refused_at_its_field(world: World, changes: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        setting(world, **changes)
    assert refusal.value.field == field
    assert not YearlyFrame.objects.exists()


def test_of_two_tabs_the_second_is_told(world: World) -> None:
    setting(world, seen=0)
    with pytest.raises(Conflict):
        setting(world, "1", seen=0)
    assert frame.frame_of(2026).amount == 500000


def test_the_database_keeps_one_frame_in_force_and_every_earlier_one(world: World) -> None:
    first = setting(world)
    setting(world, "2")
    attacks = [
        "UPDATE loans_yearlyframe SET amount = 1",
        "DELETE FROM loans_yearlyframe",
        "TRUNCATE loans_yearlyframe",
        "INSERT INTO loans_yearlyframe (year, amount, note, set_at, by_id) SELECT 2026, 1, 'x', now(), by_id"
        " FROM loans_yearlyframe LIMIT 1",
        "INSERT INTO loans_yearlyframe (year, amount, note, set_at, by_id, replaces_id)"
        f" SELECT 2026, 1, 'x', now(), by_id, {first.pk} FROM loans_yearlyframe LIMIT 1",
        "INSERT INTO loans_yearlyframe (year, amount, note, set_at, by_id, replaces_id)"
        " SELECT 2027, 1, 'x', now(), by_id, max(id) FROM loans_yearlyframe GROUP BY by_id",
        "INSERT INTO loans_yearlyframe (year, amount, note, set_at, by_id) SELECT 2027, -1, 'x', now(), by_id"
        " FROM loans_yearlyframe LIMIT 1",
        "INSERT INTO loans_yearlyframe (year, amount, note, set_at, by_id) SELECT 2027, 1, '', now(), by_id"
        " FROM loans_yearlyframe LIMIT 1",
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for attack in attacks:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)


# --- Figures ----------------------------------------------------------------------------------------------------------


def test_the_figures_of_the_year(world: World) -> None:
    setting(world, "100000")
    paid = builders.paid_out(world)
    builders.pay(world, paid, "3000", TODAY)
    builders.granted(world)
    builders.proposed(world, builders.in_approval(world, name="Ole Testesen"), amount=Decimal("12000"))
    figures = frame.figures_of(2026, TODAY)
    assert (figures.amount, figures.paid_out, figures.committed) == (100000, 35000, 35000)
    assert (figures.left, figures.proposed, figures.repaid) == (30000, 12000, 3000)
    assert (figures.recovered, figures.written_off, figures.grants) == (0, 0, 0)
    assert frame.figures_of(2025, TODAY) == FrameFigures(2025, None)
    assert frame.figures_of(2027, TODAY) == FrameFigures(2027, None)


def test_a_grant_is_outside_the_frame(world: World) -> None:
    builders.paid_out(world, kind=SupportKind.GRANT)
    figures = frame.figures_of(2026, TODAY)
    assert (figures.paid_out, figures.grants, figures.used) == (0, 35000, 0)


def test_what_was_to_be_paid_last_year_and_was_not_counts_this_year(world: World) -> None:
    loan = builders.granted(world)
    Loan.objects.filter(pk=loan.pk).update(planned_payout_on=date(2025, 12, 20))
    assert frame.figures_of(2026, TODAY).committed == 35000
    assert frame.figures_of(2025, TODAY).committed == 0
    Loan.objects.filter(pk=loan.pk).update(planned_payout_on=F("planned_payout_on") + timedelta(days=400))
    assert frame.figures_of(2026, TODAY).committed == 0
    assert frame.figures_of(2027, TODAY).committed == 35000


@pytest.mark.parametrize("days", [0, 12, 75, 400])
def test_the_forecast_is_what_the_rules_say_of_each_loan(world: World, days: int) -> None:
    """One paid ahead, one late, one settled, one handed over: month by month the same as line by line."""
    today = TODAY + timedelta(days=days)
    ahead, _, settled, gone = (builders.paid_out(world) for _ in range(4))
    builders.pay(world, ahead, "9000", TODAY)
    builders.pay(world, settled, "35000", TODAY)
    with builders.past_the_gates():
        write_entry(loan=gone, key="t", by=None, kind=EntryKind.HANDOVER, amount=Decimal("-35000"), value_date=TODAY)
    expected = [ZERO] * 12
    for loan in with_ledger(Loan.objects.order_by("pk")):
        position = position_of(loan)
        for line in position.lines if position and not position.handed_over else []:
            months = (line.due.year - today.year) * 12 + line.due.month - today.month
            if line.due >= today and 0 <= months < 12:
                expected[months] += line.remaining
    assert frame.expected(today) == expected
    assert any(expected) == (today < add_months(TODAY, 13))


def test_what_is_left_of_a_payout_in_parts_is_still_promised_and_its_plan_is_whole(world: World) -> None:
    order = builders.in_queue(world)
    builders.pay_out(world, order, amount=Decimal("20000"))
    figures = frame.figures_of(2026, TODAY)
    assert (figures.paid_out, figures.committed, figures.used) == (20000, 15000, 35000)
    lines = position_of(with_ledger(Loan.objects.all()).get(pk=order.loan_id)).lines
    assert sum(frame.expected(TODAY)) == sum(line.amount for line in lines if line.due < date(2027, 11, 1))
    assert frame.expected(TODAY)[2] == 2917


def test_a_payout_that_was_taken_back_is_promised_again_and_brings_nothing_in(world: World) -> None:
    loan = builders.paid_out(world)
    services.undo_payout(order=loan.order, reason="Forkert konto", by=world.user(Role.PROJECT_LEAD), today=TODAY)
    figures = frame.figures_of(2026, TODAY)
    assert (figures.paid_out, figures.committed) == (0, 35000)
    assert not any(frame.expected(TODAY))


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_sets_and_tells(world: World, client_for, django_assert_num_queries) -> None:
    client = client_for(world.user(Role.PROJECT_LEAD))
    data = {"amount": "1.000.000", "note": "Udvalget 4. november", "seen": "0"}
    answer = client.post(f"{reverse(PAGE)}?year=2026", data, follow=True)
    assert "Der er 1.000.000 kr. tilbage af rammen på 1.000.000 kr. i 2026" in answer.content.decode().replace(
        "\xa0", " "
    )
    again = client.post(f"{reverse(PAGE)}?year=2026", data | {"amount": "5"}, follow=True).content.decode()
    assert "Nogen har sat rammen" in again
    assert frame.frame_of(2026).amount == 1000000
    for wrong in ("", "-5", "abc", "1.234,567", "99999999999999"):
        page = client.post(f"{reverse(PAGE)}?year=2026", data | {"amount": wrong, "seen": str(frame.frame_of(2026).pk)})
        assert page.status_code == 200
        assert "Udvalget 4. november" in page.content.decode()
    assert YearlyFrame.objects.count() == 1


def test_an_officer_reads_and_a_year_that_has_passed_is_not_set(world: World, client_for) -> None:
    assert (
        '<form method="post" novalidate'
        not in client_for(world.user(Role.BENEFITS_OFFICER)).get(reverse(PAGE)).content.decode()
    )
    lead = client_for(world.user(Role.PROJECT_LEAD))
    assert lead.get(f"{reverse(PAGE)}?year=odd").context["year"] == 2026
    setting(world, year=2027)
    assert lead.get(f"{reverse(PAGE)}?year=2027").context["form"] is not None


def test_the_page_costs_the_same_with_more_loans(world: World, client_for) -> None:
    client = client_for(world.user(Role.PROJECT_LEAD))
    client.get(reverse(PAGE))

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(PAGE))
        return len(queries)

    builders.paid_out(world)
    few = cost()
    for _ in range(3):
        builders.paid_out(world)
    assert cost() == few


def test_who_decides_is_told_what_is_left(world: World, client_for) -> None:
    setting(world, "40000")
    builders.paid_out(world)
    decision = builders.proposed(world)
    page = client_for(world.user(Role.PROJECT_LEAD)).get(reverse("loans:decide", args=[decision.case.number]))
    text = page.content.decode().replace("\xa0", " ")
    assert "Der er 5.000 kr. tilbage i 2026. Med dette lån overskrides rammen med 30.000 kr." in text
