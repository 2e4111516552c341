"""Does the database still say what it said? Everything is recomputed from the rows themselves (interfaces.md).

Each check looks at one kind of row, counts what it looked at and tells what does not fit. Nothing is mended: what is
wrong is for people to understand first. Imported loans have no rule set and no plan; their ledger is checked alone.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import chain, groupby
from typing import Any

import pghistory.core
import pgtrigger
from django.core.files.storage import default_storage
from django.db import connection, models
from django.db.models import Prefetch, Sum
from django.utils.translation import gettext as _

from cases import integrity
from cases.enums import Source
from cases.integrity import stored_files
from cases.letters.models import Letter, LetterFileChanged, LetterPrint, PrintBatch, source_of
from cases.models import CaseFile, CaseFileExport, DocumentVersion, PhaseChange
from cases.models.document import DocumentFileChanged
from loans import arrears_integrity, payment_integrity, rules
from loans.enums import EntryKind, OrderState, PeriodKind, PlanCause, SupportKind
from loans.models import Instalment, LedgerEntry, Loan, PlanVersion, SupportPeriod
from loans.queries import (
    PLAN_CHANGES,
    changes_of,
    entries_after_payout,
    not_paid_out,
    payout_date,
    payouts_of,
    position_of,
    rule_entries,
    terms_of,
)
from loans.services import limits_of_rules
from loans.services.ledger import content_hash
from microloan.core.danish import kr, short_date
from microloan.core.money import ZERO

BATCH = 500
BEING_MADE = 3600  # seconds: a file is there before its row
FROM_TERMS = (PlanCause.DECISION, PlanCause.PAYOUT)  # nothing has been taken off these yet
IMPORTED = "history:"  # the keys of imported entries begin so; their hash is that of the sheet row


@dataclass
class Report:
    """How many rows of each kind were looked at, and what does not fit."""

    checked: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def found(self, where: object, what: str) -> None:
        self.problems.append(f"{where}: {what}")


def check_everything() -> Report:
    """All checks, on the whole database."""
    report = Report()
    for check in CHECKS:
        check(report)
    return report


def _batches(rows: models.QuerySet) -> Iterator[list]:
    """Rows in the order of their keys, never all in memory."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


# --- Loans: ledger, plan, allocation ----------------------------------------------------------------------------------


def check_loans(report: Report) -> None:
    loans = Loan.objects.select_related("rule_set", "decision", "order").prefetch_related(
        Prefetch("entries", LedgerEntry.objects.order_by("value_date", "pk")),
        PLAN_CHANGES,
        Prefetch(
            "plan_versions",
            PlanVersion.objects.order_by("version").prefetch_related(
                Prefetch("instalments", Instalment.objects.order_by("number"))
            ),
        ),
    )
    for batch in _batches(loans):
        sums = dict(
            LedgerEntry.objects.filter(loan__in=batch)
            .order_by()
            .values_list("loan_id")
            .annotate(total=Sum("amount"))
            .values_list("loan_id", "total")
        )
        for loan in batch:
            report.checked["loans"] += 1
            _check_entries(report, loan)
            _check_ledger(report, loan, sums.get(loan.pk, ZERO))
            _check_payout(report, loan)
            _check_plans(report, loan)


def _check_entries(report: Report, loan: Loan) -> None:
    """Each entry is the entry it was when it was written."""
    ids = {entry.pk for entry in loan.entries.all()}
    for entry in loan.entries.all():
        report.checked["entries"] += 1
        if entry.reverses_id is not None and entry.reverses_id not in ids:
            report.found(loan, _("entry %(id)s reverses an entry of another loan") % {"id": entry.pk})
        if not entry.key.startswith(IMPORTED) and entry.content_hash != _hash_of(entry):
            report.found(loan, _("entry %(id)s is not what was written") % {"id": entry.pk})


def _hash_of(entry: LedgerEntry) -> str:
    return content_hash(
        loan_id=entry.loan_id,
        kind=entry.kind,
        amount=entry.amount,
        value_date=entry.value_date,
        reverses_id=entry.reverses_id,
        extra=entry.extra,
        claims=entry.claims,
    )


