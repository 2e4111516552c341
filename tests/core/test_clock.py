import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured

from microloan.core import clock
from microloan.core.models import DemoClock


@time_machine.travel(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), tick=False)
def test_today_is_the_danish_day_in_summer():
    assert clock.today() == date(2026, 7, 2)
    assert clock.now() == datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert clock.now().utcoffset() == timedelta(hours=2)


@time_machine.travel(datetime(2026, 12, 31, 23, 30, tzinfo=UTC), tick=False)
def test_today_is_the_danish_day_at_new_year():
    assert clock.today() == date(2027, 1, 1)


def test_the_clock_can_be_held_and_is_let_go():
    with clock.at(date(2027, 3, 28)) as moment:
        assert clock.today() == date(2027, 3, 28)
        assert clock.now() == moment
        with clock.at(datetime(2020, 1, 1, 23, 30, tzinfo=UTC)):
            assert clock.today() == date(2020, 1, 2)
        assert clock.today() == date(2027, 3, 28)
    assert clock.today() > date(2026, 1, 1)


def test_it_is_let_go_after_a_failure():
    with pytest.raises(RuntimeError), clock.at(date(2000, 1, 1)):
        raise RuntimeError
    assert clock.today().year > 2000


def test_a_held_clock_is_held_in_its_own_thread_only():
    seen = []
    with clock.at(date(2000, 1, 1)):
        thread = threading.Thread(target=lambda: seen.append(clock.today()))
        thread.start()
        thread.join()
    assert seen[0].year > 2000


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError, match="aware"), clock.at(datetime(2026, 1, 1)):
        pass


@pytest.fixture
def demo_clock(db, settings):
    settings.DEMO_CLOCK = True
    clock._demo.forget()
    yield
    clock._demo.forget()


def test_the_demo_clock_moves_forward_and_back_to_the_real_time(demo_clock):
    real = clock.today()
    assert clock.move_demo_clock(30) == 30
    assert clock.today() == real + timedelta(days=30)
    assert clock.move_demo_clock(5) == 35
    assert clock.demo_days() == 35
    clock.reset_demo_clock()
    assert clock.today() == real


def test_the_demo_clock_does_not_go_back(demo_clock):
    with pytest.raises(ValueError, match="forward"):
        clock.move_demo_clock(-1)


def test_a_new_request_sees_what_another_process_moved(demo_clock, client):
    real = clock.today()
    DemoClock.objects.create(pk=1, days=3)
    assert clock.today() == real
    client.get("/healthz")
    assert clock.today() == real + timedelta(days=3)


def test_the_stored_clock_is_read_once_per_request(demo_clock, django_assert_num_queries):
    with django_assert_num_queries(2):
        for _ in range(5):
            clock.today()


def test_production_ignores_and_refuses_the_demo_clock(db, settings, django_assert_num_queries):
    settings.DEMO_CLOCK = False
    DemoClock.objects.create(pk=1, days=300)
    real = datetime.now(clock.COPENHAGEN).date()
    with django_assert_num_queries(0):
        assert clock.today() == real
        assert clock.demo_days() == 0
    with pytest.raises(ImproperlyConfigured):
        clock.move_demo_clock(1)
