import pghistory
import pgtrigger
import pytest
from django.db import IntegrityError, connection, models, transaction

from microloan.accounts.models import AccessLog, Centre
from microloan.core.history import SEALED, append_only, changes_of, locked_when
from tests.support.people import make_centre, make_user

DELETE, UPDATE = 8, 16  # bits of pg_trigger.tgtype


@pytest.fixture
def entry(db):
    return AccessLog.objects.create(user=make_user(), role="coach", action="view", what="case", purpose="work")


def test_an_append_only_row_is_not_changed_by_any_path(entry):
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AccessLog.objects.filter(pk=entry.pk).update(what="other")
    entry.what = "other"
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        entry.save()
    with pytest.raises(IntegrityError, match="accounts_accesslog"), transaction.atomic():
        entry.delete()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_accesslog SET what = 'other'")
    entry.refresh_from_db()
    assert entry.what == "case"


@pytest.mark.django_db(transaction=True)
def test_an_append_only_table_is_not_truncated():
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE accounts_accesslog")


# What is never rewritten, whatever a model says one day.
APPEND_ONLY = {
    "accounts_accesslog",
    "cases_documentversion",
    "cases_entrymark",
    "cases_handedovercase",
    "cases_handover",
    "cases_holderchange",
    "cases_journalentry",
    "cases_phasechange",
    "cases_referral",
    "loans_arrearsletter",
    "loans_contactattempt",
    "loans_instalment",
    "loans_ledgerentry",
    "loans_limitationevent",
    "loans_planchangeundo",
    "loans_planversion",
    "loans_supportamount",
    "loans_writedown",
    "loans_yearlyframe",
    "screening_criterion",
}


def test_what_is_append_only_is_so_in_the_database(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgtype FROM pg_trigger "
            "WHERE tgname LIKE 'pgtrigger%%append_only%%' AND tgenabled <> 'D'"
        )
        guarded = {table for table, kind in cursor.fetchall() if kind & UPDATE and kind & DELETE}
    assert guarded >= APPEND_ONLY
    for table in sorted(APPEND_ONLY):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")


def test_what_is_sealed_is_append_only():
    assert {model._meta.db_table for model in SEALED} <= APPEND_ONLY


def test_no_table_of_changes_is_truncated(db):
    """TRUNCATE fires no trigger on rows, so each of these tables needs one on the statement."""
    tables = sorted(model._meta.db_table for model in pghistory.core.event_models())
    assert len(tables) > 20
    for table in tables:
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")


def test_names_are_unique_per_table():
    names = [trigger.name for trigger in append_only("journal")]
    assert names == ["journal_append_only", "journal_no_truncate"]


class Decision(models.Model):
    decided = models.BooleanField(default=False)
    reasons = models.TextField()
    read = models.BooleanField(default=False)

    class Meta:
        app_label = "tests_history"
        triggers = locked_when("decision", pgtrigger.Q(old__decided=True), message="decided")

    def __str__(self):
        return self.reasons


@pytest.fixture
def decision(db):
    with connection.schema_editor(atomic=True) as editor:
        editor.create_model(Decision)
    for trigger in Decision._meta.triggers:
        trigger.install(Decision)
    return Decision.objects.create(reasons="first")


def test_a_row_is_locked_once_its_condition_holds(decision):
    Decision.objects.filter(pk=decision.pk).update(reasons="second")
    Decision.objects.filter(pk=decision.pk).update(decided=True)
    with pytest.raises(IntegrityError, match="decided"), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(reasons="third")
    with pytest.raises(IntegrityError, match="decision_locked"), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(decided=False)
    with pytest.raises(IntegrityError, match="delete"), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).delete()
    decision.refresh_from_db()
    assert decision.reasons == "second"


def test_a_lock_may_leave_fields_open(decision):
    for trigger in Decision._meta.triggers:
        trigger.uninstall(Decision)
    for trigger in locked_when("open", pgtrigger.Q(old__decided=True), only=["reasons", "decided"]):
        trigger.install(Decision)
    Decision.objects.filter(pk=decision.pk).update(decided=True)
    Decision.objects.filter(pk=decision.pk).update(read=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Decision.objects.filter(pk=decision.pk).update(reasons="third")


def test_every_change_is_kept_with_before_after_and_who(db):
    user = make_user()
    centre = make_centre("nord", name="Nord")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_centre SET is_active = false WHERE id = %s", [centre.pk])
    with pghistory.context(user=user.pk, url="/centres/"):
        Centre.objects.filter(pk=centre.pk).update(name="Nordvest")
        Centre.objects.filter(pk=centre.pk).delete()
    newest_first = [(c.label, c.field, c.before, c.after, c.user_id) for c in changes_of(centre)]
    assert sorted(newest_first[:3]) == [
        ("delete", "code", "nord", None, user.pk),
        ("delete", "is_active", False, None, user.pk),
        ("delete", "name", "Nordvest", None, user.pk),
    ]
    assert newest_first[3:5] == [
        ("update", "name", "Nord", "Nordvest", user.pk),
        ("update", "is_active", True, False, None),
    ]
    assert {label for label, *_rest in newest_first[5:]} == {"insert"}


def test_the_versions_themselves_cannot_be_rewritten(db):
    centre = make_centre()
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        centre.events.update(name="other")


def test_passwords_are_not_in_the_history(db):
    user = make_user()
    assert not hasattr(user.events.first(), "password")
