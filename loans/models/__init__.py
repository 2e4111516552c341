"""The rows of loans, a module per subject; import them from here."""

from loans.models.arrears import (
    ArrearsLetter,
    ContactAttempt,
    Handover,
    HandoverClaim,
    LimitationEvent,
    ReminderPause,
    WriteDown,
    WriteOff,
)
from loans.models.frame import YearlyFrame
from loans.models.ledger import LedgerEntry
from loans.models.loan import DisbursementOrder, Loan, LoanDecision
from loans.models.payments import IncomingPayment, PaymentImport, Refund, Reversal
from loans.models.plan import Instalment, PlanChange, PlanChangeUndo, PlanVersion
from loans.models.support import PensionSuspension, SupportAmount, SupportPeriod

__all__ = [
    "WriteOff",
    "WriteDown",
    "ReminderPause",
    "LimitationEvent",
    "HandoverClaim",
    "Handover",
    "ContactAttempt",
    "ArrearsLetter",
    "DisbursementOrder",
    "IncomingPayment",
    "Instalment",
    "LedgerEntry",
    "Loan",
    "LoanDecision",
    "PaymentImport",
    "PlanChange",
    "PlanChangeUndo",
    "PlanVersion",
    "Refund",
    "Reversal",
    "PensionSuspension",
    "SupportAmount",
    "SupportPeriod",
    "YearlyFrame",
]
