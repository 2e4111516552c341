from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.enums import EntryKind, Extra
from loans.rules import Deferment, Entry, RuleError, Terms, allocate, effective, ledger_balance, position

D = Decimal
K = EntryKind
PAYOUT = date(2026, 1, 31)
TERMS = Terms(D("50000"), PAYOUT)
SMALL = Terms(D("1200"), PAYOUT, instalments=12)  # 12 x 100 kr.


class Ledger(list):
    """Entries with running numbers: `Ledger().add("payment", "2026-03-02", "-596")`."""

    def add(self, kind, day, amount, **more):
        self.append(Entry(len(self) + 1, K(kind), date.fromisoformat(day), D(amount), **more))
        return self


def money(plan):
    return {
        name: str(getattr(plan, name))
        for name in ("paid", "outstanding", "handed_over", "written_off", "overpaid", "excess")
        if getattr(plan, name)
    }


def paid_per_line(plan):
    return [str(line.paid) for line in plan.lines if line.paid]


def test_nothing_has_happened():
    plan = position(SMALL)
    assert money(plan) == {"outstanding": "1200.00"}
    assert not plan.is_settled


def test_hand_overs_of_one_day_come_out_the_same_in_any_order():
    """One is for the first instalment, the other for the oldest of what is left, whichever was typed first."""
    named, oldest = {"amount": "-100", "claims": (2,)}, {"amount": "-100"}
    plans = [
        position(SMALL, Ledger().add("handover", "2026-05-05", **one).add("handover", "2026-05-05", **two))
        for one, two in ((named, oldest), (oldest, named))
    ]
    assert plans[0].lines == plans[1].lines
    one = (
        Ledger().add("handover", "2026-05-05", "-150", claims=(1, 2)).add("handover", "2026-05-05", "-100", claims=(2,))
    )
    two = (
        Ledger().add("handover", "2026-05-05", "-100", claims=(2,)).add("handover", "2026-05-05", "-150", claims=(1, 2))
    )
    assert [line.handed_over for line in position(SMALL, one).lines] == [
        line.handed_over for line in position(SMALL, two).lines
    ]


def test_oldest_first_with_part_payments():
    plan = position(SMALL, Ledger().add("payment", "2026-03-05", "-150").add("payment", "2026-03-01", "-30"))
    assert paid_per_line(plan) == ["100.00", "80.00"]
    assert [line.paid_on for line in plan.lines[:2]] == [date(2026, 3, 5), None]
    assert money(plan) == {"paid": "180.00", "outstanding": "1020.00"}
    assert plan.unpaid[0].number == 2


def test_money_ahead_covers_the_coming_instalments():
    plan = position(TERMS, Ledger().add("payment", "2026-05-10", "-5000"))
    assert paid_per_line(plan) == ["596.00"] * 8 + ["232.00"]
    assert [line.amount for line in plan.lines] == [line.amount for line in TERMS.schedule()]


def test_paying_all_settles():
    plan = position(SMALL, Ledger().add("payment", "2026-02-05", "-1200"))
    assert plan.is_settled
    assert money(plan) == {"paid": "1200.00"}


def test_more_than_all_is_held_and_refunded():
    ledger = Ledger().add("payment", "2026-02-05", "-1250.50")
    assert money(position(SMALL, ledger)) == {"paid": "1200.00", "overpaid": "50.50"}
    assert ledger_balance(ledger.add("payout", "2026-01-31", "1200")) == D("-50.50")
    assert money(position(SMALL, ledger.add("refund", "2026-02-10", "50.50"))) == {"paid": "1200.00"}
    assert ledger_balance(ledger) == 0


def test_a_back_dated_payment_replays_what_follows():
    first = Ledger().add("payment", "2026-06-01", "-100")
    assert position(SMALL, first).lines[0].paid_on == date(2026, 6, 1)
    plan = position(SMALL, first.add("payment", "2026-03-02", "-100"))
    assert [line.paid_on for line in plan.lines[:2]] == [date(2026, 3, 2), date(2026, 6, 1)]


def test_a_reversal_is_the_state_before():
    before = Ledger().add("payment", "2026-03-02", "-100").add("payment", "2026-05-02", "-250", extra=Extra.LOWER)
    after = Ledger(before).add("payment", "2026-04-02", "-70").add("reversal", "2026-06-01", "70", reverses=3)
    assert position(SMALL, after) == position(SMALL, before)


def test_a_reversal_counts_from_its_own_day_when_looking_back():
    ledger = Ledger().add("payment", "2026-03-02", "-100").add("reversal", "2026-04-10", "100", reverses=1)
    assert position(SMALL, ledger, as_of=date(2026, 4, 9)).paid == D("100.00")
    assert position(SMALL, ledger, as_of=date(2026, 4, 10)).paid == 0


def test_a_mistake_dated_before_the_payout_can_be_reversed():
    ledger = Ledger().add("payment", "2025-03-02", "-100")
    with pytest.raises(RuleError) as refused:
        position(SMALL, ledger)
    assert refused.value.code == "before_payout"
    assert position(SMALL, ledger.add("reversal", "2026-04-10", "100", reverses=1)) == position(SMALL)