def _check_ledger(report: Report, loan: Loan, total: Decimal) -> None:
    """The balance: the sum of the rows, what the rules make of them, and principal = paid + owed + handed over + lost."""
    try:
        entries = rule_entries(loan.entries.all())
        balance = rules.ledger_balance(entries)
        position = _position(loan, entries)
    except (rules.RuleError, ValueError) as wrong:
        report.found(loan, _("the ledger contradicts itself: %(why)s") % {"why": wrong})
        return
    effective = rules.effective(entries)
    recovered = sum((entry.amount for entry in effective if entry.kind is EntryKind.RECOVERY_PAYMENT), ZERO)
    if total != balance + recovered:
        report.found(loan, _("the ledger adds up to %(sum)s, not %(balance)s") % _amounts(total, balance + recovered))
    if position is None:
        _check_imported(report, loan, effective)
        return
    report.checked["allocations"] += 1
    _check_position(report, loan, position, balance)


def _amounts(total: Decimal, balance: Decimal) -> dict[str, str]:
    return {"sum": kr(total), "balance": kr(balance)}


def _position(loan: Loan, entries: list[rules.Entry]) -> rules.Position | None:
    payout = payout_date(loan)
    if payout is None or loan.rule_set is None or loan.kind != SupportKind.LOAN:
        return None
    return rules.position(terms_of(loan, payout), entries_after_payout(loan), changes_of(loan))


def _check_imported(report: Report, loan: Loan, entries: Iterable[rules.Entry]) -> None:
    """Without a plan: recovery cannot bring in more than was handed over, and a grant is only ever paid out."""
    sums: dict[EntryKind, Decimal] = {}
    for entry in entries:
        sums[entry.kind] = sums.get(entry.kind, ZERO) + entry.amount
    if sums.get(EntryKind.RECOVERY_PAYMENT, ZERO) < sums.get(EntryKind.HANDOVER, ZERO):
        report.found(loan, _("recovery brought in more than was handed over"))
    if loan.kind == SupportKind.GRANT and set(sums) - {EntryKind.PAYOUT}:
        report.found(loan, _("a grant has entries other than its payout"))


def _check_position(report: Report, loan: Loan, position: rules.Position, balance: Decimal) -> None:
    accounted = position.paid + position.outstanding + position.handed_over + position.written_off
    if accounted != loan.principal:
        report.found(loan, _("paid, owed, handed over and written off are not the principal"))
    owed = position.outstanding - position.overpaid - not_paid_out(loan)
    if not position.excess and owed != balance:
        report.found(loan, _("the plan says %(sum)s is owed, the ledger %(balance)s") % _amounts(owed, balance))
    for line in position.lines:
        if line.paid + line.handed_over + line.written_off + line.remaining != line.amount or line.remaining < 0:
            report.found(loan, _("instalment %(number)s does not add up") % {"number": line.number})


def _check_payout(report: Report, loan: Loan) -> None:
    """The payouts are the principal where the order is paid, and less where it is not (domain.md §7.3)."""
    payouts, order = payouts_of(loan), getattr(loan, "order", None)
    paid_out = sum((entry.amount for entry in payouts), ZERO)
    paid = order if order is not None and order.state == OrderState.PAID else None
    if loan.approved_by_id is not None and any(entry.by_id == loan.approved_by_id for entry in payouts):
        report.found(loan, _("who approved the loan has paid it out"))
    if paid_out > loan.principal or (payouts and paid is not None and paid_out != loan.principal):
        report.found(loan, _("the payout is not the principal"))
    if loan.decision_id is None:
        return
    if (paid is not None) != (bool(payouts) and paid_out >= loan.principal):
        report.found(loan, _("the order and the ledger do not agree on the payout"))
    elif paid is not None and (paid.disbursed_by_id, paid.voucher) != (payouts[-1].by_id, payouts[-1].voucher):
        report.found(loan, _("the order and the ledger name different people or vouchers"))
    elif paid is not None and paid.paid_on != payouts[-1].value_date:
        report.found(loan, _("the order and the ledger have different payout days"))
    if order is not None and (order.amount != loan.principal or order.approved_by_id != loan.approved_by_id):
        report.found(loan, _("the order is not for what was approved"))


