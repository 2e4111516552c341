"""What is read across models. Reads only; every list starts from `CaseFile.objects.visible_to(user)`."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, When
from django.utils.translation import gettext as _

from cases import registry
from cases.document_queries import document_of, withdrawn_among
from cases.enums import PHASE_ORDER, ClosingReason, ContactKind, ContactState, EntryKind, Phase, Source
from cases.models import CaseFile, Contact, JournalEntry, PhaseChange, ReferrerNotice, Task
from cases.models.work import link_url
from cases.registry import JourneyDetail
from cases.rules import FIRST_STEP, JOURNEY_LABELS, Reliability, step_states
from cases.turns import waits_on
from microloan.accounts.models import User
from microloan.core import cpr, danish

# Nobody comes to a text message or an e-mail, and a network meeting is voluntary: they say nothing about attendance
# (docs/decisions/120, 154).
NOT_COUNTED = frozenset({ContactKind.MESSAGE, ContactKind.NETWORK_MEETING})


def open_tasks(user: User) -> QuerySet[Task]:
    """The open tasks of the cases this person may see, soonest first. A closed case has those that outlive it."""
    stays = ~Q(case__phase=Phase.CLOSED) | Q(kind__in=registry.kinds_after_closing())
    tasks = Task.objects.filter(stays, done_at__isnull=True, case__source=Source.LIVE)
    if not user.is_team:  # the team sees all, and a condition on nothing would read the cases twice
        tasks = tasks.filter(case__in=CaseFile.objects.visible_to(user))
    return tasks.select_related("case__citizen", "owner").order_by("due_on", "pk")


def times_of_contacts(tasks: Iterable[Task]) -> dict[str, datetime]:
    """The hour of each task that is a planned contact, by the key of the task."""
    keys = [task.key for task in tasks if task.key.startswith("contact-")]
    found = Contact.objects.filter(pk__in=[int(key.removeprefix("contact-")) for key in keys])
    return {f"contact-{pk}": at for pk, at in found.values_list("pk", "at")} if keys else {}


def with_next_task(cases: QuerySet[CaseFile]) -> QuerySet[CaseFile]:
    """Cases with the date of their next task and on whom they wait, in the same query."""
    soonest = Task.objects.filter(case=OuterRef("pk"), done_at__isnull=True).order_by("due_on", "pk")
    return cases.annotate(
        next_due_on=Subquery(soonest.values("due_on")[:1]),
        next_kind=Subquery(soonest.values("kind")[:1]),
        next_title=Subquery(soonest.values("title")[:1]),
        next_holder=waits_on(),
    )


def reliability(case_ids: Iterable[int]) -> dict[int, Reliability]:
    """Attendance reliability over contacts and course sessions (domain.md §3.5), for many cases in a fixed number of queries."""
    ids = list(case_ids)
    counts = {pk: [0, 0] for pk in ids}
    rows = (
        Contact.objects.filter(case__in=ids, state__in=[ContactState.ATTENDED, ContactState.NO_SHOW])
        .exclude(kind__in=NOT_COUNTED)
        .order_by()
        .values("case_id")
        .annotate(
            attended=Count("pk", filter=Q(state=ContactState.ATTENDED)),
            no_show=Count("pk", filter=Q(state=ContactState.NO_SHOW)),
        )
    )
    for row in rows:
        counts[row["case_id"]][0] += row["attended"]
        counts[row["case_id"]][1] += row["no_show"]
    for provider in registry.attendance:
        for pk, (attended, no_show) in provider(ids).items():
            counts[pk][0] += attended
            counts[pk][1] += no_show
    return {pk: Reliability(*pair) for pk, pair in counts.items()}


def reliability_parts(case: CaseFile) -> list[tuple[str, str]]:
    """The numbers behind attendance reliability: contacts, course sessions, and what is not counted."""
    states = dict(
        case.contacts.exclude(kind__in=NOT_COUNTED).order_by().values_list("state").annotate(number=Count("pk"))
    )
    came, missed = states.get(ContactState.ATTENDED, 0), states.get(ContactState.NO_SHOW, 0)
    sessions = [counts for provider in registry.attendance for counts in provider([case.pk]).values()]
    at_courses, absent = sum(pair[0] for pair in sessions), sum(pair[1] for pair in sessions)
    of = _("%(attended)s of %(total)s")
    return [
        (_("Conversations and meetings"), of % {"attended": came, "total": came + missed}),
        (_("Course sessions"), of % {"attended": at_courses, "total": at_courses + absent}),
        (_("Cancelled in time by the citizen"), str(states.get(ContactState.EXCUSED, 0))),
        (_("Cancelled by the team"), str(states.get(ContactState.CANCELLED, 0))),
    ]


def contacts_of(case: CaseFile) -> QuerySet[Contact]:
    """The contacts of a case with who took part, newest first."""
    return case.contacts.prefetch_related("staff").order_by("-at", "-pk")


def steps_of(cases: Iterable[CaseFile]) -> dict[int, int]:
    """The step 1–10 each case stands at, for many cases in a fixed number of queries."""
    cases = list(cases)
    closed_from = _phases_closed_from([case.pk for case in cases if not case.is_open])
    steps = {case.pk: FIRST_STEP[Phase(closed_from.get(case.pk, case.phase))] for case in cases}
    for provider in registry.steps:
        for pk, step in provider(list(steps)).items():
            steps[pk] = max(steps[pk], step)
    return steps


def _phases_closed_from(case_ids: list[int]) -> dict[int, str]:
    """The phase each closed case was in before it closed."""
    if not case_ids:
        return {}
    rows = PhaseChange.objects.filter(case__in=case_ids, to_phase=Phase.CLOSED).order_by("pk")
    found = {pk: from_phase for pk, from_phase in rows.values_list("case_id", "from_phase") if from_phase}
    return {pk: found.get(pk, Phase.REFERRED) for pk in case_ids}


def journey(case: CaseFile, today: date) -> list[dict[str, Any]]:
    """The ten steps with number, label, detail, state and address, for the tag `{% journey %}`."""
    details: dict[int, JourneyDetail] = {}
    for provider in registry.journey:
        details.update(provider(case, today))
    completed = case.closing_reason == ClosingReason.COMPLETED
    states = step_states(steps_of([case])[case.pk], stopped=not case.is_open, completed=completed)
    steps = []
    for number, (label, state) in enumerate(zip(JOURNEY_LABELS, states, strict=True), start=1):
        detail = details.get(number, JourneyDetail())
        words = detail.detail
        if state == "stopped" and case.closed_on:
            words = _("Stopped %(date)s") % {"date": danish.day_month(case.closed_on)}
        elif detail.state:
            state = detail.state
        reached = state in ("done", "current", "stopped")
        steps.append(
            {
                "number": number,
                "label": label,
                "detail": words,
                "state": state,
                "url": detail.url if reached else "",
            }
        )
    return steps


def step_label(step: int) -> str:
    """`Trin 8: Lån og start`."""
    return _("Step %(number)s: %(label)s") % {"number": step, "label": JOURNEY_LABELS[step - 1]}


def case_with_everything(user: User) -> QuerySet[CaseFile]:
    """A case as its page shows it."""
    return (
        CaseFile.objects.visible_to(user)
        .select_related("citizen", "coach", "centre", "cohort", "referral__referred_by", "business")
        .prefetch_related(Prefetch("contacts", Contact.objects.order_by("-at", "-pk")))
    )


# --- For those who refer (ui-guide.md §3.7) ---------------------------------------------------------------------------


def sent_today(*, number: str, name: str, birth_date: date | None, idea: str, by: User, today: date) -> CaseFile | None:
    """The open case that this person's referral of this citizen opened today: the same referral, sent twice."""
    sent = CaseFile.objects.open().filter(referral__referred_by=by, referral__received_on=today)
    if number:
        return sent.filter(citizen__cpr_index=cpr.blind_index(number)).first()
    return sent.filter(citizen__birth_date=birth_date, citizen__name=name.strip(), idea=idea).first()


