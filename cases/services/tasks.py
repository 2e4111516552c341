"""Tasks: derived from the case's state, beside those made by hand (domain.md §3.6, §9)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from cases import perms, registry
from cases.enums import Holder, Phase
from cases.models import CaseFile, JournalEntry, PhaseChange, Task
from cases.services.locking import lock_case, lock_open_case
from cases.services.turns import note_turns
from microloan.accounts.models import User
from microloan.core import clock, jobs
from microloan.core.errors import Refused
from microloan.core.jobs import Counts
from microloan.policy.services import remembered_rule_sets

BATCH = 500
# When a case came back, for the steps that count from it (`cases.next_steps`).
_REOPENED = PhaseChange.objects.filter(case=OuterRef("pk"), from_phase=Phase.CLOSED).order_by("-pk").values("on")[:1]
# Fields of a derived task that follow the step it was derived from.
DERIVED_FIELDS = ("kind", "why", "holder", "due_on", "is_promise", "link", "owner_id")


_held_back: ContextVar[bool] = ContextVar("held_back", default=False)


def reconcile_tasks(*, case: CaseFile, today: date) -> None:
    """Open the derived tasks that the case's state asks for and close those it no longer does.

    Runs at the end of every service that changes a case, and daily. Running it twice changes nothing.
    """
    if not _held_back.get():
        _reconcile([case.pk], today)


@contextmanager
def tasks_held_back() -> Iterator[None]:
    """For a stretch of many steps of which only the last state counts, such as a history that is played again.

    Whoever asks for it reconciles the cases afterwards.
    """
    token = _held_back.set(True)
    try:
        yield
    finally:
        _held_back.reset(token)


def reconcile_cases(ids: Iterable[int], *, today: date) -> None:
    """The same for some cases at once, in batches."""
    if not _held_back.get():
        for batch in _batches(ids):
            _reconcile(batch, today)


def reconcile_all(today: date) -> Counts:
    """The same for every open case: time alone makes tasks fall due (domain.md §9). In batches, each its own transaction.

    Of the closed ones, those that still ask for something (`registry.closed_with_steps`).
    """
    counts = Counts()
    open_cases = CaseFile.objects.live().open().order_by("pk")
    closed = [pk for find in registry.closed_with_steps for pk in find(today)]
    due = [
        *_of_the_day(open_cases, today).values_list("pk", flat=True),
        *_of_the_day(CaseFile.objects.filter(pk__in=closed).order_by("pk"), today).values_list("pk", flat=True),
    ]
    for number, ids in enumerate(_batches(due)):
        jobs.tell_progress(number * BATCH, len(due))
        counts += _reconcile_apart(ids, today)
    return counts


def _of_the_day(cases: QuerySet[CaseFile], today: date) -> QuerySet[CaseFile]:
    """All but those on which something was done after the day that is caught up: that looked at the tasks as of a later
    day already, and an older look would turn them back (docs/decisions/182)."""
    if today >= clock.real_today():
        return cases
    after = clock.end_of(today)
    later = Task.objects.filter(case=OuterRef("pk")).filter(Q(created_at__gte=after) | Q(done_at__gte=after))
    written = JournalEntry.objects.filter(case=OuterRef("pk"), entered_at__gte=after)
    return cases.filter(~Exists(later), ~Exists(written), opened_on__lte=today)


def _reconcile_apart(ids: list[int], today: date) -> Counts:
    """A batch at once; where that fails, case by case, so that one that is broken stops none of the others."""
    try:
        with transaction.atomic():
            return _reconcile(ids, today)
    except jobs.BROKEN as failure:
        if isinstance(failure, OperationalError | InterfaceError):
            raise
    counts = Counts()
    for pk, number in list(CaseFile.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "number")):
        with jobs.apart(number):
            counts += _reconcile([pk], today)
    return counts


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for pk in ids:
        batch.append(pk)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@transaction.atomic
def _reconcile(case_ids: list[int], today: date) -> Counts:
    """A fixed number of queries for any number of cases, as long as the providers read prefetched relations."""
    locked = (
        CaseFile.objects.filter(pk__in=case_ids)
        .select_for_update(of=("self",))
        .select_related("citizen", "referral")
        .annotate(reopened_on=Subquery(_REOPENED))
        .prefetch_related(
            "contacts",
            *registry.relations_read(today),
        )
        .order_by("pk")
    )
    cases = list(locked)  # the lock comes first: what is read after it cannot be changed by somebody else
    current: dict[tuple[int, str], Task] = {
        (task.case_id, task.key): task
        for task in Task.objects.filter(case__in=case_ids, done_at__isnull=True).exclude(key="")
    }
    new, changed, wanted = [], [], set()
    with remembered_rule_sets():
        steps = [(case, key, values) for case in cases for key, values in _wanted(case, today).items()]
    for case, key, values in steps:
        wanted.add((case.pk, key))
        task = current.get((case.pk, key))
        if task is None:
            new.append(Task(case=case, key=key, **values))
        elif _follow(task, values):
            changed.append(task)
    gone = [task.pk for place, task in current.items() if place not in wanted]
    Task.objects.filter(pk__in=gone).update(done_at=clock.now())
    Task.objects.bulk_create(new, batch_size=BATCH)
    fields = [*(name.removesuffix("_id") for name in DERIVED_FIELDS), "owner_is_chosen", "asked_due_on"]
    Task.objects.bulk_update(changed, fields, batch_size=BATCH)
    note_turns(case_ids)
    return Counts(created=len(new), skipped=len(current) - len(gone))


def _follow(task: Task, values: dict[str, Any]) -> bool:
    """Bring a derived task in line with its step. What a person chose stays: the owner while it is the team's turn, and
    the date for as long as the step asks for the date it asked for when the person moved it."""
    values = dict(values)
    if task.owner_is_chosen and values["holder"] == Holder.TEAM:
        values["owner_id"] = task.owner_id
    else:
        values["owner_is_chosen"] = False
    if task.asked_due_on == values["due_on"]:
        values["due_on"] = task.due_on
    else:
        values["asked_due_on"] = None
    changed = [name for name, value in values.items() if getattr(task, name) != value]
    for name in changed:
        setattr(task, name, values[name])
    return bool(changed)


def _wanted(case: CaseFile, today: date) -> dict[str, dict[str, Any]]:
    """What the case's state asks for now, by key. A step of the team is the coach's; nobody owns another's."""
    providers = registry.next_steps if case.is_open else registry.steps_after_closing
    return {
        step.key: {
            "kind": step.kind,
            "why": step.why,
            "holder": step.holder,
            "due_on": _due(case, step),
            "is_promise": step.is_promise,
            "link": step.link,
            "owner_id": case.coach_id if step.holder == Holder.TEAM else None,
        }
        for provider in providers
        for step in provider(case, today)
    }


