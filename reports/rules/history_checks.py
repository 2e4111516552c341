"""What the history sheets must be together: every case once, loans for participants, payments for loans, no overlaps.

Only rows that could be read come here. A row that points to one that could not be read is not blamed for it.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from reports.rules.history_ledger import is_repaid_before_handover
from reports.rules.history_rows import History, LivelihoodRow, LoanRow, ParticipantRow, PaymentRow
from reports.rules.history_values import shown

MIN_AGE, MAX_AGE = 15, 100  # in the year the cohort starts
Problem = tuple[str, str]


def check_history(history: History, *, today: date) -> None:
    _check_participants(history)
    _check_loans(history, today)
    _check_payments(history, today)
    _check_livelihoods(history, today)


def _is_named(history: History, sheet: str, case_ref: str) -> bool:
    """True when the sheet names the case, or could not be read at all: then nobody is blamed for missing there."""
    return sheet not in history.named or case_ref in history.named[sheet]


def _check_participants(history: History) -> None:
    seen: dict[str, int] = {}
    cohorts: dict[str, ParticipantRow] = {}
    for row in history.participants:
        first = cohorts.setdefault(row.cohort, row)
        for column, message in _participant_problems(row, first, seen):
            history.wrong("participants", row.row, column, message)
        seen.setdefault(row.case_ref, row.row)


def _participant_problems(row: ParticipantRow, first: ParticipantRow, seen: dict[str, int]) -> Iterator[Problem]:
    """`first` is the first row of the same cohort: its dates are the cohort's."""
    if row.case_ref in seen:
        names = {"case": shown(row.case_ref), "row": seen[row.case_ref]}
        yield "case_ref", _("The case %(case)s is also in row %(row)d.") % names
    for column, mine, theirs in (
        ("cohort_start", row.cohort_start, first.cohort_start),
        ("cohort_end", row.cohort_end, first.cohort_end),
    ):
        if mine != theirs:
            names = {"cohort": shown(row.cohort), "theirs": theirs, "row": first.row, "mine": mine}
            yield column, _("The cohort %(cohort)s has %(theirs)s in row %(row)d, but %(mine)s here.") % names
    if row.cohort_end < row.cohort_start:
        yield "cohort_end", _("The cohort ends before it starts.")
    if row.course_end is not None and row.course_end < row.cohort_start:
        yield "course_end", _("The course ends before the cohort starts.")
    if row.birth_year is not None and not MIN_AGE <= row.cohort_start.year - row.birth_year <= MAX_AGE:
        years = {"born": row.birth_year, "start": row.cohort_start.year}
        yield "birth_year", _("The year of birth %(born)d cannot fit a cohort that starts in %(start)d.") % years


def _check_loans(history: History, today: date) -> None:
    seen: dict[str, int] = {}
    for row in history.loans:
        if not _is_named(history, "participants", row.case_ref):
            message = _("The case %(case)s is not in participants.") % {"case": shown(row.case_ref)}
            history.wrong("loans", row.row, "case_ref", message)
        for column, message in _loan_problems(row, seen, today):
            history.wrong("loans", row.row, column, message)
        seen.setdefault(row.case_ref, row.row)


def _loan_problems(row: LoanRow, seen: dict[str, int], today: date) -> Iterator[Problem]:
    if row.case_ref in seen:
        names = {"case": shown(row.case_ref), "row": seen[row.case_ref]}
        yield "case_ref", _("The case %(case)s already has a loan in row %(row)d.") % names
    if row.payout_date > today:
        yield "payout_date", _("The loan cannot have been paid out in the future.")
    if row.handed_over_on is not None and row.handed_over_on < row.payout_date:
        yield "handed_over_on", _("The loan is handed over before it is paid out.")
    elif row.handed_over_on is not None and row.handed_over_on > today:
        yield "handed_over_on", _("The loan cannot have been handed over in the future.")


