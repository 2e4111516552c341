"""Forms that come back: kept as a document, read, and taken field by field (domain.md §4; docs/decisions/141)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import DocumentKind
from cases.models import CaseFile
from cases.services.locking import lock_open_case
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from screening import perms
from screening.citizen_forms.kinds import FormKind, Taken, form_kinds
from screening.citizen_forms.reading import Reading, read_form
from screening.models import ReceivedForm
from screening.papers import rules
from screening.papers.enums import FormResult
from screening.papers.questions import Question


@transaction.atomic
def receive_form(*, case: CaseFile, upload: cases.Upload, by: User, today: date) -> ReceivedForm:
    """Keep a file that came back, and say what it is. Refused: what is no kind of document, or holds a virus.

    A PDF that is broken or locked is kept too: it is what the citizen sent.

    Nothing is taken over yet. A form of another case is kept and marked; what stands in it is not.
    """
    _check_role(by)
    case = lock_open_case(case)
    reading = read_form(upload.data)
    result, kind = _judged(case, reading)
    document = cases.add_document(
        case=case,
        upload=upload,
        kind=kind.document_kind if kind else DocumentKind.OTHER,
        title=_title(kind, today),
        dated=today,
        others_data=result == FormResult.OTHER_CASE,
        as_it_is=True,
        by=by,
        today=today,
    )
    received = ReceivedForm.objects.create(
        case=case,
        document=document,
        kind=kind.code if kind else "",
        form_version=reading.identity.version if reading.identity else None,
        result=result,
        values=_answers(case, kind, reading) if result in (FormResult.READ, FormResult.OLDER) else {},
        received_by=by,
    )
    cases.reconcile_tasks(case=case, today=today)
    return received


def _answers(case: CaseFile, kind: FormKind | None, reading: Reading) -> dict[str, str]:
    """What came back for the questions that are ours; a file may hold fields of any name."""
    codes = [question.code for question in kind.questions_for(case, reading.values)] if kind else []
    return {code: rules.clean(reading.values[code]) for code in codes if code in reading.values}


def _check_role(by: User) -> None:
    if not perms.may_write_papers(by):
        raise Refused(_("Only the microloan team reads forms in."))


def _judged(case: CaseFile, reading: Reading) -> tuple[FormResult, FormKind | None]:
    """What a reading means for this case."""
    identity = reading.identity
    if identity is None:
        return reading.result, None
    kind = form_kinds.get(identity.kind)
    if identity.case_number != case.number:
        return FormResult.OTHER_CASE, kind
    if reading.result != FormResult.READ:
        return reading.result, kind
    if kind is None or not kind.is_for(case):
        return FormResult.FOREIGN, None
    is_older = identity.version < kind.stored(case).version
    return (FormResult.OLDER if is_older else FormResult.READ), kind


def _title(kind: FormKind | None, today: date) -> str:
    return (_("%(form)s from the citizen") % {"form": kind.label}) if kind else _("Form from the citizen")


@dataclass(frozen=True)
class FieldPair:
    """One field of a form: what is stored and what came back. `problem` says why it cannot be taken as it is."""

    question: Question
    stored: str
    came: str
    problem: str = ""

    @property
    def is_new(self) -> bool:
        return not self.problem and bool(self.came) and self.came != self.stored

    @property
    def is_emptied(self) -> bool:
        return not self.came and not self.problem and bool(self.stored)


def pairs_of(received: ReceivedForm, kind: FormKind) -> list[FieldPair]:
    """Every field that the form held, next to what is stored now. Fields it did not hold are left out."""
    stored = kind.stored(received.case).values
    pairs = []
    for question in kind.questions_for(received.case, received.values):
        if question.code not in received.values:
            continue
        raw = received.values[question.code]
        try:
            came, problem = rules.read_back(question, raw), ""
        except rules.Unfit as unfit:
            came, problem = raw, str(unfit)
        pairs.append(FieldPair(question, stored.get(question.code, ""), came, problem))
    return pairs


def assumed_of(received: ReceivedForm, kind: FormKind, today: date) -> dict[str, str]:
    """What is put in where neither the form nor what is stored says it, so that the rest of a form is not lost."""
    said = {code for code, text in kind.stored(received.case).values.items() if text}
    said |= {pair.question.code for pair in pairs_of(received, kind) if pair.came and not pair.problem}
    return {code: text for code, text in kind.assumed(today).items() if code not in said}


@transaction.atomic
def accept_form(*, received: ReceivedForm, fields: Collection[str], base: int, by: User, today: date) -> ReceivedForm:
    """Save a new version with these fields as they came back; the others stay as they are stored.

    `base` is the stored version that was shown beside it: a Conflict where there is a newer one since.
    """
    _check_role(by)
    received = _lock(received)
    if received.document.is_withdrawn:
        raise Refused(_("The file has been withdrawn from the case. Nothing can be taken from it. Set the form aside."))
    kind = form_kinds[received.kind]
    stored = kind.stored(received.case)
    if stored.version != base:
        raise Conflict(_("Somebody else has saved a newer version in the meantime. Look at the fields again."))
    pairs = {pair.question.code: pair for pair in pairs_of(received, kind)}
    chosen = [code for code in pairs if code in set(fields)]
    if len(chosen) != len(set(fields)):
        raise Refused(_("One of the fields is not in this form."))
    if not chosen:
        raise Refused(_("Choose at least one field to take over, or set the form aside."))
    for code in chosen:
        if pairs[code].problem:
            raise Refused(pairs[code].problem, field=code)
    taken = {code: pairs[code].came for code in chosen}
    values = {**assumed_of(received, kind, today), **stored.values, **taken}
    kind.save(Taken(received.case, values, base=base, document=received.document, by=by, today=today))
    return _settle(received, chosen, by, today)


@transaction.atomic
def set_aside_form(*, received: ReceivedForm, by: User, today: date) -> ReceivedForm:
    """Nothing is taken over; the file stays among the documents."""
    _check_role(by)
    return _settle(_lock(received), [], by, today)


def _lock(received: ReceivedForm) -> ReceivedForm:
    case = lock_open_case(received.case)
    fresh = ReceivedForm.objects.select_for_update(of=("self",)).select_related("document").get(pk=received.pk)
    fresh.case = case
    if not fresh.is_readable:
        raise Refused(_("Nothing can be read from this file."))
    if fresh.settled_at is not None:
        raise Conflict(_("The form has been dealt with already."))
    return fresh


def _settle(received: ReceivedForm, taken: list[str], by: User, today: date) -> ReceivedForm:
    received.taken, received.settled_at, received.settled_by = taken, clock.now(), by
    received.save(update_fields=["taken", "settled_at", "settled_by"])
    cases.reconcile_tasks(case=received.case, today=today)
    return received
