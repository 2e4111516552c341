from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from cases import closing, perms, registry, rules
from cases.enums import ClosedBy, ClosingReason, ContactState, EntryKind, Phase
from cases.models import CaseFile, Citizen, PhaseChange, Task
from cases.services.around import end_with_case
from cases.services.contacts import cancel_contact
from cases.services.journal import add_journal_entry
from cases.services.locking import check_version, lock_case
from cases.services.people import record_livelihood
from cases.services.tasks import reconcile_tasks
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused


def missing_for(case: CaseFile, phase: str, today: date) -> list[registry.Missing]:
    """Everything that stands in the way of entering a phase, each with the rule that demands it."""
    return [missing for provider in registry.requirements[phase] for missing in provider(case, today)]


def _refuse_missing(case: CaseFile, phase: str, today: date, *, field: str | None = None) -> None:
    if missing := missing_for(case, phase, today):
        raise Refused(*[f"{m.text} ({m.source})" if m.source else m.text for m in missing], field=field)


@transaction.atomic
def enter_phase(*, case: CaseFile, phase: Phase, by: User, today: date, reason: str = "") -> CaseFile:
    """Move a case into the next phase. Raises Refused with all that is missing (architecture.md §3)."""
    perms.check_may_move(by, phase)
    case = lock_case(case)
    if not rules.may_follow(case.phase, phase):
        raise Refused(
            _("The case is in the phase “%(now)s” and cannot go to “%(then)s” from there.")
            % {"now": case.get_phase_display(), "then": Phase(phase).label}
        )
    _refuse_missing(case, phase, today)
    before = case.phase
    case = _move(case, phase, by=by, today=today, reason=reason)
    _tell(case, from_phase=before, by=by, today=today)
    return case


def _move(case: CaseFile, phase: Phase, *, by: User, today: date, reason: str = "") -> CaseFile:
    """Write the phase, its history and the journal."""
    before = case.phase
    case.phase, case.phase_entered_on, case.version = phase, today, case.version + 1
    case.save()
    PhaseChange.objects.create(
        case=case,
        from_phase=before,
        to_phase=phase,
        on=today,
        by=by,
        reason=reason,
        closing_reason=case.closing_reason,
        closed_by_choice_of=case.closed_by_choice_of,
    )
    title = _("Reopened: %(phase)s") if before == Phase.CLOSED else _("New phase: %(phase)s")
    add_journal_entry(
        case=case,
        kind=EntryKind.PHASE,
        title=title % {"phase": Phase(phase).label},
        text=reason,
        by=by,
        for_referrer=True,
    )
    return case


def _tell(case: CaseFile, *, from_phase: str, by: User, today: date) -> None:
    """Let the higher rooms do what belongs to the new phase, and bring the tasks up to date."""
    for hook in registry.phase_entered:
        hook(case=case, from_phase=from_phase, by=by, today=today)
    reconcile_tasks(case=case, today=today)


def step_back(*, case: CaseFile, phase: Phase, reason: str, by: User, today: date) -> CaseFile:
    """The case goes back to where it was, since what had taken it on was taken back the same day."""
    case = lock_case(case)
    return _move(case, phase, by=by, today=today, reason=reason.strip())


@transaction.atomic
def close_case(
    *,
    case: CaseFile,
    reason: str,
    choice_of: str,
    text: str,
    by: User,
    today: date,
    livelihood: str = "",
    version: int | None = None,
    answers: Mapping[str, str] | None = None,
    send_letter: bool = True,
) -> CaseFile:
    """Close a case with a reason from the taxonomy and whose choice it was (domain.md §3.4).

    `choice_of` may be left empty where the reason makes it obvious. `livelihood` is what the citizen lives on from now,
    where it is known: the outcome (domain.md §10). `answers` say what has been agreed about each open thing that asks.
    """
    perms.check_team(by)
    case = lock_case(case)
    if not case.is_open:
        raise Conflict(_("The case is closed already."))
    check_version(case, version)
    choice_of = _check_reason(case, reason, choice_of, text, today)
    agreed = _check_open(case, answers or {}, today)
    _cancel_planned(case, by=by, today=today)
    end_with_case(case=case, on=today, by=by, today=today)
    if livelihood:
        record_livelihood(citizen=case.citizen, kind=livelihood, from_on=today, by=by)
    before = case.phase
    case.closed_on, case.closing_reason, case.closed_by_choice_of = today, reason, choice_of
    case.closing_text = text.strip()
    label = str(ClosingReason(reason).label)
    case = _move(case, Phase.CLOSED, by=by, today=today, reason=f"{label}: {text.strip()}" if text.strip() else label)
    if agreed:
        add_journal_entry(case=case, kind=EntryKind.PHASE, title=_("Agreed at the closing"), text=agreed, by=by)
    _tell(case, from_phase=before, by=by, today=today)
    if send_letter:
        _closing_letter(case, by=by, today=today)
    Task.objects.filter(case=case, done_at__isnull=True).update(done_at=clock.now(), done_by=by)
    reconcile_tasks(case=case, today=today)
    return case


