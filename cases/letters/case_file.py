"""Letters in the case file: as they were sent, page for page (docs/decisions/113)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.case_file import Item, Section, register
from cases.letters.enums import LetterStatus
from cases.letters.models import Letter
from cases.models import CaseFile
from microloan.core import danish


def register_sections() -> None:
    register(Section("letters", gettext_lazy("Letters"), items, order=60))


def items(case: CaseFile) -> Iterator[Item]:
    """What left the house, oldest first; a letter that was sent again stands once."""
    sent = case.letters.filter(status=LetterStatus.DISPATCHED, copy_of__isnull=True)
    for letter in sent.select_related("created_by").defer("context", "recipient_address").order_by("dated", "pk"):
        yield _letter(letter)


def _letter(letter: Letter) -> Item:
    sent = danish.long_date(letter.dispatched_on) if letter.dispatched_on else ""
    return Item(
        title=letter.subject,
        at=letter.dated,
        by=letter.created_by.full_name if letter.created_by else "",
        rows=[
            (_("To"), letter.recipient_name),
            (_("Sent"), f"{sent}, {letter.get_channel_display()}"),
        ],
        pdf=letter.read_pdf,
        in_index=True,
    )