def _check_plans(report: Report, loan: Loan) -> None:
    """Each stored plan adds up and is what the rules make of its payout day; the newest is that of the real payout."""
    plans = list(loan.plan_versions.all())
    if [plan.version for plan in plans] != list(range(1, len(plans) + 1)):
        report.found(loan, _("the versions of the plan are not 1, 2, 3 …"))
    # A payout that was taken back leaves its plan behind; it is the payout that counts which is recomputed.
    superseded = {plan.version for plan in plans if plan.cause == PlanCause.PAYOUT and plan is not _last_payout(plans)}
    for plan in plans:
        report.checked["plans"] += 1
        lines = list(plan.instalments.all())
        report.checked["instalments"] += len(lines)
        total = sum((line.amount for line in lines), ZERO)
        if total > loan.principal or (total != loan.principal and plan.cause in FROM_TERMS):
            report.found(loan, _("plan %(version)s does not add up to the principal") % {"version": plan.version})
        if lines and plan.version not in superseded and not _is_recomputed(loan, plan, lines):
            report.found(loan, _("plan %(version)s is not what the rules make of it") % {"version": plan.version})
    payout = payout_date(loan)
    if loan.kind != SupportKind.LOAN or loan.decision_id is None:
        return
    if not plans:
        report.found(loan, _("there is no repayment plan"))
    elif payout is not None and not _is_in_force(loan, list(plans[-1].instalments.all())):
        report.found(loan, _("the plan in force is not that of the payout on %(day)s") % {"day": short_date(payout)})


def _last_payout(plans: list[PlanVersion]) -> PlanVersion | None:
    return next((plan for plan in reversed(plans) if plan.cause == PlanCause.PAYOUT), None)


def _is_in_force(loan: Loan, lines: list[Instalment]) -> bool:
    """The newest plan is, line by line, what the payout, the changes of plan and the ledger make of it."""
    try:
        position = position_of(loan)
    except (rules.RuleError, ValueError):
        return True  # told of by the check of the ledger
    stored = {(line.number, line.nominal_due_on, line.due_on, line.amount) for line in lines}
    computed = position.lines if position else ()
    return stored == {(line.number, line.nominal_due, line.due, line.amount) for line in computed}


def _is_recomputed(loan: Loan, plan: PlanVersion, lines: list[Instalment]) -> bool:
    """Only plans made at the decision or the payout can be recomputed from the loan alone."""
    starts = {
        PlanCause.DECISION: loan.decision.planned_payout_on if loan.decision else None,
        PlanCause.PAYOUT: payout_date(loan),
    }
    start = starts.get(PlanCause(plan.cause))
    return start is None or _same(loan, lines, start)


def _same(loan: Loan, lines: list[Instalment], payout: date) -> bool:
    computed = terms_of(loan, payout).schedule()
    stored = [(line.number, line.nominal_due_on, line.due_on, line.amount) for line in lines]
    return stored == [(line.number, line.nominal_due, line.due, line.amount) for line in computed]


# --- Living support ---------------------------------------------------------------------------------------------------


def check_support(report: Report) -> None:
    """Limits, computed ends, no gap, no period for a pensioner (domain.md §6)."""
    periods = SupportPeriod.objects.select_related("case", "rule_set").order_by("case_id", "starts_on", "pk")
    for _case, group in groupby(periods.iterator(chunk_size=BATCH), key=lambda period: period.case_id):
        of_case = list(group)
        report.checked["support_periods"] += len(of_case)
        for problem in _support_problems(of_case):
            report.found(of_case[0].case, problem)


