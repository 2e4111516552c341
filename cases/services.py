"""What happens in a case: one atomic, guarded, logged function per thing. Views, tasks and commands call these."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cases import registry, rules
from cases.enums import (
    INELIGIBLE_FORMS,
    Channel,
    ClosedBy,
    ClosingReason,
    ContactKind,
    ContactState,
    EntryKind,
    Phase,
)
from cases.models import (
    Business,
    CaseFile,
    Citizen,
    Cohort,
    Contact,
    JournalEntry,
    NumberSeries,
    PhaseChange,
    Referral,
    Task,
)
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import Centre, User
from microloan.core import clock, cpr
from microloan.core.calendars import add_working_days
from microloan.core.errors import Conflict, Refused
from microloan.policy.services import rule_set_on

# Who decides on a phase, and what a first meeting needs (domain.md §2).
STAFF_AT_FIRST_MEETING = 2


def next_number(key: str) -> int:
    """The next number of a series, without gaps or doubles under concurrency. Must run inside a transaction."""
    NumberSeries.objects.get_or_create(key=key)
    NumberSeries.objects.filter(key=key).update(last=F("last") + 1)
    return NumberSeries.objects.get(key=key).last


def next_case_number(today: date) -> str:
    return f"ML-{today.year}-{next_number(f'case-{today.year}'):04d}"


def lock_case(case: CaseFile) -> CaseFile:
    """The case, locked for this transaction and fresh. Every service that changes a case starts here."""
    return CaseFile.objects.select_for_update(of=("self",)).select_related("citizen").get(pk=case.pk)


def add_journal_entry(
    *,
    case: CaseFile,
    kind: EntryKind,
    title: str,
    text: str = "",
    by: User | None,
    event_at: datetime | None = None,
    corrects: JournalEntry | None = None,
    for_referrer: bool = False,
    link: dict[str, Any] | None = None,
) -> JournalEntry:
    """Write one line of the journal. Lines are never changed; a correction names the line it corrects."""
    if corrects is not None and corrects.case_id != case.pk:
        raise Refused(_("The note to correct belongs to another case."))
    return JournalEntry.objects.create(
        case=case,
        kind=kind,
        title=title,
        text=text,
        author=by,
        event_at=event_at or clock.now(),
        corrects=corrects,
        for_referrer=for_referrer,
        link=link,
    )


@dataclass(frozen=True)
class ReferralData:
    """What a referral states (ui-guide.md §3.7). `answers` are the referrer's words to each named warning."""

    cpr: str
    name: str
    phone: str
    livelihood: str
    own_wish: bool
    idea: str
    citizen_informed: bool
    best_time: str = ""
    channel: str = Channel.CASEWORKER
    centre: Centre | None = None
    answers: dict[str, str] = field(default_factory=dict)
    citizen: dict[str, Any] = field(default_factory=dict)


def referral_warnings(data: ReferralData, *, today: date) -> dict[str, str]:
    """The named warnings this referral raises, to be answered before it is sent (domain.md §3.2)."""
    return rules.referral_warnings(
        livelihood=data.livelihood,
        eligible=rule_set_on(today).eligible_livelihoods,
        own_wish=data.own_wish,
        birth_date=cpr.birth_date(data.cpr) if data.cpr else None,
        today=today,
    )


@transaction.atomic
def refer(*, data: ReferralData, by: User, today: date) -> CaseFile:
    """Receive a referral or inquiry: find or make the citizen, open the case, promise a date for the first call.

    Raises Refused where the citizen does not know of it, a warning is not answered, or an open case exists.
    """
    if not data.citizen_informed:
        raise Refused(
            _("Tell the citizen before you refer, and tick that the citizen knows."), field="citizen_informed"
        )
    warnings = referral_warnings(data, today=today)
    if unanswered := [code for code in warnings if not data.answers.get(code, "").strip()]:
        raise Refused(_("Answer each question before you send the referral."), field=f"answer_{unanswered[0]}")
    citizen = _citizen_for(data)
    if CaseFile.objects.filter(citizen=citizen).open().exists():
        raise Refused(_("The citizen already has an open case in the microloan programme."), field="cpr")
    case = CaseFile.objects.create(
        number=next_case_number(today),
        citizen=citizen,
        phase=Phase.REFERRED,
        phase_entered_on=today,
        opened_on=today,
        centre=data.centre or by.centre,
        livelihood=data.livelihood,
        channel=data.channel,
        idea=data.idea,
    )
    Referral.objects.create(
        case=case,
        referred_by=by,
        received_on=today,
        answer_due_on=add_working_days(today, rule_set_on(today).referral_working_days),
        best_time=data.best_time,
        own_wish=data.own_wish,
        citizen_informed=data.citizen_informed,
        warnings={code: {"text": text, "answer": data.answers[code]} for code, text in warnings.items()},
    )
    PhaseChange.objects.create(case=case, to_phase=Phase.REFERRED, on=today, by=by)
    add_journal_entry(
        case=case, kind=EntryKind.PHASE, title=_("Referral received"), text=data.idea, by=by, for_referrer=True
    )
    reconcile_tasks(case=case, today=today)
    return case


