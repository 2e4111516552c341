"""An installation that has data is brought up to date by the same quick migrations as an empty one."""

from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from microloan.core.migrating import only_changed_fields_build_models


def test_a_new_field_finds_a_model_that_is_new_since_the_upgrade_began():
    key = ("id", models.BigAutoField(primary_key=True))
    before = ProjectState()
    before.add_model(ModelState("things", "Run", [key]))
    assert before.apps.get_model("things", "Run")  # built, as before an upgrade, and cloned with it
    state = before.clone()
    with only_changed_fields_build_models():
        state.add_model(ModelState("things", "Place", [key]))
        state.add_field("things", "run", "place", models.ForeignKey("things.Place", models.PROTECT), True)
    place = state.apps.get_model("things", "Run")._meta.get_field("place")
    assert place.target_field.model is state.apps.get_model("things", "Place")
