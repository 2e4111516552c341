from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.test import override_settings
from django.urls import include, path

from microloan.core import metrics, views
from microloan.core.models import JobRun
from tests.support.strict import StrictClient


def boom(request):
    raise RuntimeError("citizen 720390-1234")


def forbidden(request):
    raise PermissionDenied("Spørg projektlederen.")


def plain_forbidden(request):
    raise PermissionDenied


def missing(request):
    raise Http404


def suspicious(request):
    raise SuspiciousOperation


def form(request):
    return HttpResponse("saved")


for _view in (boom, forbidden, plain_forbidden, missing, suspicious, form):
    _view.login_required = False

urlpatterns = [
    path("boom", boom),
    path("forbidden", forbidden),
    path("plain-forbidden", plain_forbidden),
    path("missing", missing),
    path("suspicious", suspicious),
    path("form", form),
    path("", include("microloan.urls")),
]
handler400, handler403 = views.bad_request, views.forbidden
handler404, handler500 = views.not_found, views.server_error


@pytest.fixture
def lenient() -> StrictClient:
    """Errors become pages, as in production."""
    return StrictClient(raise_request_exception=False)


def test_healthz_asks_nobody(client, django_assert_num_queries):
    response = client.get("/healthz", headers={"host": "10.1.2.3"})
    assert response.status_code == 200
    assert response.json() == {"status": "ok"}


def test_probes_are_answered_without_tls_and_by_address(db, client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["mikrolaan.example.org"]
    for probe in ("/healthz", "/readyz", "/metrics"):
        assert client.get(probe, headers={"host": "10.1.2.3:8000"}).status_code == 200
        assert client.post(probe, headers={"host": "10.1.2.3:8000"}).status_code == 405


def test_readyz_asks_database_migrations_and_broker(db, client):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "migrations": "ok", "broker": "ok"}


def test_readyz_says_what_is_not_there(db, client, monkeypatch):
    nowhere = "redis+socket:///nowhere/redis.sock"
    monkeypatch.setattr(views.celery_app.conf, "broker_write_url", nowhere)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": "ok", "migrations": "ok", "broker": "failing"}


def test_readyz_sees_a_missing_migration(db, client, django_assert_max_num_queries):
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.filter(app="core").delete()
    assert client.get("/readyz").json()["migrations"] == "failing"


@pytest.mark.django_db(transaction=True)
def test_readyz_sees_a_missing_database(client, monkeypatch):
    from django.db import connection

    connection.close()
    monkeypatch.setitem(connection.settings_dict, "NAME", "there_is_no_such_database")
    response = client.get("/readyz")
    connection.close()
    assert response.status_code == 503
    assert response.json()["database"] == "failing"


def test_metrics_count_routes_and_jobs_but_name_nobody(db, client):
    from datetime import date

    from microloan.core import clock

    JobRun.objects.create(job="reminders", date=date(1970, 1, 3), finished_at=clock.now())
    client.get("/there/is/no/720390-1234")
    text = client.get("/metrics").content.decode()
    assert 'mikrolaan_requests_total{method="GET",route="none"' in text
    assert 'mikrolaan_job_last_date{job="reminders"} 172800.0' in text
    assert "there/is" not in text
    assert "720390-1234" not in text


def test_metrics_are_for_this_machine_or_the_bearer_of_the_token(db, client, settings):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
    settings.METRICS_TOKEN = "a-long-token-0123456789-abcdefghijklm"
    assert client.get("/metrics").status_code == 404
    good = {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.7", headers=good).status_code == 200
    assert client.get("/metrics", headers={"Authorization": "Bearer æ"}).status_code == 404


def test_odd_methods_do_not_become_labels(db, client):
    client.generic("PROPFIND", "/x")
    assert "PROPFIND" not in metrics.exposition().decode()


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/forbidden", 403, "Spørg projektlederen."),
        ("/plain-forbidden", 403, "Projektlederen eller administratoren kan give dig adgang"),
        ("/missing", 404, "Vi kan ikke finde siden"),
        ("/suspicious", 400, "Der er ikke ændret noget"),
        ("/boom", 500, "Noget gik galt hos os"),
    ],
)
def test_every_error_has_a_page_in_words(db, lenient, address, status, words):
    response = lenient.get(address)
    assert response.status_code == status
    assert words in response.content.decode()
    assert "720390" not in response.content.decode()


@override_settings(ROOT_URLCONF=__name__)
def test_a_logged_in_user_gets_the_same_pages(client_for):
    client = client_for("coach")
    client.raise_request_exception = False
    for address, status in (("/forbidden", 403), ("/missing", 404), ("/boom", 500)):
        assert client.get(address).status_code == status


@pytest.mark.parametrize(
    "address", ["/cases/ML%00/", "/cases/?phase=%00", "/courses/new/?module=%00", "/referrals/%00/", "/login/?next=%00"]
)
def test_a_nul_in_an_address_is_a_bad_request(client_for, address):
    client = client_for("coach")
    client.raise_request_exception = False
    response = client.get(address)
    assert response.status_code == 400
    assert "Der er ikke ændret noget" in response.content.decode()


def test_what_a_logged_in_user_sees_stays_in_no_cache(client, client_for):
    assert client_for("coach").get("/profile/").headers["Cache-Control"] == "private, no-store"
    assert client_for("coach").get("/cases/ML-2026-9999/").headers["Cache-Control"] == "private, no-store"
    assert "Cache-Control" not in client.get("/profile/").headers


@override_settings(ROOT_URLCONF=__name__)
def test_a_tab_that_was_open_for_months_gets_a_way_out(db):
    client = StrictClient(enforce_csrf_checks=True)
    response = client.post("/form", {"csrfmiddlewaretoken": "x" * 64})
    assert response.status_code == 403
    page = response.content.decode()
    assert "Siden har været åben for længe" in page
    assert "Der er ikke gemt noget" in page
    assert 'href="/form"' in page


def test_the_page_for_failures_needs_no_request():
    text = (Path(__file__).resolve().parent.parent.parent / "templates/errors/500.html").read_text(encoding="utf-8")
    assert "extends" not in text
    assert "request" not in text.replace("without request", "")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
@pytest.mark.parametrize("address", ["/login/", "/letters/unsent/", "/work/"])
def test_nothing_is_put_or_deleted_by_that_name(client, method, address):
    answer = getattr(client, method)(address)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")


def test_more_text_than_a_form_holds_is_said_in_words(client_for):
    client = client_for("coach")
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000):
        answer = client.post("/search/", {"q": "x" * 2000})
    assert answer.status_code == 413
    assert "mere tekst, end en formular kan rumme" in answer.text