@pytest.mark.parametrize(
    "bad",
    [
        Entry(9, K.REVERSAL, date(2026, 5, 1), D("100"), reverses=77),
        Entry(9, K.REVERSAL, date(2026, 5, 1), D("99"), reverses=1),
        Entry(9, K.REVERSAL, date(2026, 5, 1), D("-100"), reverses=1),
        Entry(9, K.REVERSAL, date(2026, 3, 1), D("100"), reverses=1),
        Entry(9, K.REVERSAL, date(2026, 5, 1), D("70"), reverses=2),
        Entry(9, K.REVERSAL, date(2026, 5, 1), D("-70"), reverses=3),
        Entry(1, K.PAYMENT, date(2026, 5, 1), D("-70")),
    ],
)
def test_entries_that_contradict_each_other(bad):
    ledger = Ledger().add("payment", "2026-03-02", "-100").add("payment", "2026-03-03", "-70")
    ledger.add("reversal", "2026-04-01", "70", reverses=2)
    with pytest.raises(RuleError) as refused:
        effective([*ledger, bad])
    assert refused.value.code == "ledger"


@pytest.mark.parametrize(
    ("kind", "amount", "reverses"),
    [
        ("payment", "100", None),
        ("payment", "0", None),
        ("payment", "-0.001", None),
        ("payment", "NaN", None),
        ("payout", "-100", None),
        ("handover", "100", None),
        ("reversal", "100", None),
        ("payment", "-100", 4),
    ],
)
def test_impossible_entries(kind, amount, reverses):
    with pytest.raises(ValueError, match=r"amount|sign|reversal"):
        Entry(1, K(kind), date(2026, 3, 1), D(amount), reverses)


def test_kinds_may_come_as_text():
    entry = Entry(1, "payment", date(2026, 3, 1), D("-100"), extra="lower")
    assert (entry.kind, entry.extra) == (K.PAYMENT, Extra.LOWER)
    with pytest.raises(ValueError, match="gift"):
        Entry(1, "gift", date(2026, 3, 1), D("-100"))


def test_hand_over_names_its_claims():
    ledger = Ledger().add("handover", "2026-06-15", "-200", claims=(1, 2))
    plan = position(SMALL, ledger)
    assert money(plan) == {"outstanding": "1000.00", "handed_over": "200.00"}
    assert plan.unpaid[0].number == 3


def test_money_after_a_hand_over():
    ledger = Ledger().add("handover", "2026-06-15", "-200", claims=(1, 2)).add("recovery_payment", "2026-08-01", "-120")
    plan = position(SMALL, ledger)
    assert money(plan) == {"paid": "120.00", "outstanding": "1000.00", "handed_over": "80.00"}
    assert plan.lines[0].paid_on == date(2026, 8, 1)
    # A direct payment goes to what is still ours first, and then lowers the claim.
    plan = position(SMALL, ledger.add("payment", "2026-09-01", "-1050"))
    assert money(plan) == {"paid": "1170.00", "handed_over": "30.00"}
    assert ledger_balance(ledger.add("payout", "2026-01-31", "1200")) == D("-50.00")


def test_a_recall_gives_the_claim_back():
    ledger = Ledger().add("handover", "2026-06-15", "-200").add("recovery_payment", "2026-08-01", "-120")
    ledger.add("reversal", "2026-09-01", "200", reverses=1)
    assert money(position(SMALL, ledger)) == {"paid": "120.00", "outstanding": "1080.00"}


def test_a_payment_found_later_makes_the_hand_over_too_large():
    ledger = Ledger().add("handover", "2026-06-15", "-200", claims=(1, 2)).add("payment", "2026-06-01", "-150")
    assert money(position(SMALL, ledger)) == {
        "paid": "150.00",
        "outstanding": "1000.00",
        "handed_over": "50.00",
        "excess": "150.00",
    }


def test_write_off_takes_what_is_ours_then_what_is_with_recovery():
    ledger = Ledger().add("payment", "2026-03-02", "-100").add("handover", "2026-06-15", "-200")
    plan = position(SMALL, ledger.add("write_off", "2027-01-01", "-1000"))
    assert money(plan) == {"paid": "100.00", "handed_over": "100.00", "written_off": "1000.00"}
    plan = position(SMALL, ledger.add("write_off", "2027-01-02", "-150"))
    assert plan.is_settled
    assert money(plan) == {"paid": "100.00", "written_off": "1100.00", "excess": "50.00"}


def test_corrections_work_both_ways():
    ledger = Ledger().add("correction", "2026-03-02", "-150").add("correction", "2026-04-02", "70")
    plan = position(SMALL, ledger)
    assert paid_per_line(plan) == ["80.00"]
    assert plan.lines[0].paid_on is None


def test_a_refund_of_money_that_later_bounced_is_owed_again():
    ledger = Ledger().add("payment", "2026-03-02", "-1300").add("refund", "2026-03-10", "100")
    ledger.add("reversal", "2026-03-20", "1300", reverses=1)
    assert money(position(SMALL, ledger)) == {"paid": "-100.00", "outstanding": "1300.00"}
    assert money(position(SMALL, ledger.add("payment", "2026-04-01", "-150"))) == {
        "paid": "50.00",
        "outstanding": "1150.00",
    }


