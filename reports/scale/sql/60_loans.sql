CREATE TEMP TABLE seed_loan ON COMMIT DROP AS
SELECT %(first_loan)s + n AS loan_id, %(first_decision)s + n AS decision_id, loan.*, reference, basis.id AS basis_id,
       basis.appeal_variant, planned.first_due AS planned_first_due, paid.first_due AS paid_first_due
FROM (
    SELECT row_number() OVER (ORDER BY i) AS n, i, pg_temp.principal(i) AS principal, d4 + 5 AS decided_on,
           d5 AS payout_on,
           -- One in ten is paid out in another month than planned, so that its plan has a second version.
           CASE WHEN d5 IS NULL THEN d4 + 25 WHEN pg_temp.pick(i, 'moved', 10) = 0 THEN greatest(d5 - 20, d4 + 5)
                ELSE d5 END AS planned_on,
           CASE WHEN reached >= 5 OR last_on < %(base)s::date - 16 THEN d4 + 8 END AS signed_on,
           CASE WHEN is_completed THEN closed_on - 14 END AS settled_on
    FROM seed_case WHERE has_loan
) AS loan
JOIN seed_reference USING (n)
JOIN seed_first_due planned ON planned.payout = loan.planned_on
LEFT JOIN seed_first_due paid ON paid.payout = loan.payout_on
CROSS JOIN LATERAL (
    SELECT id, appeal_variant FROM policy_legalbasis
    WHERE allows_loan AND valid_from <= decided_on
    ORDER BY valid_to IS NULL OR valid_to >= decided_on DESC, valid_from DESC, id LIMIT 1
) AS basis;
ALTER TABLE seed_loan ADD PRIMARY KEY (loan_id);
CREATE INDEX ON seed_loan (i);
ANALYZE seed_loan;

INSERT INTO loans_loandecision (id, case_id, kind, amount, purpose, planned_payout_on, budget_id, screening_id,
                                proposed_by_id, proposed_on, outcome, legal_basis_id, rule_set_id, facts, appeal_variant,
                                decided_on, decided_at, decided_by_id)
SELECT decision_id, case_id, 'loan', principal, 'Udstyr og varelager', planned_on, budget.id, s.id,
       coach_id, decided_on - 2, 'granted', basis_id, %(rule_set)s, '{"prerequisites": []}', appeal_variant,
       decided_on, pg_temp.moment(decided_on, '15:00'), lead_id
FROM seed_loan JOIN seed_case USING (i)
LEFT JOIN screening_budget budget USING (case_id)
LEFT JOIN seed_screening s ON s.i = seed_loan.i AND s.number = 3 AND s.outcome = 'continue'
ORDER BY decision_id;

INSERT INTO loans_loandecision (id, case_id, kind, amount, purpose, planned_payout_on,
                                proposed_by_id, proposed_on, outcome, hearing, hearing_note, legal_basis_id, rule_set_id, facts, reasons, appeal_variant,
                                decided_on, decided_at, decided_by_id)
SELECT %(first_decision)s + (SELECT count(*) FROM seed_loan) + row_number() OVER (ORDER BY i), case_id, 'loan',
       pg_temp.principal(i), 'Udstyr og varelager', closed_on + 20, coach_id, closed_on - 2,
       'refused', 'not_needed', 'Du bad selv om at stoppe.', basis.id, %(rule_set)s,
       '{"prerequisites": []}', 'Virksomheden kan ikke bære gælden.', basis.appeal_variant, closed_on,
       pg_temp.moment(closed_on, '15:00'), lead_id
FROM seed_case
CROSS JOIN LATERAL (
    SELECT id, appeal_variant FROM policy_legalbasis
    WHERE allows_loan AND valid_from <= closed_on
    ORDER BY valid_to IS NULL OR valid_to >= closed_on DESC, valid_from DESC, id LIMIT 1
) AS basis
WHERE is_refused ORDER BY i;

INSERT INTO loans_loan (id, case_id, decision_id, number, kind, principal, payment_reference, rule_set_id, legal_basis_id,
                        approved_by_id, planned_payout_on, agreement_signed_on, debt_instrument, created_at)
SELECT loan_id, case_id, decision_id, 'L-' || extract(year FROM decided_on) || '-' || pg_temp.padded(%(loan_series)s + n, 5),
       'loan', principal, reference, %(rule_set)s, basis_id, lead_id, planned_on, signed_on, false,
       pg_temp.moment(decided_on, '15:00')