def _check_payments(history: History, today: date) -> None:
    loans: dict[str, LoanRow] = {}
    for loan in history.loans:
        loans.setdefault(loan.case_ref, loan)
    seen: dict[tuple[str, date, Decimal, str], list[int]] = {}
    paid: dict[str, Decimal] = {}
    numbered: list[PaymentRow] = []
    for row in history.payments:
        found = loans.get(row.case_ref)
        if not _is_named(history, "loans", row.case_ref):
            message = _("The case %(case)s has no loan in loans.") % {"case": shown(row.case_ref)}
            history.wrong("payments", row.row, "case_ref", message)
        equals = seen.setdefault((row.case_ref, row.date, row.amount, row.reference), [])
        for column, message in _payment_problems(row, found, equals, today):
            history.wrong("payments", row.row, column, message)
        equals.append(row.row)
        numbered.append(PaymentRow(row.row, row.case_ref, row.date, row.amount, row.reference, len(equals)))
        before = paid.get(row.case_ref, Decimal(0))
        paid[row.case_ref] = before + row.amount
        if found is not None and before <= found.principal < paid[row.case_ref]:
            sums = {"paid": paid[row.case_ref], "principal": found.principal}
            message = _("%(paid)s has been paid on a loan of %(principal)s. The rest counts as overpaid.") % sums
            history.note("payments", row.row, "amount", message)
    history.payments = numbered
    _note_repaid_before_handover(history)


def _note_repaid_before_handover(history: History) -> None:
    payments: dict[str, list[PaymentRow]] = {}
    for payment in history.payments:
        payments.setdefault(payment.case_ref, []).append(payment)
    for loan in history.loans:
        if is_repaid_before_handover(loan, payments.get(loan.case_ref, [])):
            message = _("The loan was repaid before the hand-over, so there was nothing to hand over.")
            history.note("loans", loan.row, "handed_over_on", message)


def _payment_problems(row: PaymentRow, loan: LoanRow | None, equals: list[int], today: date) -> Iterator[Problem]:
    if loan is not None and row.date < loan.payout_date:
        yield "date", _("The payment is before the payout on %(payout)s.") % {"payout": loan.payout_date}
    if row.date > today:
        yield "date", _("The payment cannot lie in the future.")
    if equals and row.reference:
        message = _("The same payment with the same reference is in row %(row)d. Delete one, or mend the reference.")
        yield "reference", message % {"row": equals[0]}


def _check_livelihoods(history: History, today: date) -> None:
    by_case: dict[str, list[LivelihoodRow]] = {}
    for row in history.livelihoods:
        if not _is_named(history, "participants", row.case_ref):
            message = _("The case %(case)s is not in participants.") % {"case": shown(row.case_ref)}
            history.wrong("livelihoods", row.row, "case_ref", message)
        if row.start > today:
            history.wrong("livelihoods", row.row, "from", _("The period starts in the future."))
        if row.end is not None and row.end < row.start:
            history.wrong("livelihoods", row.row, "to", _("The period ends before it starts."))
        else:
            by_case.setdefault(row.case_ref, []).append(row)
    for rows in by_case.values():
        _check_overlaps(rows, history)


def _check_overlaps(rows: list[LivelihoodRow], history: History) -> None:
    """Both ends count, so a period may begin the day after the one before, not on its last day."""
    latest: LivelihoodRow | None = None
    for row in sorted(rows, key=lambda row: (row.start, row.row)):
        if latest is not None and latest.end is None:
            message = _("The period overlaps the one in row %(row)d, which has no end.") % {"row": latest.row}
            history.wrong("livelihoods", row.row, "from", message)
        elif latest is not None and latest.end is not None and row.start <= latest.end:
            names = {"row": latest.row, "first": latest.end + timedelta(days=1)}
            message = _("The period overlaps the one in row %(row)d. It can start on %(first)s at the earliest.")
            history.wrong("livelihoods", row.row, "from", message % names)
        if latest is None or (latest.end is not None and (row.end is None or row.end > latest.end)):
            latest = row
