"""Mit arbejde: which open tasks a view of it holds, how they are grouped and counted (ui-guide.md §3.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases import queries, substitutes
from cases.enums import Holder, Phase
from cases.models import CaseFile, SavedView, Task, ViewPage
from cases.turns import NOT_OURS, OURS, Side, side_of, waits_on
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.calendars import working_days_between
from microloan.core.lazily import counted
from microloan.policy.services import rule_set_on

NEXT_DAYS = timedelta(days=7)
NO_HOUR = datetime.min.replace(tzinfo=UTC)

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
    address = reverse("cases:work")
    return [
        {
            "key": key,
            "label": view_label(key, today),
            "url": address if key == "mine" else f"{address}?view={key}",
            "current": key == current,
            "count": numbers[key],
        }
        for key in LABELS
    ]


def view_label(key: str, today: date) -> str:
    label = LABELS[key]
    return str(label % {"days": rule_set_on(today).no_contact_days} if key == "quiet" else label)


def saved_views(user: User, page: ViewPage, query: str) -> list[dict[str, Any]]:
    """One's own views and those of colleagues that are shared, for `includes/_views.html`; `query` is the present one."""
    address = reverse("cases:work" if page == ViewPage.WORK else "cases:list")
    return [
        {
            "label": view.name if view.owner_id == user.pk else f"{view.name} ({view.owner.short_name})",
            "url": f"{address}?{view.query}" if view.query else address,
            "current": view.query == query,
            "count": None,
        }
        for view in SavedView.objects.for_user(user, page).order_by("is_shared", "name", "pk")
    ]


def others_of(user: User) -> tuple[Holder, ...]:
    """Whom this person waits on. The project lead does not wait on herself; whose turn a case is, `cases.turns` says."""
    return NOT_OURS if user.role == Role.PROJECT_LEAD else (*NOT_OURS, Holder.PROJECT_LEAD)


def conditions(user: User, today: date) -> dict[str, Q]:
    """What each preset view shows: "the whole team" is what is ours, "waiting on others" what this person waits on."""
    mine = Q(owner=user, holder=Holder.TEAM)
    if user.role == Role.PROJECT_LEAD:
        mine |= Q(holder=Holder.PROJECT_LEAD)
    mine |= substitutes.covered_tasks(user, today)
    return {
        "mine": mine,
        "team": Q(holder__in=OURS),
        "new": Q(kind="accept_referral", holder__in=OURS),  # one for each referral, as the box counts them
        "no_coach": Q(case__coach__isnull=True, holder__in=OURS) & ~Q(case__phase=Phase.REFERRED),
        "quiet": Q(kind="no_contact"),
        "waiting": Q(holder__in=others_of(user)),
    }


def counts(user: User, today: date) -> dict[str, int]:
    """How many tasks each view holds. One's own are always exact; the others are the same for all in a role."""
    shared = {key: condition for key, condition in conditions(user, today).items() if key != "mine"}
    of_team = counted(
        f"work-views-{today}-{user.role}",
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


def totals(user: User, tasks: QuerySet[Task], view: str, query: str, today: date) -> dict[str, int]:
    """How many tasks stand under each heading, over all pages. `query` names the filters that made `tasks`."""
    if view == "mine":
        return group_counts(tasks, today)
    key = sha256(query.encode()).hexdigest()
    return counted(f"work-{view}-{today}-{user.role}-{key}", lambda: group_counts(tasks, today))


def due_condition(group: str, today: date) -> Q:
    week = today + NEXT_DAYS
    return {
        "late": Q(due_on__lt=today),
        "today": Q(due_on=today),
        "soon": Q(due_on__gt=today, due_on__lte=week),
        "later": Q(due_on__gt=week),
    }[group]


def group_counts(tasks: QuerySet[Task], today: date) -> dict[str, int]:
    return tasks.order_by().aggregate(**{key: Count("pk", filter=due_condition(key, today)) for key, _label in GROUPS})


@dataclass(frozen=True)
class Row:
    """A task with the step its case stands at."""

    task: Task
    step: str


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """By date; what has no time of day before the appointments of the day, and these by the clock."""
    tasks = list(tasks)
    times = queries.times_of_contacts(tasks)
    return sorted(tasks, key=lambda task: (task.due_on, times.get(task.key, NO_HOUR)))


def grouped(tasks: Iterable[Task], totals: dict[str, int], today: date) -> list[dict[str, Any]]:
    """The tasks of one page under their headings; the number in the heading counts all pages."""
    tasks = in_order(tasks)
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
    """How many tasks each of the others holds; together as many as the view "waiting on others" holds."""
    others = others_of(user)
    tasks = queries.open_tasks(user).filter(holder__in=[*NOT_OURS, Holder.PROJECT_LEAD]).order_by()
    found = counted("work-holders", lambda: dict(tasks.values_list("holder").annotate(number=Count("pk"))))
    return [(str(holder.label), found[holder]) for holder in Holder if holder in others and holder in found]


def cases_by_side(user: User) -> dict[Side, int]:
    """How many open cases wait on us, on the citizen and on others: two things, told apart (domain.md §1, §3.6)."""
    cases = CaseFile.objects.visible_to(user).live().open().order_by()

    def count() -> dict[str, int]:
        rows = cases.annotate(now=waits_on()).values_list("now").annotate(number=Count("pk"))
        found = dict.fromkeys(Side.values, 0)
        for holder, number in rows:
            found[side_of(holder or "")] += number
        return found

    found = counted("work-sides", count)
    return {side: found[side.value] for side in Side}
