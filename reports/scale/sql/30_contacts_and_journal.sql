CREATE TEMP TABLE seed_contact ON COMMIT DROP AS
WITH wanted AS (
    SELECT i, kind, d1 + after AS on_day, coalesce(d2, closed_on) AS until, 'attended' AS state
    FROM seed_case, (VALUES ('telephone_interview', 4), ('first_meeting', 11), ('second_meeting', 21)) AS m (kind, after)
    WHERE reached >= 1
    UNION ALL
    SELECT i, 'coaching', d2 + after, coalesce(d3, closed_on), NULL
    FROM seed_case, (VALUES (10), (22), (36)) AS m (after) WHERE reached >= 2
    UNION ALL
    SELECT i, 'coaching', d3 + after, coalesce(d4, closed_on), NULL
    FROM seed_case, (VALUES (12), (26)) AS m (after) WHERE reached >= 3
    UNION ALL
    SELECT i, 'coaching', d5 + after, coalesce(d6, closed_on), NULL
    FROM seed_case, generate_series(7, 56, 7) AS after WHERE reached >= 5
    UNION ALL
    SELECT i, 'follow_up', d5 + after, closed_on, NULL
    FROM seed_case, generate_series(91, 728, 91) AS after WHERE reached >= 5
    UNION ALL  -- planned: one of the open cases in two has the next conversation in the calendar
    SELECT i, CASE reached WHEN 6 THEN 'follow_up' ELSE 'coaching' END, %(base)s::date + 1 + pg_temp.pick(i, 'soon', 14),
           NULL, 'planned'
    FROM seed_case WHERE NOT is_closed AND reached >= 1 AND pg_temp.pick(i, 'planned', 2) = 0
)
SELECT %(first_contact)s + row_number() OVER (ORDER BY on_day, i, kind) AS id, i, kind, on_day,
       coalesce(state, (ARRAY['attended', 'attended', 'attended', 'attended', 'attended', 'attended', 'attended',
                              'attended', 'excused', 'no_show'])
                       [1 + pg_temp.pick(i * 1000 + mod(on_day - date '2000-01-01', 1000), 'state', 10)]) AS state
FROM wanted
WHERE state IS NOT DISTINCT FROM 'planned' OR on_day < coalesce(until, %(base)s::date + 1)
                                             AND on_day <= %(base)s::date;
CREATE INDEX ON seed_contact (i);
ANALYZE seed_contact;

INSERT INTO cases_contact (id, case_id, kind, at, minutes, place, others, state, notes, created_at)
SELECT k.id, case_id, kind, pg_temp.moment(on_day, '10:00'), 60, CASE kind WHEN 'first_meeting' THEN 'Café Torvet' ELSE '' END,
       '', state, CASE state WHEN 'attended' THEN 'Vi talte om kunder, priser og de næste skridt.' ELSE '' END,
       pg_temp.moment(least(on_day, %(base)s::date), '09:00')
FROM seed_contact k JOIN seed_case USING (i) ORDER BY k.id;

INSERT INTO cases_contact_staff (contact_id, user_id)
SELECT k.id, staff FROM seed_contact k JOIN seed_case USING (i)
CROSS JOIN LATERAL (VALUES (coach_id), (CASE kind WHEN 'first_meeting' THEN nullif(second_coach_id, coach_id) END))
    AS m (staff)
WHERE staff IS NOT NULL ORDER BY k.id, staff;

INSERT INTO cases_journalentry (case_id, kind, title, text, event_at, entered_at, author_id, for_referrer)
SELECT case_id, kind, title, text, at, at, coalesce(coach_id, caseworker_id), for_referrer
FROM (
    SELECT i, 'phase' AS kind, CASE ord WHEN 0 THEN 'Henvisning modtaget' ELSE 'Ny fase: ' || label END AS title,
           '' AS text, pg_temp.moment(on_day, '14:00') AS at, true AS for_referrer
    FROM seed_step
    UNION ALL
    SELECT i, 'contact', CASE state WHEN 'attended' THEN 'Samtale holdt' ELSE 'Samtale ikke holdt' END,
           CASE state WHEN 'attended' THEN 'Vi talte om kunder, priser og de næste skridt.' ELSE '' END,
           pg_temp.moment(on_day, '10:30'), false
    FROM seed_contact WHERE state <> 'planned'
    UNION ALL
    SELECT i, 'note', 'Notat', 'Borgeren ringede. Vi aftalte at se på budgettet sammen, før vi mødes igen.',
           pg_temp.moment(d0 + 2 + n * 9, '11:45'), false
    FROM seed_case, generate_series(1, 4) AS n
    WHERE n <= pg_temp.pick(i, 'notes', 5) AND d0 + 2 + n * 9 <= coalesce(closed_on, %(base)s::date)
) AS line JOIN seed_case USING (i)
ORDER BY at, i, kind;
