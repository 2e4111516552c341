from datetime import date
from decimal import Decimal

import pytest

from loans.enums import DefermentKind, EntryKind
from loans.rules import Deferment, Entry, RuleError, Terms, preview_change, preview_entry

D = Decimal
PAYOUT = date(2026, 1, 31)
TERMS = Terms(D("50000"), PAYOUT)
SIX = Deferment(date(2027, 3, 1), 6)


def payment(amount, kind=EntryKind.PAYMENT):
    return Entry(1, kind, date(2026, 5, 10), -D(amount))


def test_a_deferment_before_and_after():
    preview = preview_change(TERMS, [payment("5000")], [], SIX)
    assert (preview.last_due_before, preview.last_due_after) == (date(2033, 2, 1), date(2033, 8, 1))
    assert preview.before.outstanding == preview.after.outstanding == D("45000.00")
    assert preview.warning == ""


def test_a_mandatory_deferment_over_the_cap_warns():
    preview = preview_change(TERMS, [], [SIX], Deferment(date(2028, 3, 1), 31, DefermentKind.MANDATORY))
    assert "37" in preview.warning


@pytest.mark.parametrize(
    ("entries", "existing", "deferment", "code"),
    [
        ([payment("50000")], [], SIX, "settled"),
        ([payment("1788", EntryKind.HANDOVER)], [], SIX, "handed_over"),
        ([], [SIX], Deferment(date(2027, 8, 1), 1), "overlap"),
        ([], [SIX], Deferment(date(2028, 8, 1), 31), "cap"),
        ([], [], Deferment(date(2025, 12, 1), 1), "before_payout"),
        ([], [], Deferment(date(2033, 3, 1), 1), "nothing_due"),
    ],
)
def test_refused(entries, existing, deferment, code):
    with pytest.raises(RuleError) as refused:
        preview_change(TERMS, entries, existing, deferment)
    assert refused.value.code == code
    assert refused.value.messages == [str(refused.value)]


def test_a_payment_before_and_after():
    preview = preview_entry(TERMS, [], [], payment("3000"))
    assert (preview.before.outstanding, preview.after.outstanding) == (D("50000.00"), D("47000.00"))
