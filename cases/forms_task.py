"""A hand-made task that is put right."""

from datetime import date
from typing import Any

from cases.forms import TaskForm
from cases.models import Task
from microloan.core.two_versions import TwoVersionsForm


class TaskEditForm(TwoVersionsForm, TaskForm):
    """As a new task; a date that has passed may stay as it is."""

    def __init__(self, *args: Any, today: date, stored: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, today=min(today, stored["due_on"]), stored=stored, **kwargs)

    @staticmethod
    def stored_of(task: Task) -> dict[str, Any]:
        return {"title": task.title, "due_on": task.due_on, "holder": task.holder, "owner": task.owner}