def _promises() -> QuerySet[Task]:
    """Open dates that were promised to the citizen or the caseworker, the soonest first."""
    return Task.objects.filter(done_at__isnull=True, is_promise=True).order_by("due_on", "pk")


def referrals_of(user: User) -> QuerySet[CaseFile]:
    """Own referrals, or those of one's centre, newest first, with who referred and what was promised next."""
    return (
        CaseFile.objects.visible_to(user)
        .live()
        .select_related("citizen", "referral__referred_by")
        .annotate(has_news=Exists(ReferrerNotice.objects.filter(case=OuterRef("pk"), to=user, seen_at__isnull=True)))
        .prefetch_related(Prefetch("tasks", _promises(), to_attr="promises"))
        .order_by("-opened_on", "-pk")
    )


def news_count(user: User, today: date) -> int:
    """Cases with a decision that this referrer has not read."""
    return ReferrerNotice.objects.filter(to=user, seen_at__isnull=True).values("case").distinct().count()


def next_date_for_referrer(case: CaseFile) -> Task | None:
    return _promises().filter(case=case).select_related("case").first()


def rows_for_referrer(entries: Iterable[JournalEntry], case: CaseFile, today: date) -> list[dict[str, Any]]:
    """Of a change of phase, referrers read that it happened; the words to it are the team's."""
    rows = entry_rows(entries, case, today)
    for row in rows:
        row["url"] = ""
        if row["kind"] == EntryKind.PHASE:
            row["text"] = ""
    return rows


