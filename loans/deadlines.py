"""Dates of the support period and of missed instalments that become tasks (domain.md §7.6, §9).

The weeks and days stand in the rule set. Each closes by itself: when the letter is made, screening 4 decided, the money
paid, or the citizen talked with.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import DecimalField, Exists, OuterRef, Prefetch, Q, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import registry as cases
from cases.enums import ContactState, Holder, Phase, Source
from cases.models import CaseFile
from cases.registry import NextStep
from loans import arrears, portfolio, rules, self_evaluation
from loans.enums import HandoverState, Obstacle, SupportKind
from loans.models import Instalment, Loan, PlanVersion, WriteOff
from loans.payment_enums import ProposalState
from loans.queries import (
    ledger_sum,
    main_course_is_over,
    payments_to_tell,
    position_of,
    rule_set_of,
    support_of,
    with_ledger_sum,
    with_open_change,
)
from microloan.core import danish
from microloan.core.calendars import add_working_days
from microloan.policy.services import rule_set_on

READ_LOANS = "loans_read"
# The letter that tells of an extension or the end is a task of its own only when its date comes near.
LETTER_NOTICE = timedelta(days=14)
TRY_AGAIN = timedelta(days=3)
LIMITATION_NOTICE = timedelta(days=91)
SUSPENSION_NOTICE = timedelta(days=91)

# A debt is followed up as before when the case is closed: nobody is handed over without having been called (domain.md §7.6).
AFTER_CLOSING = frozenset({
    "call_about_payment", "handover_notice", "handover_propose", "handover_decide", "write_down", "write_off_decide",
    "limitation_near",
})  # fmt: skip


def register() -> None:
    cases.next_steps.register("loans deadlines", deadlines, order=45)
    cases.next_step_relations.register("loans", read_loans)
    cases.next_step_relations.register("suspensions", "pension_suspensions")
    cases.next_step_relations.register("self-evaluations", self_evaluation.read_requests())
    cases.next_step_relations.register("self-evaluations answered", self_evaluation.read_answers())
    for code, label, action in (
        ("self_evaluation", gettext_lazy("Send the self-evaluation to the citizen"), gettext_lazy("Send self-evaluation")),
        ("support_letter", gettext_lazy("Tell the citizen whether the support is extended or ends"), gettext_lazy("Open screenings")),
        ("call_about_payment", gettext_lazy("Call the citizen about an instalment that was not paid"), gettext_lazy("Log the attempt")),
        ("handover_notice", gettext_lazy("Send the notice before a hand-over, or find another way"), gettext_lazy("Open arrears")),
        ("handover_propose", gettext_lazy("Propose the hand-over to recovery, or find another way"), gettext_lazy("Open arrears")),
        ("handover_decide", gettext_lazy("Decide the hand-over to recovery"), gettext_lazy("Decide the hand-over")),
        ("write_down", gettext_lazy("Tell the authority of a payment that came to us"), gettext_lazy("Open arrears")),
        ("write_off_decide", gettext_lazy("Decide the write-off"), gettext_lazy("Decide the write-off")),
        ("limitation_near", gettext_lazy("A claim lapses soon: have it acknowledged, or hand it over"), gettext_lazy("Open arrears")),
        ("suspension_ends", gettext_lazy("Talk with the citizen about the suspended pension"), gettext_lazy("Open living support")),
        ("self_evaluation_call", gettext_lazy("Call the citizen about the self-evaluation"), gettext_lazy("Open plans and forms")),
    ):  # fmt: skip
        cases.register_task_kind(code, label, action, after_closing=code in AFTER_CLOSING)
    cases.steps_after_closing.register("loans arrears", _arrears, order=45)
    cases.closed_with_steps.register("loans arrears", closed_and_late)
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
    loans = loans.annotate(
        payment_to_tell=Exists(payments_to_tell(OuterRef("pk"))),
        open_write_off=Exists(WriteOff.objects.filter(loan=OuterRef("pk"), state=ProposalState.OPEN)),
    )
    return Prefetch("loans", loans, to_attr=READ_LOANS)


def deadlines(case: CaseFile, today: date) -> Iterator[NextStep]:
    """Self-evaluation, the letter before the support ends, and what a late loan asks for."""
    if case.phase == Phase.MAIN_COURSE:
        yield from self_evaluation.next_steps(case, today)
        yield from _support(case, today)
    if case.phase in (Phase.MAIN_COURSE, Phase.AFTERCARE):
        yield from _suspension(case, today)
        yield from _arrears(case, today)


def _suspension(case: CaseFile, today: date) -> Iterator[NextStep]:
    """A suspended pension is paid again, or is lost: somebody talks with the citizen in good time (domain.md §6)."""
    if not case.is_pensioner:
        return
    for one in case.pension_suspensions.all():
        if one.ended_on is None and one.until - SUSPENSION_NOTICE <= today <= one.until + SUSPENSION_NOTICE:
            yield NextStep(
                key=f"suspension_ends:{one.pk}",
                kind="suspension_ends",
                holder=Holder.TEAM,
                due_on=one.until - timedelta(days=28),
                why=_("The suspension of the pension ends on %(day)s.") % {"day": danish.short_date(one.until)},
                link=_link("loans:living", case),
            )


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


# --- Arrears -------------------------------------------------------------------------------------------------------------


def _arrears(case: CaseFile, today: date) -> Iterator[NextStep]:
    """What a late loan asks of people (domain.md §7.6): the call, the attempts, the notice, the hand-over, limitation."""
    for loan in getattr(case, READ_LOANS, None) or []:
        if _may_be_late(loan):
            late = arrears.with_arrears(Loan.objects.filter(pk=loan.pk)).first()
            standing = arrears.standing_of(late, today) if late else None
            if late and standing:
                yield from _late_steps(case, late, standing, today)
        yield from _after_handover(case, loan, today)


def closed_and_late(today: date) -> Iterable[int]:
    """Closed cases whose loan asks something of people still: late, or with recovery, or with an open proposal."""
    asks = Q(late__gt=0) | Q(Exists(payments_to_tell(OuterRef("pk")))) | Q(
        Exists(WriteOff.objects.filter(loan=OuterRef("pk"), state=ProposalState.OPEN))
    )  # fmt: skip
    loans = Loan.objects.filter(case__closed_on__isnull=False, case__source=Source.LIVE, kind=SupportKind.LOAN)
    return loans.alias(**portfolio.figures(today)).filter(asks).order_by("case_id").values_list("case_id", flat=True)


def _may_be_late(loan: Loan) -> bool:
    """What is owed at most as much as what is still to come is not late: so the rows of few loans are read."""
    return loan.kind == SupportKind.LOAN and ledger_sum(loan) > (getattr(loan, "not_due_yet", None) or 0)


def _late_steps(case: CaseFile, loan: Loan, standing: rules.Standing, today: date) -> Iterator[NextStep]:
    claims = standing.claims
    if any(one.state == HandoverState.OPEN for one in loan.handovers.all()):
        yield _step(case, "handover_decide", Holder.PROJECT_LEAD, today, link="loans:handover_decide")
    elif standing.ready:
        why = _("%(amount)s may be handed over.") % {"amount": danish.kr(sum(one.remaining for one in standing.ready))}
        yield _step(case, "handover_propose", Holder.TEAM, add_working_days(today, 5), why=why)
    elif any(claim.needs_notice for claim in claims):
        yield _step(case, "handover_notice", Holder.TEAM, add_working_days(today, 5))
    if standing.stopped is None and not position_is_with_recovery(loan):
        yield from _call(case, loan, standing)
    soon = [claim for claim in claims if claim.warns]
    if soon:
        why = _("It lapses on %(day)s.") % {"day": danish.short_date(soon[0].limitation_on)}
        yield _step(case, "limitation_near", Holder.TEAM, soon[0].limitation_on - LIMITATION_NOTICE, why=why)


def position_is_with_recovery(loan: Loan) -> bool:
    position = position_of(loan)
    return position is not None and position.handed_over > 0


def _call(case: CaseFile, loan: Loan, standing: rules.Standing) -> Iterator[NextStep]:
    """So many days after the due date somebody calls, before any letter; until the citizen is reached, or tried enough."""
    claim, effort = standing.claims[0], standing.effort
    if effort.reached_on or _talked_since(case, claim.due) or Obstacle.CONTACT not in claim.obstacles:
        return
    due_on = claim.due + timedelta(days=rule_set_of(loan).call_days_after)
    why = _("It fell due on %(day)s.") % {"day": danish.short_date(claim.due)}
    made = [one.made_on for one in loan.contact_attempts.all() if one.made_on >= claim.due]
    if made:
        due_on = max(due_on, max(made) + TRY_AGAIN)
        why += " " + _("Tried %(count)s times so far.") % {"count": len(made)}
    yield NextStep(
        key=f"call-{loan.pk}-{claim.due.isoformat()}",
        kind="call_about_payment",
        holder=Holder.TEAM,
        due_on=due_on,
        why=why,
        link=_link("loans:arrears", case),
    )


def _talked_since(case: CaseFile, due: date) -> bool:
    held = (contact for contact in case.contacts.all() if contact.state == ContactState.ATTENDED)
    return any(timezone.localdate(contact.at) > due for contact in held)


def _after_handover(case: CaseFile, loan: Loan, today: date) -> Iterator[NextStep]:
    """A payment that came to us although the claim is with recovery; a write-off that waits (domain.md §7.6)."""
    if getattr(loan, "payment_to_tell", False):
        yield _step(case, "write_down", Holder.BENEFITS_OFFICER, add_working_days(today, 5))
    if getattr(loan, "open_write_off", False):
        yield _step(case, "write_off_decide", Holder.PROJECT_LEAD, today, link="loans:write_off_decide")


def _step(
    case: CaseFile, kind: str, holder: Holder, due_on: date, *, why: str = "", link: str = "loans:arrears"
) -> NextStep:
    return NextStep(key=kind, kind=kind, holder=holder, due_on=due_on, why=why, link=_link(link, case))
