"""Files of payments: read, shown, then booked entry by entry, each in a transaction of its own (docs/decisions/161)."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from cases.files import clean_name
from cases.scanning import refuse_viruses
from loans import payment_files
from loans.enums import SupportKind
from loans.models import IncomingPayment, Loan, PaymentImport
from loans.models.payments import KEY_LENGTH
from loans.payment_enums import CLAIMING, Aside, ImportState, IncomingState, Why
from loans.payment_files import BadFile, BankEntry, references_in
from loans.payment_files.entries import KRONER, digits
from loans.payment_files.references import is_mistyped
from loans.queries import payout_date
from loans.services.ledger import lock_loan
from loans.services.payments import book_payment, check_takes_payments
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.cpr import mask_text
from microloan.core.danish import short_date
from microloan.core.errors import Conflict, Refused
from microloan.core.queue import after_commit
from microloan.policy.services import municipality

MONEY_ROLES = frozenset({Role.BENEFITS_OFFICER, Role.PROJECT_LEAD})
MOST_ATTEMPTS = 3
BATCH = 500
LOAN_NUMBER = re.compile(r"\bL-[0-9]{4}-[0-9]{5}\b")
LOCK = 0x6D6C7061  # of uploads and confirmations: which entries are known is asked and answered by one at a time


def check_money(by: User) -> None:
    """Payments are the benefits officers'; the project lead may step in (domain.md §2)."""
    perms.check_role(by, MONEY_ROLES, _("Only a benefits officer or the project lead works with payments."))


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


# --- Upload ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def upload_payments(
    *, data: bytes, name: str, by: User, today: date, is_recovery: bool = False
) -> tuple[PaymentImport, bool]:
    """Read a file and keep its entries for the preview. Nothing is booked. A file that was uploaded before is given as it
    stands, with False: its content counts once, whatever it is called. `is_recovery`: a settlement from recovery."""
    check_money(by)
    refuse_viruses(data)
    file = payment_files.read_file(data)
    ahead = [entry for entry in file.entries if entry.booked_on > today]
    if ahead:
        raise BadFile(
            *[
                _("Entry or line %(number)s: %(day)s is in the future.")
                % {"number": entry.position, "day": short_date(entry.booked_on)}
                for entry in ahead
            ]
        )
    _one_at_a_time()
    checksum = hashlib.sha256(data).hexdigest()
    known = PaymentImport.objects.filter(sha256=checksum).exclude(state=ImportState.DISCARDED).first()
    if known is not None:
        return known, False
    made = PaymentImport.objects.create(
        sha256=checksum, name=clean_name(name), kind=file.kind, is_recovery=is_recovery, uploaded_by=by
    )
    accounts = [account for account in municipality().payment_accounts.split(",") if digits(account)]
    rows = [_incoming(made, entry, accounts) for entry in file.entries]
    IncomingPayment.objects.bulk_create(rows, batch_size=BATCH)
    return made, True


def _incoming(source: PaymentImport, entry: BankEntry, accounts: Sequence[str]) -> IncomingPayment:
    return IncomingPayment(
        source=source,
        position=entry.position,
        key=_short(entry.key),
        amount=entry.amount,
        currency=entry.currency,
        is_credit=entry.is_credit,
        is_reversal=entry.is_reversal,
        is_booked=entry.is_booked,
        booked_on=entry.booked_on,
        value_date=entry.value_date,
        reference=_masked(entry.reference)[:140],
        payer=mask_text(entry.payer)[:140],
        text=_masked(entry.text)[:500],
        account=entry.account[:40],
        batch_ref=_short(entry.batch_ref),
        aside=entry.aside(accounts),
    )


def _short(key: str) -> str:
    """A key that is too long is known by its checksum."""
    return key if len(key) <= KEY_LENGTH else f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def _masked(text: str) -> str:
    """Without CPR numbers, which people do write to their bank; a payment reference in groups stays readable."""
    return text if references_in(text) and text.replace(" ", "").isdecimal() else mask_text(text)


