"""What `cases` itself knows to come next; registered like those of the higher rooms (domain.md §3.6, §9)."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import registry
from cases.enums import ContactKind, ContactState, Holder, Phase
from cases.models import CaseFile
from cases.registry import NextStep
from cases.rules import QUIET_PHASES, is_quiet
from microloan.policy.services import rule_set_on


def register() -> None:
    registry.next_steps.register("cases", case_steps, order=10)
    registry.register_task_kind(
        "accept_referral", gettext_lazy("Call the citizen and answer the referral"), gettext_lazy("Answer referral")
    )
    registry.register_task_kind(
        "telephone_interview", gettext_lazy("Hold the telephone interview"), gettext_lazy("Register contact")
    )
    registry.register_task_kind(
        "first_meeting", gettext_lazy("Hold the first meeting, two of you"), gettext_lazy("Register contact")
    )
    registry.register_task_kind(
        "second_meeting", gettext_lazy("Hold the second meeting"), gettext_lazy("Register contact")
    )
    registry.register_task_kind("planned_contact", gettext_lazy("Meeting or call"), gettext_lazy("Register contact"))
    registry.register_task_kind(
        "no_contact", gettext_lazy("Get in touch: no contact for a while"), gettext_lazy("Register contact")
    )
    registry.register_task_kind("weekly_contact", gettext_lazy("Weekly conversation"), gettext_lazy("Register contact"))
    registry.register_task_kind(
        "follow_up", gettext_lazy("Look at the case and agree on the next step"), gettext_lazy("Write note")
    )
    registry.register_task_kind("close_case", gettext_lazy("Close the case"), gettext_lazy("Close case"))


def _link(name: str, case: CaseFile) -> dict:
    return {"name": name, "kwargs": {"number": case.number}}


def case_steps(case: CaseFile, today: date) -> Iterator[NextStep]:
    """Referral within five working days; recruitment's conversations in order; contacts planned and missed (§3.1, §9)."""
    if case.phase == Phase.REFERRED:
        yield NextStep(
            key="accept_referral",
            kind="accept_referral",
            holder=Holder.TEAM,
            due_on=case.referral.answer_due_on if hasattr(case, "referral") else case.opened_on,
            why=_("The caseworker and the citizen were promised an answer by this date."),
            is_promise=True,
            link=_link("cases:accept", case),
        )
        return
    contacts = list(case.contacts.all())
    if case.phase == Phase.RECRUITMENT:
        yield from _recruitment(case, contacts)
    for contact in contacts:
        if contact.state == ContactState.PLANNED:
            yield NextStep(
                key=f"contact-{contact.pk}",
                kind="planned_contact",
                holder=Holder.TEAM,
                due_on=timezone.localdate(contact.at),
                why=str(contact.get_kind_display()),
                link={"name": "cases:contact", "kwargs": {"number": case.number, "pk": contact.pk}},
            )
    yield from _rhythm(case, contacts, today)


def _recruitment(case: CaseFile, contacts: list) -> Iterator[NextStep]:
    """Telephone interview, first meeting, second meeting: the first of them that has not been held."""
    held = {contact.kind for contact in contacts if contact.state == ContactState.ATTENDED}
    order = (
        (ContactKind.TELEPHONE_INTERVIEW, "telephone_interview", 7),
        (ContactKind.FIRST_MEETING, "first_meeting", 21),
        (ContactKind.SECOND_MEETING, "second_meeting", 42),
    )
    for kind, task, days in order:
        if kind not in held:
            yield NextStep(
                key=f"recruitment-{task}",
                kind=task,
                holder=Holder.TEAM,
                due_on=case.phase_entered_on + timedelta(days=days),
                link=_link("cases:contact_new", case),
            )
            return


def _rhythm(case: CaseFile, contacts: list, today: date) -> Iterator[NextStep]:
    """No contact for 14 days before the loan; weekly contact in the main course (domain.md §3.5, §9)."""
    held = [timezone.localdate(c.at) for c in contacts if c.state == ContactState.ATTENDED]
    last = max(held, default=None)
    if case.phase in QUIET_PHASES:
        limit = rule_set_on(today).no_contact_days
        if is_quiet(last, case.phase_entered_on, today, limit):
            yield NextStep(
                key="no_contact",
                kind="no_contact",
                holder=Holder.TEAM,
                due_on=(last or case.phase_entered_on) + timedelta(days=limit),
                link=_link("cases:contact_new", case),
            )
    elif case.phase == Phase.MAIN_COURSE:
        yield NextStep(
            key="weekly_contact",
            kind="weekly_contact",
            holder=Holder.TEAM,
            due_on=max(last or case.phase_entered_on, case.phase_entered_on) + timedelta(days=7),
            link=_link("cases:contact_new", case),
        )
    else:
        # Every open case has a next action, always (domain.md §3.6): in aftercare somebody looks each quarter.
        yield NextStep(
            key="follow_up",
            kind="follow_up",
            holder=Holder.TEAM,
            due_on=(last or case.phase_entered_on) + timedelta(days=91),
            link=_link("cases:journal", case),
        )
