INSERT INTO cases_citizen (id, cpr, cpr_index, name, sex, birth_date, birth_year, co_name, street, postcode, city, phone,
                           email, protected_address, digital_post_exempt, letter_preference, created_at)
SELECT c.citizen_id, p.cpr, p.cpr_index, p.name, p.sex, p.birth_date, extract(year FROM p.birth_date), '',
       'Eksempelgade ' || 1 + mod(c.i, 400), '0000', 'Prøveby', p.phone, '', pg_temp.pick(c.i, 'protected', 100) = 0,
       pg_temp.pick(c.i, 'exempt', 12) = 0, 'digital_post', pg_temp.moment(c.d0, '10:15')
FROM seed_case c JOIN seed_person p USING (i) ORDER BY i;

-- A class of each half year, for those who came to the courses.
INSERT INTO cases_cohort (code, start_on, end_on, target_size)
SELECT pg_temp.cohort_code(half), half, (half + interval '6 months')::date - 1, greatest(11, least(30000, count(*)))
FROM (SELECT pg_temp.half_year(d3) AS half FROM seed_case WHERE reached >= 3) AS begun
GROUP BY half ORDER BY half
ON CONFLICT (code) DO NOTHING;

INSERT INTO cases_casefile (id, number, citizen_id, phase, phase_entered_on, opened_on, centre_id, coach_id, cohort_id,
                            livelihood, channel, idea, source, closed_on, closing_reason, closed_by_choice_of,
                            closing_text, version)
SELECT c.case_id, c.number, c.citizen_id, CASE WHEN is_closed THEN 'closed' ELSE last_phase END,
       coalesce(closed_on, last_on), d0, centre_id, coach_id, cohort.id, livelihood, channel,
       (ARRAY['Jeg syr om og reparerer tøj.', 'Jeg reparerer cykler og el-cykler.', 'Jeg passer haver for ældre.',
              'Jeg fører regnskab for små forretninger.', 'Jeg laver kopper og fade.', 'Jeg gør rent på små kontorer.',
              'Jeg laver småreparationer i huse.', 'Jeg laver mad ud af huset.', 'Jeg tager billeder til bryllupper.',
              'Jeg passer og lufter hunde.'])[trade],
       'live', closed_on, coalesce(reason, ''),
       CASE WHEN reason IN ('no_contact', 'not_in_target_group', 'rejected_screening_1', 'rejected_screening_2',
                            'rejected_screening_3', 'loan_refused', 'completed') THEN 'team'
            WHEN reason IS NULL THEN '' ELSE 'citizen' END,
       '', 1 + reached
FROM seed_case c
LEFT JOIN cases_cohort cohort ON c.reached >= 3 AND cohort.code = pg_temp.cohort_code(pg_temp.half_year(c.d3))
CROSS JOIN LATERAL (SELECT CASE
    WHEN NOT is_closed THEN NULL
    WHEN is_completed THEN 'completed'
    WHEN is_refused THEN 'loan_refused'
    WHEN reached = 0 THEN (ARRAY['no_contact', 'not_in_target_group', 'moved_away'])[1 + pg_temp.pick(i, 'why', 3)]
    WHEN reached BETWEEN 1 AND 3 AND pg_temp.pick(i, 'why', 3) = 0 THEN 'rejected_screening_' || reached
    ELSE (ARRAY['larger_loan', 'own_limitations', 'illness', 'found_job', 'started_education', 'moved_away'])
         [1 + pg_temp.pick(i, 'why', 6)] END AS reason) AS closing
ORDER BY c.i;

INSERT INTO cases_referral (case_id, referred_by_id, received_on, answer_due_on, best_time, own_wish, citizen_informed,
                            warnings)
SELECT case_id, caseworker_id, d0, answer_due, 'formiddag', true, true, '{}'
FROM seed_case JOIN seed_day ON day = d0 ORDER BY i;

INSERT INTO cases_phasechange (case_id, from_phase, to_phase, "on", at, by_id, reason, closing_reason,
                               closed_by_choice_of)
SELECT seed_case.case_id, from_phase, to_phase, on_day, pg_temp.moment(on_day, '14:00'), coalesce(seed_case.coach_id, caseworker_id),
       CASE to_phase WHEN 'closed' THEN 'Aftalt ved afslutningen.' ELSE '' END,
       CASE to_phase WHEN 'closed' THEN made.closing_reason ELSE '' END,
       CASE to_phase WHEN 'closed' THEN made.closed_by_choice_of ELSE '' END
FROM seed_step JOIN seed_case USING (i) JOIN cases_casefile made ON made.id = seed_case.case_id ORDER BY on_day, i, ord;

-- CVR numbers begin with 1 or more, so these are nobody's.
INSERT INTO cases_business (case_id, name, form, trade, cvr, started_on)
SELECT case_id,
       (ARRAY['Syatelier', 'Cykelværksted', 'Haveservice', 'Bogholderi', 'Keramik', 'Rengøring', 'Tømrer', 'Catering',
              'Fotograf', 'Hundepasning'])[trade] || ' ' || i,
       (ARRAY['sole_proprietorship', 'sole_proprietorship', 'pmv'])[1 + pg_temp.pick(i, 'form', 3)],
       (ARRAY['sytøj', 'cykler', 'havearbejde', 'regnskab', 'kunsthåndværk', 'rengøring', 'tømrerarbejde', 'mad', 'foto',
              'dyr'])[trade],
       pg_temp.padded(mod(i, 1000000), 8), d4
FROM seed_case WHERE has_loan ORDER BY i;

-- The benefit until the main course, the support and the firm in it, and for two of three the firm after it.
INSERT INTO cases_livelihoodperiod (citizen_id, kind, from_on, to_on, recorded_at)
SELECT citizen_id, kind, from_on, to_on, pg_temp.moment(from_on, '12:00')
FROM seed_case CROSS JOIN LATERAL (VALUES
    (livelihood, d0, CASE WHEN pg_temp.pick(i, 'firm', 3) > 0 THEN d6 - 1 END, reached >= 5),
    ('own_business', d6, CASE WHEN pg_temp.pick(i, 'stopped', 4) = 0 THEN least(d6 + 200, %(base)s::date) END,
     reached = 6 AND pg_temp.pick(i, 'firm', 3) > 0)
) AS period (kind, from_on, to_on, is_there)
WHERE is_there ORDER BY i, from_on;

INSERT INTO cases_numberseries (key, last)
SELECT 'case-' || extract(year FROM d0), max(split_part(number, '-', 3)::bigint) FROM seed_case
GROUP BY extract(year FROM d0)
ON CONFLICT (key) DO UPDATE SET last = greatest(cases_numberseries.last, excluded.last);
