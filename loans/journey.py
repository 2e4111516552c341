"""What loans add to a case: next steps, journey, requirements, the extension that screening 4 gives (domain.md §6, §7)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import registry as cases
from cases.enums import Holder, Phase
from cases.models import CaseFile
from cases.registry import JourneyDetail, Missing, NextStep, OpenThing
from courses.queries import residential_end
from courses.registry import late_starts
from loans import budget_plan, deadlines, portfolio, services
from loans.deadlines import READ_LOANS
from loans.enums import LoanOutcome, OrderState, SupportKind
from loans.models import Loan, LoanDecision
from loans.prerequisites import OWN_REQUIREMENT
from loans.queries import (
    PLAN_CHANGES,
    current_plan,
    find_by_number,
    has_open_change,
    last_screening_4,
    ledger_sum,
    main_course_is_over,
    payouts_of,
    position_of,
    support_of,
)
from loans.self_evaluation import MAIN_COURSE_WEEKS
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core import danish
from microloan.core.calendars import add_working_days
from microloan.policy.services import rule_set_on
from screening import registry as screening
from screening.enums import Outcome, ScreeningNumber
from screening.models import Screening
from screening.registry import DecisionPart, Fact

LOAN_STEP, SCREENING_4_STEP, REPAYMENT_STEP = 8, 9, 10


def register() -> None:
    cases.next_steps.register("loans", next_steps, order=40)
    deadlines.register()
    screening.loan_plans.register("loans", budget_plan.plan_for)
    for relation in ("loan_decisions", "support_periods"):
        cases.next_step_relations.register(relation, relation)
    cases.search_numbers.register("loans", find_by_number)
    cases.journey.register("loans", journey, order=40)
    cases.requires(Phase.MAIN_COURSE, OWN_REQUIREMENT, main_course_needs)
    late_starts.register("loans", late_start_granted)
    cases.requires(Phase.AFTERCARE, "loan", aftercare_needs)
    cases.requires(Phase.CLOSED, "loan", completion_needs)
    cases.open_at_closing.register("loans", open_money, order=40)
    cases.closing_facts.register("loans", closing_facts)
    cases.visibility.register(Role.BENEFITS_OFFICER, lambda: Q(loans__isnull=False))
    for code, label, action in (
        ("loan_propose", gettext_lazy("Propose the loan"), gettext_lazy("Propose loan")),
        ("loan_decide", gettext_lazy("Decide the loan"), gettext_lazy("Decide loan")),
        ("loan_agreement", gettext_lazy("Have the loan agreement signed"), gettext_lazy("Register agreement")),
        ("support_decide", gettext_lazy("Decide the living support"), gettext_lazy("Decide support")),
        ("loan_payout", gettext_lazy("Pay out the loan"), gettext_lazy("Open loan")),
        ("loan_sent_back", gettext_lazy("Put the disbursement order right"), gettext_lazy("Open loan")),
        ("screening_4", gettext_lazy("Hold screening 4 and have it decided"), gettext_lazy("Open screenings")),
        ("support_ends", gettext_lazy("The living support ends: move the case to aftercare"), gettext_lazy("Move case on")),
        ("loan_settled", gettext_lazy("The loan is repaid: close the case"), gettext_lazy("Close case")),
        ("plan_change_decide", gettext_lazy("Decide the change of plan"), gettext_lazy("Decide change of plan")),
    ):  # fmt: skip
        cases.register_task_kind(code, label, action)
    cases.register_task_kind(
        "loan_overpaid", gettext_lazy("Refund what was paid too much"), gettext_lazy("Open loan"), after_closing=True
    )
    cases.steps_after_closing.register("loans overpaid", overpaid_step, order=40)
    cases.closed_with_steps.register("loans overpaid", closed_and_overpaid)
    screening.facts.register("loans", facts, order=30)
    screening.decision_parts.register(
        "extension",
        DecisionPart(
            number=ScreeningNumber.FOUR,
            outcomes=frozenset({Outcome.CONTINUE}),
            fields=extension_fields,
            apply=apply_extension,
            check=check_extension,
            words=extension_words,
            preview=extension_preview,
        ),
    )
    screening.decision_parts.register(
        "support_end",
        DecisionPart(
            number=ScreeningNumber.FOUR,
            outcomes=frozenset({Outcome.STOP}),
            fields=lambda case, today: {},
            apply=apply_end,
            words=end_words,
            preview=end_preview,
        ),
    )


def _loan(case: CaseFile) -> Loan | None:
    """The loan of a case: read ahead by a job that looks at many cases, else fresh."""
    read = getattr(case, READ_LOANS, None)
    if read is not None:
        return read[0] if read else None
    return (
        Loan.objects.filter(case=case)
        .select_related("rule_set", "decision", "order")
        .prefetch_related("entries", PLAN_CHANGES)
        .first()
    )


def _step(
    case: CaseFile,
    kind: str,
    holder: Holder,
    due_on: date,
    *,
    why: str = "",
    promise: bool = False,
    link: str = "loans:loan",
) -> NextStep:
    return NextStep(
        key=kind,
        kind=kind,
        holder=holder,
        due_on=due_on,
        why=why,
        is_promise=promise,
        link={"name": link, "kwargs": {"number": case.number}},
    )


def next_steps(case: CaseFile, today: date) -> Iterator[NextStep]:
    """Proposal, decision, agreement, support, payout; then screening 4, the end of support and the last payment."""
    loan = _loan(case)
    if case.phase == Phase.APPROVAL:
        yield from _approval_steps(case, loan, today)
    elif case.phase == Phase.MAIN_COURSE:
        yield from _main_course_steps(case, today)
        order = getattr(loan, "order", None)
        if order is not None and order.state == OrderState.READY:
            yield _step(case, "loan_payout", Holder.BENEFITS_OFFICER, order.due_on, why=_("The rest of the loan."))
    if loan is not None and has_open_change(loan):
        yield _step(case, "plan_change_decide", Holder.PROJECT_LEAD, today, link="loans:change_decide")
    if loan is not None and case.phase in (Phase.MAIN_COURSE, Phase.AFTERCARE) and not is_owed_for_sure(loan):
        position = position_of(loan)
        yield from overpaid_step(case, today)
        if case.phase == Phase.AFTERCARE and (position is None or position.is_settled):
            yield _step(case, "loan_settled", Holder.TEAM, add_working_days(today, 5), link="cases:close")


def overpaid_step(case: CaseFile, today: date) -> Iterator[NextStep]:
    """What was paid too much goes back, also where the case has been closed since (domain.md §7.5)."""
    loan = _loan(case)
    position = None if loan is None or is_owed_for_sure(loan) else position_of(loan)
    if position is not None and position.overpaid:
        yield _step(case, "loan_overpaid", Holder.BENEFITS_OFFICER, today, why=danish.kr(position.overpaid))


def closed_and_overpaid(today: date) -> Iterable[int]:
    """Closed cases on whose loan more has come in than was owed."""
    closed = portfolio.overpaid(today).filter(case__closed_on__isnull=False)
    return closed.order_by("case_id").values_list("case_id", flat=True)


def is_owed_for_sure(loan: Loan) -> bool:
    """Whether the bare sum of the ledger says that money is owed, so that the loan is neither settled nor overpaid.

    Hand-over, write-off and recovery lower the sum at least as much as what is owed to us. So the daily job works out the
    position of the few loans where this does not settle it, not of every loan.
    """
    return loan.kind == SupportKind.LOAN and loan.rule_set_id is not None and ledger_sum(loan) > 0


def payout_target(case: CaseFile, today: date) -> date | None:
    """The day by which the loan is to be paid out: 30 days from the residential course (rule set; domain.md §1)."""
    end = residential_end(case, today)
    return end + timedelta(days=rule_set_on(today).payout_target_days) if end else None


def _approval_steps(case: CaseFile, loan: Loan | None, today: date) -> Iterator[NextStep]:
    target = payout_target(case, today) or case.phase_entered_on + timedelta(days=30)
    promise = _("The loan is to be paid out within 30 days of the residential course.")
    if loan is None:
        decision: LoanDecision | None = max(case.loan_decisions.all(), key=lambda row: row.pk, default=None)
        if decision is None:
            yield _step(
                case, "loan_propose", Holder.TEAM, target - timedelta(days=20), why=promise, link="loans:propose"
            )
        elif not decision.is_decided:
            yield _step(
                case, "loan_decide", Holder.PROJECT_LEAD, target - timedelta(days=14), why=promise, link="loans:decide"
            )
        elif decision.outcome == LoanOutcome.REFUSED:
            yield _step(
                case, "screening_stopped", Holder.TEAM, add_working_days(decision.decided_on, 5), link="cases:close"
            )
        return
    if loan.agreement_signed_on is None:
        yield _step(case, "loan_agreement", Holder.TEAM, target - timedelta(days=7), why=promise)
    if not case.is_pensioner and not support_of(case):
        yield _step(case, "support_decide", Holder.PROJECT_LEAD, target - timedelta(days=7), link="loans:support")
    order = getattr(loan, "order", None)
    if order is not None and order.state == OrderState.READY:
        yield _step(case, "loan_payout", Holder.BENEFITS_OFFICER, target, why=promise, promise=True)
    elif order is not None and order.state == OrderState.SENT_BACK:
        yield _step(case, "loan_sent_back", Holder.TEAM, add_working_days(today, 1), why=order.sent_back_reason[:240])


def _main_course_steps(case: CaseFile, today: date) -> Iterator[NextStep]:
    """Screening 4 is decided four weeks before the support ends, again for each extension (domain.md §9)."""
    rule_set = rule_set_on(today)
    periods = support_of(case)
    end = periods[-1].ends_on if periods else case.phase_entered_on + timedelta(weeks=MAIN_COURSE_WEEKS)
    last = last_screening_4(case)
    if main_course_is_over(case):
        yield _step(case, "support_ends", Holder.TEAM, end + timedelta(days=1), link="cases:next_phase")
    elif last is None or last.is_decided:
        yield _step(
            case,
            "screening_4",
            Holder.TEAM,
            end - timedelta(weeks=rule_set.screening4_weeks),
            why=_("The living support ends on %(day)s.") % {"day": danish.short_date(end)} if periods else "",
            promise=True,
            link="screening:list",
        )


def journey(case: CaseFile, today: date) -> dict[int, JourneyDetail]:
    loan = _loan(case)
    if loan is None:
        return {}
    url = reverse("loans:loan", kwargs={"number": case.number})
    details = {LOAN_STEP: JourneyDetail(detail=danish.kr(loan.principal), url=url)}
    periods = support_of(case)
    if periods and last_screening_4(case) is None:
        held_by = periods[-1].ends_on - timedelta(weeks=rule_set_on(today).screening4_weeks)
        details[SCREENING_4_STEP] = JourneyDetail(detail=danish.month_name(held_by))
    position, plan = position_of(loan), current_plan(loan)
    if position is not None and position.is_settled:
        details[REPAYMENT_STEP] = JourneyDetail(detail=_("Repaid"), url=url)
    elif plan is not None:
        last = max(line.due_on for line in plan.instalments.all())
        details[REPAYMENT_STEP] = JourneyDetail(detail=_("until %(year)s") % {"year": last.year}, url=url)
    return details


def facts(case: CaseFile, number: int, today: date) -> Iterator[Fact]:
    """Used and remaining months of living support beside screening 4 (domain.md §6)."""
    if number != ScreeningNumber.FOUR:
        return
    if case.is_pensioner:
        yield Fact("support_none", _("Living support"), _("None: the citizen keeps the disability pension."))
        return
    periods, loan = support_of(case), _loan(case)
    if not periods or loan is None:
        return
    used = sum(period.months for period in periods)
    left = services.months_left(case, loan)
    yield Fact("support_end", _("Living support ends"), danish.short_date(periods[-1].ends_on))
    yield Fact(
        "support_used",
        _("Months used"),
        _("%(used)s of at most %(total)s") % {"used": used, "total": services.limits_of(loan).total},
    )
    yield Fact("extension_left", _("Months of extension left"), str(left))


def extension_fields(case: CaseFile, today: date) -> dict[str, forms.Field]:
    """Months of extension, within what is left; none for a pensioner, who keeps the pension."""
    loan = _loan(case)
    if case.is_pensioner or loan is None:
        return {}
    rules, left = loan.rule_set, services.months_left(case, loan)
    offered = range(rules.extension_min_months, min(rules.extension_max_months, left) + 1)
    return {
        "months": forms.TypedChoiceField(
            required=False,
            coerce=int,
            empty_value=None,
            choices=[("", _("Choose months")), *((str(count), danish.months(count)) for count in offered)],
            error_messages={"invalid_choice": _months_offered(rules.extension_total_months, offered)},
            label=_("Extension in months"),
            help_text=_("%(min)s to %(max)s months at a time; %(left)s months are left in all.")
            % {"min": rules.extension_min_months, "max": rules.extension_max_months, "left": left},
        )
    }


def _months_offered(total: int, offered: range) -> str:
    if not offered:
        return _("There are no months left to give: the rule set allows %(total)s in all.") % {"total": total}
    return _("Choose %(min)s to %(max)s months from the list.") % {"min": offered[0], "max": offered[-1]}


def check_extension(case: CaseFile, values: Mapping[str, Any], today: date) -> None:
    """Refuse a length that the limits do not allow before the project lead is asked to confirm it."""
    if not case.is_pensioner:
        months = values.get("months") or 0
        services.extension_span(case=case, months=months, today=today)
        services.check_shorter(case, months, values.get("reasons", ""))


def extension_preview(case: CaseFile, values: Mapping[str, Any], today: date) -> list[tuple[str, str]]:
    """The new last day, as the letter will say it."""
    if case.is_pensioner:
        return []
    _loan_of_case, span = services.extension_span(case=case, months=values.get("months") or 0, today=today)
    return [(_("Living support then ends"), danish.long_date(span.ends_on))]


def end_preview(case: CaseFile, values: Mapping[str, Any], today: date) -> list[tuple[str, str]]:
    """The last day, which was known from the start."""
    periods = support_of(case)
    return [(_("Living support ends"), danish.long_date(periods[-1].ends_on))] if periods else []


def extension_words(gives: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "months" not in gives:
        return []
    until = danish.short_date(date.fromisoformat(gives["ends_on"]))
    return [(_("Extension"), danish.months(gives["months"])), (_("Living support ends"), until)]


def end_words(gives: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(_("Living support"), _("Ends as planned"))] if gives.get("support_ends") else []


def apply_extension(*, screening: Screening, values: Mapping[str, Any], by: User, today: date) -> dict[str, Any]:
    """Extend the living support as screening 4 decided; a pensioner's screening 4 is status only."""
    if screening.case.is_pensioner:
        return {}
    period = services.extend_support(
        screening=screening, months=values.get("months") or 0, reasons=values.get("reasons", ""), by=by, today=today
    )
    return {"months": period.months, "ends_on": period.ends_on.isoformat()}


