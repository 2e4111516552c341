-- The residential course: granted at screening 2, taken before the approval, in runs of twelve.
CREATE TEMP TABLE seed_seat ON COMMIT DROP AS
WITH seat AS (
    SELECT i, module.id AS module_id, date_trunc('week', coalesce(d4 - 12, d3 + 40))::date AS starts_on
    FROM seed_case, courses_coursemodule module WHERE reached >= 3 AND module.code = 'residential_course'
), placed AS (
    SELECT *, (row_number() OVER (PARTITION BY starts_on ORDER BY i) - 1) / 12 AS part FROM seat
)
SELECT *, %(first_run)s + dense_rank() OVER (ORDER BY starts_on, part) AS run_id FROM placed;
CREATE INDEX ON seed_seat (i);
ANALYZE seed_seat;

INSERT INTO courses_courserun (id, module_id, place_id, capacity, starts_on, ends_on)
SELECT run_id, module_id, (SELECT min(id) FROM courses_place), 12, starts_on, starts_on + 3
FROM (SELECT DISTINCT run_id, module_id, starts_on FROM seed_seat) AS run ORDER BY run_id;

INSERT INTO courses_coursesession (id, run_id, changed_at, starts_at, ends_at)
SELECT %(first_session)s + (run.id - %(first_run)s - 1) * 4 + n + 1, run.id,
       pg_temp.moment(run.starts_on - 30, '09:00'), pg_temp.moment(run.starts_on + n, '09:00'),
       pg_temp.moment(run.starts_on + n, '17:00')
FROM courses_courserun run, generate_series(0, 3) AS n WHERE run.id > %(first_run)s ORDER BY run.id, n;

INSERT INTO courses_modulegrant (case_id, module_id, screening_id, granted_on)
SELECT case_id, module_id, s.id, s.on_day
FROM seed_seat JOIN seed_case USING (i) JOIN seed_screening s USING (i) WHERE s.number = 2 AND s.outcome = 'continue'
ORDER BY i;

INSERT INTO courses_enrolment (id, run_id, case_id, state, enrolled_on, enrolled_by_id, withdrawn_reason, engagement)
SELECT %(first_enrolment)s + row_number() OVER (ORDER BY i), run_id, case_id, 'enrolled', d3, coach_id, '', ''
FROM seed_seat JOIN seed_case USING (i) ORDER BY i;

INSERT INTO courses_attendance (session_id, enrolment_id, mark, marked_at, marked_by_id)
SELECT session.id, e.id, CASE WHEN reached = 3 AND pg_temp.pick(i, 'away', 9) = 0 AND n = 0 THEN 'absent' ELSE 'present' END,
       session.ends_at, coach_id
FROM courses_enrolment e JOIN seed_case c USING (case_id)
JOIN courses_coursesession session ON session.run_id = e.run_id
CROSS JOIN LATERAL (SELECT session.starts_at::date - seat.starts_on AS n FROM seed_seat seat WHERE seat.i = c.i) AS nth
WHERE session.ends_at < least(pg_temp.moment(%(base)s::date, '00:00'),
                              pg_temp.moment(coalesce(closed_on, %(base)s::date), '00:00'))
ORDER BY session.id, e.id;

INSERT INTO courses_attendanceentry (session_id, enrolment_id, mark, key, marked_at, received_at, marked_by_id)
SELECT session_id, enrolment_id, mark, md5('mark ' || session_id || '/' || enrolment_id)::uuid, marked_at, marked_at, marked_by_id
FROM courses_attendance WHERE enrolment_id > %(first_enrolment)s ORDER BY id;
