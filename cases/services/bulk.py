"""Many tasks at once: planned for a check page, done in one transaction, undone from what was written down.

A plan says for each task what would become of it, or why it is left as it is. Doing it makes the plan anew on locked
rows, so what somebody else did in between is left alone too. Letters to many: `cases.letters.bulk`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases.enums import EntryKind, Holder, Phase
from cases.models import BulkChange, BulkKind, CaseFile, Task
from cases.perms import check_team
from cases.services.journal import add_journal_entry
from cases.services.people import assign_coach
from cases.services.tasks import reconcile_tasks
from cases.services.turns import note_turns
from microloan.accounts.enums import TEAM
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.danish import short_date
from microloan.core.errors import Refused

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Planned:
    """What would become of one task."""

    task: Task
    before: str = ""
    after: str = ""
    why_not: str = ""


Plan = Callable[[Task], Planned]


# --- Plans: pure, on tasks with case and owner ---------------------------------------------------------------------------


def _closed(task: Task) -> str:
    if task.is_done:
        return _("The task is done.")
    return "" if task.case.is_open else _("The case is closed.")


def plan_assign(owner: User) -> Plan:
    def plan(task: Task) -> Planned:
        before = task.owner.full_name if task.owner else _("Nobody")
        why_not = _closed(task)
        if not why_not and not task.is_by_hand and task.holder != Holder.TEAM:
            why_not = _("It is not the team's turn: %(holder)s") % {"holder": task.get_holder_display()}
        if not why_not and task.owner_id == owner.pk:
            why_not = _("%(name)s has the task already.") % {"name": owner.full_name}
        return Planned(task, before, owner.full_name, why_not)

    return plan


def plan_move(due_on: date) -> Plan:
    def plan(task: Task) -> Planned:
        why_not = _closed(task)
        if not why_not and task.is_promise:
            why_not = _("The date has been promised, or the law sets it. It is changed in the case.")
        if not why_not and task.due_on == due_on:
            why_not = _("The task is due that day already.")
        return Planned(task, short_date(task.due_on), short_date(due_on), why_not)

    return plan


def without_coach(tasks: Iterable[Task]) -> list[CaseFile]:
    """The cases among them that have left the referral and have no coach."""
    cases = {task.case_id: task.case for task in tasks}
    return [
        case for case in cases.values() if case.coach_id is None and case.phase not in (Phase.REFERRED, Phase.CLOSED)
    ]


# --- Doing it --------------------------------------------------------------------------------------------------------------


def _locked(task_ids: Iterable[int]) -> list[Task]:
    """Cases first, then tasks, both by key: the same order as everywhere else."""
    ids = sorted(set(task_ids))
    if len(ids) > MOST_AT_ONCE:
        raise Refused(_("At most %(number)s tasks at once.") % {"number": MOST_AT_ONCE})
    cases = CaseFile.objects.filter(tasks__in=ids).order_by("pk").values_list("pk", flat=True).distinct()
    held = CaseFile.objects.select_for_update(of=("self",)).filter(pk__in=list(cases)).order_by("pk").in_bulk()
    owned = Task.objects.select_related("owner").select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    tasks = list(owned)
    for task in tasks:
        task.case = held[task.case_id]
    return tasks


def _planned(tasks: list[Task], plan: Plan) -> list[Task]:
    chosen = [planned.task for planned in map(plan, tasks) if not planned.why_not]
    if not chosen:
        raise Refused(_("None of the tasks can be changed in that way."))
    return chosen


def _set(task: Task, **values: Any) -> list[dict[str, Any]]:
    """Change fields of a task; what changed, as it is written down."""
    written = []
    for name, value in values.items():
        before = getattr(task, name)
        if before != value:
            written.append({"task": task.pk, "field": name, "before": _plain(before), "after": _plain(value)})
            setattr(task, name, value)
    return written


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


@transaction.atomic
def assign_tasks(
    *, task_ids: Iterable[int], owner: User, by: User, today: date, also_coach: bool = False
) -> BulkChange:
    """Give many tasks to one of the team. With `also_coach`, cases without a coach get that person as coach."""
    check_team(by)
    if owner.role not in TEAM or not owner.is_active:
        raise Refused(_("Choose somebody from the microloan team."), field="owner")
    tasks = _locked(task_ids)
    chosen = _planned(tasks, plan_assign(owner))
    changes: list[dict[str, Any]] = []
    for case in without_coach(chosen) if also_coach else []:
        assign_coach(case=case, coach=owner, by=by, today=today)
        changes.append({"case": case.pk, "field": "coach_id", "before": None, "after": owner.pk})
    coached = {change["case"] for change in changes}
    for task in chosen:
        follows = task.is_by_hand or task.case_id in coached or task.case.coach_id == owner.pk
        changes += _set(task, owner_id=owner.pk, owner_is_chosen=not follows)
    Task.objects.bulk_update(chosen, ["owner", "owner_is_chosen"])
    return BulkChange.objects.create(kind=BulkKind.ASSIGN, by=by, changes=changes)


@transaction.atomic
def move_tasks(*, task_ids: Iterable[int], due_on: date, by: User, today: date) -> BulkChange:
    """Move the due date of many tasks. What was promised, or the law sets, stays where it is."""
    check_team(by)
    if due_on < today:
        raise Refused(_("Choose today or a later day."), field="due_on")
    chosen = _planned(_locked(task_ids), plan_move(due_on))
    changes: list[dict[str, Any]] = []
    for task in chosen:
        asked = None if task.is_by_hand else task.asked_due_on or task.due_on
        changes += _set(task, due_on=due_on, asked_due_on=asked)
    Task.objects.bulk_update(chosen, ["due_on", "asked_due_on"])
    note_turns({task.case_id for task in chosen})
    return BulkChange.objects.create(kind=BulkKind.MOVE, by=by, changes=changes)


def tasks_of(change: BulkChange) -> int:
    return len({row["task"] for row in change.changes if "task" in row})


# --- Undoing it ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def undo_bulk(*, change: BulkChange, by: User, today: date) -> tuple[int, int]:
    """Put back what was changed: (tasks put back, tasks left because somebody has changed them since)."""
    check_team(by)
    change = BulkChange.objects.select_for_update().get(pk=change.pk)
    if change.by_id != by.pk:
        raise Refused(_("Only the one who did it can undo it."))
    if change.undone_at is not None:
        raise Refused(_("It has been undone already."))
    tasks = {task.pk: task for task in _locked(row["task"] for row in change.changes if "task" in row)}
    rows: dict[int, list[dict[str, Any]]] = {}
    for row in change.changes:
        if "task" in row:
            rows.setdefault(row["task"], []).append(row)
    back = [tasks[pk] for pk, of_task in rows.items() if _unchanged(tasks[pk], of_task)]
    for task in back:
        for row in rows[task.pk]:
            setattr(task, row["field"], _read(row["field"], row["before"]))
    Task.objects.bulk_update(back, ["owner", "owner_is_chosen", "due_on", "asked_due_on"])
    _without_new_coach(change, by=by, today=today)
    note_turns({task.case_id for task in back})
    change.undone_at = clock.now()
    change.save(update_fields=["undone_at"])
    return len(back), len(rows) - len(back)


def _unchanged(task: Task, rows: list[dict[str, Any]]) -> bool:
    """Open, and as the change left it."""
    return not _closed(task) and all(_plain(getattr(task, row["field"])) == row["after"] for row in rows)


def _read(field: str, value: Any) -> Any:
    return date.fromisoformat(value) if value and field.endswith("due_on") else value


def _without_new_coach(change: BulkChange, *, by: User, today: date) -> None:
    """Cases that got their coach by the change have none again, unless they have another by now."""
    given = {row["case"]: row["after"] for row in change.changes if "case" in row}
    for case in CaseFile.objects.select_for_update(of=("self",)).filter(pk__in=given).order_by("pk"):
        if case.coach_id == given[case.pk] and case.is_open:
            case.coach, case.version = None, case.version + 1
            case.save(update_fields=["coach", "version"])
            add_journal_entry(case=case, kind=EntryKind.NOTE, title=_("Coach: none again, undone"), by=by)
            reconcile_tasks(case=case, today=today)
