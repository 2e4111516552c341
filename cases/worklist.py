"""Mit arbejde: which open tasks a view of it holds, how they are grouped and counted (ui-guide.md §3.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases import queries, substitutes
from cases.enums import Holder, Phase
from cases.models import CaseFile, Task
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.calendars import working_days_between
from microloan.core.lazily import counted
from microloan.policy.services import rule_set_on

OURS = (Holder.TEAM, Holder.PROJECT_LEAD)
OTHERS = (Holder.CITIZEN, Holder.CASEWORKER, Holder.BENEFITS_OFFICER)
NEXT_DAYS = timedelta(days=7)

LABELS = {
    "mine": _("Mine"),
    "team": _("The whole team"),
    "new": _("New referrals"),
    "no_coach": _("No coach"),
    "quiet": _("No contact for %(days)s days"),
    "waiting": _("Waiting on others"),
}
GROUPS = (
    ("late", _("Overdue")),
    ("today", _("Today")),
    ("soon", _("The next 7 days")),
    ("later", _("Later")),
)


def views(user: User, today: date, current: str) -> list[dict[str, Any]]:
    """The preset views with their counts, for `includes/_views.html`."""
    numbers = counts(user, today)
    days = rule_set_on(today).no_contact_days
    address = reverse("cases:work")
    return [
        {
            "key": key,
            "label": label % {"days": days} if key == "quiet" else label,
            "url": address if key == "mine" else f"{address}?view={key}",
            "current": key == current,
            "count": numbers[key],
        }
        for key, label in LABELS.items()
    ]


def conditions(user: User, today: date) -> dict[str, Q]:
    """What each preset view shows. "Ours" and "waiting on others" are told apart by whose turn it is (domain.md §3.6)."""
    mine = Q(owner=user, holder=Holder.TEAM)
    if user.role == Role.PROJECT_LEAD:
        mine |= Q(holder=Holder.PROJECT_LEAD)
    mine |= substitutes.covered_tasks(user, today)
    return {
        "mine": mine,
        "team": Q(holder__in=OURS),
        "new": Q(case__phase=Phase.REFERRED, holder__in=OURS),
        "no_coach": Q(case__coach__isnull=True, holder__in=OURS) & ~Q(case__phase=Phase.REFERRED),
        "quiet": Q(kind="no_contact"),
        "waiting": Q(holder__in=OTHERS),
    }


def counts(user: User, today: date) -> dict[str, int]:
    """How many tasks each view holds. One's own are always exact; the others are the same for the whole team."""
    shared = {key: condition for key, condition in conditions(user, today).items() if key != "mine"}
    of_team = counted(
        f"work-views-{today}",
        lambda: queries.open_tasks(user).aggregate(
            **{key: Count("pk", filter=condition) for key, condition in shared.items()}
        ),
    )
    return {"mine": my_count(user, today), **of_team}


def tasks_in(user: User, view: str, today: date) -> QuerySet[Task]:
    return queries.open_tasks(user).filter(conditions(user, today)[view])


def my_count(user: User, today: date) -> int:
    """For the top bar."""
    return tasks_in(user, "mine", today).count()


def group_of(due_on: date, today: date) -> str:
    if due_on < today:
        return "late"
    if due_on == today:
        return "today"
    return "soon" if due_on <= today + NEXT_DAYS else "later"


def totals(user: User, view: str, today: date) -> dict[str, int]:
    """How many tasks of a view stand under each heading, over all pages."""
    tasks = tasks_in(user, view, today)
    if view == "mine":
        return group_counts(tasks, today)
    return counted(f"work-{view}-{today}", lambda: group_counts(tasks, today))


def group_counts(tasks: QuerySet[Task], today: date) -> dict[str, int]:
    week = today + NEXT_DAYS
    return tasks.order_by().aggregate(
        late=Count("pk", filter=Q(due_on__lt=today)),
        today=Count("pk", filter=Q(due_on=today)),
        soon=Count("pk", filter=Q(due_on__gt=today, due_on__lte=week)),
        later=Count("pk", filter=Q(due_on__gt=week)),
    )


@dataclass(frozen=True)
class Row:
    """A task with the step its case stands at."""

    task: Task
    step: str


def grouped(tasks: Iterable[Task], totals: dict[str, int], today: date) -> list[dict[str, Any]]:
    """The tasks of one page under their headings; the number in the heading counts all pages."""
    tasks = list(tasks)
    steps = queries.steps_of({task.case_id: task.case for task in tasks}.values())
    rows: dict[str, list[Row]] = {key: [] for key, _label in GROUPS}
    for task in tasks:
        row = Row(task, queries.step_label(steps[task.case_id]))
        rows[group_of(task.due_on, today)].append(row)
    return [{"key": key, "label": label, "total": totals[key], "rows": rows[key]} for key, label in GROUPS if rows[key]]


def new_referrals(user: User, today: date) -> dict[str, Any]:
    """How many referrals wait for a first conversation, and how many working days the oldest has waited."""
    referred = CaseFile.objects.visible_to(user).live().filter(phase=Phase.REFERRED)
    waiting = referred.aggregate(
        number=Count("referral"), oldest=Min("referral__received_on"), due=Min("referral__answer_due_on")
    )
    age = working_days_between(waiting["oldest"], today) if waiting["oldest"] else 0
    return {"number": waiting["number"], "age": age, "late": bool(waiting["due"] and waiting["due"] < today)}


def waiting_on(user: User) -> list[tuple[str, int]]:
    """How many tasks each of the others holds; the project lead does not wait on herself."""
    others = OTHERS if user.role == Role.PROJECT_LEAD else (*OTHERS, Holder.PROJECT_LEAD)
    tasks = queries.open_tasks(user).filter(holder__in=[*OTHERS, Holder.PROJECT_LEAD]).order_by()
    found = counted("work-holders", lambda: dict(tasks.values_list("holder").annotate(number=Count("pk"))))
    return [(str(holder.label), found[holder]) for holder in Holder if holder in others and holder in found]
