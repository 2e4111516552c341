"""Living support: the base period and its extensions; every end is computed from the original start (domain.md §6)."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind as JournalKind
from cases.enums import Phase
from cases.models import CaseFile
from loans import letters, rules
from loans.enums import PeriodKind
from loans.models import Loan, SupportPeriod
from loans.services.decisions import check_in_force, order_payout_if_ready
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.danish import months as months_in_words
from microloan.core.danish import short_date
from microloan.core.errors import Conflict, Refused
from microloan.policy.models import RuleSet
from screening.models import Screening
from screening.services import months_asked


@transaction.atomic
def decide_support(*, case: CaseFile, starts_on: date, reasons: str, by: User, today: date) -> SupportPeriod:
    """Decide the base period of living support from the start of the business.

    Raises Refused for a disability pensioner, who keeps the pension (domain.md §6), and before a loan is granted.
    """
    if by.role != Role.PROJECT_LEAD:
        raise Refused(_("Only the project lead decides living support."))
    case = cases.lock_case(case)
    if case.is_pensioner:
        raise Refused(_("A disability pensioner keeps the pension and gets no living support."))
    loan = Loan.objects.filter(case=case).select_related("legal_basis", "rule_set", "decision__legal_basis").first()
    if loan is None or case.phase != Phase.APPROVAL:
        raise Refused(_("Living support is decided after the loan is granted and before it is paid out."))
    if SupportPeriod.objects.filter(case=case).exists():
        raise Conflict(_("Living support has been decided already."))
    if not loan.legal_basis.allows_support:
        raise Refused(_("The legal basis of the loan does not allow living support."))
    check_in_force(loan.decision, today)
    if starts_on < today:
        raise Refused(_("Living support cannot start before today."), field="starts_on")
    limits = limits_of(loan)
    period = _store(
        case=case,
        kind=PeriodKind.BASE,
        months=limits.base,
        span=rules.base_period(starts_on, limits=limits),
        loan=loan,
        reasons=reasons,
        by=by,
        today=today,
    )
    letters.send_support_decision(period=period, loan=loan, by=by, today=today)
    order_payout_if_ready(loan=loan, today=today)
    cases.reconcile_tasks(case=case, today=today)
    return period


@transaction.atomic
def extend_support(*, screening: Screening, months: int, reasons: str, by: User, today: date) -> SupportPeriod:
    """Extend by 1–3 months after screening 4, within the cap in all (domain.md §6). Raises Refused outside the limits."""
    if by.role != Role.PROJECT_LEAD:
        raise Refused(_("Only the project lead decides living support."))
    case = cases.lock_case(screening.case)
    loan, span = extension_span(case=case, months=months, today=today)
    check_shorter(case, months, reasons)
    asked = asked_months(case)
    period = _store(
        case=case,
        kind=PeriodKind.EXTENSION,
        months=months,
        span=span,
        loan=loan,
        screening=screening,
        reasons=reasons,
        by=by,
        today=today,
    )
    letters.send_extension_decision(period=period, loan=loan, asked=asked, by=by, today=today)
    return period


def asked_months(case: CaseFile) -> int | None:
    """Months the citizen asks for since the last extension; 0 where no number was given, None where nobody asked."""
    extensions = [period.decided_on for period in case.support_periods.all() if period.kind == PeriodKind.EXTENSION]
    return months_asked(case, max(extensions, default=None))


def check_shorter(case: CaseFile, months: int, reasons: str) -> None:
    """Fewer months than the citizen asked for is explained: only a full yes may do without reasons (danish-rules.md §2.1)."""
    asked = asked_months(case) or 0
    if asked > months and not reasons.strip():
        raise Refused(
            _("The citizen has asked for %(asked)s. Write why there are fewer.") % {"asked": months_in_words(asked)},
            field="reasons",
        )


def extension_span(*, case: CaseFile, months: int, today: date) -> tuple[Loan, rules.Period]:
    """The loan and the days of an extension of so many months. Raises Refused outside the limits of the rule set."""
    periods = list(case.support_periods.order_by("starts_on"))
    if case.is_pensioner or not periods:
        raise Refused(_("There is no living support to extend."))
    loan = Loan.objects.filter(case=case).select_related("legal_basis", "rule_set").get()
    if today > periods[-1].ends_on:
        raise Refused(
            _("The living support ended on %(day)s. It cannot be extended after the end.")
            % {"day": short_date(periods[-1].ends_on)}
        )
    base, *extensions = periods
    try:
        span = rules.extension_period(
            base.starts_on, base.months, [row.months for row in extensions], months, limits_of(loan)
        )
    except rules.RuleError as error:
        raise Refused(*error.messages, field="months") from error
    return loan, span


def limits_of(loan: Loan) -> rules.SupportLimits:
    """The limits of the rule set the loan keeps (domain.md §7.2)."""
    return limits_of_rules(loan.rule_set)


def limits_of_rules(rule_set: RuleSet) -> rules.SupportLimits:
    return rules.SupportLimits(
        base=rule_set.support_months,
        extension_min=rule_set.extension_min_months,
        extension_max=rule_set.extension_max_months,
        extensions_total=rule_set.extension_total_months,
        total=rule_set.support_months + rule_set.extension_total_months,
    )


def months_left(case: CaseFile, loan: Loan) -> int:
    """Months of extension still to be given."""
    used = sum(period.months for period in case.support_periods.all() if period.kind == PeriodKind.EXTENSION)
    return max(loan.rule_set.extension_total_months - used, 0)


def _store(
    *,
    case: CaseFile,
    kind: PeriodKind,
    months: int,
    span: rules.Period,
    loan: Loan,
    reasons: str,
    by: User,
    today: date,
    screening: Screening | None = None,
) -> SupportPeriod:
    period = SupportPeriod.objects.create(
        case=case,
        kind=kind,
        months=months,
        starts_on=span.starts_on,
        ends_on=span.ends_on,
        screening=screening,
        legal_basis=loan.legal_basis,
        rule_set=loan.rule_set,
        appeal_variant=loan.legal_basis.appeal_variant,
        reasons=reasons.strip(),
        decided_by=by,
        decided_at=clock.now(),
        decided_on=today,
    )
    cases.add_journal_entry(
        case=case,
        kind=JournalKind.SUPPORT,
        title=_("Living support decided: %(start)s to %(end)s")
        % {"start": short_date(span.starts_on), "end": short_date(span.ends_on)},
        text=period.reasons,
        by=by,
        for_referrer=True,
        link={"name": "loans:loan", "kwargs": {"number": case.number}},
    )
    return period


@transaction.atomic
def announce_end(*, case: CaseFile, reasons: str, by: User, today: date) -> None:
    """Send the letter that living support ends, with appeal guidance (domain.md §6). Sent once per end date.

    A citizen who asked for more months is told that this was refused, and why.
    """
    if by.role != Role.PROJECT_LEAD:
        raise Refused(_("Only the project lead decides living support."))
    last = case.support_periods.order_by("starts_on").last()
    if last is None:
        raise Refused(_("There is no living support to end."))
    loan = Loan.objects.filter(case=case).select_related("legal_basis", "rule_set").get()
    asked = asked_months(case)
    if asked is None:
        letters.send_support_end(period=last, loan=loan, reasons=reasons, by=by, today=today)
    else:
        letters.send_extension_refusal(period=last, loan=loan, asked=asked, reasons=reasons, by=by, today=today)
