CREATE TEMP TABLE seed_screening ON COMMIT DROP AS
WITH wanted AS (
    SELECT i, nth AS number, 1 AS round, 'continue' AS outcome, 'decided' AS state,
           CASE nth WHEN 1 THEN d2 WHEN 2 THEN d3 ELSE d4 END AS on_day, 0 AS months
    FROM seed_case, generate_series(1, 3) AS nth WHERE reached > nth
    UNION ALL  -- stopped at the screening that would have led on
    SELECT i, reached, 1, 'stop', 'decided', f.closed_on, 0
    FROM seed_case JOIN cases_casefile f ON f.id = case_id
    WHERE is_closed AND f.closing_reason LIKE 'rejected_screening_%%'
    UNION ALL  -- waiting for the project lead
    SELECT i, reached, 1, '', 'recommended', %(base)s::date - 1, 0
    FROM seed_case WHERE NOT is_closed AND reached BETWEEN 1 AND 3 AND last_on < %(base)s::date - 20
                     AND pg_temp.pick(i, 'waits', 10) = 0
    UNION ALL  -- screening 4: a third of those who can be are extended by two months
    SELECT i, 4, 1, 'continue', 'decided', d5 + 150, 2 FROM seed_case WHERE reached = 6 AND pg_temp.is_extended(i, len5, livelihood)
    UNION ALL
    SELECT i, 4, CASE WHEN pg_temp.is_extended(i, len5, livelihood) THEN 2 ELSE 1 END,
           CASE livelihood WHEN 'disability_pension' THEN 'continue' ELSE 'stop' END, 'decided', d6 - 20, 0
    FROM seed_case WHERE reached = 6
)
SELECT %(first_screening)s + row_number() OVER (ORDER BY on_day, i, number, round) AS id, wanted.* FROM wanted;
CREATE INDEX ON seed_screening (i);
ANALYZE seed_screening;

INSERT INTO screening_screening (id, case_id, number, round, state, criteria_set_id, held_on, strengths, person, money,
                                 plan, recommendation, recommended_by_id, recommended_at, outcome, hearing,
                                 hearing_note, gives, version, rule_set_id, reasons, decided_on, decided_at,
                                 decided_by_id)
SELECT s.id, case_id, s.number, s.round, s.state, sets.id, s.on_day - 3, 'Du kender dit fag godt.', 'Du er vedholdende.',
       'Du ved, hvad det koster at starte.', 'Planen beskriver kunder og priser.',
       coalesce(nullif(s.outcome, ''), 'continue'), coach_id, pg_temp.moment(s.on_day - 2, '13:00'), s.outcome,
       CASE s.outcome WHEN 'stop' THEN 'not_needed' ELSE '' END,
       CASE s.outcome WHEN 'stop' THEN 'Borgeren bad selv om at stoppe.' ELSE '' END,
       CASE WHEN months > 0 THEN jsonb_build_object('months', months) ELSE '{}' END, 3, %(rule_set)s,
       CASE s.outcome WHEN 'stop' THEN 'Planen kan ikke bære et lån.' ELSE '' END,
       CASE s.state WHEN 'decided' THEN s.on_day END,
       CASE s.state WHEN 'decided' THEN pg_temp.moment(s.on_day, '14:00') END,
       CASE s.state WHEN 'decided' THEN lead_id END
FROM seed_screening s JOIN seed_case USING (i)
JOIN screening_criteriaset sets ON sets.number = s.number AND sets.is_current
ORDER BY s.id;

INSERT INTO screening_screening_staff (screening_id, user_id)
SELECT s.id, staff FROM seed_screening s JOIN seed_case USING (i)
CROSS JOIN LATERAL (VALUES (coach_id), (CASE s.number WHEN 1 THEN nullif(second_coach_id, coach_id) END)) AS m (staff)
WHERE staff IS NOT NULL ORDER BY s.id, staff;

-- Ratings for one case in five, which is plenty to look at.
INSERT INTO screening_score (screening_id, criterion_id, value, note)
SELECT s.id, criterion.id,
       CASE s.outcome WHEN 'stop' THEN 2 ELSE 3 + pg_temp.pick(s.i * 10 + criterion."order", 'score', 3) END,
       'Talt igennem ved mødet.'
FROM seed_screening s
JOIN screening_criteriaset sets ON sets.number = s.number AND sets.is_current
JOIN screening_criterion criterion ON criterion.criteria_set_id = sets.id
WHERE mod(s.i, 5) = 0 ORDER BY s.id, criterion."order";

INSERT INTO screening_budget (id, case_id, kind, number, state, note, created_at, created_by_id, sealed_at, approved_at,
                              approved_by_id)
SELECT %(first_budget)s + row_number() OVER (ORDER BY i), case_id, 'establishment_budget', 1,
       CASE WHEN reached >= 4 THEN 'approved' ELSE 'submitted' END, '', pg_temp.moment(d2 + 22, '11:30'), coach_id,
       pg_temp.moment(d2 + 22, '11:30'), CASE WHEN reached >= 4 THEN pg_temp.moment(d4, '15:00') END, CASE WHEN reached >= 4 THEN lead_id END
FROM seed_case WHERE reached >= 3 ORDER BY i;

INSERT INTO screening_budgetline (budget_id, "order", kind, text, amount)
SELECT budget.id, line."order", line.kind, line.text, line.amount
FROM screening_budget budget JOIN seed_case c USING (case_id)
CROSS JOIN LATERAL (VALUES (1, 'expense', 'Udstyr og værktøj', pg_temp.principal(c.i) - 5000),
                           (2, 'expense', 'Varelager', 10000), (3, 'own_funds', 'Egen opsparing', 5000))
    AS line ("order", kind, text, amount)
ORDER BY budget.id, line."order";
