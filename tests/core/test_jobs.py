import io
import json
import os
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from microloan.core import clock, jobs
from microloan.core.errors import Refused
from microloan.core.jobs import Counts, JobIsRunning, days_to_run, missed_days, run_job, run_jobs
from microloan.core.models import JobFailure, JobRun
from microloan.core.tasks import run_daily_jobs
from tests.support.queue import wait_until
from tests.support.worker import PROBE

MONDAY = date(2026, 11, 16)
FRIDAY = date(2026, 11, 20)


class Recorder:
    """A job that makes one thing for each date, once."""

    def __init__(self) -> None:
        self.days: list[date] = []
        self.clocks: list[date] = []

    def __call__(self, today: date) -> Counts:
        self.clocks.append(clock.today())
        if today in self.days:
            return Counts(0, 1)
        self.days.append(today)
        return Counts(1, 0)


@pytest.fixture
def registry(monkeypatch):
    fresh: jobs.Registry[jobs.Job] = jobs.Registry("jobs of a test")
    monkeypatch.setattr(jobs, "registry", fresh)
    return fresh


@pytest.fixture
def recorder(registry) -> Recorder:
    return registry.register("record", Recorder())


@pytest.mark.parametrize(
    ("last", "until", "days"),
    [
        (None, FRIDAY, [FRIDAY]),
        (FRIDAY, FRIDAY, [FRIDAY]),
        (FRIDAY, MONDAY, [MONDAY]),
        (date(2026, 11, 19), FRIDAY, [FRIDAY]),
        (date(2026, 11, 17), FRIDAY, [date(2026, 11, 18), date(2026, 11, 19), FRIDAY]),
    ],
)
def test_which_days_are_run(last, until, days):
    assert missed_days(last, until) == days


def test_a_second_run_creates_nothing(db, recorder):
    assert run_jobs(FRIDAY) == {"record": Counts(1, 0)}
    assert run_jobs(FRIDAY) == {"record": Counts(0, 1)}
    run = JobRun.objects.get()
    assert (run.job, run.date, run.created, run.skipped) == ("record", FRIDAY, 1, 1)
    assert run.finished_at >= run.started_at


def test_missed_days_are_caught_up_in_order(db, recorder):
    run_jobs(MONDAY)
    assert run_jobs(FRIDAY) == {"record": Counts(4, 0)}
    assert recorder.days == [date(2026, 11, day) for day in range(16, 21)]
    assert recorder.clocks == recorder.days
    assert JobRun.objects.count() == 5


def test_days_are_worked_through_one_at_a_time(db, registry):
    worked: list[tuple[str, int]] = []
    for name in ("remind", "send"):
        registry.register(name, lambda day, name=name: worked.append((name, day.day)) or Counts(1))
    run_job("send", date(2026, 11, 17))
    counts = jobs.run_day_by_day([date(2026, 11, 19), FRIDAY])
    assert worked[1:] == [("send", 18), ("remind", 19), ("send", 19), ("remind", 20), ("send", 20)]
    assert counts == {"remind": Counts(2), "send": Counts(3)}


def test_a_job_that_fails_is_taken_up_again_where_it_failed(db, registry):
    done: list[date] = []

    def fails_once(today: date) -> Counts:
        if today.day == 18 and len(done) == 2:
            done.append(today)
            raise RuntimeError("no paper")
        done.append(today)
        return Counts(1)

    registry.register("letters", fails_once)
    run_jobs(MONDAY)
    with pytest.raises(RuntimeError):
        run_jobs(FRIDAY)
    assert jobs.last_finished("letters") == date(2026, 11, 17)
    assert JobRun.objects.get(date=date(2026, 11, 18)).finished_at is None
    assert run_jobs(FRIDAY) == {"letters": Counts(3)}


@pytest.mark.django_db(transaction=True)
def test_two_runners_do_not_run_a_job_at_once(registry):
    inside, leave = threading.Event(), threading.Event()

    def slow(today: date) -> Counts:
        inside.set()
        assert leave.wait(10)
        return Counts(1)

    registry.register("slow", slow)

    def first() -> None:
        run_job("slow", FRIDAY)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(10)
    with pytest.raises(JobIsRunning):
        run_job("slow", FRIDAY)
    leave.set()
    thread.join(10)
    assert run_job("slow", FRIDAY) == Counts(1)


def test_the_command_prints_one_document(db, recorder):
    out = io.StringIO()
    call_command("run_jobs", "--date", "2026-11-20", "--format", "json", stdout=out)
    assert json.loads(out.getvalue()) == {"date": "2026-11-20", "jobs": {"record": {"created": 1, "skipped": 0}}}
    out = io.StringIO()
    call_command("run_jobs", "--date", "2026-11-20", "--job", "record", stdout=out)
    assert "record: 0 created, 1 skipped" in out.getvalue()