def entries_for_referrer(case: CaseFile) -> QuerySet[JournalEntry]:
    """What a referrer reads of the journal: decisions, phases, and the notes exchanged."""
    return case.journal.filter(for_referrer=True).select_related("author").order_by("-event_at", "-pk")


# --- Journal ------------------------------------------------------------------------------------------------------------

ENTRY_ICONS = {
    EntryKind.NOTE: "chat-left-text",
    EntryKind.CONTACT: "telephone",
    EntryKind.PHASE: "signpost-split",
    EntryKind.SCREENING: "clipboard-check",
    EntryKind.COURSE: "mortarboard",
    EntryKind.LOAN: "cash-coin",
    EntryKind.SUPPORT: "bank",
    EntryKind.LETTER: "envelope",
    EntryKind.DOCUMENT: "file-earmark-text",
    EntryKind.CORRECTION: "arrow-counterclockwise",
}


def journal_of(case: CaseFile, *, kind: str = "") -> QuerySet[JournalEntry]:
    """The journal, newest first."""
    entries = case.journal.select_related("author", "corrects")
    if kind:
        entries = entries.filter(kind=kind)
    return entries.annotate(corrected=Exists(JournalEntry.objects.filter(corrects=OuterRef("pk")))).order_by(
        "-event_at", "-pk"
    )


def _status_of(entry: JournalEntry, withdrawn: set[int]) -> str:
    if getattr(entry, "corrected", False):
        return _("Corrected")
    return _("Withdrawn from the case") if document_of(entry) in withdrawn else ""


def entry_rows(entries: Iterable[JournalEntry], case: CaseFile, today: date) -> list[dict[str, Any]]:
    """Entries as `cases/_entries.html` and `{% timeline %}` show them; a protected address is asked for elsewhere."""
    shown = case.citizen.without_address
    entries = list(entries)
    withdrawn = withdrawn_among(entries, case)
    return [
        {
            "pk": entry.pk,
            "kind": entry.kind,
            "icon": ENTRY_ICONS.get(EntryKind(entry.kind), "circle"),
            "title": shown(entry.title, today),
            "text": shown(entry.text, today),
            "at": entry.event_at,
            "entered_at": entry.entered_at if entry.entered_late else None,
            "author": entry.author.full_name if entry.author else "",
            "url": link_url(entry.link, case.number) if entry.link and document_of(entry) not in withdrawn else "",
            "status": _status_of(entry, withdrawn),
            "tone": "",
            "corrects": entry.corrects if entry.corrects_id else None,
            "others_data": getattr(entry, "others_data", False),
        }
        for entry in entries
    ]


# --- The case list --------------------------------------------------------------------------------------------


def case_list(user: User) -> QuerySet[CaseFile]:
    """The cases of the list with what its columns show and sort by."""
    order = Case(*(When(phase=phase, then=place) for place, phase in enumerate(PHASE_ORDER)), default=len(PHASE_ORDER))
    cases = CaseFile.objects.visible_to(user).live().select_related("citizen", "coach", "cohort")
    return with_next_task(cases).annotate(phase_order=order)


# --- Tasks of one case -----------------------------------------------------------------------------------------------------


def case_tasks(case: CaseFile) -> QuerySet[Task]:
    """The open tasks of a case, soonest first."""
    return Task.objects.filter(case=case, done_at__isnull=True).select_related("owner", "case").order_by("due_on", "pk")


def all_tasks(case: CaseFile) -> QuerySet[Task]:
    """Open tasks first, then the done ones, newest first."""
    return (
        Task.objects.filter(case=case)
        .select_related("owner", "case", "done_by")
        .order_by(F("done_at").desc(nulls_first=True), "due_on", "pk")
    )


def next_deadline(tasks: Iterable[Task]) -> Task | None:
    """The earliest legal or promised date, else the earliest task (ui-guide.md §3.2)."""
    tasks = list(tasks)
    promises = [task for task in tasks if task.is_promise]
    return min(promises or tasks, key=lambda task: (task.due_on, task.pk), default=None)
