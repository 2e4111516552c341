"""Migrating without building the models again for what changes no field: everything the models name is there."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger

from microloan.core.migrating import only_fields_build_models

pytestmark = pytest.mark.django_db


def ours():
    return [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]


def test_every_constraint_and_index_of_the_models_is_in_the_database():
    missing = []
    with connection.cursor() as cursor:
        for model in ours():
            found = connection.introspection.get_constraints(cursor, model._meta.db_table)
            cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass", [model._meta.db_table])
            names = set(found) | {row[0] for row in cursor.fetchall()}
            named = [*model._meta.constraints, *model._meta.indexes]
            missing += [f"{model._meta.label}: {item.name}" for item in named if item.name not in names]
    assert not missing


def test_every_trigger_of_the_models_is_in_the_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal")
        found = set(cursor.fetchall())
    named = [(m._meta.db_table, t.get_pgid(m)) for m in apps.get_models() for t in getattr(m._meta, "triggers", [])]
    assert len(named) > 100
    assert set(named) <= found


def test_the_state_knows_them_and_is_itself_again_afterwards():
    before = ProjectState.add_index, ProjectState._append_option, AddTrigger.state_forwards
    state = ProjectState.from_apps(apps)
    classes = state.apps
    with only_fields_build_models():
        constraint = state.models["cases", "casefile"].options["constraints"][0]
        state.remove_constraint("cases", "casefile", constraint.name)
        assert constraint not in state.models["cases", "casefile"].options["constraints"]
        state.add_constraint("cases", "casefile", constraint)
    assert state.models["cases", "casefile"].options["constraints"][-1] is constraint
    assert state.apps is classes
    assert (ProjectState.add_index, ProjectState._append_option, AddTrigger.state_forwards) == before
