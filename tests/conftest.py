"""The strict suite (issue: "A strict test suite from day one").

Fails a test: any warning (so also naive datetimes and unordered pagination), an undefined variable in a template of
ours, inline script or style or leftover template code in any page, a console error or a CSP violation in the browser.

Fixtures for all rooms: `client` and `client_for(role)` (strict), `reference_data`, `celery_worker` (real queue),
`page` and `page_for(role)` (Chromium), `axe(page)` and `shot(page, name)`.
"""

import gc
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import pytest_django
from django.conf import settings
from django.core.cache import cache
from django.core.management.commands import flush
from django.db import connection, connections, transaction
from django.db.backends.postgresql.operations import DatabaseOperations

from tests.support import stages
from tests.support.strict import StrictClient

hypothesis.settings.register_profile("suite", deadline=None, print_blob=True)
hypothesis.settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    # Playwright keeps an event loop in this thread. Django would open a second connection for code that runs while the
    # loop does, and leave it open when the test database is to be dropped.
    connections._connections = threading.local()


def pytest_unconfigure(config: pytest.Config) -> None:
    folder = getattr(settings, "TEMPORARY_FOLDER", None) if settings.configured else None
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"page", "page_for", "context", "browser"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")


def pytest_collection_finish() -> None:
    """What is there now stays to the end: collecting garbage took a tenth of the time, most of it on looking through this."""
    gc.collect()
    gc.freeze()


# --- Database --------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True, scope="session")
def _emptying_is_allowed_and_quick() -> Iterator[None]:
    """Emptying the tables after a transactional test passes the append-only guards, and costs a hundredth of TRUNCATE."""
    original = DatabaseOperations.execute_sql_flush, flush.emit_post_migrate_signal
    DatabaseOperations.execute_sql_flush = lambda operations, sql_list: stages.empty_tables()
    flush.emit_post_migrate_signal = lambda *args, **kwargs: None  # what it would fill in is kept
    yield
    DatabaseOperations.execute_sql_flush, flush.emit_post_migrate_signal = original


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> None:
    from tests.support.template_database import template_name

    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = template_name()


@pytest.fixture(scope="module")
def kept_rows(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    """For rows that all tests of a module begin with: made once by a fixture of module scope that asks for this one.

    Each test then runs in a savepoint and leaves them as they were. Not for a module with tests that really commit.
    """
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        yield
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture
def reference_data(db: None) -> None:
    """The starting rule set, legal bases and municipality, also after a test that emptied the tables."""
    from microloan.policy.services import ensure_defaults

    ensure_defaults()


@pytest.fixture(autouse=True)
def _no_leftovers_in_cache(request: pytest.FixtureRequest) -> Iterator[None]:
    """What one test cached is not seen by the next. (`cache.clear()` would empty the cache of the other workers too.)"""
    yield
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        redis = cache._cache.get_client(None, write=True)
        keys = list(redis.scan_iter(f"{cache.key_prefix}:*"))
        if keys:
            redis.delete(*keys)


# --- Clients ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def client() -> StrictClient:
    """Nobody is logged in."""
    return StrictClient()


@pytest.fixture
def client_for(db: None) -> Callable[..., StrictClient]:
    """`client_for("coach")`, `client_for(user)`: a client logged in as a user of that role; `.user` is who."""
    from tests.support.people import make_user

    def log_in(who: Any, **fields: Any) -> StrictClient:
        client = StrictClient()
        client.force_login(make_user(who, **fields) if isinstance(who, str) else who)
        return client

    return log_in


# --- Jobs ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _worker(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from tests.support.queue import worker_process

    log = tmp_path_factory.mktemp("worker") / "worker.log"
    with worker_process(log):
        yield log


@pytest.fixture
def celery_worker(transactional_db: None, _worker: Path) -> Iterator[Path]:
    """A real worker takes what this test queues. Gives the worker's log; wait with `tests.support.queue.wait_until`."""
    from tests.support.queue import not_eager

    with not_eager():
        yield _worker


# --- Browser ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    from tests.support import browser

    # Playwright keeps an event loop in this thread, in which Django would refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return {**browser_type_launch_args, "executable_path": browser.chromium(), "args": browser.FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    from tests.support import browser

    return {**browser_context_args, "locale": "da-DK", "timezone_id": "Europe/Copenhagen", "viewport": browser.WIDE}


@pytest.fixture
def watched(new_context: Callable[..., Any], live_server: Any) -> Iterator[Callable[[], Any]]:
    """Makes browser contexts whose console, scripts and answers are watched to the end of the test."""
    from tests.support import browser

    all_faults: list[list[str]] = []

    def make() -> Any:
        context = new_context(base_url=live_server.url)
        context.set_default_timeout(10_000)
        all_faults.append(browser.watch(context))
        return context

    yield make
    found = [fault for faults in all_faults for fault in faults]
    assert not found, "\n".join(found)


@pytest.fixture
def context(watched: Callable[[], Any]) -> Any:
    return watched()


@pytest.fixture
def page_for(watched: Callable[[], Any], live_server: Any, reference_data: None) -> Callable[..., Any]:
    """`page_for("coach")`, `page_for(user)`: a page in a browser of its own, logged in as a user of that role."""
    from tests.support.people import make_user

    def open_page(who: Any, **fields: Any) -> Any:
        user = make_user(who, **fields) if isinstance(who, str) else who
        client = StrictClient()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        browser_context = watched()
        browser_context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        page = browser_context.new_page()
        page.user = user
        return page

    return open_page


@pytest.fixture
def axe() -> Callable[..., None]:
    """`axe(page)`: fails on anything axe-core finds, at both widths."""
    from tests.support import browser

    def check(page: Any, exclude: list[str] | None = None) -> None:
        browser.both_widths(page, lambda width: browser.assert_accessible(page, exclude))

    return check


@pytest.fixture
def shot() -> Callable[[Any, str], None]:
    """`shot(page, "case-overview")`: pictures at 1440 and 420 px, when PICTURES is set."""
    from tests.support import browser

    return browser.take_pictures
