"""What `cases` itself knows to come next; registered like those of the higher rooms (domain.md §3.6, §9)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import registry
from cases.enums import ContactKind, ContactState, Holder, Phase
from cases.models import CaseFile, Contact
from cases.registry import NextStep
from cases.rules import QUIET_PHASES, is_quiet
from microloan.core import danish
from microloan.core.calendars import add_working_days
from microloan.core.months import add_months
from microloan.policy.services import rule_set_on

# The conversations of recruitment in order, each with the days from the start of the phase (domain.md §3.1).
RECRUITMENT = (
    (ContactKind.TELEPHONE_INTERVIEW, "telephone_interview", 7),
    (ContactKind.FIRST_MEETING, "first_meeting", 21),
    (ContactKind.SECOND_MEETING, "second_meeting", 42),
)
MAIN_COURSE_RHYTHM = timedelta(days=7)  # domain.md §3.5: weekly contact in the main course
FOLLOW_UP_RHYTHM = timedelta(days=91)  # domain.md §3.5, §9: the job consultant's follow-up every third month
# It goes on throughout the programme, until the citizen lives of the business.
FOLLOW_UP_PHASES = frozenset({*QUIET_PHASES, Phase.APPROVAL, Phase.MAIN_COURSE})
FOLLOW_UP_NOTICE = timedelta(days=21)  # a case does not wait on the caseworker for three months before it is due
# A network meeting was held for the citizen, whoever came: it is voluntary (glossary).
WAS_OFFERED = frozenset({ContactState.ATTENDED, ContactState.EXCUSED, ContactState.NO_SHOW})
# What a registered contact can be: several of these share the words of the button.
CONTACT_TASKS = (
    ("telephone_interview", gettext_lazy("Hold the telephone interview")),
    ("first_meeting", gettext_lazy("Hold the first meeting, two of you")),
    ("second_meeting", gettext_lazy("Hold the second meeting")),
    ("no_contact", gettext_lazy("Get in touch: no contact for a while")),
    ("next_contact", gettext_lazy("Arrange the next conversation")),
    ("weekly_contact", gettext_lazy("Weekly conversation")),
    ("network_meeting", gettext_lazy("Monthly network meeting")),
    ("three_month_follow_up", gettext_lazy("Three-month follow-up with the caseworker")),
)
# The rhythm of contact goes on whoever the case waits on; silence beyond it is ours to break.
RHYTHM_TASKS = frozenset({"next_contact", "weekly_contact", "network_meeting", "three_month_follow_up"})


def register() -> None:
    registry.next_steps.register("cases", case_steps, order=10)
    registry.register_task_kind(
        "accept_referral", gettext_lazy("Call the citizen and answer the referral"), gettext_lazy("Answer referral")
    )
    for code, label in CONTACT_TASKS:
        registry.register_task_kind(code, label, gettext_lazy("Register contact"), beside=code in RHYTHM_TASKS)
    for kind in ContactKind:
        registry.register_task_kind(f"contact_{kind.value}", kind.label, gettext_lazy("Register contact"), beside=True)
    registry.register_task_kind(
        "aftercare",
        gettext_lazy("Look at the case and agree on the next step"),
        gettext_lazy("Write note"),
        beside=True,
    )


def _link(name: str, case: CaseFile, **query: str) -> dict[str, Any]:
    link: dict[str, Any] = {"name": name, "kwargs": {"number": case.number}}
    return {**link, "query": query} if query else link


def case_steps(case: CaseFile, today: date) -> Iterator[NextStep]:
    """Referral within five working days; recruitment's conversations in order; contacts planned and missed (§3.1, §9)."""
    if case.phase == Phase.REFERRED:
        yield NextStep(
            key="accept_referral",
            kind="accept_referral",
            holder=Holder.TEAM,
            due_on=_answer_due(case, today),
            why=_("The caseworker and the citizen were promised an answer by this date."),
            is_promise=True,
            link=_link("cases:accept", case),
        )
        return
    contacts = list(case.contacts.all())
    planned = [contact for contact in contacts if contact.state == ContactState.PLANNED]
    if case.phase == Phase.RECRUITMENT:
        yield from _recruitment(case, contacts)
    for contact in planned:
        yield _planned(case, contact, today)
    yield from _rhythm(case, contacts, planned, today)
    if case.phase == Phase.MAIN_COURSE:
        yield from _network_meeting(case, contacts, planned, today)
    if case.phase in FOLLOW_UP_PHASES:
        yield from _follow_up(case, contacts, planned, today)


def _reopened(case: CaseFile) -> date | None:
    """The day on which a closed case came back: nobody was late while it was closed."""
    found: date | None = getattr(case, "reopened_on", None)
    return found


def _answer_due(case: CaseFile, today: date) -> date:
    referral, reopened = getattr(case, "referral", None), _reopened(case)
    promised = referral.answer_due_on if referral is not None else case.opened_on
    return max(promised, add_working_days(reopened, rule_set_on(today).referral_working_days)) if reopened else promised


def _planned(case: CaseFile, contact: Contact, today: date) -> NextStep:
    """A planned contact is a task on its day, and a promise: the citizen knows of it."""
    at = timezone.localtime(contact.at)
    place = "" if case.citizen.is_protected_on(today) else contact.place  # as in the calendar
    where = ", ".join(part for part in (danish.clock_time(at), place) if part)
    return NextStep(
        key=f"contact-{contact.pk}",
        kind=f"contact_{contact.kind}",
        holder=Holder.TEAM,
        due_on=at.date(),
        why=where,
        is_promise=True,
        link={"name": "cases:contact", "kwargs": {"number": case.number, "pk": contact.pk}},
    )


