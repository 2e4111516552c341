"""Keeps CPR numbers out of the logs, whatever a message, an argument or an exception carries.

Three nets: a structlog processor for events, a filter for records of other handlers, and the formatter for the final
line with its traceback. They match the shape, so a few other ten-digit numbers are masked too.
"""

import logging
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied

from microloan.core.cpr import Cpr, mask_text


def mask_value(value: Any) -> Any:
    """A value with every CPR-shaped text in it masked; numbers that would read as one become text."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Cpr):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        text = f"{value:010d}"
        return value if len(text) > 10 or mask_text(text) == text else mask_text(text)
    if isinstance(value, Mapping):
        return {mask_value(key): mask_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [mask_value(item) for item in value]
    return value


def mask_cpr(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor. Keys that begin with `_` belong to structlog itself."""
    for key, value in event.items():
        if not key.startswith("_") and key != "exc_info":
            event[key] = mask_value(value)
    return event


class RefusalFilter(logging.Filter):
    """A page that a role may not open is no fault of ours: one line, without the traceback of it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], PermissionDenied):
            record.exc_info = None
        return True


class CprFilter(logging.Filter):
    """Masks the message and the traceback of a record in place, before any handler writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str):
            record.msg, record.args = mask_text(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = mask_text(record.exc_text)
        return True


class CprSafeFormatter(structlog.stdlib.ProcessorFormatter):
    """The last net: masks the finished line."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_text(super().format(record))
