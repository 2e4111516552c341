"""What the legal basis demands before a loan is decided and paid out, each with its reason and source (domain.md §7.1)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from cases import registry
from cases.enums import INELIGIBLE_FORMS, Livelihood, Phase
from cases.models import CaseFile
from loans.enums import SupportKind
from loans.models import Loan, LoanDecision, SupportPeriod
from microloan.core.danish import short_date
from microloan.policy.enums import Prerequisite
from screening.enums import Outcome, ScreeningNumber
from screening.services import latest_budget, outcome_words

# The name under which loans themselves say that the main course needs the payout.
OWN_REQUIREMENT = "loan"


@dataclass(frozen=True)
class Check:
    """One prerequisite: met or not, why, and the rule that demands it."""

    code: str
    label: str
    met: bool
    detail: str
    source: str


def _rehabilitation(case: CaseFile, decision: LoanDecision, today: date) -> tuple[bool, str]:
    """Rehabilitation decided on or before the loan decision; for pensioners the practice that is followed."""
    if case.is_pensioner:
        met = bool(decision.rehabilitation_reference)
        return met, decision.rehabilitation_reference or _("Write which practice for pensioners is followed.")
    on = decision.rehabilitation_on
    if on is None:
        return False, _("Write the date of the decision on rehabilitation.")
    if on > today:
        return False, _("The decision on rehabilitation must not be later than the loan decision.")
    return True, _("Decided on %(day)s.") % {"day": short_date(on)}


def _green_screening(case: CaseFile, decision: LoanDecision, today: date) -> tuple[bool, str]:
    last = case.screenings.filter(number=ScreeningNumber.THREE, decided_at__isnull=False).order_by("-round").first()
    if last is None:
        return False, _("Screening 3 has not been decided.")
    words = {"rating": outcome_words(last), "day": short_date(last.decided_on)}
    return last.outcome == Outcome.CONTINUE, _("%(rating)s, decided on %(day)s.") % words


def _approved_budget(case: CaseFile, decision: LoanDecision, today: date) -> tuple[bool, str]:
    budget, newest = latest_budget(case, approved=True), latest_budget(case)
    if budget is None or newest is None:
        return False, _("No establishment budget has been approved.")
    if newest.number > budget.number:
        return False, _("Version %(number)s has come since, and is not approved.") % {"number": newest.number}
    return True, _("Version %(number)s is approved.") % {"number": budget.number}


def _own_business(case: CaseFile, decision: LoanDecision, today: date) -> tuple[bool, str]:
    business = getattr(case, "business", None)
    if business is None or not business.cvr:
        return False, _("Register the business and its CVR number.")
    if business.form in INELIGIBLE_FORMS:
        return False, _("The loan cannot go to a partnership.")
    return True, f"{business.name}, CVR {business.cvr}"


def _declared_fit(case: CaseFile, decision: LoanDecision, today: date) -> tuple[bool, str]:
    if case.livelihood != Livelihood.SICKNESS_BENEFIT:
        return True, _("Not relevant: the citizen is not on sickness benefit.")
    on = decision.declared_fit_on
    if on is None or on > today:
        return False, _("Write the date the citizen was declared fit for work.")
    return True, _("Declared fit on %(day)s.") % {"day": short_date(on)}


CHECKS: dict[str, Callable[[CaseFile, LoanDecision, date], tuple[bool, str]]] = {
    Prerequisite.REHABILITATION: _rehabilitation,
    Prerequisite.GREEN_SCREENING: _green_screening,
    Prerequisite.APPROVED_BUDGET: _approved_budget,
    Prerequisite.OWN_BUSINESS: _own_business,
    Prerequisite.DECLARED_FIT: _declared_fit,
}


def checks_before_decision(decision: LoanDecision, today: date) -> list[Check]:
    """The checklist beside the loan decision, in the order of the legal basis."""
    basis = decision.legal_basis
    if basis is None:
        return []
    source = basis.reference or basis.title
    return [
        Check(code, str(Prerequisite(code).label), *CHECKS[code](decision.case, decision, today), source)
        for code in basis.prerequisites
        if code in CHECKS
    ]


def checks_before_payout(loan: Loan, today: date) -> list[Check]:
    """What the benefits officer has to see met before the money goes out (ui-guide.md §3.5).

    The payout starts the main course, so what other rooms demand of that has to be met before the money goes out.
    """
    decision, case = loan.decision, loan.case
    source = loan.legal_basis.reference if loan.legal_basis else ""
    frozen = [
        Check(item["code"], item["label"], item["met"], item["detail"], item["source"])
        for item in (decision.facts.get("prerequisites", []) if decision else [])
    ]
    signed = loan.agreement_signed_on
    if loan.kind == SupportKind.LOAN:
        detail = (
            _("Signed on %(day)s.") % {"day": short_date(signed)} if signed else _("Register the signed agreement.")
        )
        label = str(Prerequisite.SIGNED_AGREEMENT.label)
        frozen.append(Check(Prerequisite.SIGNED_AGREEMENT, label, signed is not None, detail, source))
    if not case.is_pensioner:
        period = SupportPeriod.objects.filter(case=case).order_by("starts_on").first()
        frozen.append(
            Check(
                "support_decided",
                _("Living support is decided"),
                period is not None,
                _("From %(day)s.") % {"day": short_date(period.starts_on)}
                if period
                else _("Decide the living support."),
                loan.legal_basis.support_reference if loan.legal_basis else "",
            )
        )
    return [*frozen, *_needs_of_other_rooms(case, today)]


def _needs_of_other_rooms(case: CaseFile, today: date) -> Iterator[Check]:
    for name, provider in registry.requirements[Phase.MAIN_COURSE].items():
        if name != OWN_REQUIREMENT:
            for missing in provider(case, today):
                yield Check(
                    name, missing.text, met=False, detail=_("The team has to put it right."), source=missing.source
                )