def _recruitment(case: CaseFile, contacts: list[Contact]) -> Iterator[NextStep]:
    """Telephone interview, first meeting, second meeting: the first not held yet, unless it is planned already."""
    states = {(contact.kind, contact.state) for contact in contacts}
    for kind, task, days in RECRUITMENT:
        if (kind, ContactState.ATTENDED) in states:
            continue
        if (kind, ContactState.PLANNED) not in states:
            yield NextStep(
                key=f"recruitment-{task}",
                kind=task,
                holder=Holder.TEAM,
                due_on=case.phase_entered_on + timedelta(days=days),
                link=_link("cases:contact_new", case, kind=kind.value),
            )
        return


def _last_held(contacts: list[Contact], kind: str | None = None) -> date | None:
    held = (c for c in contacts if c.state == ContactState.ATTENDED and kind in (None, c.kind))
    return max((timezone.localdate(c.at) for c in held), default=None)


def _rhythm(case: CaseFile, contacts: list[Contact], planned: list[Contact], today: date) -> Iterator[NextStep]:
    """No contact for 14 days before the loan; weekly contact in the main course; each quarter in aftercare (§3.5, §9).

    So every open case has a next action, always (domain.md §3.6).
    """
    last = max(filter(None, (_last_held(contacts), _reopened(case))), default=None)
    since = max(last, case.phase_entered_on) if last else case.phase_entered_on
    new_contact = _link("cases:contact_new", case, kind=ContactKind.COACHING.value)
    if case.phase in QUIET_PHASES:
        limit = rule_set_on(today).no_contact_days
        quiet = is_quiet(last, case.phase_entered_on, today, limit)
        due_on = (last or case.phase_entered_on) + timedelta(days=limit)
        if quiet or not planned:
            kind = "no_contact" if quiet else "next_contact"
            yield NextStep(key=kind, kind=kind, holder=Holder.TEAM, due_on=due_on, link=new_contact)
    elif case.phase == Phase.MAIN_COURSE:
        due_on = since + MAIN_COURSE_RHYTHM
        if not _is_planned(planned, due_on):
            yield NextStep(
                key="weekly_contact", kind="weekly_contact", holder=Holder.TEAM, due_on=due_on, link=new_contact
            )
    elif case.phase == Phase.APPROVAL and not planned:
        due_on = since + timedelta(days=rule_set_on(today).no_contact_days)
        yield NextStep(key="next_contact", kind="next_contact", holder=Holder.TEAM, due_on=due_on, link=new_contact)
    elif case.phase == Phase.AFTERCARE:
        due_on = since + FOLLOW_UP_RHYTHM
        yield NextStep(
            key="aftercare", kind="aftercare", holder=Holder.TEAM, due_on=due_on, link=_link("cases:journal", case)
        )


def _is_planned(planned: list[Contact], by: date, kind: str | None = None) -> bool:
    """Whether a conversation (of a kind) stands in the calendar by a day: then the rhythm is kept."""
    return any(kind in (None, contact.kind) and timezone.localdate(contact.at) <= by for contact in planned)


def _network_meeting(
    case: CaseFile, contacts: list[Contact], planned: list[Contact], today: date
) -> Iterator[NextStep]:
    """A network meeting each month of the main course (domain.md §3.5, §9). Whoever is asked to one has been offered it."""
    kind = ContactKind.NETWORK_MEETING
    held = [timezone.localdate(c.at) for c in contacts if c.kind == kind and c.state in WAS_OFFERED]
    offered = [day for provider in registry.meetings_offered for day in provider(case)]
    due_on = add_months(max([case.phase_entered_on, *held, *(day for day in offered if day < today)]), 1)
    if not _is_planned(planned, due_on, kind) and not any(day >= today for day in offered):
        link = _link("cases:contact_new", case, kind=kind.value)
        yield NextStep(key="network_meeting", kind="network_meeting", holder=Holder.TEAM, due_on=due_on, link=link)


def _follow_up(case: CaseFile, contacts: list[Contact], planned: list[Contact], today: date) -> Iterator[NextStep]:
    """The job consultant's follow-up goes on throughout, every third month (domain.md §3.5); the law wants it.

    It is the caseworker's, who referred; of a citizen who came alone it is the team's to arrange.
    """
    last = _last_held(contacts, ContactKind.FOLLOW_UP)
    due_on = (last or case.opened_on) + FOLLOW_UP_RHYTHM
    if reopened := _reopened(case):
        due_on = max(due_on, reopened + FOLLOW_UP_NOTICE)
    if today < due_on - FOLLOW_UP_NOTICE or _is_planned(planned, due_on, ContactKind.FOLLOW_UP):
        return
    referral = getattr(case, "referral", None)
    yield NextStep(
        key="three_month_follow_up",
        kind="three_month_follow_up",
        holder=Holder.CASEWORKER if referral is not None and referral.referred_by_id else Holder.TEAM,
        due_on=due_on,
        is_promise=True,
        link=_link("cases:contact_new", case, kind=ContactKind.FOLLOW_UP.value),
    )
