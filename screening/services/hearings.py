"""The hearing of the citizen before a stop: sent, answered or not, and what it means for the decision (danish-rules.md §2.1)."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind
from microloan.accounts.models import User
from microloan.core import danish
from microloan.core.errors import Conflict, Refused
from screening import perms, rules
from screening.enums import ScreeningNumber, ScreeningState
from screening.letters import send_hearing_letter
from screening.models import HearingRecord, Screening
from screening.services.screenings import check_phase, link_to, lock_screening


@transaction.atomic
def hold_hearing(
    *, screening: Screening, shown: str, answer_by: date, by: User, today: date, version: int | None = None
) -> HearingRecord:
    """Show the citizen what a stop would rest on, with a time to answer. The decision waits until then.

    Raises Conflict where the screening was changed after `version`: the letter would rest on another recommendation.
    """
    if not perms.may_hear(by):
        raise Refused(_("Only the microloan team holds a hearing."))
    screening = lock_screening(screening, version=version)
    check_phase(screening.case, screening.number)
    if screening.state != ScreeningState.RECOMMENDED or screening.number == ScreeningNumber.FOUR:
        raise Refused(
            _("A hearing is held about a recommendation that lies with the project lead, at screening 1, 2 or 3.")
        )
    if hearing_of(screening) is not None:
        raise Conflict(_("The citizen is being heard already."))
    if not shown.strip():
        raise Refused(_("Write what the decision would rest on."), field="shown")
    if refusal := rules.answer_day_refusal(answer_by, today):
        raise Refused(refusal, field="answer_by")
    record = HearingRecord.objects.create(
        screening=screening,
        recommendation_number=screening.recommendation_number,
        shown=shown.strip(),
        sent_on=today,
        sent_by=by,
        answer_by=answer_by,
    )
    _wait_until(screening, answer_by)
    _tell(
        screening,
        _("%(screening)s: the citizen is heard until %(date)s")
        % {"screening": ScreeningNumber(screening.number).label, "date": danish.long_date(answer_by)},
        record.shown,
        by,
    )
    send_hearing_letter(record=record, by=by, today=today)
    cases.reconcile_tasks(case=screening.case, today=today)
    return record


@transaction.atomic
def record_answer(*, record: HearingRecord, answer: str, answered_on: date, by: User, today: date) -> HearingRecord:
    """Register what the citizen has answered, also where it comes late: it counts until the decision.

    An answer about a recommendation that was taken back is kept with it, and the decision does not rest on it.
    """
    if not perms.may_hear(by):
        raise Refused(_("Only the microloan team registers the answer to a hearing."))
    screening = lock_screening(record.screening)
    record = HearingRecord.objects.select_for_update().get(pk=record.pk)
    if not answer.strip():
        raise Refused(_("Write what the citizen has answered."), field="answer")
    if not record.sent_on <= answered_on <= today:
        raise Refused(_("Write a date from the day of the letter until today."), field="answered_on")
    if record.answer:
        if record.answer == answer.strip():
            return record
        raise Conflict(_("An answer is registered already. Write what came later in the journal."))
    record.answer, record.answered_on, record.recorded_by = answer.strip(), answered_on, by
    record.save(update_fields=["answer", "answered_on", "recorded_by"])
    if is_about_present(record, screening):
        _wait_until(screening, None)
    _tell(
        screening,
        _("%(screening)s: the citizen has answered the hearing")
        % {"screening": ScreeningNumber(screening.number).label},
        record.answer,
        by,
    )
    cases.reconcile_tasks(case=screening.case, today=today)
    return record


def hearings_of(screening: Screening) -> list[HearingRecord]:
    """Every hearing of a round, newest first; those about recommendations that were taken back stay on record."""
    rows = HearingRecord.objects.select_related("sent_by", "recorded_by").filter(screening=screening.pk)
    return list(rows.order_by("-recommendation_number"))


def is_about_present(record: HearingRecord, screening: Screening) -> bool:
    return record.recommendation_number == screening.recommendation_number


def hearing_of(screening: Screening) -> HearingRecord | None:
    """The hearing about the present recommendation: the one that is decided (danish-rules.md §2.1)."""
    return next((record for record in hearings_of(screening) if is_about_present(record, screening)), None)


def check_hearing(screening: Screening, hearing: str, today: date) -> None:
    """A stop waits for the answer, or for the last day to answer; nobody can say that a day passed which was never set."""
    records = hearings_of(screening)
    record = next((record for record in records if is_about_present(record, screening)), None)
    refusal = rules.hearing_refusal(
        hearing,
        was_heard_before=bool(records) and record is None,
        answer_by=record.answer_by if record else None,
        is_answered=bool(record and record.answer),
        today=today,
    )
    if refusal:
        raise Refused(refusal, field="hearing")


def _wait_until(screening: Screening, day: date | None) -> None:
    screening.hearing_until = day
    screening.version += 1
    screening.save()


def _tell(screening: Screening, title: str, text: str, by: User) -> None:
    cases.add_journal_entry(
        case=screening.case, kind=EntryKind.SCREENING, title=title, text=text, by=by, link=link_to(screening)
    )
