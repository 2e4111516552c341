"""What the reports write: the import of former cohorts. All or nothing; the same file twice adds nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pghistory
import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from cases.enums import ClosedBy, ClosingReason, Phase, Source
from cases.models import CaseFile, Citizen, Cohort, LivelihoodPeriod, NumberSeries
from loans.enums import SupportKind
from loans.models import LedgerEntry, Loan
from microloan.accounts.enums import AccessAction
from microloan.accounts.models import User
from microloan.accounts.services import log_access
from microloan.core.errors import Conflict
from reports.history_files import read_tables
from reports.rules.history_ledger import HistoryEntry, ledger_entries
from reports.rules.history_rows import History, LivelihoodRow, LoanRow, ParticipantRow, PaymentRow, RowError
from reports.rules.history_sheets import read_history
from reports.rules.history_values import shown

logger = structlog.get_logger(__name__)
BATCH = 2000
SERIES = "history"


class HistoryRefused(Conflict):
    """The sheets cannot be loaded; `errors` names every row that stands in the way."""

    def __init__(self, errors: Sequence[RowError], warnings: Sequence[RowError] = ()) -> None:
        self.errors, self.warnings = list(errors), list(warnings)
        super().__init__(*[str(error) for error in errors])


@dataclass
class Count:
    added: int = 0
    unchanged: int = 0

    def add(self, *, is_new: bool) -> None:
        if is_new:
            self.added += 1
        else:
            self.unchanged += 1


@dataclass
class ImportResult:
    dry_run: bool
    cohorts: Count = field(default_factory=Count)
    participants: Count = field(default_factory=Count)
    loans: Count = field(default_factory=Count)
    payments: Count = field(default_factory=Count)
    livelihoods: Count = field(default_factory=Count)
    warnings: list[RowError] = field(default_factory=list)


def import_history(*, path: Path, dry_run: bool, by: User | None, today: date) -> ImportResult:
    """Load former cohorts from a workbook or a folder of CSV files (interfaces.md).

    Rows already loaded are passed over. Raises `HistoryFileError` for a file that cannot be read and `HistoryRefused`
    when a row is wrong in itself or says something else than what was loaded before. With `dry_run` the same work is
    done and then undone, so that the database has had its say.
    """
    history = read_history(read_tables(path), today=today)
    if history.errors:
        raise HistoryRefused(history.errors, history.warnings)
    with pghistory.context(command="import_history", user=by.pk if by else None), transaction.atomic():
        result = _Import(history, ImportResult(dry_run, warnings=history.warnings), today).run()
        if dry_run:
            transaction.set_rollback(True)
        elif by is not None:
            log_access(user=by, action=AccessAction.CHANGE, what="history", purpose=_("Import of former cohorts"))
    logger.info("history_imported", dry_run=dry_run, participants=result.participants.added)
    return result


class _Import:
    """One run: look at what is there, name every conflict, then write in sets."""

    def __init__(self, history: History, result: ImportResult, today: date) -> None:
        self.history, self.result, self.today = history, result, today
        self.errors: list[RowError] = []
        self.new_periods: list[LivelihoodRow] = []
        self.new_entries: list[tuple[str, HistoryEntry]] = []

    def run(self) -> ImportResult:
        self._lock()
        self._look_up()
        self._compare_cohorts()
        self._compare_participants()
        self._compare_loans()
        self._compare_livelihoods()
        if self.errors:
            raise HistoryRefused(self.errors, self.history.warnings)
        self._write()
        return self.result

    def _lock(self) -> None:
        """Two imports at once take turns; the second finds what the first has loaded."""
        NumberSeries.objects.get_or_create(key=SERIES)
        self.series = NumberSeries.objects.select_for_update().get(key=SERIES)

    def _look_up(self) -> None:
        history = self.history
        refs = [row.case_ref for row in history.participants]
        found = CaseFile.objects.filter(external_ref__in=refs).select_related("citizen", "cohort")
        self.cases = {case.external_ref: case for case in found}
        names = {row.cohort for row in history.participants}
        self.cohorts = {cohort.code: cohort for cohort in Cohort.objects.filter(code__in=names)}
        self.loans = {loan.case_id: loan for loan in Loan.objects.filter(case__in=found)}
        self.entries: dict[int, dict[str, LedgerEntry]] = defaultdict(dict)
        for entry in LedgerEntry.objects.filter(loan__case__in=found, key__startswith="history:"):
            self.entries[entry.loan_id][entry.key] = entry
        self.periods: dict[int, list[LivelihoodPeriod]] = defaultdict(list)
        for period in LivelihoodPeriod.objects.filter(citizen__cases__in=found):
            self.periods[period.citizen_id].append(period)

    def _conflict(self, sheet: str, row: int, column: str, message: str) -> None:
        self.errors.append(RowError(sheet, row, column, message))

    # --- What is there already ---

    def _compare_cohorts(self) -> None:
        first = {row.cohort: row for row in reversed(self.history.participants)}
        for code, row in first.items():
            cohort = self.cohorts.get(code)
            self.result.cohorts.add(is_new=cohort is None)
            if cohort is not None:
                self._same("participants", row.row, "cohort_start", row.cohort_start, cohort.start_on)
                self._same("participants", row.row, "cohort_end", row.cohort_end, cohort.end_on)

    def _same(self, sheet: str, row: int, column: str, here: Any, there: Any) -> None:
        if here != there:
            values = {"here": shown(here), "there": shown(there)}
            message = _("Loaded before as %(there)s, but the file says %(here)s. Correct the file or the case.")
            self._conflict(sheet, row, column, message % values)

    def _compare_participants(self) -> None:
        for row in self.history.participants:
            case = self.cases.get(row.case_ref)
            self.result.participants.add(is_new=case is None)
            if case is None:
                continue
            cohort = case.cohort.code if case.cohort else None
            for column, here, there in (
                ("cohort", row.cohort, cohort),
                ("course_end", row.course_end, case.course_end_on),
                ("sex", str(row.sex), case.citizen.sex),
                ("birth_year", row.birth_year, case.citizen.birth_year),
                ("livelihood_before", str(row.livelihood_before), case.livelihood),
            ):
                self._same("participants", row.row, column, here, there)

    def _compare_loans(self) -> None:
        payments: dict[str, list[PaymentRow]] = defaultdict(list)
        for payment in self.history.payments:
            payments[payment.case_ref].append(payment)
        named = {row.case_ref for row in self.history.loans}
        for row in self.history.loans:
            self._compare_loan(row, payments[row.case_ref])
        for person in self.history.participants:
            case = self.cases.get(person.case_ref)
            if case is not None and case.pk in self.loans and person.case_ref not in named:
                message = _("The case has a loan that was loaded before, but none in the file.")
                self._conflict("participants", person.row, "case_ref", message)

    def _compare_loan(self, row: LoanRow, payments: Sequence[PaymentRow]) -> None:
        case = self.cases.get(row.case_ref)
        loan = self.loans.get(case.pk) if case else None
        there = self.entries[loan.pk] if loan else {}
        here = ledger_entries(row, payments)
        self.result.loans.add(is_new=loan is None)
        if loan is not None:
            self._same("loans", row.row, "principal", row.principal, loan.principal)
        counted: dict[int, bool] = {}
        for entry in here:
            found = there.get(entry.key)
            if entry.row:
                counted[entry.row] = counted.get(entry.row, False) or found is None
            if found is None:
                self.new_entries.append((row.case_ref, entry))
            elif entry.content != (found.kind, found.amount, found.value_date):
                self._changed_entry(row, entry, found)
        for is_new in counted.values():
            self.result.payments.add(is_new=is_new)
        self._missing_entries(row, {entry.key for entry in here}, there)

    def _changed_entry(self, row: LoanRow, entry: HistoryEntry, found: LedgerEntry) -> None:
        if entry.row:
            message = _("The payment was loaded before as something else: the hand-over in loans has changed.")
            self._conflict("payments", entry.row, "date", message)
        elif entry.key.endswith("payout"):
            self._same("loans", row.row, "payout_date", entry.value_date, found.value_date)
        elif entry.value_date != found.value_date:
            self._same("loans", row.row, "handed_over_on", entry.value_date, found.value_date)
        else:
            message = _("The payments up to the hand-over have changed since the loan was loaded.")
            self._conflict("loans", row.row, "handed_over_on", message)

    def _missing_entries(self, row: LoanRow, here: set[str], there: dict[str, LedgerEntry]) -> None:
        for key, entry in there.items():
            if key in here:
                continue
            if key.endswith(":handover"):
                self._same("loans", row.row, "handed_over_on", row.handed_over_on, entry.value_date)
            elif not key.endswith(":rest"):
                facts = {"amount": -entry.amount, "day": entry.value_date}
                message = _("A payment of %(amount)s on %(day)s was loaded before, but is not in the file.") % facts
                self._conflict("loans", row.row, "case_ref", message)

    def _compare_livelihoods(self) -> None:
        """A period loaded before is passed over; one that says something else about the same days is a conflict."""
        for row in self.history.livelihoods:
            case = self.cases.get(row.case_ref)
            there = self.periods[case.citizen_id] if case else []
            is_new = all((row.kind, row.start, row.end) != (p.kind, p.from_on, p.to_on) for p in there)
            self.result.livelihoods.add(is_new=is_new)
            if not is_new:
                continue
            self.new_periods.append(row)
            for period in there:
                if row.start <= (period.to_on or date.max) and period.from_on <= (row.end or date.max):
                    facts = {"kind": period.kind, "from": period.from_on, "to": period.to_on or "…"}
                    message = _("Another livelihood was loaded before: %(kind)s, %(from)s to %(to)s.") % facts
                    self._conflict("livelihoods", row.row, "from", message)

    # --- Writing ---

    def _write(self) -> None:
        new = [row for row in self.history.participants if row.case_ref not in self.cases]
        self._write_cohorts(new)
        self._write_cases(new)
        self._write_livelihoods()
        self._write_loans()

    def _write_cohorts(self, rows: Sequence[ParticipantRow]) -> None:
        missing = {row.cohort: row for row in rows if row.cohort not in self.cohorts}
        made = Cohort.objects.bulk_create(
            Cohort(code=code, start_on=row.cohort_start, end_on=row.cohort_end) for code, row in missing.items()
        )
        self.cohorts.update({cohort.code: cohort for cohort in made})

    def _write_cases(self, rows: Sequence[ParticipantRow]) -> None:
        """Imported cases are closed as completed: they are there for the figures, nobody works on them."""
        citizens = Citizen.objects.bulk_create(
            (Citizen(sex=row.sex, birth_year=row.birth_year) for row in rows), batch_size=BATCH
        )
        first = self.series.last + 1
        cases = [
            self._case(row, citizen, f"H-{number:06d}")
            for number, (row, citizen) in enumerate(zip(rows, citizens, strict=True), start=first)
        ]
        self.series.last += len(cases)
        self.series.save(update_fields=["last"])
        for case in CaseFile.objects.bulk_create(cases, batch_size=BATCH):
            self.cases[case.external_ref] = case

    def _case(self, row: ParticipantRow, citizen: Citizen, number: str) -> CaseFile:
        closed_on = min(row.course_end or row.cohort_end, self.today)
        return CaseFile(
            number=number,
            citizen=citizen,
            phase=Phase.CLOSED,
            phase_entered_on=closed_on,
            opened_on=row.cohort_start,
            cohort=self.cohorts[row.cohort],
            course_end_on=row.course_end,
            livelihood=row.livelihood_before,
            source=Source.HISTORY,
            external_ref=row.case_ref,
            closed_on=closed_on,
            closing_reason=ClosingReason.COMPLETED,
            closed_by_choice_of=ClosedBy.TEAM,
        )

    def _write_livelihoods(self) -> None:
        LivelihoodPeriod.objects.bulk_create(
            (
                LivelihoodPeriod(
                    citizen_id=self.cases[row.case_ref].citizen_id, kind=row.kind, from_on=row.start, to_on=row.end
                )
                for row in self.new_periods
            ),
            batch_size=BATCH,
        )

    def _write_loans(self) -> None:
        rows = [row for row in self.history.loans if self.cases[row.case_ref].pk not in self.loans]
        loans = [
            Loan(
                case=self.cases[row.case_ref],
                number=self.cases[row.case_ref].number,
                kind=SupportKind.LOAN,
                principal=row.principal,
            )
            for row in rows
        ]
        for loan in Loan.objects.bulk_create(loans, batch_size=BATCH):
            self.loans[loan.case_id] = loan
        LedgerEntry.objects.bulk_create(
            (
                LedgerEntry(
                    loan=self.loans[self.cases[case_ref].pk],
                    kind=entry.kind,
                    amount=entry.amount,
                    value_date=entry.value_date,
                    voucher=entry.voucher,
                    key=entry.key,
                    content_hash=entry.content_hash,
                )
                for case_ref, entry in self.new_entries
            ),
            batch_size=BATCH,
        )
