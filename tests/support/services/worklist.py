"""Whose the services of Mit arbejde are."""

from datetime import timedelta

from cases import services
from cases.models import BulkChange, SavedView
from tests.support.acting import act
from tests.support.routes.cases import make_task
from tests.support.routing import TEAM, Role
from tests.support.world import World


def make_move(world: World) -> BulkChange:
    """Of whoever is going to undo it: only one's own can be undone, which another test tries."""
    task = world.of(make_task)
    return services.move_tasks(
        task_ids=[task.pk], due_on=world.today + timedelta(days=4), by=world.user(Role.COACH), today=world.today
    )


def undo(world: World, by) -> object:
    change = world.of(make_move)
    own = BulkChange.objects.create(kind=change.kind, by=by, changes=change.changes)
    return services.undo_bulk(change=own, by=by, today=world.today)


def own_view(world: World, by) -> SavedView:
    return SavedView.objects.create(owner=by, page="work", name="Min")


ROWS = [
    act(
        "cases.assign_tasks",
        allow=TEAM,
        call=lambda w, by: services.assign_tasks(
            task_ids=[w.of(make_task).pk], owner=w.user(Role.PROJECT_LEAD), by=by, today=w.today
        ),
    ),
    act(
        "cases.move_tasks",
        allow=TEAM,
        call=lambda w, by: services.move_tasks(
            task_ids=[w.of(make_task).pk], due_on=w.today + timedelta(days=3), by=by, today=w.today
        ),
    ),
    act("cases.undo_bulk", allow=TEAM, call=undo),
    act(
        "cases.save_view",
        allow=TEAM,
        call=lambda w, by: services.save_view(owner=by, page="work", name="Sent", query="due=late", is_shared=False),
    ),
    act("cases.remove_view", allow=TEAM, call=lambda w, by: services.remove_view(view=own_view(w, by), by=by)),
    act("cases.restore_view", allow=TEAM, call=lambda w, by: services.restore_view(view=own_view(w, by), by=by)),
]

PARTS = {
    "cases.may_remove": "reads",
    "cases.note_turns": "a part of everything that opens, moves or closes a task",
    "cases.plan_assign": "reads",
    "cases.plan_move": "reads",
    "cases.tasks_of": "reads",
    "cases.without_coach": "reads",
    "letters.address_of": "reads",
}