FROM seed_loan JOIN seed_case USING (i) ORDER BY loan_id;

INSERT INTO loans_disbursementorder (loan_id, state, amount, approved_by_id, ordered_on, due_on, disbursed_by_id, paid_on,
                                     voucher, sent_back_reason)
SELECT loan_id, CASE WHEN payout_on IS NULL THEN 'ready' ELSE 'paid' END, principal, lead_id, signed_on + 1, planned_on,
       CASE WHEN payout_on IS NOT NULL THEN officer_id END, payout_on,
       CASE WHEN payout_on IS NULL THEN '' ELSE 'B' || n END, ''
FROM seed_loan JOIN seed_case USING (i) WHERE signed_on IS NOT NULL ORDER BY loan_id;

CREATE TEMP TABLE seed_plan ON COMMIT DROP AS
SELECT %(first_plan)s + row_number() OVER (ORDER BY made_on, loan_id) AS plan_id, v.*
FROM (
    SELECT loan_id, 1 AS version, decided_on AS made_on, 'decision' AS cause, planned_first_due AS first_due, principal,
           payout_on IS NOT NULL AND paid_first_due = planned_first_due AS is_in_force
    FROM seed_loan
    UNION ALL
    SELECT loan_id, 2, payout_on, 'payout', paid_first_due, principal, true
    FROM seed_loan WHERE paid_first_due <> planned_first_due
) AS v;
CREATE INDEX ON seed_plan (loan_id);
ANALYZE seed_plan;

INSERT INTO loans_planversion (id, loan_id, version, made_on, cause, by_id, rule_set_id)
SELECT plan_id, loan_id, version, made_on, cause, CASE version WHEN 1 THEN lead_id ELSE officer_id END, %(rule_set)s
FROM seed_plan JOIN seed_loan USING (loan_id) JOIN seed_case USING (i) ORDER BY plan_id;

INSERT INTO loans_instalment (plan_id, number, nominal_due_on, due_on, amount)
SELECT plan_id, number, nominal_due, due, amount
FROM seed_plan JOIN seed_amount USING (principal) JOIN seed_line USING (first_due, number)
ORDER BY plan_id, number;

-- Four of five pay in time; one in ten lacks the last instalments; the others stopped, and some of these were handed over.
CREATE TEMP TABLE seed_entry ON COMMIT DROP AS
WITH due AS (
    SELECT loan_id, number, due, amount, settled_on, i, count(*) OVER (PARTITION BY loan_id) AS due_so_far
    FROM seed_plan JOIN seed_loan USING (loan_id) JOIN seed_amount ON seed_amount.principal = seed_plan.principal
    JOIN seed_line USING (first_due, number)
    WHERE is_in_force AND due <= least(%(base)s::date, settled_on - 1)
), payer AS (
    SELECT *, pg_temp.pick(i, 'pays', 100) AS habit FROM due
), paid AS (
    SELECT * FROM payer
    WHERE number <= CASE WHEN settled_on IS NOT NULL OR habit < 80 THEN due_so_far
                         WHEN habit < 90 THEN due_so_far - 1 - pg_temp.pick(i, 'lacks', 3)
                         ELSE due_so_far * pg_temp.pick(i, 'stops', 70) / 100 END
), total AS (
    SELECT loan_id, coalesce(sum(paid.amount), 0) AS paid, pg_temp.pick(l.i, 'pays', 100) AS habit
    FROM seed_loan l LEFT JOIN paid USING (loan_id) WHERE l.payout_on IS NOT NULL GROUP BY loan_id
)
SELECT loan_id, 'payout' AS kind, principal AS amount, payout_on AS value_date, 'payout-' || loan_id AS key
FROM seed_loan WHERE payout_on IS NOT NULL
UNION ALL
SELECT loan_id, 'payment', -amount,
       least(due + CASE WHEN pg_temp.pick(i * 100 + number, 'late', 5) = 0 THEN 3 ELSE 0 END, %(base)s::date),
       'scale:' || loan_id || ':' || number
FROM paid
UNION ALL
SELECT loan_id, 'payment', paid - principal, settled_on, 'scale:' || loan_id || ':rest'
FROM total JOIN seed_loan USING (loan_id) WHERE settled_on IS NOT NULL AND principal > paid
UNION ALL
SELECT loan_id, 'handover', paid - principal, %(base)s::date - 20, 'scale:' || loan_id || ':handover'
FROM total JOIN seed_loan USING (loan_id)
WHERE settled_on IS NULL AND habit >= 97 AND payout_on < %(base)s::date - 400;