def _check_reason(case: CaseFile, reason: str, choice_of: str, text: str, today: date) -> str:
    """The reason fits the case and is put in words where it has to be: whose choice it was."""
    if reason not in ClosingReason.values:
        raise Refused(_("Choose why the case is closed."), field="reason")
    choice_of = choice_of or closing.usual_choice(reason)
    if choice_of not in ClosedBy.values:
        raise Refused(_("Choose whose decision it was."), field="choice_of")
    if reason == ClosingReason.OTHER and not text.strip():
        raise Refused(_("Write the reason in words."), field="text")
    if reason == ClosingReason.COMPLETED:
        if not rules.may_complete(case.phase):
            raise Refused(
                _("A case is completed from the phase “%(phase)s”. Choose another reason.")
                % {"phase": Phase.AFTERCARE.label},
                field="reason",
            )
        _refuse_missing(case, Phase.CLOSED, today, field="reason")
    return choice_of


def _check_open(case: CaseFile, answers: Mapping[str, str], today: date) -> str:
    """Everything open that asks has an answer: those words, for the journal."""
    lines = []
    for thing in closing.open_at_closing(case, today):
        answer = answers.get(thing.key, "").strip()
        if thing.asks and not answer:
            raise Refused(_("Write an answer: %(question)s") % {"question": thing.asks}, field=f"answer_{thing.key}")
        if thing.asks:
            lines.append(f"{thing.text}: {answer}")
    return "\n".join(lines)


def _cancel_planned(case: CaseFile, *, by: User, today: date) -> None:
    """Those that lie ahead. One that has passed was not cancelled: it stays to be registered."""
    for contact in case.contacts.filter(state=ContactState.PLANNED, at__gt=clock.now()).order_by("at", "pk"):
        cancel_contact(
            contact=contact, state=ContactState.CANCELLED, reason=_("The case is closed."), by=by, today=today
        )


def _closing_letter(case: CaseFile, *, by: User, today: date) -> None:
    """Once for each closing: a case that was reopened and closes again is told of anew."""
    from cases.letters.services import prepare_letter

    with translation.override("da"):
        reason = closing.TO_THE_CITIZEN[ClosingReason(case.closing_reason)]
        context: dict[str, Any] = {"closed_on": case.closed_on, "reason": str(reason)}
        for provider in registry.closing_facts:
            context |= provider(case, today)
        key = f"closing:{case.pk}:{case.phase_changes.count()}"
        try:
            prepare_letter(kind="closing", case=case, key=key, context=context, by=by, today=today)
        except Refused as refusal:
            raise Refused(*refusal.messages, field="send_letter") from refusal


def phase_before(case: CaseFile) -> Phase:
    """The phase that a closed case was closed from: where it comes back to."""
    last = case.phase_changes.filter(to_phase=Phase.CLOSED).order_by("-pk").first()
    return Phase(last.from_phase) if last and last.from_phase else Phase.REFERRED


@transaction.atomic
def reopen_case(*, case: CaseFile, reason: str, by: User, today: date) -> CaseFile:
    """Reopen a closed case in the phase it was closed from; only the project lead, with a reason (domain.md §3.1).

    The case comes back to where it was, so what belongs to entering the phase anew does not happen a second time.
    """
    perms.check_role(by, {Role.PROJECT_LEAD}, _("Only the project lead can reopen a case."))
    if not reason.strip():
        raise Refused(_("Write why the case is reopened."), field="reason")
    case = lock_case(case)
    if case.is_open:
        raise Conflict(_("The case is open."))
    Citizen.objects.select_for_update().get(pk=case.citizen_id)
    if CaseFile.objects.filter(citizen=case.citizen).open().exists():
        raise Refused(_("The citizen already has an open case in the microloan programme."))
    phase = phase_before(case)
    case.closed_on, case.closing_reason, case.closed_by_choice_of, case.closing_text = None, "", "", ""
    _without_coach_who_left(case, by=by)
    case = _move(case, phase, by=by, today=today, reason=reason.strip())
    reconcile_tasks(case=case, today=today)
    return case


def _without_coach_who_left(case: CaseFile, *, by: User) -> None:
    """A case that comes back is found under "without coach" where its coach has left the team meanwhile."""
    coach = case.coach
    if coach is None or (coach.is_active and coach.role in TEAM):
        return
    case.coach = None
    title = _("Coach: none, %(name)s has left the team") % {"name": coach.full_name}
    add_journal_entry(case=case, kind=EntryKind.NOTE, title=title, by=by)
