"""What happens with loans, living support and money. One atomic, guarded, logged function per thing."""

from loans.self_evaluation import request_self_evaluation
from loans.services.decisions import (
    Answer,
    Proposal,
    check_decision,
    decide_loan,
    fingerprint,
    latest_start,
    propose,
    register_agreement,
)
from loans.services.frame import set_frame
from loans.services.imports import (
    book_incoming,
    book_waiting,
    confirm_import,
    continue_import,
    discard_import,
    upload_payments,
)
from loans.services.ledger import write_entry
from loans.services.matching import (
    confirm_return,
    keep_payment,
    match_payment,
    propose_return,
    settle_aside,
    settle_conflict,
)
from loans.services.payments import register_payment
from loans.services.payouts import register_payout, send_again, send_back
from loans.services.plan_changes import (
    Wanted,
    decide_change,
    overdue_on,
    preview_change,
    propose_change,
    undo_change,
    withdraw_proposal,
)
from loans.services.refunds import confirm_refund, decline_refund, propose_refund
from loans.services.reversals import confirm_reversal, decline_reversal, propose_reversal
from loans.services.support import (
    announce_end,
    asked_months,
    check_shorter,
    decide_support,
    extend_support,
    extension_span,
    limits_of,
    limits_of_rules,
    months_left,
)

__all__ = [
    "withdraw_proposal",
    "undo_change",
    "propose_change",
    "preview_change",
    "overdue_on",
    "decide_change",
    "Wanted",
    "Answer",
    "Proposal",
    "announce_end",
    "asked_months",
    "book_incoming",
    "book_waiting",
    "check_decision",
    "check_shorter",
    "confirm_import",
    "confirm_refund",
    "confirm_return",
    "confirm_reversal",
    "continue_import",
    "decide_loan",
    "decide_support",
    "decline_refund",
    "decline_reversal",
    "discard_import",
    "extend_support",
    "extension_span",
    "fingerprint",
    "keep_payment",
    "latest_start",
    "limits_of",
    "limits_of_rules",
    "match_payment",
    "months_left",
    "propose",
    "propose_refund",
    "propose_return",
    "propose_reversal",
    "register_agreement",
    "register_payment",
    "register_payout",
    "request_self_evaluation",
    "send_again",
    "send_back",
    "settle_aside",
    "set_frame",
    "settle_conflict",
    "upload_payments",
    "write_entry",
]
