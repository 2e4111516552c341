"""What the ledger demands of the rows around it before it takes certain entries, and rows of each other (docs/decisions/166).

Loans imported from former cohorts bring their history as it was: they have no decision here, and are left alone.
"""

import pgtrigger

IMPORTED = "EXISTS (SELECT 1 FROM loans_loan l WHERE l.id = NEW.loan_id AND l.decision_id IS NULL)"


def _sent(step: str) -> str:
    """The day on which a letter of the ladder was sent for the claim `c`."""
    return f"""(SELECT t.dispatched_on FROM loans_arrearsletter s JOIN letters_letter t ON t.id = s.letter_id
                     WHERE s.loan_id = NEW.loan_id AND s.due_on = c.due_on AND s.step = '{step}'
                       AND t.status = 'dispatched')"""  # noqa: S608  names of our own


HANDOVER_GATE = pgtrigger.Trigger(
    # No claim goes to recovery past its letters, the attempts to reach the citizen, and two people (domain.md §7.6).
    name="entry_handover_gate",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__kind="handover"),
    declare=[
        ("c", "loans_handoverclaim%ROWTYPE"),
        ("h", "loans_handover%ROWTYPE"),
        ("r", "policy_ruleset%ROWTYPE"),
        ("first_sent", "date"),
        ("second_sent", "date"),
        ("notice_sent", "date"),
    ],
    func=f"""
        IF {IMPORTED} THEN
            RETURN NEW;
        END IF;
        SELECT * INTO c FROM loans_handoverclaim k
         WHERE k.loan_id = NEW.loan_id AND k.state = 'proposed' AND k.amount = -NEW.amount AND k.numbers = NEW.claims
           AND NEW.key = 'handover:' || k.id;
        SELECT * INTO h FROM loans_handover k WHERE k.id = c.handover_id AND k.state = 'open';
        IF c.id IS NULL OR h.id IS NULL THEN
            RAISE EXCEPTION 'handover_not_proposed' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.by_id IS NULL OR NEW.by_id = h.proposed_by_id OR NOT EXISTS (
            SELECT 1 FROM accounts_user u WHERE u.id = NEW.by_id AND u.role = 'project_lead'
        ) THEN
            RAISE EXCEPTION 'handover_by_another_lead' USING ERRCODE = 'check_violation';
        END IF;
        SELECT s.* INTO r FROM policy_ruleset s JOIN loans_loan l ON l.rule_set_id = s.id WHERE l.id = NEW.loan_id;
        first_sent := {_sent("first_dunning")};
        second_sent := {_sent("second_dunning")};
        notice_sent := {_sent("notice")};
        IF first_sent IS NULL OR second_sent IS NULL OR notice_sent IS NULL
           OR NEW.value_date <= notice_sent + r.handover_notice_days THEN
            RAISE EXCEPTION 'handover_without_letters' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.value_date < c.due_on + r.handover_days THEN
            RAISE EXCEPTION 'handover_too_early' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (
            SELECT 1 FROM loans_contactattempt a
             WHERE a.loan_id = NEW.loan_id AND a.reached AND a.made_on BETWEEN c.due_on AND NEW.value_date
        ) AND NOT (
            SELECT count(DISTINCT a.made_on) >= r.contact_attempts AND count(DISTINCT a.channel) >= r.contact_channels
              FROM loans_contactattempt a
             WHERE a.loan_id = NEW.loan_id AND a.made_on > first_sent AND a.made_on <= NEW.value_date
        ) THEN
            RAISE EXCEPTION 'handover_without_contact' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (
            SELECT 1 FROM loans_planchange p
             WHERE p.loan_id = NEW.loan_id AND p.kind = 'deferment' AND p.outcome = 'granted'
               AND NOT EXISTS (SELECT 1 FROM loans_planchangeundo u WHERE u.change_id = p.id)
               AND p.from_month <= NEW.value_date
               AND NEW.value_date < (p.from_month + make_interval(months => p.months))::date
        ) THEN
            RAISE EXCEPTION 'handover_deferred' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (
            SELECT 1 FROM loans_reminderpause p
             WHERE p.loan_id = NEW.loan_id
               AND NEW.value_date BETWEEN p.from_on AND LEAST(p.until, p.lifted_on - 1)
        ) THEN
            RAISE EXCEPTION 'handover_paused' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,  # noqa: S608  names of our own
)
BY_TWO = pgtrigger.Trigger(
    # A reversal, a write-off and a refund rest on a proposal of somebody else (docs/decisions/162); nothing is corrected
    # in any other way.
    name="entry_by_two",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__kind__in=["reversal", "write_off", "refund", "correction"]),
    func=f"""
        IF {IMPORTED} THEN
            RETURN NEW;
        END IF;
        IF NEW.kind = 'reversal' AND EXISTS (
            -- A payout is taken back by somebody else on the day it was booked, and in no other way.
            SELECT 1 FROM loans_ledgerentry e WHERE e.id = NEW.reverses_id AND e.kind = 'payout'
               AND e.by_id <> NEW.by_id
               AND (e.booked_at AT TIME ZONE 'Europe/Copenhagen')::date
                 = (NEW.booked_at AT TIME ZONE 'Europe/Copenhagen')::date
        ) THEN
            RETURN NEW;
        END IF;
        IF NEW.kind = 'reversal' AND NOT EXISTS (
            SELECT 1 FROM loans_reversal p WHERE p.target_id = NEW.reverses_id AND p.loan_id = NEW.loan_id
               AND p.state = 'open' AND p.proposed_by_id <> NEW.by_id
        ) OR NEW.kind = 'write_off' AND NOT EXISTS (
            SELECT 1 FROM loans_writeoff p WHERE p.loan_id = NEW.loan_id AND p.amount = -NEW.amount
               AND p.state = 'open' AND p.proposed_by_id <> NEW.by_id
        ) OR NEW.kind = 'write_off' AND NOT EXISTS (
            SELECT 1 FROM accounts_user u WHERE u.id = NEW.by_id AND u.role = 'project_lead'
        ) OR NEW.kind = 'correction' OR NEW.kind = 'refund' AND NOT EXISTS (
            SELECT 1 FROM loans_refund p WHERE p.loan_id = NEW.loan_id AND p.amount = NEW.amount
               AND p.state = 'open' AND p.proposed_by_id <> NEW.by_id
        ) THEN
            RAISE EXCEPTION 'entry_by_two' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,  # noqa: S608  names of our own
)
REVERSAL = pgtrigger.Trigger(
    # What is taken back is an entry of the same loan, whole, that is no reversal itself (domain.md §7.4).
    name="entry_reversal_fits",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__kind="reversal", new__reverses__isnull=False),
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM loans_ledgerentry e WHERE e.id = NEW.reverses_id AND e.loan_id = NEW.loan_id
               AND e.amount = -NEW.amount AND e.kind <> 'reversal' AND e.value_date <= NEW.value_date
        ) THEN
            RAISE EXCEPTION 'entry_reversal_fits' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)
