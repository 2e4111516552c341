"""The summary by e-mail of each worker's own tasks: what is late, what is coming (docs/decisions/180).

Case numbers and dates, never a name nor what the task is about. The job plans one per worker and day; sending takes the newest
that waits, so that days caught up after a stop are one mail and not many.
"""

import smtplib
from collections.abc import Iterable
from datetime import date, timedelta

import structlog
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import worklist
from cases.letters.models import Digest
from cases.models import Task
from microloan.accounts.enums import TEAM, DigestChoice
from microloan.accounts.models import User
from microloan.core import clock, danish
from microloan.core.calendars import is_working_day
from microloan.core.jobs import Counts

log = structlog.get_logger(__name__)
MAX_ATTEMPTS = 3
COMING_DAYS = 7
MOST_LINES = 20


def plan_digests(today: date) -> Counts:
    """The job: who gets a summary for today. A second run finds that all have theirs."""
    wanted = [DigestChoice.DAILY] if is_working_day(today) else []
    if is_working_day(today) and _is_first_of_the_week(today):
        wanted.append(DigestChoice.WEEKLY)
    workers = User.objects.filter(is_active=True, role__in=TEAM, digest__in=wanted).exclude(email="")
    known = set(Digest.objects.filter(day=today).values_list("user", flat=True))
    new = [Digest(user=user, day=today) for user in workers.order_by("pk") if user.pk not in known]
    Digest.objects.bulk_create(new, ignore_conflicts=True)
    return Counts(created=len(new), skipped=len(known))


def _is_first_of_the_week(day: date) -> bool:
    """Monday, or the first working day after it where Monday is a holiday."""
    monday = day - timedelta(days=day.weekday())
    return not any(is_working_day(monday + timedelta(days=step)) for step in range(day.weekday()))


def send_waiting(today: date) -> int:
    """Send the newest that waits for each worker; older ones are overtaken. Not inside a transaction."""
    waiting = Digest.objects.filter(sent_at__isnull=True, attempts__lt=MAX_ATTEMPTS, day__lte=today)
    newest = {digest.user_id: digest.pk for digest in waiting.order_by("day", "pk")}
    return sum(_send(pk, user_id, today) for user_id, pk in newest.items())


def _send(digest_id: int, user_id: int, today: date) -> bool:
    """Of two workers one finds it unsent."""
    now = clock.now()
    taken = Digest.objects.filter(pk=digest_id, sent_at__isnull=True)
    if not taken.update(sent_at=now, attempts=F("attempts") + 1):
        return False
    Digest.objects.filter(user=user_id, sent_at__isnull=True, day__lt=today).update(sent_at=now)
    user = User.objects.get(pk=user_id)
    message = message_for(user, digest_id, today) if _still_wants(user) else None
    if message is None:
        return False
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as failure:
        log.warning("digest_not_sent", user=user_id, error=type(failure).__name__)
        Digest.objects.filter(pk=digest_id).update(sent_at=None)
        return False
    return True


def _still_wants(user: User) -> bool:
    return user.is_active and user.role in TEAM and user.digest != DigestChoice.OFF and bool(user.email)


def message_for(user: User, digest_id: int, today: date) -> EmailMessage | None:
    """None where nothing is late and nothing is coming."""
    mine = worklist.tasks_in(user, "mine", today).select_related("case").order_by("due_on", "pk")
    late = list(mine.filter(due_on__lt=today))
    coming = list(mine.filter(due_on__gte=today, due_on__lte=today + timedelta(days=COMING_DAYS)))
    if not late and not coming:
        return None
    with translation.override("da"):
        parts = [*_part(_("Overdue"), late, today), *_part(_("The next 7 days"), coming, today)]
        parts.append(_("Log in to Mikrolån and look in “My work”. You choose in “My profile” how often this comes."))
        return EmailMessage(
            subject=_("Your tasks in Mikrolån"),
            body="\n".join(parts),
            to=[user.email],
            headers={"Message-ID": f"<digest-{digest_id}@mikrolaan>"},
        )


def _part(heading: str, tasks: Iterable[Task], today: date) -> list[str]:
    tasks = list(tasks)
    if not tasks:
        return []
    number = len(tasks)
    count = ngettext("%(number)s task", "%(number)s tasks", number) % {"number": number}
    lines = [
        f"- {task.case.number}: {danish.long_date(task.due_on)} ({danish.due_words(task.due_on, today)})"
        for task in tasks[:MOST_LINES]
    ]
    more = [_("… and %(number)s more") % {"number": number - MOST_LINES}] if number > MOST_LINES else []
    return [f"{heading}: {count}", *lines, *more, ""]
