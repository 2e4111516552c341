"""Mentor, representative, interpreter, consents and exemption: recorded, changed, ended (domain.md §3.4, §8)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases.enums import ConsentKind, EntryKind
from cases.models import CaseFile, Consent, Exemption, Interpreter, Mentor, Representative
from cases.models.people import PersonAround
from cases.registry import mentor_registers
from cases.services.journal import add_journal_entry
from cases.services.locking import lock_case, lock_open_case
from cases.services.tasks import reconcile_tasks
from microloan.accounts.enums import REFERRERS, Role
from microloan.accounts.models import User
from microloan.core import danish
from microloan.core.errors import Conflict, Refused

P = TypeVar("P", bound=PersonAround)

# What each page may fill in.
COMMON = ("name", "phone", "email", "note", "from_on", "to_on")
FIELDS: dict[type[PersonAround], tuple[str, ...]] = {
    Mentor: (*COMMON, "trade"),
    Representative: (*COMMON, "organisation", "scope", "street", "postcode", "city"),
    Interpreter: (*COMMON, "language"),
}


# --- Mentor, representative, interpreter ---------------------------------------------------------------------------------


@transaction.atomic
def add_person(
    *,
    case: CaseFile,
    kind: type[P],
    values: Mapping[str, Any],
    by: User,
    today: date,
    known: tuple[str, str] | None = None,
) -> P:
    """Record somebody with a part in the case. Raises Refused where a fact is missing. `known`: the register in which a
    mentor stands, and the key there."""
    perms.check_team(by)
    case = lock_open_case(case)
    person = kind(case=case, **_known(kind, values))
    _check(person)
    person.save()
    if known:
        mentor_registers[known[0]].link(person, known[1])
    _write(case, _("%(who)s recorded: %(name)s"), person, by=by)
    reconcile_tasks(case=case, today=today)
    return person


@transaction.atomic
def change_person(*, person: P, values: Mapping[str, Any], by: User, today: date) -> P:
    """Correct what is kept, or set the day the part ends. Every version stays in the change history."""
    perms.check_team(by)
    case = lock_case(person.case)
    kind = type(person)
    fresh = kind._base_manager.select_for_update(of=("self",)).get(pk=person.pk)
    changed = [name for name, value in _known(kind, values).items() if getattr(fresh, name) != value]
    if not changed:
        return fresh
    for name in changed:
        setattr(fresh, name, values[name])
    _check(fresh)
    fresh.save(update_fields=changed)
    _write(case, _("%(who)s changed: %(name)s"), fresh, by=by)
    reconcile_tasks(case=case, today=today)
    return fresh


@transaction.atomic
def end_person(*, person: P, on: date, by: User, today: date) -> P:
    """The part ends; the row stays. Until and with the day `on`."""
    perms.check_team(by)
    if on < person.from_on:
        raise Refused(_("The last day must not be before the first."), field="to_on")
    return change_person(person=person, values={"to_on": on}, by=by, today=today)


def _known(kind: type[PersonAround], values: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(values) - set(FIELDS[kind]):
        raise ValueError(f"Not for this service: {sorted(unknown)}")
    return dict(values)


def _check(person: PersonAround) -> None:
    if not isinstance(person, Interpreter) and not person.name.strip():
        raise Refused(_("Write the name."), field="name")
    if person.to_on is not None and person.to_on < person.from_on:
        raise Refused(_("The last day must not be before the first."), field="to_on")
    if isinstance(person, Mentor) and not person.trade.strip():
        raise Refused(_("Write the mentor's trade."), field="trade")
    if isinstance(person, Interpreter) and not person.language.strip():
        raise Refused(_("Write the language."), field="language")
    if isinstance(person, Representative):
        _check_representative(person)


def _check_representative(person: Representative) -> None:
    if person.to_on is None:
        raise Refused(_("Write the day the power of attorney ends."), field="to_on")
    if not person.scope.strip():
        raise Refused(_("Write what the power of attorney covers."), field="scope")
    if not (person.street.strip() and person.postcode.strip() and person.city.strip()):
        raise Refused(_("Write the address. The copies of letters go there on paper."), field="street")


def _write(case: CaseFile, title: str, person: PersonAround, *, by: User) -> None:
    words = {"who": str(person._meta.verbose_name).capitalize(), "name": str(person)}
    add_journal_entry(
        case=case, kind=EntryKind.NOTE, title=title % words, text=_span(person.from_on, person.to_on), by=by
    )


def _span(from_on: date, to_on: date | None) -> str:
    if to_on is None:
        return _("From %(start)s") % {"start": danish.long_date(from_on)}
    return _("From %(start)s to %(end)s") % {"start": danish.long_date(from_on), "end": danish.long_date(to_on)}


# --- Consents --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def give_consent(*, case: CaseFile, kind: str, scope: str, given_on: date, by: User, today: date) -> Consent:
    """Record what the citizen has agreed to. The same consent twice is one (double click)."""
    perms.check_team(by)
    if kind not in ConsentKind.values:
        raise Refused(_("Choose what the citizen agrees to."), field="kind")
    scope = " ".join(scope.split())
    if not scope:
        raise Refused(_("Write what the consent covers, such as with whom data is shared."), field="scope")
    if given_on > today:
        raise Refused(_("The date cannot lie in the future."), field="given_on")
    case = lock_case(case)
    known = Consent.objects.given().filter(case=case, kind=kind, scope=scope).first()
    if known is not None:
        return known
    consent = Consent.objects.create(case=case, kind=kind, scope=scope, given_on=given_on, recorded_by=by)
    title = _("Consent given: %(kind)s") % {"kind": consent.get_kind_display()}
    add_journal_entry(case=case, kind=EntryKind.NOTE, title=title, text=scope, by=by)
    return consent


@transaction.atomic
def withdraw_consent(*, consent: Consent, on: date, by: User, today: date) -> Consent:
    """The citizen takes a consent back, at any time and without a reason. Closed cases alike."""
    perms.check_team(by)
    case = lock_case(consent.case)
    consent = Consent.objects.select_for_update(of=("self",)).get(pk=consent.pk)
    if consent.withdrawn_on is not None:
        raise Conflict(_("The consent has been withdrawn already."))
    if on > today:
        raise Refused(_("The date cannot lie in the future."), field="withdrawn_on")
    if on < consent.given_on:
        raise Refused(
            _("The consent was given on %(date)s. Write that day or a later one.")
            % {"date": danish.long_date(consent.given_on)},
            field="withdrawn_on",
        )
    consent.withdrawn_on, consent.withdrawal_recorded_by = on, by
    consent.save(update_fields=["withdrawn_on", "withdrawal_recorded_by"])
    title = _("Consent withdrawn: %(kind)s") % {"kind": consent.get_kind_display()}
    add_journal_entry(case=case, kind=EntryKind.NOTE, title=title, text=consent.scope, by=by)
    return consent


# --- Exemption from other offers -------------------------------------------------------------------------------------------


@transaction.atomic
def exempt(
    *,
    case: CaseFile,
    from_on: date,
    to_on: date | None,
    begun_before: str,
    useful: str,
    consultant: User | None,
    by: User,
    today: date,
) -> Exemption:
    """Record the exemption from other activation offers and tell the job consultant by letter (domain.md §3.4).

    Of the two exceptions, what began before may be stated by anybody in the team; what is useful besides the programme
    is for the project lead to say.
    """
    perms.check_team(by)
    begun_before, useful = " ".join(begun_before.split()), " ".join(useful.split())
    if consultant is None or consultant.role not in REFERRERS or not consultant.is_active:
        raise Refused(_("Choose the job consultant, who is told by letter."), field="consultant")
    if to_on is not None and to_on < from_on:
        raise Refused(_("The last day must not be before the first."), field="to_on")
    if useful:
        words = _("Only the project lead says which offer is useful besides the programme.")
        perms.check_role(by, {Role.PROJECT_LEAD}, words, field="useful")
    case = lock_open_case(case)
    _check_free(case, from_on, to_on)
    exemption = Exemption.objects.create(
        case=case,
        from_on=from_on,
        to_on=to_on,
        begun_before=begun_before,
        useful=useful,
        useful_by=by if useful else None,
        consultant=consultant,
        recorded_by=by,
    )
    exceptions = [text for text in (begun_before, useful) if text]
    add_journal_entry(
        case=case,
        kind=EntryKind.NOTE,
        title=_("Exempt from other activation offers and job search"),
        text="\n".join([_span(from_on, to_on), *(_("Exception: %(text)s") % {"text": text} for text in exceptions)]),
        by=by,
        for_referrer=True,
    )
    _tell_consultant(exemption, by=by, today=today)
    reconcile_tasks(case=case, today=today)
    return exemption


def _check_free(case: CaseFile, from_on: date, to_on: date | None) -> None:
    for known in case.exemptions.all():
        begins_later = to_on is not None and known.from_on > to_on
        ended_before = known.to_on is not None and known.to_on < from_on
        if not (begins_later or ended_before):
            raise Refused(_("The citizen is exempt in that period already. End that exemption first."), field="from_on")


@transaction.atomic
def end_exemption(*, exemption: Exemption, on: date, by: User, today: date) -> Exemption:
    """The exemption ends with the day `on`; the job consultant gets a new notice."""
    perms.check_team(by)
    case = lock_case(exemption.case)
    exemption = Exemption.objects.select_for_update(of=("self",)).select_related("consultant").get(pk=exemption.pk)
    if on < exemption.from_on:
        raise Refused(_("The last day must not be before the first."), field="to_on")
    if exemption.to_on == on:
        return exemption
    exemption.to_on = on
    exemption.save(update_fields=["to_on"])
    exemption.case = case
    add_journal_entry(
        case=case,
        kind=EntryKind.NOTE,
        title=_("The exemption from other offers ends"),
        text=_span(exemption.from_on, on),
        by=by,
        for_referrer=True,
    )
    _tell_consultant(exemption, by=by, today=today)
    return exemption


def _tell_consultant(exemption: Exemption, *, by: User, today: date, never_begins: bool = False) -> None:
    """The notice (domain.md §8). Once for each last day, so an exemption that is ended is told anew."""
    from cases.letters.services import prepare_letter

    case = exemption.case
    prepare_letter(
        kind="exemption_notice",
        case=case,
        key=f"exemption:{exemption.pk}:{'never' if never_begins else exemption.to_on or 'open'}",
        context={
            "citizen_name": case.citizen.name,
            "from_on": exemption.from_on,
            "to_on": exemption.to_on,
            "begun_before": exemption.begun_before,
            "useful": exemption.useful,
            "ended": exemption.to_on is not None and exemption.to_on <= today,
            "never_begins": never_begins,
        },
        by=by,
        today=today,
        to_user=exemption.consultant,
    )


def end_with_case(*, case: CaseFile, on: date, by: User, today: date) -> None:
    """A case that closes takes the exemption with it: the other offers are open to the citizen again."""
    for exemption in case.exemptions.select_related("consultant"):
        if exemption.from_on > on:
            _never_begins(exemption, by=by, today=today)
        elif exemption.to_on is None or exemption.to_on > on:
            end_exemption(exemption=exemption, on=on, by=by, today=today)


def _never_begins(exemption: Exemption, *, by: User, today: date) -> None:
    """One that lies ahead lasts no day: it is taken off the case. Journal, letter and change history keep what it said."""
    perms.check_team(by)
    case = exemption.case
    _tell_consultant(exemption, by=by, today=today, never_begins=True)
    add_journal_entry(
        case=case,
        kind=EntryKind.NOTE,
        title=_("The exemption from other offers never begins"),
        text=_span(exemption.from_on, exemption.to_on),
        by=by,
        for_referrer=True,
    )
    exemption.delete()
