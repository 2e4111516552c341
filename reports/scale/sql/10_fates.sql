-- Who gets how far, and when. One row per case; everything else is derived from it.
-- `fate` walks evenly through 0–999, so that the shares hold in a municipality of any size; other choices are hashed.
CREATE TEMP TABLE seed_case ON COMMIT DROP AS
WITH drawn AS (
    SELECT i, mod(i * 617 + %(seed)s * 271, 1000) AS fate
    FROM generate_series(1, %(cases)s) AS i
), placed AS (
    SELECT i, fate, fate >= 320 AS is_closed,
           -- 0 referred, 1 recruitment, 2 business development, 3 courses, 4 approval, 5 main course, 6 aftercare
           CASE WHEN fate < 20 THEN 0 WHEN fate < 70 THEN 1 WHEN fate < 120 THEN 2 WHEN fate < 170 THEN 3
                WHEN fate < 190 THEN 4 WHEN fate < 220 THEN 5 WHEN fate < 320 THEN 6
                WHEN fate < 420 THEN 0 WHEN fate < 620 THEN 1 WHEN fate < 770 THEN 2 WHEN fate < 870 THEN 3
                WHEN fate < 900 THEN 4 WHEN fate < 920 THEN 5 ELSE 6 END AS reached,
           fate BETWEEN 920 AND 969 AS is_completed
    FROM drawn
), lengths AS (
    SELECT *,
           1 + pg_temp.pick(i, 'len0', 6) AS len0,
           40 + pg_temp.pick(i, 'len1', 45) AS len1,
           40 + pg_temp.pick(i, 'len2', 40) AS len2,
           60 + pg_temp.pick(i, 'len3', 50) AS len3,
           14 + pg_temp.pick(i, 'len4', 30) AS len4,
           190 + pg_temp.pick(i, 'len5', 90) AS len5,
           CASE WHEN NOT is_closed THEN pg_temp.pick(i, 'stay', (ARRAY[8, 84, 70, 98, 40, 200, 1500])[reached + 1])
                WHEN is_completed THEN 400 + pg_temp.pick(i, 'stay', 1100)
                ELSE 5 + pg_temp.pick(i, 'stay', (ARRAY[6, 75, 65, 95, 35, 130, 900])[reached + 1]) END AS stay,
           CASE WHEN is_closed THEN %(base)s::date - 20 - pg_temp.pick(i, 'closed', 1480) END AS closed_on
    FROM placed
), entered AS (
    SELECT *, coalesce(closed_on, %(base)s::date) - stay AS last_on FROM lengths
), dated AS (
    SELECT *,
           last_on - CASE WHEN reached > 0 THEN len0 ELSE 0 END - CASE WHEN reached > 1 THEN len1 ELSE 0 END
                   - CASE WHEN reached > 2 THEN len2 ELSE 0 END - CASE WHEN reached > 3 THEN len3 ELSE 0 END
                   - CASE WHEN reached > 4 THEN len4 ELSE 0 END - CASE WHEN reached > 5 THEN len5 ELSE 0 END AS d0,
           CASE WHEN reached >= 1 THEN last_on - CASE WHEN reached > 1 THEN len1 ELSE 0 END
                   - CASE WHEN reached > 2 THEN len2 ELSE 0 END - CASE WHEN reached > 3 THEN len3 ELSE 0 END
                   - CASE WHEN reached > 4 THEN len4 ELSE 0 END - CASE WHEN reached > 5 THEN len5 ELSE 0 END END AS d1,
           CASE WHEN reached >= 2 THEN last_on
                   - CASE WHEN reached > 2 THEN len2 ELSE 0 END - CASE WHEN reached > 3 THEN len3 ELSE 0 END
                   - CASE WHEN reached > 4 THEN len4 ELSE 0 END - CASE WHEN reached > 5 THEN len5 ELSE 0 END END AS d2,
           CASE WHEN reached >= 3 THEN last_on - CASE WHEN reached > 3 THEN len3 ELSE 0 END
                   - CASE WHEN reached > 4 THEN len4 ELSE 0 END - CASE WHEN reached > 5 THEN len5 ELSE 0 END END AS d3,
           CASE WHEN reached >= 4 THEN last_on
                   - CASE WHEN reached > 4 THEN len4 ELSE 0 END - CASE WHEN reached > 5 THEN len5 ELSE 0 END END AS d4,
           CASE WHEN reached >= 5 THEN last_on - CASE WHEN reached > 5 THEN len5 ELSE 0 END END AS d5,
           CASE WHEN reached >= 6 THEN last_on END AS d6
    FROM entered
)
SELECT i,
       %(first_case)s + i AS case_id,
       %(first_citizen)s + i AS citizen_id,
       'ML-' || extract(year FROM d0) || '-'
           || pg_temp.padded(coalesce(series.last, 0) + row_number() OVER (PARTITION BY extract(year FROM d0) ORDER BY i),
                             4) AS number,
       is_closed, is_completed, reached, d0, d1, d2, d3, d4, d5, d6, last_on, closed_on, len5,
       (ARRAY['referred', 'recruitment', 'business_development', 'courses', 'approval', 'main_course',
              'aftercare'])[reached + 1] AS last_phase,
       CASE WHEN reached > 0 THEN coach.id END AS coach_id,
       second.id AS second_coach_id, lead.id AS lead_id, officer.id AS officer_id,
       caseworker.id AS caseworker_id, caseworker.centre_id,
       (ARRAY['cash_benefit', 'cash_benefit', 'cash_benefit', 'cash_benefit_job_training', 'sickness_benefit',
              'sickness_benefit', 'flex_job_allowance', 'unemployment_insurance', 'unknown', 'disability_pension'])
           [1 + pg_temp.pick(i, 'livelihood', 10)] AS livelihood,
       (ARRAY['caseworker', 'caseworker', 'caseworker', 'inquiry', 'partner', 'information_meeting', 'press'])
           [1 + pg_temp.pick(i, 'channel', 7)] AS channel,
       1 + pg_temp.pick(i, 'trade', 10) AS trade,
       -- A loan is decided on the fifth day of the approval; a case closed there had it refused.
       reached >= 5 OR (reached = 4 AND NOT is_closed AND stay >= 12) AS has_loan,
       reached = 4 AND is_closed AS is_refused