INSERT INTO loans_ledgerentry (loan_id, kind, amount, value_date, booked_at, by_id, voucher, reason, key, content_hash)
SELECT loan_id, kind, e.amount, value_date, pg_temp.moment(value_date, '16:00'),
       CASE kind WHEN 'payment' THEN NULL ELSE officer_id END, CASE kind WHEN 'payout' THEN 'B' || n ELSE '' END, '', key,
       encode(sha256(convert_to(concat_ws('|', loan_id, kind, e.amount::numeric(12, 2), value_date, ''), 'UTF8')), 'hex')
FROM seed_entry e JOIN seed_loan USING (loan_id) JOIN seed_case USING (i)
ORDER BY value_date, loan_id, key;

-- What was handed over stood in one claim each, after attempts to reach the citizen, and two people decided it.
INSERT INTO loans_contactattempt (loan_id, channel, reached, made_on, note, by_id, entered_at)
SELECT loan_id, 'call', true, value_date - 10, '', coach_id, pg_temp.moment(value_date - 10, '10:00')
FROM loans_ledgerentry JOIN seed_loan USING (loan_id) JOIN seed_case USING (i) WHERE kind = 'handover' ORDER BY loan_id;

INSERT INTO loans_handover (loan_id, reason, proposed_by_id, proposed_on, state, decided_by_id, decided_on, answer, facts)
SELECT loan_id, 'Borgeren betaler ikke og vil ikke aftale andet.', coach_id, value_date - 5, 'approved', lead_id, value_date,
       '', '{}'
FROM loans_ledgerentry JOIN seed_loan USING (loan_id) JOIN seed_case USING (i) WHERE kind = 'handover' ORDER BY loan_id;

INSERT INTO loans_handoverclaim (handover_id, loan_id, due_on, numbers, amount, limitation_on, state, entry_id)
SELECT h.id, e.loan_id, e.value_date - 90, '{1}', -e.amount, (e.value_date - 90 + interval '3 years')::date, 'with_recovery',
       e.id
FROM loans_ledgerentry e JOIN loans_handover h USING (loan_id) WHERE e.kind = 'handover' ORDER BY e.loan_id;

INSERT INTO loans_supportperiod (case_id, kind, months, starts_on, ends_on, screening_id, legal_basis_id, rule_set_id, facts,
                                 reasons, appeal_variant, decided_on, decided_at, decided_by_id)
SELECT case_id, p.kind, p.months, p.starts_on, p.ends_on, p.screening_id, basis_id, %(rule_set)s, '{}', '', appeal_variant,
       p.decided_on, pg_temp.moment(p.decided_on, '15:00'), lead_id
FROM seed_loan l JOIN seed_case c USING (i)
CROSS JOIN LATERAL (SELECT coalesce(payout_on, planned_on) AS start) AS support
CROSS JOIN LATERAL (
    SELECT 'base' AS kind, 6 AS months, start AS starts_on, (start + interval '6 months')::date - 1 AS ends_on,
           NULL::bigint AS screening_id, l.decided_on
    UNION ALL
    SELECT 'extension', s.months, (start + interval '6 months')::date,
           (start + make_interval(months => 6 + s.months))::date - 1, s.id, s.on_day
    FROM seed_screening s WHERE s.i = l.i AND s.months > 0
) AS p
WHERE livelihood <> 'disability_pension' ORDER BY case_id, p.starts_on;

INSERT INTO cases_journalentry (case_id, kind, title, text, event_at, entered_at, author_id, for_referrer)
SELECT case_id, 'loan', title, '', pg_temp.moment(day, '15:00'), pg_temp.moment(day, '15:00'), lead_id, true
FROM seed_loan JOIN seed_case USING (i)
CROSS JOIN LATERAL (VALUES ('Lån bevilget', decided_on), ('Lån udbetalt', payout_on)) AS line (title, day)
WHERE day IS NOT NULL ORDER BY case_id, day;

INSERT INTO cases_numberseries (key, last) SELECT 'loan', %(loan_series)s + count(*) FROM seed_loan
ON CONFLICT (key) DO UPDATE SET last = excluded.last;
