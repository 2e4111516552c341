"""Handing work to the queue when what it works on is committed."""

from functools import partial
from typing import Any

import structlog
from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError

log = structlog.get_logger(__name__)


def after_commit(task: Task, *args: Any) -> None:
    """Queue a task when the transaction commits. What is committed stands while the broker is down: nobody meets an error
    for what is saved, and a scheduled task finds what the queue never got."""
    transaction.on_commit(partial(_queue, task, args))


def _queue(task: Task, args: tuple[Any, ...]) -> None:
    try:
        task.delay(*args)
    except BrokerError as failure:
        log.error("task_not_queued", task=task.name, arguments=args, error=str(failure))
