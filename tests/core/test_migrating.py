"""Migrating without building all models again: everything the models name is there."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.state import ModelState, ProjectState
from pgtrigger.migrations import AddTrigger

from microloan.core.migrating import only_changed_fields_build_models

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
    with only_changed_fields_build_models():
        constraint = state.models["cases", "casefile"].options["constraints"][0]
        state.remove_constraint("cases", "casefile", constraint.name)
        assert constraint not in state.models["cases", "casefile"].options["constraints"]
        state.add_constraint("cases", "casefile", constraint)
    assert state.models["cases", "casefile"].options["constraints"][-1] is constraint
    assert state.apps is classes
    assert (ProjectState.add_index, ProjectState._append_option, AddTrigger.state_forwards) == before


def test_new_models_and_fields_find_their_place_among_the_classes_that_are_there():
    before = ProjectState.add_model, ProjectState.add_field
    state = ProjectState.from_apps(apps)
    case = state.apps.get_model("cases", "casefile")
    with only_changed_fields_build_models():
        state.add_model(ModelState("cases", "Pet", [("id", models.BigAutoField(primary_key=True))]))
        state.add_field("cases", "pet", "name", models.TextField(default=""), True)
        owner = models.ForeignKey("cases.CaseFile", models.CASCADE, related_name="pets")
        state.add_field("cases", "pet", "owner", owner, True)
    pet = state.apps.get_model("cases", "pet")
    assert [field.name for field in pet._meta.fields] == ["id", "name", "owner"]
    assert pet._meta.get_field("owner").related_model is case is state.apps.get_model("cases", "casefile")
    assert "pets" in {relation.name for relation in case._meta.related_objects}
    assert set(state.models["cases", "pet"].fields) == {"id", "name", "owner"}
    assert (ProjectState.add_model, ProjectState.add_field) == before
