"""The hand-over dossier: the facts frozen on the day, as PDF, CSV and JSON for the debtor system (danish-rules.md §3.2).

The product sends nothing to the authority itself. The CPR number is not among the frozen facts; it is put in from the
register of the case when the file is made.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from loans import rules
from loans.enums import AttemptChannel, LadderStep
from loans.models import Handover, HandoverClaim, Loan
from loans.papers import paper
from loans.queries import payout_date, position_of, rule_set_of
from loans.reminders import pauses_of
from microloan.accounts.models import User
from microloan.core.cpr import Cpr
from microloan.core.money import ZERO
from microloan.policy.services import municipality

CSV_HEADINGS = (
    "fordringstype",
    "fordringshaver",
    "fordringshavers_reference",
    "skyldner_cpr",
    "skyldner_navn",
    "hovedstol",
    "oprindelig_hovedstol",
    "periode_fra",
    "periode_til",
    "stiftelsesdato",
    "forfaldsdato",
    "sidste_rettidige_betalingsdato",
    "foraeldelsesdato",
    "aftalt_rente_procent",
    "beskrivelse",
)


def facts_of(
    loan: Loan,
    handover: Handover,
    claims: Sequence[HandoverClaim],
    standing: rules.Standing | None,
    by: User,
    today: date,
) -> dict[str, Any]:
    """What the dossier says, as plain values to be frozen with the decision."""
    now = {claim.due: claim for claim in standing.claims} if standing else {}
    paid_out = payout_date(loan)
    rule_set = rule_set_of(loan)
    position = position_of(loan)
    planned = {line.number: line.amount for line in position.lines} if position else {}
    return {
        "creditor": municipality().name,
        "authority": rule_set.recovery_authority,
        "claim_type": rule_set.claim_type,
        "loan": loan.number,
        "case": loan.case.number,
        "principal": str(loan.principal),
        "paid_out_on": _day(paid_out),
        "legal_basis": loan.legal_basis.reference if loan.legal_basis else "",
        "debt_instrument": loan.debt_instrument,
        "agreed_interest_percent": "0.00",
        "decided_on": today.isoformat(),
        "decided_by": by.full_name,
        "proposed_by": handover.proposed_by.full_name,
        "reason": handover.reason,
        "total": str(sum((claim.amount for claim in claims), ZERO)),
        "claims": [_claim(loan, claim, now.get(claim.due_on), paid_out, planned) for claim in claims],
        "attempts": [
            {
                "on": one.made_on.isoformat(),
                "channel": one.channel,
                "reached": one.reached,
                "by": one.by.full_name,
                "note": one.note,
            }
            for one in loan.contact_attempts.all()
        ],
        "pauses": [{"from": span.first.isoformat(), "to": span.last.isoformat()} for span in pauses_of(loan)],
        "interruptions": [
            {"on": one.happened_on.isoformat(), "what": one.kind, "due": _day(one.due_on)}
            for one in loan.limitation_events.all()
        ],
    }


def _claim(
    loan: Loan, claim: HandoverClaim, now: rules.Claim | None, paid_out: date | None, planned: dict[int, Decimal]
) -> dict[str, Any]:
    due = claim.due_on.isoformat()
    return {
        "reference": f"{loan.number}-{claim.due_on:%Y%m%d}",
        "instalments": list(claim.numbers),
        "amount": str(claim.amount),
        "original_amount": str(sum((planned.get(number, ZERO) for number in claim.numbers), ZERO)),
        "period_from": due,
        "period_to": due,
        "founded_on": _day(paid_out),
        "due_on": due,
        "last_timely_payment_on": due,
        "limitation_on": claim.limitation_on.isoformat(),
        "notices": [
            {"step": step.value, "sent_on": day.isoformat()}
            for step, day in sorted((now.sent if now else {}).items(), key=lambda pair: pair[1])
        ],
    }


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


# --- Files ---------------------------------------------------------------------------------------------------------------


def data_of(handover: Handover) -> dict[str, Any]:
    """The frozen facts with the debtor, for the debtor system (JSON)."""
    citizen = handover.loan.case.citizen
    number = Cpr(citizen.cpr).digits if citizen.cpr else ""
    return {**handover.facts, "debtor": {"cpr": number, "name": citizen.name}}


def rows_of(handover: Handover) -> list[list[Any]]:
    """A row for each claim (CSV), under `CSV_HEADINGS`."""
    data = data_of(handover)
    return [
        [
            data["claim_type"],
            data["creditor"],
            claim["reference"],
            data["debtor"]["cpr"],
            data["debtor"]["name"],
            Decimal(claim["amount"]),
            Decimal(claim["original_amount"]),
            claim["period_from"],
            claim["period_to"],
            claim["founded_on"],
            claim["due_on"],
            claim["last_timely_payment_on"],
            claim["limitation_on"],
            Decimal(data["agreed_interest_percent"]),
            "Afdrag på mikrolån",
        ]
        for claim in data["claims"]
    ]


def pdf_of(handover: Handover) -> bytes:
    """The dossier to read and to file."""
    data = data_of(handover)
    facts = {
        **data,
        "total": Decimal(data["total"]),
        "principal": Decimal(data["principal"]),
        "paid_out_on": _read(data["paid_out_on"]),
        "decided_on": _read(data["decided_on"]),
        "claims": [_printed(claim) for claim in data["claims"]],
        "attempts": [
            {**one, "on": _read(one["on"]), "channel": AttemptChannel(one["channel"]).label} for one in data["attempts"]
        ],
        "pauses": [{"first": _read(one["from"]), "last": _read(one["to"])} for one in data["pauses"]],
    }
    return paper("loans/papers/dossier.html", facts)


def _printed(claim: dict[str, Any]) -> dict[str, Any]:
    days = {name: _read(claim[name]) for name in ("due_on", "last_timely_payment_on", "limitation_on")}
    notices = [(LadderStep(one["step"]).label, _read(one["sent_on"])) for one in claim["notices"]]
    return {**claim, **days, "amount": Decimal(claim["amount"]), "notices": notices}


def _read(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