def apply_end(*, screening: Screening, values: Mapping[str, Any], by: User, today: date) -> dict[str, Any]:
    """Announce the end of the living support by letter with appeal guidance."""
    if screening.case.is_pensioner:
        return {}
    services.announce_end(case=screening.case, reasons=values.get("reasons", ""), by=by, today=today)
    return {"support_ends": True}


def main_course_needs(case: CaseFile, today: date) -> Iterator[Missing]:
    """The main course starts when the loan is disbursed (domain.md §3.1)."""
    loan = _loan(case)
    if loan is None or not payouts_of(loan):
        yield Missing(
            _("The loan has not been paid out."), source=_("programme: the main course starts with the payout")
        )


def aftercare_needs(case: CaseFile, today: date) -> Iterator[Missing]:
    """The main course is left by screening 4 and the end of the living support (domain.md §3.1)."""
    if not main_course_is_over(case):
        yield Missing(
            _("Screening 4 has not decided that the main course ends."),
            source=_("programme: the main course is left by screening 4"),
            link={"name": "screening:list", "kwargs": {"number": case.number}},
        )
    periods = support_of(case)
    if periods and today <= periods[-1].ends_on:
        yield Missing(
            _("The living support runs until %(day)s.") % {"day": danish.short_date(periods[-1].ends_on)},
            source=periods[-1].legal_basis.support_reference,
        )