@transaction.atomic
def discard_import(*, payment_import: PaymentImport, by: User) -> PaymentImport:
    """Leave a file that is still a preview. It may be uploaded again."""
    check_money(by)
    found = PaymentImport.objects.select_for_update().get(pk=payment_import.pk)
    if found.state != ImportState.PREVIEW:
        raise Conflict(_("The file has been taken in already, or was discarded."))
    found.payments.filter(state=IncomingState.NEW).update(state=IncomingState.DISCARDED)
    found.state = ImportState.DISCARDED
    found.save()
    return found


# --- What would become of each entry -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What becomes of one entry of a file."""

    state: str
    why: str = ""
    loan: Loan | None = None
    same_as: IncomingPayment | None = None


def judge(payments: Iterable[IncomingPayment]) -> dict[int, Verdict]:
    """What would become of the entries of a preview, by key. A fixed number of queries, however many there are."""
    rows = list(payments)
    known = _Known(rows)
    loans = _loans_of(rows)
    return {row.pk: _verdict(row, known, loans) for row in rows}


class _Known:
    """What has come before: in other files, and further up in this one."""

    def __init__(self, rows: Sequence[IncomingPayment]) -> None:
        self.of_key: dict[str, list[IncomingPayment]] = defaultdict(list)
        self.of_batch: dict[str, list[IncomingPayment]] = defaultdict(list)
        self.in_file: Counter[str] = Counter()
        kept = IncomingPayment.objects.filter(state__in=[*CLAIMING, IncomingState.ASIDE]).exclude(aside=Aside.PENDING)
        kept = kept.select_related("source")
        for row in kept.filter(key__in={row.key for row in rows}).order_by("ordinal", "pk"):
            self.of_key[row.key].append(row)
        batches = {row.batch_ref for row in rows if row.batch_ref}
        for row in kept.filter(batch_ref__in=batches, state__in=CLAIMING) if batches else []:
            self.of_batch[row.batch_ref].append(row)

    def add(self, row: IncomingPayment) -> None:
        self.of_key[row.key].append(row)
        if row.batch_ref:
            self.of_batch[row.batch_ref].append(row)

    def met(self, row: IncomingPayment) -> Verdict | None:
        """Whether this entry has come before: the same again, or something that contradicts it."""
        place = self.in_file[row.key]
        self.in_file[row.key] += 1
        others = [other for other in self.of_key[row.key] if row.aside or other.state != IncomingState.ASIDE]
        if not others:
            return self._other_half(row)
        if row.key.startswith("content:"):
            if place < len(others) and others[place].source_id != row.source_id:
                return Verdict(IncomingState.COUNTED, same_as=others[place])
            return Verdict(IncomingState.CONFLICT, Why.REPEATED, same_as=others[0])
        same = next((other for other in others if tells_the_same(row, other)), None)
        if same is not None:
            return Verdict(IncomingState.COUNTED, same_as=same)
        return Verdict(IncomingState.CONFLICT, Why.OTHER_CONTENT, same_as=others[0])

    def _other_half(self, row: IncomingPayment) -> Verdict | None:
        """The whole of an entry after its parts, or a part after the whole: the same money under two names."""
        whole = f"ref:{row.batch_ref}"
        for other in self.of_batch[row.batch_ref] if row.batch_ref else []:
            if whole in (row.key, other.key) and other.source_id != row.source_id:
                return Verdict(IncomingState.CONFLICT, Why.PART_OF_KNOWN, same_as=other)
        return None


def tells_the_same(one: IncomingPayment, other: IncomingPayment) -> bool:
    """Whether two entries with the same key have the same content. What only one of them tells is no contradiction."""
    facts = ("amount", "currency", "is_credit", "is_reversal", "booked_on")
    if any(getattr(one, name) != getattr(other, name) for name in facts):
        return False
    return not one.reference or not other.reference or digits(one.reference) == digits(other.reference)


