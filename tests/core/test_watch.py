"""Jobs that do not run are noticed, whoever is dead (docs/decisions/183)."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.urls import reverse

from microloan.accounts import operations
from microloan.accounts.enums import Role
from microloan.accounts.tasks import watch_the_jobs
from microloan.core import clock, jobs, metrics, watch
from microloan.core.jobs import Counts
from microloan.core.models import Heartbeat, Incident, JobRun
from microloan.core.tasks import run_daily_jobs
from tests.support.people import make_user
from tests.support.queue import not_eager

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 20, 9, 30, tzinfo=clock.COPENHAGEN)
FRIDAY = MORNING.date()


@pytest.fixture
def one_job(monkeypatch):
    fresh: jobs.Registry[jobs.Job] = jobs.Registry("jobs of a test")
    monkeypatch.setattr(jobs, "registry", fresh)
    monkeypatch.setattr(watch, "signs", jobs.Registry("no signs"))
    return jobs.register("count", lambda today: Counts(1), label="Optælling")


def all_alive(now: datetime) -> None:
    for part in watch.PARTS:
        watch.beats(part, now)


def keys(now: datetime) -> list[str]:
    return [alarm.key for alarm in watch.alarms(now)]


def test_all_is_well_when_the_jobs_have_run_and_the_parts_are_alive(one_job):
    all_alive(MORNING)
    jobs.run_jobs(FRIDAY)
    assert keys(MORNING) == []


def test_a_job_that_did_not_run_raises_an_alarm_from_nine(one_job):
    all_alive(MORNING)
    jobs.run_jobs(FRIDAY - timedelta(days=1))
    assert keys(MORNING.replace(hour=8)) == []
    assert keys(MORNING) == ["behind:count"]


def test_a_part_that_is_silent_for_a_quarter_of_an_hour_raises_an_alarm(one_job):
    jobs.run_jobs(FRIDAY)
    all_alive(MORNING)
    watch.beats(watch.WORKER, MORNING + timedelta(minutes=16))
    assert keys(MORNING + timedelta(minutes=15)) == []
    assert keys(MORNING + timedelta(minutes=16)) == ["silent:beat"]
    Heartbeat.objects.all().delete()
    assert keys(MORNING) == ["silent:beat", "silent:worker"]


def test_a_failed_job_and_a_case_left_raise_alarms(monkeypatch, one_job):
    all_alive(MORNING)

    def breaks(today: date) -> Counts:
        with jobs.apart("2026-00007"):
            raise ValueError("Anna And, 720390-1234")
        return Counts(1)

    def fails(today: date) -> Counts:
        raise OSError("no room")

    jobs.register("breaks", breaks, order=1)
    jobs.register("fails", fails, order=2)
    with pytest.raises(OSError, match="no room"):
        jobs.run_jobs(FRIDAY)
    assert keys(MORNING) == ["behind:fails", "failed:fails", "cases:breaks"]
    text = metrics.exposition().decode()
    assert 'mikrolaan_job_cases_left{job="breaks"} 1.0' in text


def test_the_administrators_are_told_once_per_incident(one_job):
    make_user(Role.ADMINISTRATOR, email="drift@example.org")
    make_user(Role.COACH, email="coach@example.org")
    jobs.run_jobs(FRIDAY - timedelta(days=1))
    all_alive(MORNING)
    operations.look(MORNING)
    operations.look(MORNING + timedelta(minutes=5))
    (message,) = mail.outbox
    assert message.bcc == ["drift@example.org"]
    assert "Jobbet »Optælling« er ikke kørt" in message.body
    jobs.run_jobs(FRIDAY)
    operations.look(MORNING + timedelta(minutes=10))
    assert Incident.objects.get().closed_at is not None
    all_alive(MORNING + timedelta(days=1))
    operations.look(MORNING + timedelta(days=1))
    assert len(mail.outbox) == 2


def test_a_mail_that_did_not_go_is_tried_at_the_next_look(one_job, settings):
    make_user(Role.ADMINISTRATOR, email="drift@example.org")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    operations.look(MORNING)
    assert not Incident.objects.filter(told_at__isnull=False).exists()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    operations.look(MORNING)
    assert len(mail.outbox) == 1


def test_a_web_process_notices_when_nothing_else_is_alive(one_job):
    make_user(Role.ADMINISTRATOR, email="drift@example.org")
    operations.look_now()
    (message,) = mail.outbox
    assert "beat" in message.body
    assert "worker" in message.body


def test_the_watch_begins_a_day_that_nobody_has_begun(one_job):
    with clock.at(MORNING):
        watch_the_jobs()
        assert JobRun.objects.get().date == FRIDAY
        assert Heartbeat.objects.get(part=watch.WORKER).at == MORNING


def test_beat_is_alive_when_it_queues_the_watch():
    from celery.signals import beat_init, before_task_publish

    beat_init.send(sender=None)
    try:
        before_task_publish.send(sender="another.task")
        assert not Heartbeat.objects.exists()
        before_task_publish.send(sender=watch.WATCH_TASK)
        assert Heartbeat.objects.get().part == watch.BEAT
    finally:
        before_task_publish.disconnect(sender=watch.WATCH_TASK, dispatch_uid="microloan.core.watch")


@pytest.mark.parametrize("count", [1, 12])
def test_the_page_takes_the_same_queries_for_any_number_of_jobs(client, one_job, count, django_assert_max_num_queries):
    for number in range(count):
        jobs.register(f"job{number}", lambda today: Counts(1))
    jobs.run_jobs(FRIDAY)
    client.force_login(make_user(Role.ADMINISTRATOR))
    with django_assert_max_num_queries(22):
        response = client.get(reverse("accounts:operations"))
    assert response.status_code == 200


def test_a_job_is_run_again_from_the_page(client, one_job):
    client.force_login(make_user(Role.ADMINISTRATOR))
    page = client.get(reverse("accounts:operations")).content.decode()
    assert "Optælling" in page
    with clock.at(MORNING):
        client.post(reverse("accounts:operations_run", args=["count"]))
    assert client.post(reverse("accounts:operations_run", args=["unknown"])).status_code == 404


def test_what_runs_is_seen_by_its_lock(one_job):
    seen = []
    jobs.register("look", lambda today: seen.append(jobs.running()) or Counts())
    jobs.run_job("look", FRIDAY)
    assert seen == [{"look"}]
    assert jobs.running() == set()


def test_the_queue_is_counted_also_when_it_is_empty_or_away(db, settings, monkeypatch):
    # A queue of its own: a worker of another test may listen to the usual one.
    usual, watch.app.conf.task_default_queue = watch.app.conf.task_default_queue, f"counted-{uuid4()}"
    try:
        with not_eager():
            assert watch.queue_length() == 0
            run_daily_jobs.apply_async(queue=watch.app.conf.task_default_queue)
            assert watch.queue_length() == 1
    finally:
        watch.app.conf.task_default_queue = usual
    monkeypatch.setattr(watch.app.conf, "broker_read_url", "redis+socket:///nowhere/redis.sock")
    assert watch.queue_length() is None


def test_the_page_reads_well_for_everybody(page_for, axe):
    """At both widths, with a job behind, a case left and an alarm that is over."""
    run = JobRun.objects.create(job="reconcile_tasks", date=clock.today(), failed=1, finished_at=clock.now())
    run.failures.create(case_number="ML-2026-0007", error="KeyError")
    now = clock.now()
    Incident.objects.create(key="behind:x", title="Jobbet er ikke kørt", opened_at=now, closed_at=now)
    page = page_for(Role.ADMINISTRATOR)
    page.goto(reverse("accounts:operations"))
    axe(page)
    page.get_by_role("button", name="Kør job Opgaver og frister på alle sager").click()
    page.get_by_text("er lagt i køen").wait_for()
