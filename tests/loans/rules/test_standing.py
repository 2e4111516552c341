"""The one function behind arrears: claims, steps, pauses, the gate of a hand-over (domain.md §7.6)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.enums import EntryKind, LadderStep, Obstacle
from loans.rules import (
    Attempt,
    Deferment,
    Entry,
    Gate,
    History,
    Interrupted,
    Span,
    Taken,
    Terms,
    position,
    standing,
)
from loans.rules.limitation import Interruption
from loans.rules.standing import quiet_days

D = Decimal
S = LadderStep
DUE = date(2026, 3, 2)  # 1 March is a Sunday
TERMS = Terms(D("1200"), date(2026, 1, 31), instalments=12)
PLAN = position(TERMS)
SHORT = position(Terms(D("1200"), date(2026, 1, 31), instalments=2))
LETTERS = (
    Taken(DUE, S.FIRST_DUNNING, DUE + timedelta(days=10)),
    Taken(DUE, S.SECOND_DUNNING, DUE + timedelta(days=30)),
)
TRIED = tuple(Attempt(DUE + timedelta(days=day), channel) for day, channel in ((12, "call"), (14, "sms"), (20, "call")))


def on(days: int, plan=PLAN, **changes):
    return standing(plan, DUE + timedelta(days=days), History(**changes))


def test_nothing_is_late_on_the_due_date():
    assert not on(0)
    assert [claim.due for claim in on(1).claims] == [DUE]


@pytest.mark.parametrize(
    ("days", "taken", "step"),
    [
        (9, (), None),
        (10, (), S.FIRST_DUNNING),
        (29, LETTERS[:1], None),
        (30, LETTERS[:1], S.SECOND_DUNNING),
        (45, (Taken(DUE, S.FIRST_DUNNING, DUE + timedelta(days=40)),), None),  # late: the next one waits twenty days
        (30, (Taken(DUE, S.FIRST_DUNNING, None),), None),  # made, but never sent
    ],
)
def test_the_letter_of_the_day(days, taken, step):
    assert on(days, taken=taken).claims[0].due_step is step


def test_a_pause_stops_the_clock_but_not_the_age():
    pause = (Span(DUE + timedelta(days=5), DUE + timedelta(days=24)),)
    during, after = on(20, pauses=pause), on(25, pauses=pause)
    assert (during.stopped, during.claims[0].due_step) == (Obstacle.PAUSED, None)
    assert (after.claims[0].due_step, after.claims[0].days) == (None, 25)
    assert during.claims[0].next_on == after.claims[0].next_on == DUE + timedelta(days=30)
    assert on(30, pauses=pause).claims[0].due_step is S.FIRST_DUNNING


def test_a_deferment_stops_the_letters_of_what_is_late_from_before():
    window = Deferment(date(2026, 4, 1), 2)
    plan = position(TERMS, (), [window])
    found = standing(plan, date(2026, 4, 15), History(), deferments=[window])
    assert (found.stopped, found.stopped_until) == (Obstacle.DEFERRED, date(2026, 5, 31))
    assert Obstacle.DEFERRED in found.claims[0].obstacles


def notice(days: int) -> tuple[Taken, ...]:
    return (*LETTERS, Taken(DUE, S.NOTICE, DUE + timedelta(days=days)))


@pytest.mark.parametrize(
    ("days", "taken", "attempts", "missing"),
    [
        (59, notice(40), TRIED, {Obstacle.TOO_YOUNG}),
        (60, notice(40), TRIED, set()),
        (60, LETTERS, TRIED, {Obstacle.NOTICE}),
        (60, notice(50), TRIED, {Obstacle.NOTICE_RUNS}),
        (60, notice(46), TRIED, {Obstacle.NOTICE_RUNS}),  # the last of its fourteen days
        (61, notice(46), TRIED, set()),
        (
            60,
            notice(40),
            [Attempt(DUE + timedelta(days=10), "call"), *TRIED[1:]],
            {Obstacle.CONTACT},
        ),  # with the letter
        (60, notice(40)[1:], TRIED, {Obstacle.LETTERS, Obstacle.CONTACT}),  # nothing counts before the first letter
        (60, notice(40), TRIED[:2], {Obstacle.CONTACT}),
        (60, notice(40), (), {Obstacle.CONTACT}),
        (60, notice(40), [Attempt(one.on, "call") for one in TRIED], {Obstacle.CONTACT}),  # one channel
        (60, notice(40), [Attempt(TRIED[0].on, channel) for channel in ("call", "sms", "email")], {Obstacle.CONTACT}),
        (60, notice(40), [Attempt(DUE + timedelta(days=6), "call", reached=True)], set()),
        (60, notice(40), [Attempt(DUE - timedelta(days=1), "call", reached=True)], {Obstacle.CONTACT}),
    ],
)
def test_the_gate(days, taken, attempts, missing):
    assert set(on(days, taken=taken, attempts=attempts).claims[0].obstacles) == missing


def test_a_younger_claim_waits_for_the_older():
    second = date(2026, 4, 1)
    ready = [Taken(second, one.step, one.on + timedelta(days=30)) for one in notice(40)]
    reached = [Attempt(second, "call", reached=True)]
    older, younger = on(100, taken=ready, attempts=reached).claims[:2]
    assert Obstacle.LETTERS in older.obstacles
    assert younger.obstacles == (Obstacle.OLDER_FIRST,)


def test_small_claims_stay():
    plan = position(TERMS, [Entry(1, EntryKind.PAYMENT, DUE, D("-0.01"))])
    assert Obstacle.TOO_SMALL in on(70, plan).claims[0].obstacles
    assert (
        Obstacle.TOO_SMALL
        not in standing(plan, DUE + timedelta(days=70), gate=Gate(minimum=D("99"))).claims[0].obstacles
    )


def test_what_is_with_recovery_gets_no_letter_and_the_rest_neither():
    plan = position(TERMS, [Entry(1, EntryKind.HANDOVER, DUE + timedelta(days=61), D("-100"), claims=(1,))])
    found = standing(plan, DUE + timedelta(days=100))
    assert [claim.numbers for claim in found.claims] == [(2,), (3,), (4,)]
    assert all(claim.due_step is None and claim.next_step is None for claim in found.claims)


def test_limitation_of_each_claim_and_its_warning():
    found = standing(PLAN, date(2028, 9, 2), History()).claims
    assert (found[0].limitation_on, found[0].warns) == (date(2029, 3, 2), True)
    assert not found[1].warns  # a month later
    events = (Interrupted(Interruption(date(2028, 1, 1), 10), found[0].due),)
    after = standing(PLAN, date(2028, 9, 2), History(interruptions=events)).claims
    assert (after[0].limitation_on, after[1].limitation_on) == (date(2038, 1, 4), found[1].limitation_on)


DAYS = st.integers(min_value=-20, max_value=120)


@given(st.lists(st.tuples(DAYS, st.integers(0, 30)), max_size=5), st.integers(1, 120))
def test_quiet_days_are_each_counted_once(spans, days):
    ranges = [Span(DUE + timedelta(days=first), DUE + timedelta(days=first + length)) for first, length in spans]
    expected = sum(any(one.holds(DUE + timedelta(days=day)) for one in ranges) for day in range(1, days + 1))
    assert quiet_days(DUE, DUE + timedelta(days=days), ranges) == expected


@given(st.lists(st.tuples(DAYS, st.integers(0, 30)), max_size=2), st.integers(30, 75), st.sets(st.integers(0, 75)))
def test_day_by_day_or_caught_up_the_same_letters_go_out_once(spans, until, asleep):
    """The job runs on the days it is awake and catches the others up one by one: the same letters, each once."""
    pauses = [Span(DUE + timedelta(days=first), DUE + timedelta(days=first + length)) for first, length in spans]

    def sent(twice: bool) -> list[Taken]:
        taken: list[Taken] = []
        for day in range(until):
            for _run in range(2 if twice or day in asleep else 1):
                today = DUE + timedelta(days=day)
                for claim in standing(SHORT, today, History(taken=taken, pauses=pauses)).claims:
                    if claim.due_step in (S.FIRST_DUNNING, S.SECOND_DUNNING):
                        taken.append(Taken(claim.due, claim.due_step, today))
        return taken

    once = sent(twice=False)
    assert once == sent(twice=True)
    assert len({(one.due, one.step) for one in once}) == len(once)


@given(st.lists(st.tuples(DAYS, st.sampled_from(["call", "sms"]), st.booleans()), max_size=6), st.integers(1, 200))
def test_nothing_is_ready_without_a_contact_or_the_attempts(attempts, days):
    made = [Attempt(DUE + timedelta(days=day), channel, reached) for day, channel, reached in attempts]
    claim = on(days, taken=notice(40), attempts=made).claims[0]
    today = DUE + timedelta(days=days)
    reached = any(one.reached and DUE <= one.on <= today for one in made)
    counting = [one for one in made if DUE + timedelta(days=10) < one.on <= today]
    tried = len({one.on for one in counting}) >= 3 and len({one.channel for one in counting}) >= 2
    assert claim.is_ready is (days >= 60 and (reached or tried))
