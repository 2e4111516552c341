from django.conf import settings
from django.db import migrations, models

# What each closing was, from the case where it is still closed by it, else from the history of the case as it stood in that
# closing; the rows are otherwise never changed.
FILL = (
    "ALTER TABLE cases_phasechange DISABLE TRIGGER USER",
    """
    UPDATE cases_phasechange change SET closing_reason = case_file.closing_reason,
           closed_by_choice_of = case_file.closed_by_choice_of
    FROM cases_casefile case_file
    WHERE case_file.id = change.case_id AND case_file.phase = 'closed' AND change.to_phase = 'closed'
      AND change.id = (SELECT max(last.id) FROM cases_phasechange last
                       WHERE last.case_id = change.case_id AND last.to_phase = 'closed')
    """,
    """
    UPDATE cases_phasechange change SET closing_reason = event.closing_reason,
           closed_by_choice_of = event.closed_by_choice_of
    FROM (SELECT DISTINCT ON (pgh_obj_id, closed_on) pgh_obj_id, closed_on, closing_reason, closed_by_choice_of
          FROM cases_casefileevent WHERE phase = 'closed' ORDER BY pgh_obj_id, closed_on, pgh_id DESC) event
    WHERE event.pgh_obj_id = change.case_id AND event.closed_on = change."on"
      AND change.to_phase = 'closed' AND change.closing_reason = ''
    """,
    """
    UPDATE cases_phasechange SET closing_reason = 'other', closed_by_choice_of = 'team'
    WHERE to_phase = 'closed' AND closing_reason = ''
    """,
    "ALTER TABLE cases_phasechange ENABLE TRIGGER USER",
)


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0020_calendar_subjects'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='phasechange',
            name='closed_by_choice_of',
            field=models.CharField(blank=True, choices=[('citizen', "Citizen's choice"), ('team', "Team's decision")], db_default='', max_length=10),
        ),
        migrations.AddField(
            model_name='phasechange',
            name='closing_reason',
            field=models.CharField(blank=True, choices=[('larger_loan', 'Wanted a larger loan'), ('own_limitations', 'Recognised own limitations'), ('idea_not_realisable', 'The idea cannot be realised (permit, market)'), ('language', 'Language'), ('illness', 'Illness'), ('strained_finances', 'Strained finances during the course'), ('worried_about_income', 'Worried about future income'), ('found_job', 'Found a job'), ('started_education', 'Started an education'), ('moved_away', 'Moved away'), ('not_in_target_group', 'Not in the target group'), ('no_contact', 'Did not come, or no contact'), ('rejected_screening_1', 'Not admitted at screening 1'), ('rejected_screening_2', 'Stopped at screening 2'), ('rejected_screening_3', 'Stopped at screening 3'), ('loan_refused', 'The loan was refused'), ('other', 'Other'), ('completed', 'Completed')], db_default='', max_length=30),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='phasechange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_by_choice_of__in', ['citizen', 'team']), ('closing_reason__in', ['larger_loan', 'own_limitations', 'idea_not_realisable', 'language', 'illness', 'strained_finances', 'worried_about_income', 'found_job', 'started_education', 'moved_away', 'not_in_target_group', 'no_contact', 'rejected_screening_1', 'rejected_screening_2', 'rejected_screening_3', 'loan_refused', 'other', 'completed']), ('to_phase', 'closed')), models.Q(models.Q(('to_phase', 'closed'), _negated=True), ('closed_by_choice_of', ''), ('closing_reason', '')), _connector='OR'), name='phase_change_closing_whole'),
        ),
    ]
