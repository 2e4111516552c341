"""Dates of the support period and of missed instalments that become tasks (domain.md §7.6, §9).

The weeks and days stand in the rule set. Each closes by itself: when the letter is made, screening 4 decided, the money
paid, or the citizen talked with.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import DecimalField, OuterRef, Prefetch, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import registry as cases
from cases.enums import ContactState, Holder, Phase
from cases.models import CaseFile
from cases.registry import NextStep
from loans import self_evaluation
from loans.enums import SupportKind
from loans.models import Instalment, Loan, PlanVersion
from loans.queries import ledger_sum, main_course_is_over, position_of, support_of, with_ledger_sum, with_open_change
from microloan.core import danish
from microloan.policy.services import rule_set_on

READ_LOANS = "loans_read"
# The letter that tells of an extension or the end is a task of its own only when its date comes near.
LETTER_NOTICE = timedelta(days=14)


def register() -> None:
    cases.next_steps.register("loans deadlines", deadlines, order=45)
    cases.next_step_relations.register("loans", read_loans)
    cases.next_step_relations.register("self-evaluations", self_evaluation.read_requests())
    cases.next_step_relations.register("self-evaluations answered", self_evaluation.read_answers())
    for code, label, action in (
        ("self_evaluation", gettext_lazy("Send the self-evaluation to the citizen"), gettext_lazy("Send self-evaluation")),
        ("support_letter", gettext_lazy("Tell the citizen whether the support is extended or ends"), gettext_lazy("Open screenings")),
        ("call_about_payment", gettext_lazy("Call the citizen about an instalment that was not paid"), gettext_lazy("Register contact")),
        ("self_evaluation_call", gettext_lazy("Call the citizen about the self-evaluation"), gettext_lazy("Open plans and forms")),
    ):  # fmt: skip
        cases.register_task_kind(code, label, action)
    cases.register_task_kind(
        "self_evaluation_answer",
        gettext_lazy("The citizen answers the self-evaluation"),
        gettext_lazy("Read in a form"),
        beside=True,
    )


def read_loans(today: date) -> Prefetch:
    """The loans of many cases at once, with what their ledger says is owed and what of it is not due yet."""
    newest = PlanVersion.objects.filter(loan=OuterRef(OuterRef("pk"))).order_by("-version").values("pk")[:1]
    coming = Instalment.objects.filter(plan=Subquery(newest), due_on__gte=today).order_by().values("plan")
    loans = with_open_change(with_ledger_sum(Loan.objects.select_related("rule_set", "decision", "order"))).annotate(
        not_due_yet=Subquery(coming.annotate(total=Sum("amount")).values("total"), output_field=DecimalField())
    )
    return Prefetch("loans", loans, to_attr=READ_LOANS)


def deadlines(case: CaseFile, today: date) -> Iterator[NextStep]:
    """Self-evaluation, the letter before the support ends, and the call after a missed instalment."""
    if case.phase == Phase.MAIN_COURSE:
        yield from self_evaluation.next_steps(case, today)
        yield from _support(case, today)
    if case.phase in (Phase.MAIN_COURSE, Phase.AFTERCARE):
        yield from _call(case, today)


def _support(case: CaseFile, today: date) -> Iterator[NextStep]:
    periods = support_of(case)
    if not periods or main_course_is_over(case):
        return
    rule_set, last = rule_set_on(today), periods[-1]
    end = _("The living support ends on %(day)s.") % {"day": danish.short_date(last.ends_on)}
    told_by = last.ends_on - timedelta(weeks=rule_set.end_letter_weeks)
    if today >= told_by - LETTER_NOTICE:
        yield NextStep(
            key="support_letter",
            kind="support_letter",
            holder=Holder.PROJECT_LEAD,
            due_on=told_by,
            why=end,
            is_promise=True,
            link=_link("screening:list", case),
        )


def _link(name: str, case: CaseFile, **query: str) -> dict[str, Any]:
    link: dict[str, Any] = {"name": name, "kwargs": {"number": case.number}}
    return {**link, "query": query} if query else link


# --- An instalment that was not paid -------------------------------------------------------------------------------------


def _call(case: CaseFile, today: date) -> Iterator[NextStep]:
    """So many days after the due date somebody calls, before any letter (domain.md §7.6). Talked with since: done."""
    for loan in getattr(case, READ_LOANS, None) or []:
        due = _missed_since(loan, today)
        if due is None or _talked_since(case, due):
            continue
        yield NextStep(
            key=f"call-{loan.pk}-{due.isoformat()}",
            kind="call_about_payment",
            holder=Holder.TEAM,
            due_on=due + timedelta(days=rule_set_on(today).call_days_after),
            why=_("It fell due on %(day)s.") % {"day": danish.short_date(due)},
            link=_link("cases:contact_new", case),
        )


def _missed_since(loan: Loan, today: date) -> date | None:
    """The oldest due date on which something is owed; None on a loan that keeps its plan, or is with recovery.

    What is owed at most as much as what is still to come is not late: so the rows of few loans are read.
    """
    if loan.kind != SupportKind.LOAN or ledger_sum(loan) <= (getattr(loan, "not_due_yet", None) or 0):
        return None
    position = position_of(loan)
    if position is None or position.handed_over:
        return None
    return next((line.due for line in position.unpaid if line.due < today), None)


def _talked_since(case: CaseFile, due: date) -> bool:
    held = (contact for contact in case.contacts.all() if contact.state == ContactState.ATTENDED)
    return any(timezone.localdate(contact.at) > due for contact in held)
