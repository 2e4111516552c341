"""What many tests begin with is played by the services once per worker; afterwards the rows it left are put back.

A stage is reached from the one before it (a fresh database → a world → a loan paid out). `reach("paid_out", make)` calls
`make()` the first time and remembers every table that has changed in the test's transaction, and the files of letters and
documents. In a later test that stands at the same point, with nothing else done since, they are put back as they were,
past the triggers, which the first time has answered to. In any other case `make()` is simply called. That somebody has
logged in since does not count (`looking_away`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.db import connection, transaction

from microloan.core import clock

T = TypeVar("T")

# The counts hold what earlier transactions did as well, until the server has written it down, once a second.
COUNTS = """
    SELECT pg_current_xact_id_if_assigned()::text, coalesce(json_object_agg(relid::regclass::text, done), '{}')
    FROM (SELECT relid, n_tup_ins + n_tup_upd + n_tup_del AS done FROM pg_stat_xact_user_tables) AS tables
    WHERE done > 0 AND relid <> 'django_session'::regclass
"""
KEPT = {"django_content_type", "auth_permission"}
Standing = tuple[str | None, dict[str, int]]
Key = tuple[Any, ...]


class Stage(NamedTuple):
    tables: dict[str, bytes]
    files: dict[tuple[str, str], bytes]
    result: Any


_stages: dict[Key, Stage] = {}
_here: tuple[Standing, Key] | None = None
_emptied = False


def empty_tables() -> None:
    """After a test that really commits: delete what it left, past the triggers; the list of models and permissions stays.

    From then on a fresh database lacks what the migrations filled in (fixture `reference_data`).
    """
    global _emptied
    _emptied = True
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(filled)
        names = [row[0] for row in cursor.fetchall()]
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in names:
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608  names of our models


def reach(name: str, make: Callable[[], T]) -> T:
    """The result of `make()`, a plain value or unsaved from later changes; see the module's text."""
    global _here
    before = _point()
    if before is None:
        return make()
    standing, point = before
    earlier = _stages.get(point, Stage({}, {}, None))
    key = (*point, clock.today(), name)
    stage = _stages.get(key)
    if stage is None:
        present = set(_paths())
        result = make()
        files = {path: _full(path).read_bytes() for path in _paths() if path not in present}
        tables = {**earlier.tables, **_tables_changed_since(standing)}
        _stages[key] = Stage(tables, {**earlier.files, **files}, deepcopy(result))
    else:
        _put_back(stage, earlier)
        result = deepcopy(stage.result)
    _here = _standing(), key
    return result


@contextmanager
def looking_away() -> Iterator[None]:
    """Around a log-in: what comes after it stands where it stood before."""
    global _here
    stood = _here if _here and connection.in_atomic_block and _here[0] == _standing() else None
    yield
    if stood:
        _here = _standing(), stood[1]


def _point() -> tuple[Standing, Key] | None:
    """Where this test stands; None if something else has happened, or when rows are really committed."""
    if not connection.in_atomic_block or not _may_put_back():
        return None
    standing = _standing()
    if standing[0] is None:  # nothing is written yet
        return standing, (_emptied,)
    return _here if _here and _here[0] == standing else None


def _may_put_back() -> bool:
    """Triggers may be passed by a superuser only, which the private server's user is."""
    return bool(connection.connection and connection.connection.info.parameter_status("is_superuser") == "on")


def _standing() -> Standing:
    """The transaction, and how often it has changed rows of each table."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS)
        return cursor.fetchone()


def _tables_changed_since(standing: Standing) -> dict[str, bytes]:
    found = {}
    changed = sorted(name for name, done in _standing()[1].items() if done != standing[1].get(name))
    with connection.cursor() as cursor:
        for name in changed:
            with cursor.copy(f"COPY {name} TO STDOUT (FORMAT binary)") as copy:
                found[name] = b"".join(bytes(part) for part in copy)
    return found


def _put_back(stage: Stage, earlier: Stage) -> None:
    """What the stage changed; the rest is as it was at the earlier one."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name, rows in stage.tables.items():
            if earlier.tables.get(name) is not rows:
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608  names from the catalogue
                with cursor.copy(f"COPY {name} FROM STDIN (FORMAT binary)") as copy:
                    copy.write(rows)
        cursor.execute("SET LOCAL session_replication_role = origin")
    for path in stage.files.keys() - earlier.files.keys():
        file = _full(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(stage.files[path])


def _paths() -> Iterator[tuple[str, str]]:
    """The files of documents and letters: which setting names their folder, and their path in it."""
    for root in ("DOCUMENT_ROOT", "OUTBOX_ROOT"):
        folder = Path(getattr(settings, root))
        for file in folder.rglob("*"):
            if file.is_file():
                yield root, str(file.relative_to(folder))


def _full(path: tuple[str, str]) -> Path:
    root, name = path
    return Path(getattr(settings, root)) / name