def _citizen_for(data: ReferralData) -> Citizen:
    """The citizen with this CPR number, or a new one. What the referral knows better is put in."""
    index = cpr.blind_index(data.cpr)
    birth = cpr.birth_date(data.cpr)
    citizen, created = Citizen.objects.get_or_create(
        cpr_index=index,
        defaults={
            "cpr": data.cpr,
            "name": data.name,
            "birth_date": birth,
            "birth_year": birth.year,
            "phone": data.phone,
        },
    )
    if not created and data.phone and citizen.phone != data.phone:
        citizen.phone = data.phone
        citizen.save(update_fields=["phone"])
    if data.citizen:
        for name, value in data.citizen.items():
            setattr(citizen, name, value)
        citizen.save(update_fields=list(data.citizen))
    return citizen


def missing_for(case: CaseFile, phase: str, today: date) -> list[registry.Missing]:
    """Everything that stands in the way of entering a phase, each with the rule that demands it."""
    return [missing for provider in registry.requirements[phase] for missing in provider(case, today)]


@transaction.atomic
def enter_phase(*, case: CaseFile, phase: Phase, by: User, today: date, reason: str = "") -> CaseFile:
    """Move a case into the next phase. Raises Refused with all that is missing (architecture.md §3)."""
    case = lock_case(case)
    if not rules.may_follow(case.phase, phase):
        raise Refused(
            _("The case is in the phase “%(now)s” and cannot go to “%(then)s” from there.")
            % {"now": case.get_phase_display(), "then": Phase(phase).label}
        )
    if missing := missing_for(case, phase, today):
        raise Refused(*[f"{m.text} ({m.source})" if m.source else m.text for m in missing])
    return _move(case, phase, by=by, today=today, reason=reason)


def _move(case: CaseFile, phase: Phase, *, by: User, today: date, reason: str = "") -> CaseFile:
    before = case.phase
    case.phase, case.phase_entered_on, case.version = phase, today, case.version + 1
    case.save()
    PhaseChange.objects.create(case=case, from_phase=before, to_phase=phase, on=today, by=by, reason=reason)
    add_journal_entry(
        case=case,
        kind=EntryKind.PHASE,
        title=_("New phase: %(phase)s") % {"phase": Phase(phase).label},
        text=reason,
        by=by,
        for_referrer=True,
    )
    for hook in registry.phase_entered:
        hook(case=case, from_phase=before, by=by, today=today)
    reconcile_tasks(case=case, today=today)
    return case


@transaction.atomic
def accept(*, case: CaseFile, coach: User, by: User, today: date) -> CaseFile:
    """Take a referral into recruitment and give it a coach (domain.md §3.1)."""
    assign_coach(case=case, coach=coach, by=by, today=today)
    return enter_phase(case=case, phase=Phase.RECRUITMENT, by=by, today=today)


@transaction.atomic
def assign_coach(*, case: CaseFile, coach: User, by: User, today: date) -> CaseFile:
    if coach.role not in TEAM or not coach.is_active:
        raise Refused(_("Choose a coach from the microloan team."), field="coach")
    case = lock_case(case)
    case.coach, case.version = coach, case.version + 1
    case.save()
    Task.objects.filter(case=case, done_at__isnull=True).exclude(key="").update(owner=coach)
    add_journal_entry(case=case, kind=EntryKind.NOTE, title=_("Coach: %(name)s") % {"name": coach.full_name}, by=by)
    reconcile_tasks(case=case, today=today)
    return case


@transaction.atomic
def set_cohort(*, case: CaseFile, cohort: Cohort, by: User) -> CaseFile:
    """Put the case into a cohort; it may join late (domain.md §3.1)."""
    case = lock_case(case)
    case.cohort, case.version = cohort, case.version + 1
    case.save()
    add_journal_entry(case=case, kind=EntryKind.NOTE, title=_("Cohort: %(code)s") % {"code": cohort.code}, by=by)
    return case


