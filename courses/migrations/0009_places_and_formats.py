from datetime import time

from django.db import migrations

# The catalogue that was put in with words for a format; what is not known stays days in a row.
RHYTHMS = {
    "accounting": "weekly",
    "website": "half_days",
    "insurance": "evening",
    "follow_up_accounting": "ad_hoc",
    "network_day": "ad_hoc",
}
EVENING = time(17)
# The versions that are kept name the place too; only here, where they change shape, are they written to.
VERSIONS = (
    "ALTER TABLE courses_courserunevent DISABLE TRIGGER USER",
    "UPDATE courses_courserunevent e SET venue_id = coalesce("
    "(SELECT p.id FROM courses_place p WHERE lower(p.name) = lower(btrim(e.place))), "
    "(SELECT r.venue_id FROM courses_courserun r WHERE r.id = e.id), "
    "(SELECT min(p.id) FROM courses_place p)) WHERE e.venue_id IS NULL",
    "ALTER TABLE courses_courserunevent ENABLE TRIGGER USER",
)


def structure(apps, schema_editor):
    """Places become a register, and the words of a format its parts."""
    run_model, place_model = apps.get_model("courses", "CourseRun"), apps.get_model("courses", "Place")
    places = {place.name.lower(): place for place in place_model.objects.all()}
    for run in run_model.objects.order_by("pk"):
        name = run.place.strip() or "–"
        if name.lower() not in places:
            places[name.lower()] = place_model.objects.create(name=name)
        run.venue = places[name.lower()]
        run.save(update_fields=["venue"])
    for sql in VERSIONS:
        schema_editor.execute(sql)
    module_model = apps.get_model("courses", "CourseModule")
    for module in module_model.objects.filter(code__in=RHYTHMS):
        module.rhythm = RHYTHMS[module.code]
        if module.rhythm == "evening":
            module.usual_start = EVENING
        module.save(update_fields=["rhythm", "usual_start"])


def words(apps, schema_editor):
    for run in apps.get_model("courses", "CourseRun").objects.select_related("venue"):
        run.place = run.venue.name if run.venue else ""
        run.save(update_fields=["place"])


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0008_planning'),
    ]

    operations = [migrations.RunPython(structure, words)]