def test_only_the_demo_runs_days_that_have_not_come(db, recorder, settings):
    """A slip of the pen would send years of reminders, and leave those days done when they come."""
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    settings.DEMO = False
    with pytest.raises(CommandError, match="has not come yet") as refusal:
        call_command("run_jobs", "--date", tomorrow)
    assert refusal.value.returncode == 1
    assert not JobRun.objects.exists()
    settings.DEMO = True
    call_command("run_jobs", "--date", tomorrow, stdout=io.StringIO())
    assert JobRun.objects.get().date.isoformat() == tomorrow


def test_the_command_refuses_what_it_does_not_know(db, recorder):
    with pytest.raises(CommandError, match="only record") as refusal:
        call_command("run_jobs", "--job", "unknown")
    assert refusal.value.returncode == 2
    with pytest.raises(CommandError, match="YYYY-MM-DD"):
        call_command("run_jobs", "--date", "20/11-2026")
    for typing_error in ("9999-12-31", "0001-01-01"):  # the days in between would be caught up one by one
        with pytest.raises(CommandError, match="1990-2100"):
            call_command("run_jobs", "--date", typing_error)
    assert not JobRun.objects.exists()


def test_a_job_that_refuses_ends_the_command_in_words(db, registry):
    def refuse(day):
        raise Refused("Der gælder intet regelsæt den dag.")

    registry.register("refusing", refuse)
    with pytest.raises(CommandError, match="intet regelsæt") as refusal:
        call_command("run_jobs", "--date", "1995-01-02")
    assert refusal.value.returncode == 1


@time_machine.travel(datetime(2026, 11, 20, 5, 0, tzinfo=UTC), tick=False)
def test_the_scheduler_starts_what_is_not_finished_today(db, recorder):
    assert run_daily_jobs() == ["record"]
    assert recorder.days == [FRIDAY]
    assert run_daily_jobs() == []


def test_the_schedule_is_in_danish_time():
    from microloan.celery import app

    entry = app.conf.beat_schedule["daily-jobs"]
    assert entry["task"] in app.tasks
    assert min(entry["schedule"].hour) == 6
    assert app.conf.timezone == "Europe/Copenhagen"


@pytest.mark.django_db(transaction=True)
def test_the_jobs_run_through_a_real_queue_and_a_real_worker(celery_worker):
    """Beat's task goes to Redis, a worker process takes it and queues the jobs, and takes those too."""
    run_daily_jobs.delay()
    wait_until(lambda: JobRun.objects.filter(job=PROBE, finished_at__isnull=False).exists())
    run = JobRun.objects.get(job=PROBE)
    assert run.date == clock.today()
    assert run.created not in (0, os.getpid())


def test_a_broken_case_stops_itself_alone_and_the_day_is_tried_again(db, registry):
    broken = {"2026-00002"}

    def work(today: date) -> Counts:
        made = Counts()
        for number in ("2026-00001", "2026-00002", "2026-00003"):
            with jobs.apart(number):
                if number in broken:
                    raise KeyError("720390-1234")
                made += Counts(1)
        return made

    registry.register("work", work)
    assert run_jobs(MONDAY) == {"work": Counts(2)}
    left = JobFailure.objects.get()
    assert (left.case_number, left.error, left.run.date) == ("2026-00002", "KeyError", MONDAY)
    assert jobs.unfinished(MONDAY) == ["work"]
    tuesday = MONDAY + timedelta(days=1)
    assert days_to_run("work", tuesday) == [MONDAY, tuesday]
    broken.clear()
    run_jobs(tuesday)
    assert not JobFailure.objects.exists()
    assert jobs.unfinished(tuesday) == []
    with pytest.raises(KeyError), jobs.apart("2026-00002"):  # outside a run it is raised
        raise KeyError


def test_a_job_that_fails_holds_up_no_other(db, registry):
    def fail(today: date) -> Counts:
        raise OSError("the disk is full")

    registry.register("first", fail, order=1)
    registry.register("second", lambda today: Counts(1), order=2)
    with pytest.raises(OSError, match="disk"):
        run_jobs(MONDAY)
    assert jobs.last_finished("second") == MONDAY
    assert jobs.last_finished("first") is None
    assert JobRun.objects.get(job="first").error == "OSError"


def test_all_jobs_of_a_day_come_before_the_next_day(db, registry):
    worked: list[tuple[str, int]] = []
    for name in ("a", "b"):
        registry.register(name, lambda day, name=name: worked.append((name, day.day)) or Counts(1))
    run_jobs(MONDAY)
    run_jobs(date(2026, 11, 18))
    assert worked == [(name, day) for day in (16, 17, 18) for name in ("a", "b")]
