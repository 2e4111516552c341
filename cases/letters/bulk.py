"""One letter in the team's own words to many citizens (ui-guide.md §2, "skriv til alle").

Written and checked once; then a worker makes one letter each, under a key that no second run can double. What cannot be
made becomes a task in its case, so that nobody believes that it was sent.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cases.enums import Holder
from cases.letters import channels, kinds, services
from cases.letters.models import BulkLetter, BulkRecipient, paragraphs_of
from cases.letters.registry import Context
from cases.models import CaseFile, Task
from cases.perms import check_shown, check_team
from cases.services import add_task
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.calendars import add_working_days
from microloan.core.errors import Conflict, Refused
from microloan.core.pdf import PdfError
from microloan.core.queue import after_commit
from microloan.core.registry import Registry

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Addressee:
    """One citizen, and how the letter gets there, or why it cannot."""

    case: CaseFile
    channel: str = ""
    why_not: str = ""


@dataclass(frozen=True)
class Group:
    """Citizens that one may want to write to at once, such as all with an instalment next week."""

    label: Any
    cases: Callable[[User, date], QuerySet[CaseFile]]


# Higher rooms add theirs in `AppConfig.ready()`.
groups: Registry[Group] = Registry("groups of citizens to write to")


def addressees(cases: Iterable[CaseFile]) -> list[Addressee]:
    return [_addressee(case) for case in cases]


def _addressee(case: CaseFile) -> Addressee:
    if not case.is_open:
        return Addressee(case, why_not=_("The case is closed."))
    try:
        services.address_of(case, kinds.MESSAGE)
    except Refused as refusal:
        return Addressee(case, why_not=str(refusal))
    return Addressee(case, channel=str(channels.channel_for_citizen(case.citizen).label))


def context_of(subject: str, text: str) -> Context:
    return {"subject": subject, "paragraphs": paragraphs_of(text)}


def check_subject(subject: str) -> None:
    """The heading stands in lists of post, also of those who get the letter; asked before the check page is shown."""
    if not subject.strip():
        raise Refused(_("Write a heading."), field="subject")
    check_shown(subject, field="subject")


@transaction.atomic
def write_to_many(*, cases: Iterable[CaseFile], subject: str, text: str, by: User, key: UUID) -> BulkLetter:
    """Freeze what is written and to whom; the letters are made when the transaction commits. The same key writes once."""
    from cases.letters.tasks import prepare_many

    check_team(by)
    check_subject(subject)
    if not paragraphs_of(text):
        raise Refused(_("Write the letter first."), field="text")
    everybody = addressees(cases)
    ids = [found.case.pk for found in everybody if not found.why_not]
    if not ids:
        raise Refused(_("None of the citizens can get the letter."))
    if len(ids) > MOST_AT_ONCE:
        raise Refused(_("At most %(number)s citizens at once.") % {"number": MOST_AT_ONCE})
    values = {"subject": subject.strip(), "text": text.strip(), "case_ids": ids, "by": by, "dated": clock.now().date()}
    letter, created = BulkLetter.objects.get_or_create(key=key, defaults=values)
    if created:
        BulkRecipient.objects.bulk_create(
            BulkRecipient(bulk=letter, case=found.case, why_not=found.why_not[:240]) for found in everybody
        )
        after_commit(prepare_many, letter.pk)
    elif any(getattr(letter, name) != values[name] for name in ("subject", "text", "case_ids", "by")):
        raise Conflict(_("Another letter has been sent from this page. Look at it before you write again."))
    return letter


def prepare(bulk_id: int) -> int:
    """Make the letters that have not been made yet: how many there are now. Running it twice makes none twice."""
    bulk = BulkLetter.objects.select_related("by").get(pk=bulk_id)
    if bulk.prepared_at is not None:
        return 0
    made = 0
    cases = CaseFile.objects.filter(pk__in=bulk.case_ids).select_related("citizen", "coach").order_by("pk")
    for case in cases:
        row = BulkRecipient.objects.filter(bulk=bulk, case=case, letter=None)
        try:
            letter = services.prepare_letter(
                kind=kinds.MESSAGE.code,
                case=case,
                key=f"bulk:{bulk.pk}:{case.pk}",
                context=context_of(bulk.subject, bulk.text),
                by=bulk.by,
                today=bulk.dated,
            )
        except (Refused, PdfError) as refusal:
            row.update(why_not=str(refusal)[:240])
            _tell(bulk, case, str(refusal))
        else:
            row.update(letter=letter, why_not="")
            made += 1
    BulkLetter.objects.filter(pk=bulk.pk).update(prepared_at=clock.now())
    return made


def report_of(bulk: BulkLetter) -> tuple[list[BulkRecipient], Counter[str]]:
    """Each citizen, those without a letter first, and how many there are of each kind."""
    rows = list(bulk.recipients.select_related("case__citizen", "letter").order_by("case__citizen__name", "pk"))
    rows.sort(key=lambda row: row.state != "not")
    return rows, Counter(row.state for row in rows)


def _tell(bulk: BulkLetter, case: CaseFile, why: str) -> None:
    title = _("Not sent: %(subject)s") % {"subject": bulk.subject[:100]}
    if case.is_open and not Task.objects.filter(case=case, title=title, done_at__isnull=True).exists():
        due_on = add_working_days(bulk.dated, 1)
        task = add_task(case=case, title=title, due_on=due_on, holder=Holder.TEAM, owner=bulk.by, by=None)
        Task.objects.filter(pk=task.pk).update(why=why[:240])


def prepare_forgotten() -> None:
    """What the queue lost, or a worker did not finish."""
    waiting = BulkLetter.objects.filter(prepared_at__isnull=True, at__lt=clock.now() - services.WAITING_AFTER)
    for pk in waiting.order_by("pk").values_list("pk", flat=True):
        prepare(pk)
