import io
import json
import logging
import logging.config
import sys

import pytest
import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied

from microloan.core.cpr import Cpr, mask_text
from microloan.core.logs import CprFilter, RefusalFilter, mask_cpr, mask_value


@pytest.mark.parametrize(
    "text",
    [
        "010190-1234",
        "0101901234",
        "010190 1234",
        "010190\u00a01234",
        "720390-1234",
        "?q=010190%201234",
        "x010190-1234y",
    ],
)
def test_what_looks_like_a_cpr_number_is_masked(text):
    masked = mask_text(f"before {text} after")
    assert "[CPR]" in masked
    assert "1234" not in masked
    assert "0101" not in masked


@pytest.mark.parametrize(
    "text", ["1700000000", "123456789012345", "2026-11-20", "ML-2026-0042", "12345678", "4599990000"]
)
def test_other_numbers_are_left(text):
    assert mask_text(text) == text


def test_values_of_events_are_masked_at_every_depth():
    event = {
        "a": "010190-1234",
        "b": [{"c": ("0101901234",)}],
        "d": 101901234,
        "e": 17,
        "f": Cpr("0101901234"),
        "g": True,
    }
    masked = mask_cpr(None, "info", event)
    assert masked == {"a": "[CPR]", "b": [{"c": ["[CPR]"]}], "d": "[CPR]", "e": 17, "f": "010190-••••", "g": True}
    assert mask_value({"010190-1234": 1}) == {"[CPR]": 1}


def test_a_refusal_is_one_line_and_a_fault_keeps_its_traceback():
    for error, kept in ((PermissionDenied(), False), (ValueError("x"), True)):
        record = logging.LogRecord("django.request", logging.WARNING, "f.py", 1, "Forbidden", (), None)
        try:
            raise error
        except (PermissionDenied, ValueError):
            record.exc_info = sys.exc_info()
        assert RefusalFilter().filter(record) is True
        assert bool(record.exc_info) is kept


def test_a_record_is_masked_with_its_arguments_and_traceback():
    record = logging.LogRecord("x", logging.ERROR, "f.py", 1, "citizen %s", ("010190-1234",), None)
    try:
        raise ValueError("no 010190-1234")
    except ValueError:
        record.exc_info = sys.exc_info()
    assert CprFilter().filter(record)
    assert record.getMessage() == "citizen [CPR]"
    assert "1234" not in record.exc_text
    assert "no [CPR]" in record.exc_text


@pytest.fixture
def log_lines():
    """What the handler of the settings writes, as production does."""
    logging_settings = json.loads(json.dumps(settings.LOGGING, default=str))
    assert logging_settings["handlers"]["stderr"]["filters"] == ["refusal", "cpr"]
    assert logging_settings["formatters"]["structured"]["()"] == "microloan.core.logs.CprSafeFormatter"
    configurator = logging.config.DictConfigurator(settings.LOGGING)
    handler = logging.StreamHandler(io.StringIO())
    formatter = dict(settings.LOGGING["formatters"]["structured"], processor=structlog.processors.JSONRenderer())
    handler.setFormatter(configurator.configure_formatter(formatter))
    handler.addFilter(CprFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler.stream.getvalue
    root.removeHandler(handler)


def test_no_way_into_the_log_lets_a_number_through(log_lines):
    plain, structured = logging.getLogger("plain"), structlog.get_logger("structured")
    plain.warning("citizen %s", "010190-1234")
    structured.warning("found", number="0101901234", nested={"n": ["010190 1234"]})
    try:
        raise LookupError("citizen 010190-1234")
    except LookupError:
        plain.exception("it failed")
        structured.exception("it failed too")
    written = log_lines()
    assert written.count("[CPR]") >= 5
    assert "1234" not in written
    assert "010190" not in written
