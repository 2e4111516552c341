"""The date printed is the day the letter goes (domain.md §8, docs/decisions/177).

A letter is dated when it is made. Where it leaves on a later day (after midnight, after days of being held back), it is
printed again from the very same words under that day, frozen anew, and the print that was there is written down.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict
from datetime import date, timedelta
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from cases.letters.models import Letter, LetterPrint, path_of, source_of
from cases.letters.registry import LetterError
from cases.letters.rendering import Source, print_source, with_date
from microloan.core import danish
from microloan.core.pdf import PdfError

# Facts of letters that count from the date of the letter: the citizen has so and so many days.
COUNTED_FROM_THE_LETTER = ("pay_by", "answer_by", "reply_by", "resubmit_by")
# A night between making and sending shortens nobody's time by more than this; more than this a person decides.
SHORTER_BY_AT_MOST = timedelta(days=1)


def keep_source(letter_id: UUID, source: Source) -> None:
    default_storage.save(source_of(letter_id), ContentFile(json.dumps(asdict(source)).encode()))


def forget_source(letter: Letter) -> None:
    """The letter has gone: its words stand in the frozen file."""
    with suppress(OSError):
        default_storage.delete(source_of(letter.pk))


def why_not_redated(letter: Letter, today: date) -> str:
    """Why a person must look before the letter goes under another date; asked no more once one has let it go."""
    if letter.released_at is not None:
        return ""
    for name in COUNTED_FROM_THE_LETTER:
        until = parse_date(str(letter.context.get(name) or ""))
        if until and (until < today or today - letter.dated > SHORTER_BY_AT_MOST):
            return _("The letter says “%(until)s”, counted from %(dated)s. Make a new letter, or send it as it is.") % {
                "until": danish.long_date(until),
                "dated": danish.long_date(letter.dated),
            }
    return ""


def redate(letter: Letter, today: date) -> None:
    """Print a letter in our hands again under today's date. The words stay; a copy of a sent letter keeps its file and date.

    Raises LetterError where that cannot be done: then the letter waits for a person.
    """
    if letter.dated == today or letter.copy_of_id is not None:
        return
    letter.read_pdf()  # what is written down is what was there
    try:
        pdf = print_source(with_date(_source(letter), today))
    except PdfError as refusal:
        raise LetterError(str(refusal)) from refusal
    path = default_storage.save(path_of(letter.pk, today), ContentFile(pdf.data))
    with transaction.atomic():
        LetterPrint.objects.create(
            letter=letter, dated=letter.dated, path=letter.path, sha256=letter.sha256, page_count=letter.page_count
        )
        letter.path, letter.sha256 = path, hashlib.sha256(pdf.data).hexdigest()
        letter.page_count, letter.dated = pdf.page_count, today
        still_ours = Letter.objects.filter(pk=letter.pk, status=letter.status, claimed_at=letter.claimed_at)
        if not still_ours.update(
            path=letter.path, sha256=letter.sha256, page_count=letter.page_count, dated=letter.dated
        ):
            raise LetterError(_("Somebody else has taken the letter in the meantime."))


def _source(letter: Letter) -> Source:
    try:
        with default_storage.open(source_of(letter.pk)) as file:
            kept = json.loads(file.read())
    except FileNotFoundError:
        raise LetterError(_("The letter cannot be given a new date. Make it again.")) from None
    return Source(html=kept["html"], styles=tuple(kept["styles"]), forms=kept["forms"])
