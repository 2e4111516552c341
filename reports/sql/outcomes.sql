-- All figures of the results page in one statement, so that they are one moment's and stand on the same cases
-- (domain.md §10). Nothing dated after the cut-off counts. The words and the hiding of small numbers come afterwards.
WITH chosen AS MATERIALIZED (
    SELECT c.id, c.citizen_id, c.source, c.channel, c.centre_id, c.cohort_id,
           coalesce(c.course_end_on, cohort.end_on) AS course_end
    FROM cases_casefile c
    JOIN cases_citizen citizen ON citizen.id = c.citizen_id
    LEFT JOIN cases_cohort cohort ON cohort.id = c.cohort_id
    WHERE c.opened_on <= %(as_of)s
      AND (%(opened_from)s::date IS NULL OR c.opened_on >= %(opened_from)s)
      AND (%(opened_to)s::date IS NULL OR c.opened_on <= %(opened_to)s)
      AND (%(cohorts)s::bigint[] IS NULL OR c.cohort_id = ANY (%(cohorts)s))
      AND (%(centres)s::bigint[] IS NULL OR c.centre_id = ANY (%(centres)s))
      AND (%(livelihoods)s::text[] IS NULL OR c.livelihood = ANY (%(livelihoods)s))
      AND (%(channels)s::text[] IS NULL OR c.channel = ANY (%(channels)s))
      AND (%(sexes)s::text[] IS NULL OR citizen.sex = ANY (%(sexes)s))
      AND (%(born_from)s::int IS NULL
           OR coalesce(citizen.birth_year, extract(year FROM citizen.birth_date)::int) >= %(born_from)s)
      AND (%(born_to)s::int IS NULL
           OR coalesce(citizen.birth_year, extract(year FROM citizen.birth_date)::int) <= %(born_to)s)
), visit AS MATERIALIZED (
    -- Each stay in a phase, with the day it ended; open while there is no later step by the cut-off.
    SELECT p.case_id, p.from_phase, p.to_phase AS phase, p."on" AS from_on, p.closing_reason, p.closed_by_choice_of,
           lead(p."on") OVER (PARTITION BY p.case_id ORDER BY p."on", p.id) AS to_on
    FROM cases_phasechange p JOIN chosen ON chosen.id = p.case_id
    WHERE p."on" <= %(as_of)s
), passed AS MATERIALIZED (
    SELECT case_id, bool_or(phase = 'courses') AS courses, bool_or(phase = 'main_course') AS main_course
    FROM visit GROUP BY case_id
), met AS MATERIALIZED (
    SELECT DISTINCT case_id FROM cases_contact
    WHERE kind IN ('telephone_interview', 'first_meeting') AND state = 'attended'
      AND (at AT TIME ZONE 'Europe/Copenhagen')::date <= %(as_of)s
), screened AS MATERIALIZED (
    SELECT case_id, max(number) FILTER (WHERE number <= 3) AS number
    FROM screening_screening
    WHERE state = 'decided' AND outcome = 'continue' AND decided_on <= %(as_of)s
    GROUP BY case_id
), payout AS MATERIALIZED (
    -- The first payout of each case's loan that stood at the cut-off; a grant is no loan.
    SELECT loan.case_id, min(e.value_date) AS paid_on
    FROM loans_ledgerentry e JOIN loans_loan loan ON loan.id = e.loan_id AND loan.kind = 'loan'
    WHERE e.kind = 'payout' AND e.value_date <= %(as_of)s
      AND NOT EXISTS (SELECT 1 FROM loans_ledgerentry undone
                      WHERE undone.reverses_id = e.id AND undone.value_date <= %(as_of)s)
    GROUP BY loan.case_id
), fact AS MATERIALIZED (
    -- How far each case has come: a later step includes the earlier ones, so that the funnel never widens.
    SELECT chosen.*, payout.paid_on,
           (chosen.source = 'history' OR coalesce(passed.main_course, false)) AS took_part,
           CASE WHEN payout.paid_on IS NOT NULL THEN 6
                WHEN screened.number = 3 THEN 5
                WHEN passed.courses THEN 4
                WHEN screened.number = 2 THEN 3
                WHEN screened.number = 1 THEN 2
                WHEN met.case_id IS NOT NULL THEN 1
                ELSE 0 END AS stage
    FROM chosen
    LEFT JOIN passed ON passed.case_id = chosen.id
    LEFT JOIN met ON met.case_id = chosen.id
    LEFT JOIN screened ON screened.case_id = chosen.id
    LEFT JOIN payout ON payout.case_id = chosen.id
), spell AS MATERIALIZED (
    -- Self-supporting periods of participants; those that follow each other without a gap are one stretch.
    SELECT fact.id AS case_id, fact.course_end, p.from_on, p.to_on,
           p.from_on > 1 + max(coalesce(p.to_on, 'infinity'::date)) OVER (
               PARTITION BY fact.id ORDER BY p.from_on, p.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ) AS begins
    FROM fact JOIN cases_livelihoodperiod p ON p.citizen_id = fact.citizen_id
    WHERE fact.took_part AND p.from_on <= %(as_of)s
      AND p.kind IN ('own_business', 'employment', 'education', 'mixed_self_support')
), stretch AS MATERIALIZED (
    SELECT case_id, course_end, min(from_on) AS from_on, max(coalesce(to_on, 'infinity'::date)) AS to_on
    FROM (SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY case_id ORDER BY from_on, to_on NULLS LAST) AS part
          FROM spell) AS parted
    GROUP BY case_id, course_end, part
), followed AS (
    -- The first stretch that reaches past the course: from the later of its start and the day after the course.
    SELECT DISTINCT ON (case_id) case_id, greatest(from_on, course_end + 1) AS from_on, to_on
    FROM stretch
    WHERE course_end IS NOT NULL AND to_on > course_end AND greatest(from_on, course_end + 1) <= %(as_of)s
    ORDER BY case_id, from_on
), milestone AS MATERIALIZED (
    -- The day after the course, and 6, 12 and 24 months after it, for those whom the cut-off has come to.
    SELECT fact.id, fact.cohort_id, fact.stage, month,
           EXISTS (SELECT 1 FROM stretch
                   WHERE stretch.case_id = fact.id AND stretch.from_on <= day AND stretch.to_on >= day) AS supporting
    FROM fact
    CROSS JOIN LATERAL (VALUES (0, fact.course_end + 1),
                               (6, (fact.course_end + interval '6 months')::date),
                               (12, (fact.course_end + interval '12 months')::date),
                               (24, (fact.course_end + interval '24 months')::date)) AS at (month, day)
    WHERE fact.took_part AND fact.course_end IS NOT NULL AND day <= %(as_of)s
), residential AS (
    -- The last day of the residential course that each borrower completed: enough of its sessions attended.
    SELECT seat.case_id, min(run.ends_on) AS ends_on
    FROM courses_enrolment seat
    JOIN payout ON payout.case_id = seat.case_id
    JOIN courses_courserun run ON run.id = seat.run_id
    JOIN courses_coursemodule module ON module.id = run.module_id AND module.is_residential
    WHERE seat.state = 'enrolled' AND run.ends_on <= %(as_of)s
      AND (SELECT count(*) FROM courses_attendance a WHERE a.enrolment_id = seat.id AND a.mark IN ('present', 'late')) * 100
          >= coalesce(module.completion_percent, %(completion)s)
             * (SELECT nullif(count(*), 0) FROM courses_coursesession s
                WHERE s.run_id = run.id AND s.cancelled_at IS NULL)
    GROUP BY seat.case_id
)
SELECT json_build_object(
    'funnel', (SELECT coalesce(json_agg(row_to_json(r)), '[]') FROM (
        SELECT channel, centre_id AS centre, stage, count(*) AS count FROM fact
        WHERE source = 'live' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) r),
    'milestones', (SELECT coalesce(json_agg(row_to_json(r)), '[]') FROM (
        SELECT cohort_id AS cohort, month, stage = 6 AS borrower, count(*) AS followed,
               count(*) FILTER (WHERE supporting) AS supporting
        FROM milestone GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) r),
    'participants', (SELECT coalesce(json_agg(row_to_json(r)), '[]') FROM (
        SELECT cohort_id AS cohort, count(*) AS count FROM fact WHERE took_part GROUP BY 1 ORDER BY 1) r),
    'stretches', (SELECT coalesce(json_agg(row_to_json(r)), '[]') FROM (
        SELECT CASE WHEN to_on < %(as_of)s THEN to_on + 1 - from_on ELSE %(as_of)s - from_on END AS days,
               to_on < %(as_of)s AS ended, count(*) AS count
        FROM followed GROUP BY 1, 2 ORDER BY 1, 2) r),
    'closings', (SELECT coalesce(json_agg(row_to_json(r)), '[]') FROM (
        SELECT from_phase AS phase, closing_reason AS reason, closed_by_choice_of AS choice, count(*) AS count
        FROM visit WHERE phase = 'closed' AND to_on IS NULL
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) r),
    'stays', (SELECT coalesce(json_agg(row_to_json(r)), '[]') FROM (
        SELECT phase, to_on IS NULL AS open, coalesce(to_on, %(as_of)s) - from_on AS days, count(*) AS count
        FROM visit WHERE phase <> 'closed' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) r),
    'payouts', (SELECT coalesce(json_agg(row_to_json(r)), '[]') FROM (
        SELECT payout.paid_on - residential.ends_on AS days, count(*) AS count
        FROM payout JOIN residential USING (case_id) JOIN chosen ON chosen.id = payout.case_id
        GROUP BY 1 ORDER BY 1) r)
)