@transaction.atomic
def close_case(*, case: CaseFile, reason: str, choice_of: str, text: str, by: User, today: date) -> CaseFile:
    """Close a case with a reason from the taxonomy and whose choice it was (domain.md §3.4)."""
    case = lock_case(case)
    if not case.is_open:
        raise Conflict(_("The case is closed already."))
    if reason not in ClosingReason.values:
        raise Refused(_("Choose why the case is closed."), field="reason")
    if choice_of not in ClosedBy.values:
        raise Refused(_("Choose whose decision it was."), field="choice_of")
    if reason == ClosingReason.OTHER and not text.strip():
        raise Refused(_("Write the reason in words."), field="text")
    if reason == ClosingReason.COMPLETED and (missing := missing_for(case, Phase.CLOSED, today)):
        raise Refused(*[m.text for m in missing])
    case.closed_on, case.closing_reason, case.closed_by_choice_of, case.closing_text = today, reason, choice_of, text
    note = ClosingReason(reason).label if not text else f"{ClosingReason(reason).label}: {text}"
    case = _move(case, Phase.CLOSED, by=by, today=today, reason=str(note))
    Task.objects.filter(case=case, done_at__isnull=True).update(done_at=clock.now(), done_by=by)
    return case


@transaction.atomic
def reopen_case(*, case: CaseFile, reason: str, by: User, today: date) -> CaseFile:
    """Reopen a closed case in the phase it was closed from; only the project lead, with a reason (domain.md §3.1)."""
    if by.role != Role.PROJECT_LEAD:
        raise Refused(_("Only the project lead can reopen a case."))
    if not reason.strip():
        raise Refused(_("Write why the case is reopened."), field="reason")
    case = lock_case(case)
    if case.is_open:
        raise Conflict(_("The case is open."))
    if CaseFile.objects.filter(citizen=case.citizen).open().exists():
        raise Refused(_("The citizen already has an open case in the microloan programme."))
    last = case.phase_changes.filter(to_phase=Phase.CLOSED).order_by("-pk").first()
    case.closed_on, case.closing_reason, case.closed_by_choice_of, case.closing_text = None, "", "", ""
    return _move(case, Phase(last.from_phase), by=by, today=today, reason=reason)


@transaction.atomic
def write_note(
    *,
    case: CaseFile,
    text: str,
    by: User,
    kind: EntryKind = EntryKind.NOTE,
    title: str = "",
    event_at: datetime | None = None,
    corrects: JournalEntry | None = None,
) -> JournalEntry:
    """Write a note. A caseworker's note is a message to the team, and the caseworker sees it again (domain.md §2)."""
    if not text.strip():
        raise Refused(_("Write the note first."), field="text")
    if event_at and event_at > clock.now() + timedelta(minutes=1):
        raise Refused(_("The event cannot lie in the future."), field="event_at")
    if corrects is not None:
        kind, title = EntryKind.CORRECTION, _("Correction of: %(title)s") % {"title": corrects.title}
    return add_journal_entry(
        case=case,
        kind=kind,
        title=title[:200] or (_("Message from %(name)s") % {"name": by.full_name} if by.is_referrer else _("Note")),
        text=text,
        by=by,
        event_at=event_at,
        corrects=corrects,
        for_referrer=by.is_referrer,
    )


@transaction.atomic
def plan_contact(
    *, case: CaseFile, kind: ContactKind, at: datetime, place: str, staff: list[User], by: User, today: date
) -> Contact:
    """Plan a meeting or call."""
    case = lock_case(case)
    if not case.is_open:
        raise Refused(_("The case is closed."))
    contact = Contact.objects.create(case=case, kind=kind, at=at, place=place)
    contact.staff.set(staff)
    reconcile_tasks(case=case, today=today)
    return contact


