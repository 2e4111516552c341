from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases.enums import INELIGIBLE_FORMS, EntryKind, Livelihood
from cases.models import Business, CaseFile, Citizen, Cohort, Contact, Document, LivelihoodPeriod, Task
from cases.services.journal import add_journal_entry
from cases.services.locking import check_version, lock_case, lock_open_case
from cases.services.tasks import reconcile_tasks
from microloan.accounts.enums import TEAM
from microloan.accounts.models import User
from microloan.core.errors import Refused
from microloan.core.forms import plain_phone

# What the page "citizen's data" may change. CPR, name history and deletion have their own ways.
CITIZEN_FIELDS = (
    "name",
    "sex",
    "phone",
    "email",
    "co_name",
    "street",
    "postcode",
    "city",
    "protected_address",
    "protected_until",
    "digital_post_exempt",
    "letter_preference",
)


TITLE_LENGTH, DOCUMENT_TITLE_LENGTH = 160, 120  # of a task, of a document


@transaction.atomic
def assign_coach(*, case: CaseFile, coach: User, by: User, today: date, version: int | None = None) -> CaseFile:
    """Give a case its coach, who also gets the tasks that follow from the case's state."""
    perms.check_team(by)
    if coach.role not in TEAM or not coach.is_active:
        raise Refused(_("Choose a coach from the microloan team."), field="coach")
    case = lock_open_case(case)
    check_version(case, version)
    if case.coach_id != coach.pk:
        case.coach, case.version = coach, case.version + 1
        case.save()
        add_journal_entry(case=case, kind=EntryKind.NOTE, title=_("Coach: %(name)s") % {"name": coach.full_name}, by=by)
    reconcile_tasks(case=case, today=today)
    return case


@transaction.atomic
def set_cohort(
    *,
    case: CaseFile,
    cohort: Cohort | None,
    by: User,
    version: int | None = None,
    joined_on: date | None = None,
    note: str = "",
) -> CaseFile:
    """Put the case into a cohort, or take it out; it may join late, from a date and with a note (domain.md §3.1)."""
    perms.check_team(by)
    case = lock_case(case)
    check_version(case, version)
    is_other = case.cohort_id != (cohort.pk if cohort else None)
    joined_on, note = (joined_on, note.strip()) if cohort else (None, "")
    if note:
        perms.check_shown(note, field="cohort_note")
    if not is_other and (case.cohort_joined_on, case.cohort_note) != (joined_on, note):
        case.cohort_joined_on, case.cohort_note, case.version = joined_on, note, case.version + 1
        case.save()
    if is_other:
        case.cohort, case.version = cohort, case.version + 1
        case.cohort_joined_on, case.cohort_note = joined_on, note
        case.save()
        title = _("Cohort: %(code)s") % {"code": cohort.code} if cohort else _("Taken out of the cohort")
        add_journal_entry(case=case, kind=EntryKind.NOTE, title=title, by=by)
    return case


@transaction.atomic
def update_citizen(
    *, case: CaseFile, values: dict[str, Any], by: User, today: date, version: int | None = None
) -> Citizen:
    """Correct the citizen's data. The journal says which facts were corrected, never what they are."""
    perms.check_team(by)
    if unknown := set(values) - set(CITIZEN_FIELDS):
        raise ValueError(f"Not for this service: {sorted(unknown)}")
    if not values.get("name", case.citizen.name).strip():
        raise Refused(_("Write the citizen's name."), field="name")
    if "phone" in values:
        values = {**values, "phone": plain_phone(values["phone"])}
    case = lock_case(case)
    check_version(case, version)
    citizen = Citizen.objects.select_for_update().get(pk=case.citizen_id)
    changed = [name for name, value in values.items() if getattr(citizen, name) != value]
    if not changed:
        return citizen
    for name in changed:
        setattr(citizen, name, values[name])
    citizen.save(update_fields=changed)
    hide_address(citizen, today)
    case.version += 1
    case.save(update_fields=["version"])
    labels = [str(field.verbose_name) for field in Citizen._meta.fields if field.name in changed]
    add_journal_entry(
        case=case, kind=EntryKind.NOTE, title=_("Citizen's data corrected"), text=", ".join(labels).capitalize(), by=by
    )
    reconcile_tasks(case=case, today=today)
    return citizen


def hide_address(citizen: Citizen, today: date) -> None:
    """From the day an address is protected, contacts and the titles of tasks and documents no longer say it either."""
    for contact in Contact.objects.filter(case__citizen=citizen).exclude(place=""):
        if citizen.hides(contact.place, today):
            contact.place = _("Protected address")
            contact.save(update_fields=["place"])
    for task in Task.objects.filter(case__citizen=citizen).exclude(title=""):
        if (shown := citizen.without_address(task.title, today)) != task.title:
            task.title = shown[:TITLE_LENGTH]
            task.save(update_fields=["title"])
    for document in Document.objects.filter(case__citizen=citizen):
        if (shown := citizen.without_address(document.title, today)) != document.title:
            document.title = shown[:DOCUMENT_TITLE_LENGTH]
            document.save(update_fields=["title"])


@transaction.atomic
def save_business(
    *,
    case: CaseFile,
    name: str,
    form: str,
    trade: str,
    cvr: str,
    started_on: date | None,
    by: User,
    today: date,
    version: int | None = None,
) -> Business:
    """Record the citizen's firm. A partnership is refused: the loan goes to a natural person (domain.md §3.2)."""
    perms.check_team(by)
    if not name.strip():
        raise Refused(_("Write the name of the business."), field="name")
    if form in INELIGIBLE_FORMS:
        raise Refused(
            _("The loan cannot go to a partnership. The business has to belong to the citizen alone."), field="form"
        )
    case = lock_case(case)
    check_version(case, version)
    business, _created = Business.objects.update_or_create(
        case=case,
        defaults={"name": name.strip(), "form": form, "trade": trade, "cvr": cvr, "started_on": started_on},
    )
    case.version += 1
    case.save(update_fields=["version"])
    add_journal_entry(
        case=case,
        kind=EntryKind.NOTE,
        title=_("Business: %(name)s") % {"name": business.name},
        text=str(business.get_form_display()),
        by=by,
    )
    reconcile_tasks(case=case, today=today)
    return business


@transaction.atomic
def record_livelihood(*, citizen: Citizen, kind: str, from_on: date, by: User) -> LivelihoodPeriod:
    """The citizen lives on something new from a day on: the period that ran until then ends the day before."""
    perms.check_team(by)
    if kind not in Livelihood.values:
        raise Refused(_("Choose what the citizen lives on."), field="livelihood")
    Citizen.objects.select_for_update().get(pk=citizen.pk)
    running = LivelihoodPeriod.objects.filter(citizen=citizen, to_on__isnull=True).first()
    if running and running.kind == kind:
        return running
    if running and running.from_on >= from_on:
        raise Refused(_("A later livelihood is recorded already. Correct that first."), field="livelihood")
    if running:
        running.to_on = from_on - timedelta(days=1)
        running.save(update_fields=["to_on"])
    return LivelihoodPeriod.objects.create(citizen=citizen, kind=kind, from_on=from_on)
