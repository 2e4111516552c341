"""Whoever referred a citizen is told of each decision: in "Mine henvisninger" and by e-mail (domain.md §2)."""

import smtplib
from datetime import date, datetime

import structlog
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from cases.enums import EntryKind
from cases.models import CaseFile, JournalEntry, ReferrerNotice
from microloan.accounts.enums import REFERRERS
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.jobs import Counts
from microloan.core.queue import after_commit

log = structlog.get_logger(__name__)
MAX_ATTEMPTS = 3
# Notes are exchanged between the team and the referrer; what counts as a decision is the rest.
NOT_TOLD = frozenset({EntryKind.NOTE, EntryKind.CORRECTION, EntryKind.LETTER})


def tell_referrer(entry: JournalEntry) -> ReferrerNotice | None:
    """Tell of a line of the journal that the referrer may read, unless the referrer wrote it or has left."""
    referral = getattr(entry.case, "referral", None)
    to = referral.referred_by if referral else None
    if entry.kind in NOT_TOLD or to is None or to.pk == entry.author_id:
        return None
    if to.role not in REFERRERS or not to.is_active:
        return None
    notice, created = ReferrerNotice.objects.get_or_create(entry=entry, to=to, defaults={"case": entry.case})
    if created and to.email:
        _queue(entry.case_id, to.pk)
    return notice


def _queue(case_id: int, user_id: int) -> None:
    from cases.tasks import send_notices

    after_commit(send_notices, case_id, user_id)


def send_waiting(case_id: int, user_id: int) -> int:
    """One e-mail with all that is new in a case. Of two workers one finds it unsent; to be called outside a transaction."""
    now = clock.now()
    with transaction.atomic():
        unsent = ReferrerNotice.objects.select_for_update(of=("self",)).select_related("entry", "case", "to")
        notices = list(
            unsent.filter(
                case=case_id, to=user_id, sent_at__isnull=True, attempts__lt=MAX_ATTEMPTS, to__is_active=True
            ).order_by("pk")
        )
        pks = [notice.pk for notice in notices]
        ReferrerNotice.objects.filter(pk__in=pks).update(sent_at=now, attempts=F("attempts") + 1)
    if not notices or not notices[0].to.email:
        return 0
    try:
        _message(notices).send()
    except (OSError, smtplib.SMTPException) as error:
        ReferrerNotice.objects.filter(pk__in=pks).update(sent_at=None)
        log.warning("notice_not_sent", case=notices[0].case.number, error=type(error).__name__)
        return 0
    return len(notices)


def _message(notices: list[ReferrerNotice]) -> EmailMessage:
    case, to = notices[0].case, notices[0].to
    with translation.override("da"):
        lines = dict.fromkeys(_what(notice.entry, case) for notice in notices)
        body = _(
            "There is news in case %(number)s, which you referred:\n\n%(lines)s\n\n"
            "Log in to Mikrolån and read more under “My referrals”."
        ) % {"number": case.number, "lines": "\n".join(f"- {line}" for line in lines)}
        return EmailMessage(
            subject=_("News in a case that you referred"),
            body=body,
            to=[to.email],
            headers={"Message-ID": f"<notice-{notices[-1].pk}@mikrolaan>"},
        )


def _what(entry: JournalEntry, case: CaseFile) -> str:
    """What was decided on, never how: the outcome is read behind the log-in."""
    if entry.kind == EntryKind.SCREENING:
        return _("A screening has been decided.")
    if entry.kind == EntryKind.LOAN:
        return _("There is a decision or a payout in the loan case.")
    if entry.kind == EntryKind.SUPPORT:
        return _("Living support has been decided.")
    if entry.kind == EntryKind.COURSE:
        return _("Something has happened with the courses.")
    return _("The case has moved on.") if case.is_open else _("The case has been closed.")


def mark_seen(*, case: CaseFile, user: User, now: datetime) -> int:
    """The referrer has opened the case: what was new is read."""
    return ReferrerNotice.objects.filter(case=case, to=user, seen_at__isnull=True).update(seen_at=now)


def send_lost_notices(today: date) -> Counts:
    """The daily job: what the queue forgot, or what failed. A second run finds nothing to do."""
    waiting = ReferrerNotice.objects.filter(sent_at__isnull=True, attempts__lt=MAX_ATTEMPTS, to__is_active=True)
    pairs = waiting.exclude(to__email="").order_by("case", "to").values_list("case", "to").distinct()
    return Counts(created=sum(send_waiting(case_id, user_id) for case_id, user_id in list(pairs)))