@transaction.atomic
def register_contact(
    *,
    case: CaseFile,
    kind: ContactKind,
    at: datetime,
    state: ContactState,
    staff: list[User],
    by: User,
    today: date,
    place: str = "",
    notes: str = "",
    contact: Contact | None = None,
) -> Contact:
    """Register how a contact went, planned before or not. A first meeting held needs two staff (domain.md §2)."""
    case = lock_case(case)
    if not case.is_open:
        raise Refused(_("The case is closed."))
    if state != ContactState.PLANNED and at > clock.now():
        raise Refused(_("The time lies in the future. Plan the contact instead."), field="at")
    _check_staff(kind, state, staff)
    contact = contact or Contact(case=case)
    contact.kind, contact.at, contact.place, contact.state, contact.notes = kind, at, place, state, notes
    contact.save()
    contact.staff.set(staff)
    if state != ContactState.PLANNED:
        add_journal_entry(
            case=case,
            kind=EntryKind.CONTACT,
            title=f"{ContactKind(kind).label}: {ContactState(state).label}",
            text=notes,
            by=by,
            event_at=at,
        )
    reconcile_tasks(case=case, today=today)
    return contact


def _check_staff(kind: ContactKind, state: ContactState, staff: list[User]) -> None:
    needed = STAFF_AT_FIRST_MEETING if kind == ContactKind.FIRST_MEETING else 1
    if state == ContactState.ATTENDED and len({person.pk for person in staff}) < needed:
        raise Refused(
            _("Choose the two members of staff who took part in the first meeting.")
            if needed > 1
            else _("Choose who took part."),
            field="staff",
        )


@transaction.atomic
def save_business(
    *, case: CaseFile, name: str, form: str, trade: str, cvr: str, started_on: date | None, by: User, today: date
) -> Business:
    """Record the citizen's firm. A partnership is refused: the loan goes to a natural person (domain.md §3.2)."""
    if form in INELIGIBLE_FORMS:
        raise Refused(
            _("The loan cannot go to a partnership. The business has to belong to the citizen alone."), field="form"
        )
    case = lock_case(case)
    business, _created = Business.objects.update_or_create(
        case=case, defaults={"name": name, "form": form, "trade": trade, "cvr": cvr, "started_on": started_on}
    )
    add_journal_entry(
        case=case,
        kind=EntryKind.NOTE,
        title=_("Business: %(name)s") % {"name": name},
        text=business.get_form_display(),
        by=by,
    )
    reconcile_tasks(case=case, today=today)
    return business


# --- Tasks: derived from the case's state, beside those made by hand (domain.md §3.6, §9) -----------------------------


@transaction.atomic
def reconcile_tasks(*, case: CaseFile, today: date) -> None:
    """Open the derived tasks that the case's state asks for and close those it no longer does.

    Runs at the end of every service that changes a case, and daily. Running it twice changes nothing.
    """
    wanted = {}
    if case.is_open:
        wanted = {step.key: step for provider in registry.next_steps for step in provider(case, today)}
    current = {task.key: task for task in Task.objects.filter(case=case, done_at__isnull=True).exclude(key="")}
    gone = [task.pk for key, task in current.items() if key not in wanted]
    Task.objects.filter(pk__in=gone).update(done_at=clock.now())
    for key, step in wanted.items():
        values = {
            "kind": step.kind,
            "why": step.why,
            "holder": step.holder,
            "due_on": step.due_on,
            "is_promise": step.is_promise,
            "link": step.link,
            "owner_id": case.coach_id,
        }
        task = current.get(key)
        if task is None:
            Task.objects.create(case=case, key=key, **values)
        elif any(getattr(task, name) != value for name, value in values.items()):
            Task.objects.filter(pk=task.pk).update(**values)


@transaction.atomic
def add_task(*, case: CaseFile, title: str, due_on: date, holder: str, owner: User | None, by: User) -> Task:
    if not title.strip():
        raise Refused(_("Write what has to be done."), field="title")
    return Task.objects.create(case=case, title=title.strip(), due_on=due_on, holder=holder, owner=owner, created_by=by)


@transaction.atomic
def complete_task(*, task: Task, by: User) -> Task:
    """Mark a hand-made task as done. A derived one closes itself when the case's data says so."""
    task = Task.objects.select_for_update().get(pk=task.pk)
    if task.key:
        raise Refused(_("This task closes by itself when the step has been taken."))
    if task.done_at is None:
        task.done_at, task.done_by = clock.now(), by
        task.save(update_fields=["done_at", "done_by"])
    return task


@transaction.atomic
def undo_complete_task(*, task: Task, by: User) -> Task:
    task = Task.objects.select_for_update().get(pk=task.pk)
    if task.key or task.done_at is None:
        raise Refused(_("There is nothing to undo."))
    task.done_at = task.done_by = None
    task.save(update_fields=["done_at", "done_by"])
    return task
