-- What the open cases ask for, under the keys of the next steps; the daily job puts right what it sees differently.
CREATE TEMP TABLE seed_contact_state ON COMMIT DROP AS
SELECT i, max(on_day) FILTER (WHERE state = 'attended') AS last_held,
       max(on_day) FILTER (WHERE state = 'attended' AND kind = 'follow_up') AS last_follow_up,
       count(*) FILTER (WHERE state IN ('attended', 'planned') AND kind IN ('telephone_interview', 'first_meeting',
                                                                            'second_meeting')) AS conversations,
       bool_or(state = 'planned') AS is_planned
FROM seed_contact GROUP BY i;
CREATE INDEX ON seed_contact_state (i);
ANALYZE seed_contact_state;

INSERT INTO cases_task (case_id, key, kind, title, why, holder, owner_id, due_on, is_promise, link, created_at)
SELECT case_id, key, kind, '', '', holder, CASE holder WHEN 'team' THEN coach_id END, due_on, is_promise,
       jsonb_build_object('name', page, 'kwargs', jsonb_build_object('number', c.number) || more),
       pg_temp.moment(last_on, '14:00')
FROM seed_case c JOIN seed_day ON seed_day.day = d0
LEFT JOIN seed_contact_state k USING (i)
LEFT JOIN seed_screening waiting ON waiting.i = c.i AND waiting.state = 'recommended'
LEFT JOIN seed_loan loan ON loan.i = c.i
CROSS JOIN LATERAL (VALUES
    ('accept_referral', 'accept_referral', 'team', answer_due, true, 'cases:accept', '{}'::jsonb, reached = 0),
    ('recruitment-' || (ARRAY['telephone_interview', 'first_meeting', 'second_meeting'])[conversations + 1],
     (ARRAY['telephone_interview', 'first_meeting', 'second_meeting'])[conversations + 1], 'team',
     last_on + (ARRAY[7, 21, 42])[conversations + 1], false, 'cases:contact_new', '{}',
     reached = 1 AND conversations < 3),
    ('screening-' || reached || '-hold', 'screening_hold', 'team', last_on + 7 * (ARRAY[12, 10, 14])[reached], false,
     'screening:list', '{}', reached BETWEEN 1 AND 3 AND waiting.id IS NULL),
    ('screening-' || reached || '-decide', 'screening_decide', 'project_lead', %(base)s::date + 5, false,
     'screening:decide', jsonb_build_object('pk', waiting.id), waiting.id IS NOT NULL),
    ('no_contact', 'no_contact', 'team', coalesce(last_held, last_on) + 14, false, 'cases:contact_new', '{}',
     reached BETWEEN 1 AND 3 AND coalesce(last_held, last_on) + 14 <= %(base)s::date),
    ('next_contact', 'next_contact', 'team', coalesce(last_held, last_on) + 14, false, 'cases:contact_new', '{}',
     reached BETWEEN 1 AND 3 AND coalesce(last_held, last_on) + 14 > %(base)s::date AND is_planned IS NOT TRUE),
    ('next_contact', 'next_contact', 'team', greatest(last_held, last_on) + 14, false, 'cases:contact_new', '{}',
     reached = 4 AND is_planned IS NOT TRUE),
    ('budget-make', 'budget_make', 'team', last_on + 42, false, 'screening:budget', '{}', reached = 2),
    ('loan_propose', 'loan_propose', 'team', last_on + 10, false, 'loans:propose', '{}', reached = 4 AND loan_id IS NULL),
    ('loan_agreement', 'loan_agreement', 'team', last_on + 23, false, 'loans:loan', '{}',
     reached = 4 AND loan_id IS NOT NULL AND signed_on IS NULL),
    ('loan_payout', 'loan_payout', 'benefits_officer', last_on + 30, true, 'loans:loan', '{}',
     reached = 4 AND signed_on IS NOT NULL),
    ('weekly_contact', 'weekly_contact', 'team', greatest(last_held, last_on) + 7, false, 'cases:contact_new', '{}',
     reached = 5),
    ('three_month_follow_up', 'three_month_follow_up', 'caseworker', coalesce(last_follow_up, d0) + 91, true,
     'cases:contact_new', '{}', reached BETWEEN 1 AND 5 AND coalesce(last_follow_up, d0) + 91 - 21 <= %(base)s::date),
    ('network_meeting', 'network_meeting', 'team', (last_on + interval '1 month')::date, false, 'cases:contact_new', '{}',
     reached = 5),
    ('screening_4', 'screening_4', 'team', (last_on + interval '6 months')::date - 29, true, 'screening:list', '{}',
     reached = 5),
    ('aftercare', 'aftercare', 'team', greatest(last_held, last_on) + 91, false, 'cases:journal', '{}', reached = 6)
) AS step (key, kind, holder, due_on, is_promise, page, more, is_wanted)
WHERE NOT is_closed AND is_wanted ORDER BY c.i, key;

INSERT INTO cases_task (case_id, key, kind, title, why, holder, owner_id, due_on, is_promise, link, created_at)
SELECT case_id, 'contact-' || k.id, 'contact_' || kind, '', '10.00', 'team', coach_id, on_day, true,
       jsonb_build_object('name', 'cases:contact', 'kwargs', jsonb_build_object('number', c.number, 'pk', k.id)),
       pg_temp.moment(%(base)s::date, '09:00')
FROM seed_contact k JOIN seed_case c USING (i) WHERE state = 'planned' ORDER BY k.id;

-- Made by hand: one open in three open cases, two done in every case.
INSERT INTO cases_task (case_id, key, kind, title, why, holder, owner_id, due_on, is_promise, created_at, created_by_id,
                        done_at, done_by_id)
SELECT case_id, '', '', (ARRAY['Ring om tilladelsen', 'Send skemaet til budgettet', 'Spørg om kørekortet'])[n], '', 'team',
       coalesce(coach_id, lead_id),
       CASE n WHEN 3 THEN %(base)s::date - 10 + pg_temp.pick(i, 'by hand', 30) ELSE d0 + 5 * n END, false,
       pg_temp.moment(d0, '12:00'), coalesce(coach_id, lead_id),
       CASE WHEN n < 3 THEN pg_temp.moment(d0 + 5 * n, '15:00') END,
       CASE WHEN n < 3 THEN coalesce(coach_id, lead_id) END
FROM seed_case, generate_series(1, 3) AS n
WHERE n < 3 OR (NOT is_closed AND pg_temp.pick(i, 'has task', 3) = 0)
ORDER BY i, n;
