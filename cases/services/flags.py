"""A case is flagged with a reason, and the flag resolved in words (domain.md §3.6)."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases.enums import EntryKind
from cases.models import CaseFile, Flag
from cases.services.journal import add_journal_entry
from cases.services.locking import lock_case, lock_open_case
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused


@transaction.atomic
def raise_flag(*, case: CaseFile, reason: str, by: User) -> Flag:
    """Flag a case. The same reason while it stands is the same flag (double click)."""
    perms.check_team(by)
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(_("Write why the case is flagged."), field="reason")
    case = lock_open_case(case)
    perms.check_shown(reason, field="reason", citizen=case.citizen)
    known = Flag.objects.open().filter(case=case, reason=reason).first()
    if known is not None:
        return known
    flag = Flag.objects.create(case=case, reason=reason, raised_by=by)
    add_journal_entry(case=case, kind=EntryKind.NOTE, title=_("Flagged"), text=reason, by=by)
    return flag


@transaction.atomic
def resolve_flag(*, flag: Flag, resolution: str, by: User) -> Flag:
    """Resolve a flag, saying what was done. Flags of closed cases may be resolved as well."""
    perms.check_team(by)
    resolution = " ".join(resolution.split())
    if not resolution:
        raise Refused(_("Write what was done about it."), field="resolution")
    case = lock_case(flag.case)
    flag = Flag.objects.select_for_update(of=("self",)).get(pk=flag.pk)
    if not flag.is_open:
        raise Conflict(_("The flag has been resolved already: %(resolution)s") % {"resolution": flag.resolution})
    flag.resolution, flag.resolved_at, flag.resolved_by = resolution, clock.now(), by
    flag.save(update_fields=["resolution", "resolved_at", "resolved_by"])
    title = _("Flag resolved: %(reason)s") % {"reason": flag.reason}
    add_journal_entry(case=case, kind=EntryKind.NOTE, title=title, text=resolution, by=by)
    return flag