def _support_problems(periods: list[SupportPeriod]) -> Iterator[str]:
    base, *extensions = periods
    if base.case.is_pensioner:
        yield _("a pensioner has living support")
    if base.kind != PeriodKind.BASE or any(period.kind != PeriodKind.EXTENSION for period in extensions):
        yield _("the first period of living support is not the first of them")
        return
    given: list[int] = []
    for period in periods:
        try:
            limits = limits_of_rules(period.rule_set)  # type: ignore[arg-type]  # never empty: a trigger needs it
            span = (
                rules.base_period(base.starts_on, period.months, limits)
                if period is base
                else rules.extension_period(base.starts_on, base.months, given, period.months, limits)
            )
        except rules.RuleError as wrong:
            yield str(wrong)
            continue
        if period is not base:
            given.append(period.months)
        if (period.starts_on, period.ends_on) != (span.starts_on, span.ends_on):
            yield _("living support from %(start)s does not end or begin where it should") % {
                "start": short_date(period.starts_on)
            }


# --- Letters ----------------------------------------------------------------------------------------------------------


def check_letters(report: Report) -> None:
    """The stored file of every letter is there and is the one that was frozen."""
    letters = Letter.objects.only("pk", "path", "sha256", "kind", "copy_of_id", "created_at")
    for letter in letters.order_by("created_at", "pk").iterator(chunk_size=BATCH):
        report.checked["letters"] += 1
        if letter.copy_of_id is not None:
            continue  # the same file
        try:
            letter.read_pdf()
        except LetterFileChanged as wrong:
            report.found(f"{letter.kind} {letter.pk}", wrong.messages[0])
    for batch in PrintBatch.objects.order_by("made_at", "pk"):
        try:
            batch.read_pdf()
        except LetterFileChanged as wrong:
            report.found(f"print batch {batch.pk}", wrong.messages[0])


def check_documents(report: Report) -> None:
    """The stored file of every version of a document is there and is the one that was uploaded."""
    versions = DocumentVersion.objects.select_related("document__case").order_by("pk")
    for version in versions.iterator(chunk_size=BATCH):
        report.checked["documents"] += 1
        try:
            version.read()
        except DocumentFileChanged as wrong:
            report.found(version.download_name, wrong.messages[0])


def check_files(report: Report) -> None:
    """Every stored file belongs to a row. One that does not was left by a process that was killed between the two."""
    known = set(Letter.objects.values_list("path", flat=True)) | set(LetterPrint.objects.values_list("path", flat=True))
    # What they are printed from, while they wait.
    known |= {source_of(pk) for pk in Letter.objects.filter(dispatched_on=None).values_list("pk", flat=True)}
    known |= set(PrintBatch.objects.values_list("path", flat=True))
    known |= set(DocumentVersion.objects.values_list("path", flat=True))
    known |= set(CaseFileExport.objects.values_list("path", flat=True))
    before = time.time() - BEING_MADE  # the clock of the disk, which nobody moves
    for path in stored_files():
        report.checked["files"] += 1
        if path not in known and default_storage.get_modified_time(path).timestamp() < before:
            report.found(path, _("the file belongs to no letter, document or case file"))


# --- The audit chain --------------------------------------------------------------------------------------------------


def check_phases(report: Report) -> None:
    """The phase of a case is where its history ends, and each step of the history begins where the last one ended."""
    cases = CaseFile.objects.filter(source=Source.LIVE).prefetch_related(
        Prefetch("phase_changes", PhaseChange.objects.order_by("pk"))
    )
    for batch in _batches(cases):
        for case in batch:
            report.checked["cases"] += 1
            before = ""
            for change in case.phase_changes.all():
                if change.from_phase != before:
                    report.found(
                        case, _("the history of phases has a gap before “%(phase)s”") % {"phase": change.to_phase}
                    )
                before = change.to_phase
            if before != case.phase:
                words = {"phase": case.phase, "last": before}
                report.found(case, _("the case is in “%(phase)s”, but its history ends in “%(last)s”") % words)


