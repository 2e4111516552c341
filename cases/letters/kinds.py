"""The letters of the journey (domain.md §8): which facts each needs and which blocks it must hold."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.letters.enums import Block
from cases.letters.registry import REQUIRED, Context, LetterError, LetterKind, register

ALL_BLOCKS = tuple(Block)

# What every decision brings along. `consequences` and `next_steps` add to what the template already says.
DECISION: dict[str, Any] = {
    "legal_basis": REQUIRED,  # {"reference": …, "appeal_variant": …} from the legal basis that decided
    "facts": (),
    "considerations": (),
    "strengths": (),
    "fully_favourable": False,
    "hearing": (),
    "appeal": {},  # {"variant": …, …}, when not the variant of the legal basis
    "consequences": (),
    "next_steps": (),
}
REASONS: dict[Block, tuple[str, ...]] = {
    Block.LEGAL_BASIS: ("legal_basis.reference",),
    Block.FACTS: ("facts",),
    Block.CONSIDERATIONS: ("considerations",),
    Block.APPEAL: ("appeal.variant",),
}
# Where the citizen pays to: account, and the line of a payment slip where the municipality has a creditor number.
PAY_TO: dict[str, Any] = {"pay_to": "", "slip_line": ""}
LOAN_TERMS: dict[str, Any] = {
    "amount": REQUIRED,
    "instalment_amount": REQUIRED,
    "instalment_count": REQUIRED,
    "last_amount": REQUIRED,
    "first_due": REQUIRED,
    "last_due": REQUIRED,
    "payment_reference": "",
    **PAY_TO,
    "interest_free": True,
    "max_deferment_months": 0,
    "business": "",
    "security": "",
}


def _letter(code: str, label: Any, fields: Mapping[str, Any], **options: Any) -> LetterKind:
    return register(LetterKind(code=code, label=label, template=f"letters/{code}.html", fields=fields, **options))


def _decision(code: str, label: Any, fields: Mapping[str, Any], scope: tuple[str, ...], **options: Any) -> LetterKind:
    blocks = {**REASONS, Block.SCOPE: scope}
    return _letter(
        code,
        label,
        {**DECISION, **fields},
        is_decision=True,
        required_blocks=ALL_BLOCKS,
        block_fields=blocks,
        **options,
    )


def _check_loan_terms(context: Context) -> None:
    """The figures of a loan letter must agree with each other; they are computed once, elsewhere."""
    regular = (context["instalment_count"] - 1) * context["instalment_amount"]
    if context["amount"] <= 0 or regular + context["last_amount"] != context["amount"]:
        raise LetterError(_("The instalments do not add up to the loan. The letter was not made."))
    if context["first_due"] > context["last_due"]:
        raise LetterError(_("The first payment comes after the last. The letter was not made."))


def _check_agreement(context: Context) -> None:
    lines = context["lines"]
    total = sum((line["amount"] for line in lines), Decimal(0))
    if total != context["amount"] or context["total"] != total:
        raise LetterError(_("The repayment plan does not add up to the loan. The letter was not made."))
    if [line["number"] for line in lines] != list(range(1, len(lines) + 1)):
        raise LetterError(_("The lines of the repayment plan are not in order. The letter was not made."))
    days = [line["due"] for line in lines]
    if days != sorted(days) or (days[0], days[-1]) != (context["first_due"], context["last_due"]):
        raise LetterError(_("The dates of the repayment plan are not in order. The letter was not made."))
    if lines[-1]["remaining"] != 0:
        raise LetterError(_("The repayment plan does not end at zero. The letter was not made."))


def _check_period(context: Context) -> None:
    if context["period_from"] > context["period_to"]:
        raise LetterError(_("The period ends before it begins. The letter was not made."))


SCREENING_ADMISSION = _decision(
    "screening_admission",
    gettext_lazy("Admission after screening 1"),
    {
        "starts_on": REQUIRED,
        "coach": REQUIRED,
        "next_contact_by": None,
        "exempt_from_activation": False,
        "exceptions": (),  # what goes on beside the programme, in words
        "ask_about_activation": False,  # no exemption is recorded yet: what was agreed with the caseworker holds
    },
    scope=("starts_on",),
)
SCREENING_CONTINUE = _letter(
    "screening_continue",
    gettext_lazy("Screening: you go on"),
    {
        "number": REQUIRED,
        "held_on": REQUIRED,
        "next_steps": REQUIRED,
        "strengths": (),
        "advice": (),
        "light": "",
    },
)
SCREENING_REVISE = _letter(
    "screening_revise",
    gettext_lazy("Screening: improve and come back"),
    {
        "number": REQUIRED,
        "held_on": REQUIRED,
        "back_on": REQUIRED,
        "improvements": REQUIRED,
        "reasons": (),
        "strengths": (),
        "light": "",
    },
)
SCREENING_REFUSAL = _decision(
    "screening_refusal",
    gettext_lazy("Screening: refusal"),
    {"number": REQUIRED, "effective_on": REQUIRED, "light": ""},
    scope=("effective_on",),
)
COURSE_GRANT = _decision(
    "course_grant",
    gettext_lazy("Course grant"),
    {"modules": REQUIRED},  # [{"title", "when", "place", "mandatory"}]
    scope=("modules",),
)
LOAN_GRANT = _decision(
    "loan_grant",
    gettext_lazy("Loan decision: grant"),
    {**LOAN_TERMS, "requested_amount": None, "payout_by": None},
    scope=("amount", "instalment_amount", "first_due", "last_due"),
    check=_check_loan_terms,
)
GRANT_DECISION = _decision(
    "grant_decision",
    gettext_lazy("Grant decision"),
    {"amount": REQUIRED, "requested_amount": None, "business": "", "purpose": "", "payout_by": None},
    scope=("amount",),
)
LOAN_REFUSAL = _decision(
    "loan_refusal",
    gettext_lazy("Loan decision: refusal"),
    {"requested_amount": REQUIRED, "resubmit_by": None},
    scope=("requested_amount",),
)
GRANT_AWARD = _decision(
    "grant_award",
    gettext_lazy("Grant decision: award"),
    {"amount": REQUIRED, "purpose": "", "business": "", "payout_by": None},
    scope=("amount",),
)
GRANT_REFUSAL = _decision(
    "grant_refusal",
    gettext_lazy("Grant decision: refusal"),
    {"requested_amount": REQUIRED, "resubmit_by": None},
    scope=("requested_amount",),
)
LOAN_AGREEMENT = _letter(
    "loan_agreement",
    gettext_lazy("Loan agreement with repayment plan"),
    {
        **LOAN_TERMS,
        "lines": REQUIRED,  # [{"number", "due", "amount", "remaining"}]
        "total": REQUIRED,
        "legal_basis": REQUIRED,
        "cvr": "",
        "debt_instrument": False,
        "authority": REQUIRED,  # to which a debt may go in the end
        "paid_on": None,  # the loan has been paid out, and the plan has moved: nothing to sign
        "terms": (),
    },
    check=_check_agreement,
)
SUPPORT_DECISION = _decision(
    "support_decision",
    gettext_lazy("Living support decision"),
    {
        "period_from": REQUIRED,
        "period_to": REQUIRED,
        "period_months": REQUIRED,
        "monthly_amount": None,
        "letter_by": None,
    },
    scope=("period_from", "period_to", "period_months"),
    check=_check_period,
)
EXTENSION_DECISION = _decision(
    "extension_decision",
    gettext_lazy("Extension of living support"),
    {
        "period_from": REQUIRED,
        "period_to": REQUIRED,
        "period_months": REQUIRED,
        "requested_months": None,
        "total_months": None,
        "monthly_amount": None,
        "with_loan": False,  # a loan that is still being paid back; a grant is not
    },
    scope=("period_from", "period_to", "period_months"),
    check=_check_period,
)
EXTENSION_REFUSAL = _decision(
    "extension_refusal",
    gettext_lazy("Extension of living support: refusal"),
    {"ends_on": REQUIRED, "requested_months": None, "instalment_amount": None},
    scope=("ends_on",),
)
SUPPORT_END = _decision(
    "support_end",
    gettext_lazy("End of living support"),
    {"ends_on": REQUIRED, "first_day_without": REQUIRED, "total_months": REQUIRED, "instalment_amount": None},
    scope=("ends_on", "total_months"),
)
# What a changed plan asks for from now on. `lines`: [{"due", "amount", "remaining"}], only what is still to be paid.
CHANGED_PLAN: dict[str, Any] = {
    "balance": REQUIRED,
    "lines": REQUIRED,
    "next_due": None,  # the first that is still to come; None where all of it is overdue
    "next_amount": None,
    "overdue": None,  # kroner that fell due before the letter
    "last_due": REQUIRED,
    "payment_reference": "",
    **PAY_TO,
}


def _check_changed_plan(context: Context) -> None:
    lines = context["lines"]
    if not lines or sum((line["amount"] for line in lines), Decimal(0)) != context["balance"]:
        raise LetterError(_("The repayment plan does not add up to the loan. The letter was not made."))
    days = [line["due"] for line in lines]
    if days != sorted(days) or days[-1] != context["last_due"] or context["next_due"] not in (None, *days):
        raise LetterError(_("The dates of the repayment plan are not in order. The letter was not made."))


DEFERMENT_DECISION = _decision(
    "deferment_decision",
    gettext_lazy("Deferment decision"),
    {
        **CHANGED_PLAN,
        "months": REQUIRED,
        "from_month": REQUIRED,
        "resumes": REQUIRED,
        "months_used": REQUIRED,
        "months_cap": REQUIRED,
        "mandatory": False,
    },
    scope=("months", "from_month"),
    check=_check_changed_plan,
)
INSTALMENT_DECISION = _decision(
    "instalment_decision",
    gettext_lazy("Decision on another instalment or an arrangement"),
    # `arrears`: kroner of an arrangement; None where the ordinary instalment is changed.
    {**CHANGED_PLAN, "amount": REQUIRED, "from_month": REQUIRED, "arrears": None},
    scope=("amount", "from_month"),
    check=_check_changed_plan,
)
PLAN_REFUSAL = _decision(
    "plan_refusal",
    gettext_lazy("Change of plan: refusal"),
    {"asked_for": REQUIRED, "next_due": None, "next_amount": None},
    scope=("asked_for",),
)
NEW_PLAN = _letter(
    "new_plan",
    gettext_lazy("New repayment plan"),
    {**CHANGED_PLAN, "extra_paid": None, "legal_basis": REQUIRED},
    check=_check_changed_plan,
)
INSTALMENT_REMINDER = _letter(
    "instalment_reminder",
    gettext_lazy("Friendly reminder before an instalment"),
    {"amount": REQUIRED, "due": REQUIRED, "payment_reference": REQUIRED, **PAY_TO, "number": None, "count": None},
)
# What a letter about arrears asks for. `lines`: [{"due", "amount"}], what is missing of each instalment.
ARREARS: dict[str, Any] = {
    "lines": REQUIRED,
    "total": REQUIRED,
    "payment_reference": REQUIRED,
    **PAY_TO,
    "pay_by": REQUIRED,
}


def _check_arrears(context: Context) -> None:
    lines = context["lines"]
    if not lines or sum((line["amount"] for line in lines), Decimal(0)) != context["total"]:
        raise LetterError(_("The instalments do not add up to what is missing. The letter was not made."))


FIRST_DUNNING = _letter("first_dunning", gettext_lazy("First reminder letter"), {**ARREARS}, check=_check_arrears)
SECOND_DUNNING = _letter("second_dunning", gettext_lazy("Second reminder letter"), {**ARREARS}, check=_check_arrears)
HANDOVER_NOTICE = _letter(
    "handover_notice",
    gettext_lazy("Notice of hand-over to recovery"),
    {**ARREARS, "authority": REQUIRED},
    check=_check_arrears,
)
REFERRAL_RECEIPT = _letter(
    "referral_receipt",
    gettext_lazy("Receipt for a referral"),
    {"citizen_name": REQUIRED, "received_on": REQUIRED, "contact_by": REQUIRED},
    to_citizen=False,
)
EXEMPTION_NOTICE = _letter(
    "exemption_notice",
    gettext_lazy("Exemption from other offers: notice to the job consultant"),
    {
        "citizen_name": REQUIRED,
        "from_on": REQUIRED,
        "to_on": None,
        "begun_before": "",
        "useful": "",
        "ended": False,
        "never_begins": False,
    },
    to_citizen=False,
)
LOAN_REPAID = _letter(
    "loan_repaid",
    gettext_lazy("Receipt: the loan is repaid"),
    {
        "principal": REQUIRED,
        "paid": REQUIRED,
        "settled_on": REQUIRED,
        "overpaid": None,
        "given_up": None,  # kroner that were written off, and so never paid
        "security": "",
    },
)
CLOSING = _letter(
    "closing",
    gettext_lazy("Closing of the case"),
    {
        "closed_on": REQUIRED,
        "reason": REQUIRED,
        "achievements": (),
        "balance": None,
        "instalment_amount": None,
        "next_steps": (),
    },
)
# Words of the team's own, also to many at once (`cases.letters.bulk`). Decides nothing, so it needs no blocks.
MESSAGE = _letter("message", gettext_lazy("Letter in own words"), {"subject": REQUIRED, "paragraphs": REQUIRED})