def open_money(case: CaseFile, today: date) -> Iterator[OpenThing]:
    """A debt lives on after the case; living support does not stop by itself (domain.md §6, §7)."""
    link = {"name": "loans:loan", "kwargs": {"number": case.number}}
    loan = _loan(case)
    position = position_of(loan) if loan else None
    if position is not None and not position.is_settled:
        yield OpenThing(
            "loan",
            _("The loan: %(amount)s is owed") % {"amount": danish.kr(position.outstanding + position.handed_over)},
            _("Repayment goes on by the plan, with reminders as before."),
            asks=_("What has been agreed with the citizen about the repayment?"),
            link=link,
        )
    elif loan is not None and not _is_paid_out(loan):
        yield OpenThing(
            "payout",
            _("The loan is granted, but not paid out"),
            _("It cannot be paid out when the case is closed."),
            asks=_("What has the citizen been told about the loan?"),
            link=link,
        )
    periods = support_of(case)
    if periods and today <= periods[-1].ends_on:
        yield OpenThing(
            "support",
            _("Living support runs until %(day)s") % {"day": danish.long_date(periods[-1].ends_on)},
            _("It does not stop by itself. Tell the benefits officer."),
            asks=_("What has been agreed about the living support, and with whom?"),
            link=link,
        )


def _is_paid_out(loan: Loan) -> bool:
    order = getattr(loan, "order", None)
    return order is not None and order.state == OrderState.PAID


def closing_facts(case: CaseFile, today: date) -> dict[str, Any]:
    """What the closing letter says about a debt: the same figures as on the loan page."""
    loan = _loan(case)
    position = position_of(loan) if loan else None
    if position is None or not position.outstanding:
        return {}
    return {"balance": position.outstanding, "instalment_amount": position.unpaid[0].amount}


def completion_needs(case: CaseFile, today: date) -> Iterator[Missing]:
    """ "Completed" means that the loan is settled (domain.md §3.1)."""
    loan = _loan(case)
    if loan is None:
        yield Missing(_("There is no loan. Choose the reason why the case ends."))
        return
    position = position_of(loan)
    if position is not None and not position.is_settled:
        yield Missing(
            _("The citizen still owes %(amount)s. A case is completed when the loan is settled.")
            % {"amount": danish.kr(position.outstanding + position.handed_over)}
        )


def late_start_granted(case: CaseFile) -> str:
    """Why the payout, and so the main course, lies late after the residential course, as the project lead granted it."""
    granted = LoanDecision.objects.filter(case=case, outcome=LoanOutcome.GRANTED).order_by("-pk").first()
    return granted.late_start_reason.strip() if granted else ""