def check_next_actions(report: Report) -> None:
    """Every open case has a next action, and what is written of whose turn it is fits it (domain.md §3.6)."""
    report.checked["open cases"] += integrity.open_cases()
    for case, problem in chain(integrity.without_next_action(), integrity.turns_not_written()):
        report.found(case, problem)


def check_payments(report: Report) -> None:
    """Payments from files stand as they were booked; what two people confirmed was two people (docs/decisions/162)."""
    report.checked["incoming payments"] += payment_integrity.incoming_count()
    for where, problem in payment_integrity.incoming_problems():
        report.found(where, problem)


def check_arrears(report: Report) -> None:
    """Claims with recovery are those that were decided, once, with attempts to reach the citizen (docs/decisions/166)."""
    report.checked["claims"] += arrears_integrity.claim_count()
    for where, problem in arrears_integrity.arrears_problems():
        report.found(where, problem)


def check_guards(report: Report) -> None:
    """Every guard of the database is installed and switched on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal"
        )
        installed = {(table, name): enabled for table, name, enabled in cursor.fetchall()}
    for model, trigger in pgtrigger.registered():
        report.checked["guards"] += 1
        enabled = installed.get((model._meta.db_table, trigger.get_pgid(model)))
        if enabled is None:
            report.found(model._meta.db_table, _("the guard %(name)s is missing") % {"name": trigger.name})
        elif enabled not in ("O", "A"):
            report.found(model._meta.db_table, _("the guard %(name)s is switched off") % {"name": trigger.name})


def check_history(report: Report) -> None:
    """Each tracked row is as its change history says: nothing was changed behind the history's back."""
    events: list[Any] = sorted(pghistory.core.event_models(), key=lambda model: str(model._meta.db_table))
    for event in events:
        tracked = event.pgh_tracked_model
        report.checked["tracked_rows"] += tracked._base_manager.count()
        for pk in _unexplained(tracked, event):
            report.found(f"{tracked._meta.db_table} {pk}", _("the row is not what its change history says"))
        for pk in _vanished(tracked, event):
            report.found(f"{tracked._meta.db_table} {pk}", _("the row is gone, and its change history does not say so"))


def _unexplained(tracked: Any, event: Any) -> list[object]:
    own = {one.column for one in event._meta.concrete_fields}
    columns = [one.column for one in tracked._meta.concrete_fields if one.column in own]
    quote = connection.ops.quote_name
    row = ", ".join(f"t.{quote(column)}" for column in columns)
    last = ", ".join(f"e.{quote(column)}" for column in columns)
    key = quote(tracked._meta.pk.column)
    # Names come from the models, never from outside.
    query = f"""
        SELECT t.{key} FROM {quote(tracked._meta.db_table)} t
        LEFT JOIN LATERAL (
            SELECT * FROM {quote(event._meta.db_table)} e WHERE e.pgh_obj_id = t.{key} ORDER BY e.pgh_id DESC LIMIT 1
        ) e ON true
        WHERE e.pgh_id IS NULL OR ROW({row}) IS DISTINCT FROM ROW({last}) ORDER BY 1
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [pk for (pk,) in cursor.fetchall()]


def _vanished(tracked: Any, event: Any) -> list[object]:
    quote = connection.ops.quote_name
    table, events = quote(tracked._meta.db_table), quote(event._meta.db_table)
    query = f"""
        SELECT DISTINCT e.pgh_obj_id FROM {events} e
        WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE t.{quote(tracked._meta.pk.column)} = e.pgh_obj_id)
          AND NOT EXISTS (SELECT 1 FROM {events} d WHERE d.pgh_obj_id = e.pgh_obj_id AND d.pgh_label = 'delete')
        ORDER BY 1
    """  # noqa: S608  names of our models
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [pk for (pk,) in cursor.fetchall()]


CHECKS: tuple[Callable[[Report], None], ...] = (
    check_loans,
    check_payments,
    check_arrears,
    check_support,
    check_letters,
    check_documents,
    check_files,
    check_phases,
    check_next_actions,
    check_guards,
    check_history,
)
