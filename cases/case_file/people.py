"""The people around the citizen and the consents in the case file (docs/decisions/113).

How to reach them is about themselves, not about the citizen, and is left out.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.case_file.registry import Item, Section, register
from cases.models import CaseFile
from cases.models.people import Consent, Exemption, PersonAround
from microloan.core import danish


def register_sections() -> None:
    register(Section("people", gettext_lazy("People and consents"), items, order=15))


def items(case: CaseFile) -> Iterator[Item]:
    """Everybody who has or had a part, then exemptions and consents, oldest first in each."""
    for one in _oldest_first(case.representatives.all()):
        yield _person(one, [(_("What the power of attorney covers"), one.scope)])
    for one in _oldest_first(case.interpreters.all()):
        yield _person(one, [])
    for one in _oldest_first(case.mentors.all()):
        yield _person(one, [(_("Trade"), one.trade)])
    for exemption in case.exemptions.select_related("consultant", "recorded_by").order_by("from_on", "pk"):
        yield _exemption(exemption)
    people = ("recorded_by", "withdrawal_recorded_by")
    for consent in case.consents.select_related(*people).order_by("given_on", "pk"):
        yield _consent(consent)


def _oldest_first(rows: Any) -> Iterable[Any]:
    return rows.order_by("from_on", "pk")


def _span(start: date, end: date | None) -> str:
    return f"{danish.long_date(start)} – {danish.long_date(end) if end else ''}".rstrip()


def _person(one: PersonAround, rows: list[tuple[str, Any]]) -> Item:
    return Item(
        title=f"{str(one._meta.verbose_name).capitalize()}: {one}",
        at=one.from_on,
        rows=[(_("Period"), _span(one.from_on, one.to_on)), *rows],
        text=one.note,
    )


def _exemption(exemption: Exemption) -> Item:
    return Item(
        title=_("Exemption from activation and job search"),
        at=exemption.from_on,
        by=exemption.recorded_by.full_name,
        rows=[
            (_("Period"), _span(exemption.from_on, exemption.to_on)),
            (_("something begun before").capitalize(), exemption.begun_before),
            (_("something the project lead finds useful").capitalize(), exemption.useful),
            (_("job consultant").capitalize(), exemption.consultant.full_name),
        ],
    )


def _consent(consent: Consent) -> Item:
    rows = [(_("scope").capitalize(), consent.scope)]
    if consent.withdrawn_on and consent.withdrawal_recorded_by:
        rows.append(
            (
                _("withdrawn").capitalize(),
                f"{danish.long_date(consent.withdrawn_on)}, {consent.withdrawal_recorded_by.full_name}",
            )
        )
    return Item(
        title=_("Consent: %(kind)s") % {"kind": consent.get_kind_display()},
        at=consent.given_on,
        by=consent.recorded_by.full_name,
        rows=rows,
    )
