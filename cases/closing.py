"""Closing: whose choice a reason usually is, the reason in words to the citizen, and what is still open (domain.md §3.4)."""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases import registry
from cases.enums import ClosedBy, ClosingReason, ContactState
from cases.models import CaseFile
from cases.registry import OpenThing
from microloan.core import clock, danish

# Only where it is obvious; the programme prefers that citizens decide, so whoever closes may say otherwise.
USUAL_CHOICE = {
    ClosingReason.LARGER_LOAN: ClosedBy.CITIZEN,
    ClosingReason.OWN_LIMITATIONS: ClosedBy.CITIZEN,
    ClosingReason.WORRIED_ABOUT_INCOME: ClosedBy.CITIZEN,
    ClosingReason.FOUND_JOB: ClosedBy.CITIZEN,
    ClosingReason.STARTED_EDUCATION: ClosedBy.CITIZEN,
    ClosingReason.MOVED_AWAY: ClosedBy.CITIZEN,
    ClosingReason.COMPLETED: ClosedBy.CITIZEN,
    ClosingReason.NOT_IN_TARGET_GROUP: ClosedBy.TEAM,
    ClosingReason.NO_CONTACT: ClosedBy.TEAM,
    ClosingReason.REJECTED_SCREENING_1: ClosedBy.TEAM,
    ClosingReason.REJECTED_SCREENING_2: ClosedBy.TEAM,
    ClosingReason.REJECTED_SCREENING_3: ClosedBy.TEAM,
    ClosingReason.LOAN_REFUSED: ClosedBy.TEAM,
}

# The reason as the citizen reads it: what happened, never the person (ui-guide.md §6).
TO_THE_CITIZEN = {
    ClosingReason.LARGER_LOAN: gettext_lazy("You wanted a larger loan than we can give."),
    ClosingReason.OWN_LIMITATIONS: gettext_lazy("You have decided that this is not the right time to start."),
    ClosingReason.IDEA_NOT_REALISABLE: gettext_lazy("The idea could not be carried out."),
    ClosingReason.LANGUAGE: gettext_lazy("The language made it hard to go on for now."),
    ClosingReason.ILLNESS: gettext_lazy("Illness came in between."),
    ClosingReason.STRAINED_FINANCES: gettext_lazy("Your finances did not allow you to go on."),
    ClosingReason.WORRIED_ABOUT_INCOME: gettext_lazy(
        "You have decided not to go on, because the income was uncertain."
    ),
    ClosingReason.FOUND_JOB: gettext_lazy("You have found a job."),
    ClosingReason.STARTED_EDUCATION: gettext_lazy("You have started an education."),
    ClosingReason.MOVED_AWAY: gettext_lazy("You have moved to another municipality."),
    ClosingReason.NOT_IN_TARGET_GROUP: gettext_lazy("The programme is not for your situation."),
    ClosingReason.NO_CONTACT: gettext_lazy("We have not been able to get in touch with you."),
    ClosingReason.REJECTED_SCREENING_1: gettext_lazy("You have had a letter about our decision."),
    ClosingReason.REJECTED_SCREENING_2: gettext_lazy("You have had a letter about our decision."),
    ClosingReason.REJECTED_SCREENING_3: gettext_lazy("You have had a letter about our decision."),
    ClosingReason.LOAN_REFUSED: gettext_lazy("You have had a letter about our decision on the loan."),
    ClosingReason.OTHER: gettext_lazy("We have talked about why."),
    ClosingReason.COMPLETED: gettext_lazy("You have come through the whole programme."),
}


def register() -> None:
    registry.open_at_closing.register("cases", open_in_case, order=10)


def usual_choice(reason: str) -> str:
    """Whose choice a reason usually is; empty where it is not obvious."""
    return USUAL_CHOICE[ClosingReason(reason)].value if reason in USUAL_CHOICE else ""


def open_at_closing(case: CaseFile, today: date) -> list[OpenThing]:
    """All that is not finished, from all rooms."""
    return [thing for provider in registry.open_at_closing for thing in provider(case, today)]


def open_in_case(case: CaseFile, today: date) -> Iterator[OpenThing]:
    """Planned contacts, tasks by hand, the exemption and flags."""
    yield from _contacts(case)
    if by_hand := case.tasks.filter(key="", done_at__isnull=True).count():
        text = ngettext("%(number)s open task made by hand", "%(number)s open tasks made by hand", by_hand)
        yield OpenThing("tasks", text % {"number": by_hand}, _("Ends."), link=_link("cases:tasks", case))
    open_ended = [one for one in case.exemptions.all() if one.to_on is None or one.to_on > today]
    if any(one.from_on <= today for one in open_ended):
        then = _("Ends today. The job consultant gets a letter.")
        yield OpenThing("exemption", _("Exempt from other offers"), then, link=_link("cases:people", case))
    if to_come := sorted(one.from_on for one in open_ended if one.from_on > today):
        text = _("Exempt from other offers from %(day)s") % {"day": danish.long_date(to_come[0])}
        then = _("Never begins. The job consultant gets a letter.")
        yield OpenThing("exemption_to_come", text, then, link=_link("cases:people", case))
    if flagged := case.flags.filter(resolved_at__isnull=True).count():
        text = ngettext("%(number)s flag", "%(number)s flags", flagged)
        then = _("Stays. It can be resolved after the closing.")
        yield OpenThing("flags", text % {"number": flagged}, then, link=_link("cases:flags", case))


def _contacts(case: CaseFile) -> Iterator[OpenThing]:
    """Those to come are cancelled; how one that has passed went is for whoever was there to say, also afterwards."""
    now = clock.now()
    planned = sorted(one.at for one in case.contacts.all() if one.state == ContactState.PLANNED)
    if to_come := [at for at in planned if at > now]:
        text = ngettext(
            "%(number)s planned contact, %(day)s", "%(number)s planned contacts, the first %(day)s", len(to_come)
        )
        then = _("Cancelled by the team. Tell the citizen.")
        yield OpenThing("contacts", text % {"number": len(to_come), "day": _day(to_come[0])}, then)
    if passed := [at for at in planned if at <= now]:
        text = ngettext(
            "%(number)s contact that has passed is not registered, %(day)s",
            "%(number)s contacts that have passed are not registered, the first %(day)s",
            len(passed),
        )
        then = _("Stays. Register how it went, now or after the closing.")
        link = _link("cases:contacts", case)
        yield OpenThing("past_contacts", text % {"number": len(passed), "day": _day(passed[0])}, then, link=link)


def _day(at: datetime) -> str:
    return danish.long_date(timezone.localdate(at))


def _link(name: str, case: CaseFile) -> dict[str, object]:
    return {"name": name, "kwargs": {"number": case.number}}