FROM dated
LEFT JOIN cases_numberseries series ON series.key = 'case-' || extract(year FROM d0)
JOIN seed_user coach ON coach.role = 'coach' AND coach.n = mod(i, %(coaches)s)
JOIN seed_user second ON second.role = 'coach' AND second.n = mod(i + 1, %(coaches)s)
JOIN seed_user lead ON lead.role = 'project_lead' AND lead.n = 0
JOIN seed_user officer ON officer.role = 'benefits_officer' AND officer.n = 0
JOIN seed_user caseworker ON caseworker.role = 'caseworker' AND caseworker.n = mod(i, %(caseworkers)s);

ALTER TABLE seed_case ADD PRIMARY KEY (i);
CREATE INDEX ON seed_case (case_id);
ANALYZE seed_case;

-- Every day a case went into a phase, also when it was closed.
CREATE TEMP TABLE seed_step ON COMMIT DROP AS
SELECT i, ord, (ARRAY['', 'referred', 'recruitment', 'business_development', 'courses', 'approval', 'main_course'])
           [ord + 1] AS from_phase,
       (ARRAY['referred', 'recruitment', 'business_development', 'courses', 'approval', 'main_course', 'aftercare'])
           [ord + 1] AS to_phase,
       (ARRAY['Henvist', 'Rekruttering', 'Forretningsudvikling', 'Kurser', 'Godkendelse', 'Hovedforløb',
              'Efterværn'])[ord + 1] AS label,
       (ARRAY[d0, d1, d2, d3, d4, d5, d6])[ord + 1] AS on_day
FROM seed_case, generate_series(0, 6) AS ord
WHERE ord <= reached
UNION ALL
SELECT i, 7, last_phase, 'closed', 'Afsluttet', closed_on FROM seed_case WHERE is_closed;
ANALYZE seed_step;
