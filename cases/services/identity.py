"""Who the citizen is: the CPR number that comes later, and two records that turn out to be one person."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cases import perms
from cases.enums import EntryKind
from cases.models import CaseFile, Citizen, LivelihoodPeriod
from cases.services.journal import add_journal_entry
from cases.services.locking import check_version, lock_case
from cases.services.people import hide_address
from cases.services.tasks import reconcile_tasks
from microloan.accounts.models import User
from microloan.core import cpr as cpr_numbers
from microloan.core.errors import Refused

ADDRESS = ("co_name", "street", "postcode", "city")


def give_cpr(citizen: Citizen, cpr: str) -> None:
    """Write the number of a citizen who had none, with the date of birth that follows from it."""
    born = cpr_numbers.birth_date(cpr)
    citizen.cpr, citizen.cpr_index = cpr, cpr_numbers.blind_index(cpr)
    citizen.birth_date, citizen.birth_year = born, born.year
    citizen.save(update_fields=["cpr", "cpr_index", "birth_date", "birth_year"])


@transaction.atomic
def record_cpr(*, case: CaseFile, cpr: str, same: bool, by: User, today: date, version: int | None = None) -> CaseFile:
    """Write the CPR number that was missing. A number that is known already belongs to a citizen with earlier cases:
    said to be the same (`same`), the case goes over to that citizen, so that the history is one.
    """
    perms.check_team(by)
    case = lock_case(case)
    check_version(case, version)
    if case.citizen.cpr_index:
        raise Refused(_("The citizen has a CPR number already."), field="cpr")
    other = Citizen.objects.select_for_update().filter(cpr_index=cpr_numbers.blind_index(cpr)).first()
    if other is None:
        give_cpr(case.citizen, cpr)
        title = _("CPR number written down")
    else:
        title = _move_to(case, other, same=same)
    case.version += 1
    case.save(update_fields=["citizen", "version"])
    hide_address(case.citizen, today)
    add_journal_entry(case=case, kind=EntryKind.NOTE, title=title[:200], by=by)
    reconcile_tasks(case=case, today=today)
    return case


def _move_to(case: CaseFile, other: Citizen, *, same: bool) -> str:
    """Let the case belong to the citizen who has the number. What the newer record knows and the older lacks is kept."""
    cases = list(other.cases.order_by("opened_on", "pk"))
    open_case = next((one for one in cases if one.is_open), None)
    if open_case is not None and case.is_open:
        raise Refused(
            _("The number belongs to the citizen of %(number)s, which is open. Close one of the two cases first.")
            % {"number": open_case.number},
            field="cpr",
        )
    if not same:
        raise Refused(
            _("The number belongs to a citizen who is known already: %(name)s. Tick that it is the same citizen.")
            % {"name": str(other)},
            field="same",
        )
    _join(case.citizen, other)
    case.citizen = other
    numbers = ", ".join(one.number for one in cases)
    return _("CPR number written down; the citizen's earlier cases: %(numbers)s") % {"numbers": numbers}


def _join(newer: Citizen, other: Citizen) -> None:
    """What the newer record knows comes to the one that has the number: an address as a whole, and a protection always."""
    taken = [name for name in ("phone", "email") if getattr(newer, name)]
    if newer.street:
        taken += ADDRESS
    for name in taken:
        setattr(other, name, getattr(newer, name))
    if newer.protected_address:
        ends = [one.protected_until for one in (newer, other) if one.protected_address]
        other.protected_until = None if None in ends else max(day for day in ends if day)
        other.protected_address = True
    other.digital_post_exempt = other.digital_post_exempt or newer.digital_post_exempt
    other.save(update_fields=[*taken, "protected_address", "protected_until", "digital_post_exempt"])
    for period in newer.livelihood_periods.order_by("from_on"):
        _move_livelihood(period, other)


def _move_livelihood(period: LivelihoodPeriod, other: Citizen) -> None:
    """What the citizen lives on, too. What ran until then ends the day before; what overlaps still, stays where it is."""
    known = LivelihoodPeriod.objects.filter(citizen=other)
    known.filter(to_on=None, from_on__lt=period.from_on).update(to_on=period.from_on - timedelta(days=1))
    at_once = known.filter(Q(to_on=None) | Q(to_on__gte=period.from_on), from_on__lte=period.to_on or date.max)
    if not at_once.exists():
        period.citizen = other
        period.save(update_fields=["citizen"])
