from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases.enums import Holder
from cases.models import Task
from cases.services.turns import note_turns
from microloan.accounts.models import User
from microloan.core.errors import Refused


@transaction.atomic
def update_task(*, task: Task, title: str, due_on: date, holder: str, owner: User | None, by: User) -> Task:
    """Put a hand-made open task right. A derived one follows the case's data, a done one is opened again first."""
    perms.check_team(by)
    task = Task.objects.select_for_update().get(pk=task.pk)
    if task.key:
        raise Refused(_("This task follows the case's data. It changes by itself when they do."))
    if task.done_at is not None:
        raise Refused(_("The task is done. Open it again first."))
    if not title.strip():
        raise Refused(_("Write what has to be done."), field="title")
    perms.check_shown(title, field="title", citizen=task.case.citizen)
    if holder not in Holder.values:
        raise Refused(_("Choose whose turn it is."), field="holder")
    task.title, task.due_on, task.holder, task.owner = title.strip(), due_on, holder, owner
    task.save(update_fields=["title", "due_on", "holder", "owner"])
    note_turns([task.case_id])
    return task