PAYOUT_BY_ANOTHER = pgtrigger.Trigger(
    # Who approved never disburses, no part of it either; and only what stands in the queue is paid out (domain.md §2).
    name="entry_payout_by_another",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__kind="payout"),
    func=f"""
        IF {IMPORTED} THEN
            RETURN NEW;
        END IF;
        IF NEW.by_id IS NULL OR NOT EXISTS (
            SELECT 1 FROM loans_disbursementorder o JOIN loans_loan l ON l.id = o.loan_id
             WHERE o.loan_id = NEW.loan_id AND o.state = 'ready' AND NEW.by_id NOT IN (o.approved_by_id, l.approved_by_id)
        ) THEN
            RAISE EXCEPTION 'entry_payout_by_another' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,  # noqa: S608  names of our own
)
PAYOUTS = pgtrigger.Trigger(
    # The historic fault: a loan paid out twice. Parts never add up to more than what was granted.
    name="entry_payouts_within_principal",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__kind="payout"),
    declare=[("granted", "numeric")],
    func="""
        SELECT l.principal INTO granted FROM loans_loan l WHERE l.id = NEW.loan_id FOR UPDATE;
        IF NEW.amount + (
            SELECT coalesce(sum(e.amount), 0) FROM loans_ledgerentry e WHERE e.loan_id = NEW.loan_id AND e.kind = 'payout'
               AND NOT EXISTS (SELECT 1 FROM loans_ledgerentry r WHERE r.reverses_id = e.id)
        ) > granted THEN
            RAISE EXCEPTION 'entry_payouts_within_principal' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)
LOAN_OF_DECISION = pgtrigger.Trigger(
    # The loan is what was granted: a loan never turns into a grant, nor the amount into another (domain.md §7.1).
    name="loan_fits_decision",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__decision__isnull=False),
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM loans_loandecision d
             WHERE d.id = NEW.decision_id AND d.outcome = 'granted' AND d.case_id = NEW.case_id AND d.kind = NEW.kind
               AND d.amount = NEW.principal AND d.decided_by_id = NEW.approved_by_id
               AND d.rule_set_id = NEW.rule_set_id AND d.legal_basis_id = NEW.legal_basis_id
        ) THEN
            RAISE EXCEPTION 'loan_fits_decision' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)
ORDER_OF_LOAN = pgtrigger.Trigger(
    # The order is for the whole loan, and names who approved it.
    name="order_fits_loan",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM loans_loan l
             WHERE l.id = NEW.loan_id AND l.principal = NEW.amount AND l.approved_by_id = NEW.approved_by_id
        ) OR NEW.state <> 'ready' THEN
            RAISE EXCEPTION 'order_fits_loan' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)
LETTER_OF_STEP = pgtrigger.Trigger(
    # One letter cannot stand for another step of the ladder, nor that of another citizen.
    name="arrears_letter_fits",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM letters_letter t JOIN loans_loan l ON l.case_id = t.case_id
             WHERE t.id = NEW.letter_id AND l.id = NEW.loan_id
               AND t.kind = CASE NEW.step WHEN 'notice' THEN 'handover_notice' ELSE NEW.step END
        ) THEN
            RAISE EXCEPTION 'arrears_letter_fits' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)
WRITE_DOWN_OF_PAYMENT = pgtrigger.Trigger(
    # What the authority was told of is a payment on this loan, and no more than it.
    name="write_down_fits",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF NOT EXISTS (
            SELECT 1 FROM loans_ledgerentry e
             WHERE e.id = NEW.payment_id AND e.loan_id = NEW.loan_id AND e.kind = 'payment' AND NEW.amount <= -e.amount
        ) THEN
            RAISE EXCEPTION 'write_down_fits' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)
FRAME_OF_YEAR = pgtrigger.Trigger(
    # A frame replaces one of its own year, so that each year has one in force.
    name="frame_same_year",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__replaces__isnull=False),
    func="""
        IF NOT EXISTS (SELECT 1 FROM loans_yearlyframe f WHERE f.id = NEW.replaces_id AND f.year = NEW.year) THEN
            RAISE EXCEPTION 'frame_same_year' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)
ENTRY_TRIGGERS = (HANDOVER_GATE, BY_TWO, REVERSAL, PAYOUT_BY_ANOTHER, PAYOUTS)