def _loans_of(rows: Sequence[IncomingPayment]) -> dict[str, Loan]:
    """The loans that the payment references name."""
    wanted = {name for row in rows if not row.aside for name in names_of(row)}
    found = Loan.objects.filter((Q(payment_reference__in=wanted) & ~Q(payment_reference="")) | Q(number__in=wanted))
    loans = list(found.select_related("case__citizen").prefetch_related("entries"))
    return {name: loan for loan in loans for name in (loan.payment_reference, loan.number) if name}


def names_of(row: IncomingPayment) -> list[str]:
    """What an entry calls its loan: the payment reference; in a settlement from recovery also the loan's number."""
    numbers = LOAN_NUMBER.findall(f"{row.reference} {row.text}".upper()) if row.source.is_recovery else []
    return [*references_in(row.reference, row.text), *numbers]


def _verdict(row: IncomingPayment, known: _Known, loans: dict[str, Loan]) -> Verdict:
    if row.aside == Aside.PENDING:  # it comes again when the bank has booked it
        return Verdict(IncomingState.ASIDE)
    met = known.met(row)
    if met is not None:
        return met
    known.add(row)
    return Verdict(IncomingState.ASIDE) if row.aside else match_by_reference(row, loans)


def match_by_reference(row: IncomingPayment, loans: dict[str, Loan]) -> Verdict:
    """The loan with the payment reference, if there is exactly one and it takes the payment; else a person looks."""
    references = names_of(row)
    if not references:
        mistyped = is_mistyped(row.reference, row.text)
        return Verdict(IncomingState.PARKED, Why.MISTYPED if mistyped else Why.UNKNOWN)
    found = {loans[reference].pk: loans[reference] for reference in references if reference in loans}
    if not found:
        return Verdict(IncomingState.PARKED, Why.NO_LOAN)
    if len(found) > 1:
        return Verdict(IncomingState.PARKED, Why.SEVERAL)
    (loan,) = found.values()
    paid_out = payout_date(loan)
    if loan.kind != SupportKind.LOAN or paid_out is None or row.value_date < paid_out:
        return Verdict(IncomingState.PARKED, Why.NOT_OWED, loan)
    return Verdict(IncomingState.WAITING, loan=loan)


def fingerprint_of(verdicts: dict[int, Verdict]) -> str:
    """What the preview showed: confirmed is what was seen."""
    told = [
        [pk, verdict.state, verdict.why, verdict.loan.pk if verdict.loan else 0]
        for pk, verdict in sorted(verdicts.items())
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


# --- Confirm, and book ---------------------------------------------------------------------------------------------------


@transaction.atomic
def confirm_import(*, payment_import: PaymentImport, seen: str, by: User) -> PaymentImport:
    """Take a previewed file in: what is known by its reference waits to be booked, the rest is parked or told apart.

    Once. Raises Conflict when something has changed since the preview that was `seen`.
    """
    from loans.tasks import book_import

    check_money(by)
    _one_at_a_time()
    found = PaymentImport.objects.select_for_update(of=("self",)).get(pk=payment_import.pk)
    if found.state != ImportState.PREVIEW:
        raise Conflict(_("The file has been taken in already, or was discarded."))
    rows = list(found.payments.order_by("position", "pk"))
    verdicts = judge(rows)
    if fingerprint_of(verdicts) != seen:
        raise Conflict(_("Something has changed since the file was read. Look at it again, then book."))
    for row in rows:
        verdict = verdicts[row.pk]
        row.state, row.why, row.loan, row.same_as = verdict.state, verdict.why, verdict.loan, verdict.same_as
    IncomingPayment.objects.bulk_update(rows, ["state", "why", "loan", "same_as"], batch_size=BATCH)
    found.state, found.confirmed_by, found.confirmed_at = ImportState.BOOKING, by, clock.now()
    found.save()
    after_commit(book_import, found.pk)
    return found


def book_waiting(import_id: int, *, today: date, most: int = 0) -> int:
    """Book what waits in a file, each entry in a transaction of its own, and finish the file when nothing waits.

    It goes on where another run stopped or died: what is booked is no longer waiting. With `most`, at most that many.
    The tasks of the cases are worked out once, at the end, before the file counts as done: a run that dies is made good.
    """
    booked, last = 0, 0
    waiting = IncomingPayment.objects.filter(source=import_id, state=IncomingState.WAITING)
    with cases.tasks_held_back():
        while not most or booked < most:
            pk = waiting.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True).first()
            if pk is None:
                break
            book_incoming(pk, today=today)
            booked, last = booked + 1, pk
    done = IncomingPayment.objects.filter(source=import_id, state=IncomingState.BOOKED)
    cases.reconcile_cases(sorted(set(done.values_list("loan__case_id", flat=True))), today=today)
    _finish(import_id)
    return booked


