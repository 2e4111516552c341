"""Letters on paper in one sorted file for the print supplier (docs/decisions/179).

A letter that is to go on paper waits in the queue. A batch is made by a person or by the daily job: each letter gets the
day's date, the files are put in order with each letter on a front page, the file is stored and frozen, and only then laid in
the outbox folder. The letters are *sent* when it lies there. A crash in between leaves the batch for a person to decide.
"""

import hashlib
import io
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from pypdf import PdfReader, PdfWriter

from cases import perms
from cases.letters import redating, services
from cases.letters.channels import outbox_folder, write_whole
from cases.letters.enums import Channel, LetterStatus
from cases.letters.models import STUCK_AFTER, Letter, PrintBatch, PrintedLetter
from cases.letters.registry import LetterError
from cases.letters.rendering import FONT_REGULAR, FONT_SEMIBOLD
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.core.jobs import Counts
from microloan.core.pdf import render_document
from microloan.policy.services import municipality

MOST_IN_A_BATCH = 500
A4 = (595.28, 841.89)
LOCK = (0x6D6C, 0x7072696E)  # of the database: one batch is made at a time
POSTCODE = re.compile(r"^(\d{4})\b")


@dataclass
class Place:
    """A letter in the file: which it is in the row, and on which page it begins."""

    letter: Letter
    position: int
    first_page: int = 0


def waiting() -> int:
    return Letter.objects.filter(status=LetterStatus.QUEUED, printed__isnull=True).count()


def make_batch(*, by: User | None, today: date) -> PrintBatch:
    """Everything that waits, at most so many, in one file that is stored and handed over. Not inside a transaction.

    Refused where nothing waits, or where a batch stands that nobody has said was handed over.
    """
    if by is not None:
        perms.check_team(by)
    with _alone():
        if PrintBatch.objects.filter(handed_over_at=None, taken_apart_at=None).exists():
            raise Conflict(_("There is a print batch that was not finished. Say whether it was handed over first."))
        places = _in_order(_ready(today))
        if not places:
            raise Refused(_("No letters wait to be printed."))
        batch = _store(places, by, today)
        _lay_in_outbox(batch)
        return _confirm(batch)


@transaction.atomic
def finish_batch(*, batch: PrintBatch, was_handed_over: bool, by: User) -> PrintBatch:
    """After a crash a person looks: the batch went, or it did not; then it is taken apart and its letters wait again."""
    perms.check_team(by)
    batch = PrintBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if not batch.is_unfinished:
        raise Conflict(_("Somebody else has decided it in the meantime."))
    if clock.now() - batch.made_at < STUCK_AFTER:
        raise Conflict(_("The batch is being handed over right now. Wait a quarter of an hour."))
    if was_handed_over:
        return _confirm(batch)
    batch.places.all().delete()
    batch.taken_apart_at = clock.now()
    batch.save(update_fields=["taken_apart_at"])
    return batch


def daily_batch(today: date) -> Counts:
    """The daily job. Nothing waits, or a person has something to decide first: nothing is made."""
    if not settings.PRINT_BATCH_BY_JOB:
        return Counts()
    made = 0
    while waiting():
        try:
            made += make_batch(by=None, today=today).letter_count
        except Refused:
            break
    return Counts(created=made)


@contextmanager
def _alone() -> Iterator[None]:
    """A lock of the database session, so it goes away with a process that dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", LOCK)
        if not cursor.fetchone()[0]:
            raise Conflict(_("A print batch is being made right now. Wait a moment."))
    try:
        yield
    finally:
        with connection.cursor() as cursor:  # no transaction is open here, so none can have failed
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", LOCK)


def _ready(today: date) -> list[tuple[Letter, bytes]]:
    """Asked again now, printed under today's date, read from the disk. What is no longer right is held for a person."""
    found = Letter.objects.filter(status=LetterStatus.QUEUED, printed__isnull=True)
    ready = []
    for letter in found.select_related("case__citizen", "representative").order_by("created_at", "pk")[
        :MOST_IN_A_BATCH
    ]:
        try:
            if why_not := services.why_held(letter, today):
                raise LetterError(why_not)
            redating.redate(letter, today)
            ready.append((letter, letter.read_pdf()))
        except LetterError as refusal:
            services.record(letter, LetterStatus.HELD, error=refusal.messages[0])
    return ready


def _in_order(ready: list[tuple[Letter, bytes]]) -> list[tuple[Place, bytes]]:
    ready.sort(key=lambda one: (*_sorted_by(one[0]), one[0].created_at, str(one[0].pk)))
    return [(Place(letter, number), pdf) for number, (letter, pdf) in enumerate(ready, 1)]


