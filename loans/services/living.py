"""What goes with living support: what it comes to a month, and a pension that stands still meanwhile (domain.md §6, §10)."""

from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from cases.enums import EntryKind as JournalKind
from cases.models import CaseFile
from loans.models import PensionSuspension, SupportAmount
from loans.queries import support_of
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User
from microloan.core import danish
from microloan.core.errors import Conflict, Refused
from microloan.core.months import add_months

# Who knows what is paid out, and who steps in.
AMOUNT_ROLES: frozenset[str] = frozenset({Role.BENEFITS_OFFICER, Role.PROJECT_LEAD})
MOST_A_MONTH = Decimal(60000)
SUSPENSION_YEARS = 5


@transaction.atomic
def set_support_amount(
    *, case: CaseFile, from_on: date, amount: Decimal, note: str, by: User, today: date
) -> SupportAmount:
    """Record what the support comes to a month from a day on, in kroner. For the cost of the programme; pays nothing."""
    perms.check_role(
        by, AMOUNT_ROLES, _("Only a benefits officer or the project lead records what the support comes to.")
    )
    perms.check_shown(note, field="note", citizen=case.citizen)
    case = cases.lock_case(case)
    periods = support_of(case)
    if not periods:
        raise Refused(_("There is no living support on the case."))
    if not 0 < amount <= MOST_A_MONTH:
        raise Refused(
            _("Write an amount between 1 kr. and %(most)s") % {"most": danish.kr(MOST_A_MONTH)}, field="amount"
        )
    if not periods[0].starts_on <= from_on <= periods[-1].ends_on:
        span = {"first": danish.short_date(periods[0].starts_on), "last": danish.short_date(periods[-1].ends_on)}
        raise Refused(_("Write a day in the support: from %(first)s to %(last)s.") % span, field="from_on")
    last = SupportAmount.objects.filter(case=case, from_on=from_on).order_by("pk").last()
    if last is not None and (last.amount, last.note) == (amount, note.strip()):
        return last
    made = SupportAmount.objects.create(case=case, from_on=from_on, amount=amount, note=note.strip(), by=by)
    facts = {"amount": danish.kr(amount), "day": danish.short_date(from_on)}
    cases.add_journal_entry(
        case=case,
        kind=JournalKind.SUPPORT,
        title=_("Living support: %(amount)s a month from %(day)s") % facts,
        text=note.strip(),
        by=by,
    )
    return made


@transaction.atomic
def suspend_pension(
    *, case: CaseFile, from_on: date, until: date, note: str, by: User, today: date
) -> PensionSuspension:
    """Record that a disability pension is suspended from a day to a day: at most five years (R, domain.md §6)."""
    perms.check_role(by, TEAM, _("Only the microloan team records this."))
    perms.check_shown(note, field="note", citizen=case.citizen)
    case = cases.lock_case(case)
    if not case.is_pensioner:
        raise Refused(_("Only a disability pension can be suspended."))
    if until < from_on:
        raise Refused(_("The last day must not be before the first."), field="until")
    longest = add_months(from_on, SUSPENSION_YEARS * 12) - timedelta(days=1)
    if until > longest:
        raise Refused(
            _("At most five years: until %(day)s at the latest.") % {"day": danish.short_date(longest)}, field="until"
        )
    if any(one.from_on <= until and from_on <= one.last_day for one in case.pension_suspensions.all()):
        raise Conflict(_("The pension is suspended in that period already."))
    made = PensionSuspension.objects.create(case=case, from_on=from_on, until=until, note=note.strip(), by=by)
    facts = {"first": danish.short_date(from_on), "last": danish.short_date(until)}
    cases.add_journal_entry(
        case=case,
        kind=JournalKind.SUPPORT,
        title=_("Pension suspended from %(first)s to %(last)s") % facts,
        text=note.strip(),
        by=by,
    )
    cases.reconcile_tasks(case=case, today=today)
    return made


@transaction.atomic
def end_suspension(*, suspension: PensionSuspension, ended_on: date, by: User, today: date) -> PensionSuspension:
    """The pension is paid again after `ended_on`, the last day of the suspension: earlier than was recorded."""
    perms.check_role(by, TEAM, _("Only the microloan team records this."))
    case = cases.lock_case(suspension.case)
    suspension = PensionSuspension.objects.select_for_update().get(pk=suspension.pk)
    if suspension.ended_on is not None:
        raise Conflict(_("The suspension has been ended already."))
    if not suspension.from_on <= ended_on <= suspension.until:
        span = {"first": danish.short_date(suspension.from_on), "last": danish.short_date(suspension.until)}
        raise Refused(_("Write a day in the suspension: from %(first)s to %(last)s.") % span, field="ended_on")
    suspension.ended_on, suspension.ended_by = ended_on, by
    suspension.save(update_fields=["ended_on", "ended_by"])
    cases.add_journal_entry(
        case=case,
        kind=JournalKind.SUPPORT,
        title=_("The pension is paid again after %(day)s") % {"day": danish.short_date(ended_on)},
        by=by,
    )
    cases.reconcile_tasks(case=case, today=today)
    return suspension
