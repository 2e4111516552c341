-- On whom each case has waited: on the team from the beginning, on nobody once closed, else on the holder of the soonest step.
INSERT INTO cases_holderchange (case_id, holder, at)
SELECT case_id, 'team', pg_temp.moment(d0, '12:00') FROM seed_case ORDER BY i;

INSERT INTO cases_holderchange (case_id, holder, at)
SELECT case_id, '', pg_temp.moment(greatest(d0, last_on), '16:00') FROM seed_case WHERE is_closed ORDER BY i;

INSERT INTO cases_holderchange (case_id, holder, at)
SELECT case_id, holder, pg_temp.moment(last_on, '14:00')
FROM (
    SELECT DISTINCT ON (case_id) i, case_id, holder, last_on
    FROM cases_task JOIN seed_case c USING (case_id)
    WHERE done_at IS NULL
    ORDER BY case_id, (kind = ANY(%(beside)s))::integer, due_on, id
) AS next_step
WHERE holder <> 'team' ORDER BY i;