def book_incoming(incoming_id: int, *, today: date) -> IncomingPayment:
    """Book one waiting payment. What cannot be booked is parked with the reason; what was tried three times, too."""
    IncomingPayment.objects.filter(pk=incoming_id, state=IncomingState.WAITING).update(attempts=F("attempts") + 1)
    with transaction.atomic():
        given = IncomingPayment.objects.select_related("loan__case", "source__confirmed_by").get(pk=incoming_id)
        if given.state != IncomingState.WAITING or given.loan is None:
            return given
        loan = lock_loan(given.loan)
        row = IncomingPayment.objects.select_related("source").select_for_update(of=("self",)).get(pk=incoming_id)
        if row.state != IncomingState.WAITING or row.loan_id != loan.pk:
            return row
        if row.attempts > MOST_ATTEMPTS:
            return _park(row, Why.FAILED)
        try:
            return enter(row, loan, by=given.source.confirmed_by, today=today)
        except Refused:
            return _park(row, Why.NOT_OWED)


def enter(row: IncomingPayment, loan: Loan, *, by: User, today: date) -> IncomingPayment:
    """Write a locked payment into the ledger of a locked loan. Refused where the loan takes no payments."""
    if row.value_date < check_takes_payments(loan):
        raise Refused(_("The payment is older than the payout of the loan."), field="loan")
    if row.currency != KRONER:
        raise Refused(_("Only kroner are booked."))
    from loans.services.handovers import book_recovery

    book = book_recovery if row.source.is_recovery else book_payment
    entry = book(
        loan=loan,
        amount=row.amount,
        value_date=row.value_date,
        key=f"incoming:{row.pk}:{row.bookings}",
        by=by,
        today=today,
        voucher=_("File %(number)s, line %(line)s") % {"number": row.source_id, "line": row.position},
    )
    row.state, row.loan, row.entry, row.why = IncomingState.BOOKED, loan, entry, ""
    row.bookings += 1
    row.save()
    return row


def _park(row: IncomingPayment, why: str) -> IncomingPayment:
    row.state, row.why = IncomingState.PARKED, why
    row.save()
    return row


def _finish(import_id: int) -> None:
    with transaction.atomic():
        found = PaymentImport.objects.select_for_update(of=("self",)).get(pk=import_id)
        if found.state == ImportState.BOOKING and not found.payments.filter(state=IncomingState.WAITING).exists():
            found.state, found.finished_at = ImportState.DONE, clock.now()
            found.save()


@transaction.atomic
def continue_import(*, payment_import: PaymentImport, by: User) -> PaymentImport:
    """Go on with a file whose booking stopped. The queue may still be at it: each entry is booked once all the same."""
    from loans.tasks import book_import

    check_money(by)
    found = PaymentImport.objects.select_for_update(of=("self",)).get(pk=payment_import.pk)
    if found.state != ImportState.BOOKING:
        raise Refused(_("Nothing waits to be booked in this file."))
    after_commit(book_import, found.pk)
    return found


def unfinished_imports() -> list[int]:
    """What the queue forgot, or a worker left behind."""
    return list(PaymentImport.objects.filter(state=ImportState.BOOKING).order_by("pk").values_list("pk", flat=True))