def test_allocate_on_a_fixed_plan():
    plan = allocate(SMALL.schedule(), Ledger().add("payment", "2020-01-01", "-150"))
    assert paid_per_line(plan) == ["100.00", "50.00"]


# --- Properties -------------------------------------------------------------------------------------------------------
days = st.integers(0, 900).map(lambda n: PAYOUT + timedelta(days=n))
ore = st.integers(1, 400_00).map(lambda n: D(n).scaleb(-2))
plain = st.tuples(
    st.sampled_from(
        [K.PAYMENT, K.PAYMENT, K.PAYMENT, K.HANDOVER, K.RECOVERY_PAYMENT, K.WRITE_OFF, K.REFUND, K.CORRECTION]
    ),
    days,
    ore,
    st.sampled_from(list(Extra)),
    st.booleans(),
)


@st.composite
def ledgers(draw):
    rows = draw(st.lists(plain, max_size=12))
    entries = []
    for number, (kind, day, amount, extra, flag) in enumerate(rows, start=1):
        raises = kind is K.REFUND or (kind is K.CORRECTION and flag)
        claims = (1, 2, 3) if kind is K.HANDOVER and flag else ()
        entries.append(
            Entry(
                number,
                kind,
                day,
                amount if raises else -amount,
                extra=extra if kind is K.PAYMENT else Extra.COVER,
                claims=claims,
            )
        )
    for target in list(entries):
        if draw(st.integers(0, 5)) == 0:
            entries.append(
                Entry(
                    len(entries) + 1,
                    K.REVERSAL,
                    target.value_date + timedelta(days=draw(st.integers(0, 90))),
                    -target.amount,
                    reverses=target.id,
                )
            )
    return entries


windows = st.sampled_from(
    [(), (Deferment(date(2026, 6, 1), 3),), (Deferment(date(2026, 4, 1), 1), Deferment(date(2027, 1, 1), 6))]
)


@given(entries=ledgers(), deferments=windows, multiple=st.sampled_from([D("1.00"), D("0.01"), D("25.00")]))
def test_conservation_line_by_line_and_in_all(entries, deferments, multiple):
    plan = position(Terms(D("1234.56"), PAYOUT, instalments=12, multiple=multiple), entries, deferments)
    assert plan.paid + plan.outstanding + plan.handed_over + plan.written_off == plan.principal == D("1234.56")
    assert sum(line.amount for line in plan.lines) == plan.principal - plan.taken_off
    for line in plan.lines:
        assert min(line.paid, line.handed_over, line.written_off, line.remaining) >= 0
        assert line.amount > 0
        assert (line.paid_on is not None) == (line.paid == line.amount)
    assert min(plan.outstanding, plan.handed_over, plan.written_off, plan.overpaid, plan.taken_off, plan.excess) >= 0
    received = -sum(
        e.amount for e in effective(entries) if e.kind in {K.PAYMENT, K.RECOVERY_PAYMENT, K.REFUND, K.CORRECTION}
    )
    assert received == plan.paid + plan.overpaid


@given(entries=ledgers(), deferments=windows, random=st.randoms(use_true_random=False))
def test_the_order_of_typing_does_not_matter(entries, deferments, random):
    shuffled = list(entries)
    random.shuffle(shuffled)
    assert position(SMALL, shuffled, deferments) == position(SMALL, entries, deferments)


@given(entries=ledgers(), deferments=windows)
def test_the_numbers_of_the_entries_do_not_matter(entries, deferments):
    counting = effective(entries)
    renumbered = [
        Entry(1000 - e.id, e.kind, e.value_date, e.amount, extra=e.extra, claims=e.claims) for e in reversed(counting)
    ]
    assert position(SMALL, renumbered, deferments) == position(SMALL, entries, deferments)


@given(entries=ledgers(), deferments=windows, one=plain, later=st.integers(0, 200))
def test_apply_then_reverse_is_the_state_before(entries, deferments, one, later):
    kind, day, amount, extra, _flag = one
    signed = amount if kind is K.REFUND else -amount
    applied = Entry(901, kind, day, signed, extra=extra if kind is K.PAYMENT else Extra.COVER)
    undone = Entry(902, K.REVERSAL, day + timedelta(days=later), -signed, reverses=901)
    assert position(SMALL, [*entries, applied, undone], deferments) == position(SMALL, entries, deferments)


@given(entries=st.lists(st.tuples(days, ore), max_size=10))
def test_the_ledger_balance_is_what_is_owed(entries):
    ledger = [Entry(0, K.PAYOUT, PAYOUT, D("1200"))]
    ledger += [Entry(i, K.PAYMENT, day, -amount) for i, (day, amount) in enumerate(entries, start=1)]
    plan = position(SMALL, ledger)
    assert ledger_balance(ledger) == plan.outstanding - plan.overpaid
    assert plan.outstanding == 0 or plan.overpaid == 0