def _sorted_by(letter: Letter) -> tuple[str, ...]:
    if settings.PRINT_SORT == "name":
        return (letter.recipient_name,)
    if settings.PRINT_SORT == "case":
        return (letter.case.number,)
    codes = [found[1] for line in letter.recipient_address.splitlines() if (found := POSTCODE.match(line))]
    return (codes[-1] if codes else "", letter.recipient_name)


def _store(places: list[tuple[Place, bytes]], by: User | None, today: date) -> PrintBatch:
    """The file first, then the rows: a batch that stands in the database has its file."""
    batch_id = uuid.uuid4()
    data, page_count = _merge(places, today)
    path = default_storage.save(f"print/{batch_id}.pdf", ContentFile(data))
    with transaction.atomic():
        batch = PrintBatch.objects.create(
            id=batch_id, dated=today, path=path, sha256=hashlib.sha256(data).hexdigest(), page_count=page_count,
            letter_count=len(places), made_by=by,
        )  # fmt: skip
        PrintedLetter.objects.bulk_create(
            PrintedLetter(batch=batch, letter=place.letter, position=place.position, first_page=place.first_page)
            for place, _pdf in places
        )
    return batch


def _merge(places: list[tuple[Place, bytes]], today: date) -> tuple[bytes, int]:
    """Cover, then each letter on a front page. How long the cover is depends on nothing that stands in it."""
    writer = PdfWriter()
    page = _cover_pages(places, today) + 1
    for place, _pdf in places:
        place.first_page = page
        page += _with_back(place.letter.page_count)
    if settings.PRINT_COVER:
        _append(writer, _cover(places, today))
    for _place, pdf in places:
        _append(writer, pdf)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue(), len(writer.pages)


def _append(writer: PdfWriter, pdf: bytes) -> None:
    writer.append(io.BytesIO(pdf), import_outline=False)
    if settings.PRINT_DUPLEX and len(writer.pages) % 2:
        writer.add_blank_page(*A4)


def _with_back(pages: int) -> int:
    return pages + pages % 2 if settings.PRINT_DUPLEX else pages


def _cover_pages(places: list[tuple[Place, bytes]], today: date) -> int:
    if not settings.PRINT_COVER:
        return 0
    return _with_back(len(PdfReader(io.BytesIO(_cover(places, today))).pages))


def _cover(places: list[tuple[Place, bytes]], today: date) -> bytes:
    """Which letters the batch holds, by case number: no names, no addresses."""
    with translation.override("da"):
        context = {
            "places": [place for place, _pdf in places],
            "dated": today,
            "duplex": settings.PRINT_DUPLEX,
            "municipality": municipality(),
            "font_regular": FONT_REGULAR,
            "font_semibold": FONT_SEMIBOLD,
        }
        html = render_to_string("letters/print_cover.html", context)
        return render_document(html, stylesheets=[render_to_string("letters/print_cover.css", context)]).data


def _lay_in_outbox(batch: PrintBatch) -> None:
    """The manifest last, as with single letters; who fetches looks for manifests."""
    folder = outbox_folder("print")
    places = batch.places.select_related("letter__case")
    manifest = {
        "id": str(batch.pk),
        "dated": batch.dated.isoformat(),
        "file": f"{batch.pk}.pdf",
        "sha256": batch.sha256,
        "pages": batch.page_count,
        "duplex": settings.PRINT_DUPLEX,
        "letters": [
            {
                "number": place.position,
                "id": str(place.letter_id),
                "case_number": place.letter.case.number,
                "first_page": place.first_page,
                "pages": place.letter.page_count,
            }
            for place in places
        ],
    }
    write_whole(folder / f"{batch.pk}.pdf", batch.read_pdf())
    write_whole(folder / f"{batch.pk}.json", json.dumps(manifest, ensure_ascii=False, indent=1).encode())


def lies_in_outbox(batch: PrintBatch) -> bool:
    return (outbox_folder("print") / f"{batch.pk}.json").exists()


@transaction.atomic
def _confirm(batch: PrintBatch) -> PrintBatch:
    """The letters of the batch are sent, on the day that is printed in them."""
    PrintBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk, handed_over_at=None, taken_apart_at=None)
    places = batch.places.select_related("letter__case__citizen", "letter__created_by")
    for place in places:
        services.confirm(place.letter, Channel.PRINT, batch.dated)
    batch.handed_over_at = clock.now()
    batch.save(update_fields=["handed_over_at"])
    return batch
