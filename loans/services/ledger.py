"""The ledger: every movement of money is one entry, written once (domain.md §7.4)."""

import hashlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from cases.services import lock_case
from loans.enums import EntryKind, Extra
from loans.models import LedgerEntry, Loan
from loans.services import plans
from microloan.accounts.models import User
from microloan.core.errors import Conflict
from microloan.core.money import kroner


def lock_loan(loan: Loan) -> Loan:
    """The loan, locked for this transaction and fresh, its case before it. Whatever moves money or plans starts here.

    Always case, loan, order, so that two services never wait for each other.
    """
    case = lock_case(loan.case)
    fresh = (
        Loan.objects.select_for_update(of=("self",))
        .select_related("rule_set", "legal_basis", "decision")
        .get(pk=loan.pk)
    )
    fresh.case = case
    return fresh


def content_hash(
    *,
    loan_id: int,
    kind: str,
    amount: Decimal,
    value_date: date,
    reverses_id: int | None = None,
    extra: str = Extra.COVER,
    claims: Sequence[int] = (),
) -> str:
    """What makes two entries the same entry."""
    text = f"{loan_id}|{kind}|{kroner(amount)}|{value_date.isoformat()}|{reverses_id or ''}"
    if extra != Extra.COVER:
        text += f"|{extra}"
    if claims:
        text += f"|claims {','.join(str(number) for number in claims)}"
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def write_entry(
    *,
    loan: Loan,
    kind: EntryKind,
    amount: Decimal,
    value_date: date,
    key: str,
    by: User | None,
    voucher: str = "",
    reason: str = "",
    reverses: LedgerEntry | None = None,
    extra: Extra = Extra.COVER,
    claims: Sequence[int] = (),
) -> LedgerEntry:
    """Write one entry, once: the same key with the same content returns the first; with other content it is a Conflict.

    Where it changes the lines of the plan, the new version is stored with it (`loans.services.plans`).
    """
    digest = content_hash(
        loan_id=loan.pk,
        kind=kind,
        amount=amount,
        value_date=value_date,
        reverses_id=reverses.pk if reverses else None,
        extra=extra,
        claims=claims,
    )
    entry, created = LedgerEntry.objects.get_or_create(
        key=key,
        defaults={
            "loan": loan,
            "kind": kind,
            "amount": amount,
            "value_date": value_date,
            "by": by,
            "voucher": voucher,
            "reason": reason,
            "reverses": reverses,
            "extra": extra,
            "claims": list(claims),
            "content_hash": digest,
        },
    )
    if not created and (entry.content_hash, entry.voucher, entry.reason) != (digest, voucher, reason):
        raise Conflict(_("This has been registered before, with another content. Nothing was changed."))
    if created:
        plans.follow_ledger(entry, today=localdate(entry.booked_at))
    return entry