def _due(case: CaseFile, step: registry.NextStep) -> date:
    """Nobody was late while the case was closed; a date that was promised, or that the law sets, stays what it was."""
    reopened: date | None = getattr(case, "reopened_on", None)
    return step.due_on if reopened is None or step.is_promise else max(step.due_on, reopened)


@transaction.atomic
def add_task(*, case: CaseFile, title: str, due_on: date, holder: str, owner: User | None, by: User | None) -> Task:
    """Something to do that the system cannot know of by itself. Without a user it is a job that adds it."""
    if by is not None:
        perms.check_team(by)
    if not title.strip():
        raise Refused(_("Write what has to be done."), field="title")
    case = lock_open_case(case)
    perms.check_shown(title, field="title", citizen=case.citizen if by else None)
    task = Task.objects.create(case=case, title=title.strip(), due_on=due_on, holder=holder, owner=owner, created_by=by)
    note_turns([case.pk])
    return task


@transaction.atomic
def complete_task(*, task: Task, by: User) -> Task:
    """Mark a hand-made task as done. A derived one closes itself when the case's data says so."""
    perms.check_team(by)
    lock_case(task.case)
    task = Task.objects.select_for_update().get(pk=task.pk)
    if task.key:
        raise Refused(_("This task closes by itself when the step has been taken."))
    if task.done_at is None:
        task.done_at, task.done_by = clock.now(), by
        task.save(update_fields=["done_at", "done_by"])
        note_turns([task.case_id])
    return task


@transaction.atomic
def undo_complete_task(*, task: Task, by: User) -> Task:
    """Open a hand-made task again."""
    perms.check_team(by)
    lock_open_case(task.case)
    task = Task.objects.select_for_update().get(pk=task.pk)
    if task.key or task.done_at is None:
        raise Refused(_("There is nothing to undo."))
    task.done_at = task.done_by = None
    task.save(update_fields=["done_at", "done_by"])
    note_turns([task.case_id])
    return task
