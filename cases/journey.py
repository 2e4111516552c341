"""Dates and results of the steps of the journey that this room knows (ui-guide.md §2)."""

from datetime import date

from django.urls import reverse

from cases.enums import ContactState, EntryKind, Phase
from cases.models import CaseFile
from cases.registry import JourneyDetail
from microloan.core import danish

# The first day in a phase ends a step and stands under its name.
ENDS_STEP = {Phase.BUSINESS_DEVELOPMENT: 3, Phase.COURSES: 5, Phase.APPROVAL: 7, Phase.AFTERCARE: 9}


def case_journey(case: CaseFile, today: date) -> dict[int, JourneyDetail]:
    """When the referral came, the first contact was held and each phase was left (domain.md §3.1: a case keeps the date).

    Higher rooms put their results in the place of these dates.
    """
    journal = reverse("cases:journal", kwargs={"number": case.number})
    details = {1: JourneyDetail(danish.day_month(case.opened_on), url=f"{journal}?kind={EntryKind.PHASE}")}
    held = [contact.at for contact in case.contacts.all() if contact.state == ContactState.ATTENDED]
    if held:
        details[2] = JourneyDetail(danish.day_month(min(held)), url=f"{journal}?kind={EntryKind.CONTACT}")
    for change in case.phase_changes.all():
        if step := ENDS_STEP.get(Phase(change.to_phase)):
            details[step] = JourneyDetail(danish.day_month(change.on))
    return details


def journal_count(case: CaseFile) -> int:
    """Beside the tab."""
    return case.journal.count()
