"""Who may open the pages of letters. Each new address gets a row: tests/support/routing.py says how."""

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from cases.letters import services, text_services, texts
from cases.letters.models import BulkLetter, Letter, LetterText, PrintBatch
from cases.letters.registry import get_kind
from microloan.accounts.enums import Role
from tests.letters.samples import CONTEXTS
from tests.support.files import pdf
from tests.support.routing import ADMINISTRATOR, REFERRERS, TEAM, case, row
from tests.support.world import World


def make_letter(world: World) -> Letter:
    return services.prepare_letter(
        kind="closing",
        case=world.case,
        key="routes:closing",
        context=CONTEXTS["closing"],
        by=world.user(Role.COACH),
        today=world.today,
        send=False,
    )


def make_sent_letter(world: World) -> Letter:
    return services.dispatch_letter(
        services.release_letter(letter=world.of(make_letter), by=world.user(Role.COACH)).pk, today=world.today
    )


def letter(world: World) -> dict[str, str]:
    return {"letter_id": str(world.of(make_letter).pk)}


def sent_letter(world: World) -> dict[str, str]:
    return {"letter_id": str(world.of(make_sent_letter).pk)}


PRINTED, PRINTED_PATH = pdf(), "print/routes.pdf"


def make_print_batch(world: World) -> PrintBatch:
    sha256 = hashlib.sha256(PRINTED).hexdigest()
    return PrintBatch.objects.create(dated=world.today, path=PRINTED_PATH, sha256=sha256, page_count=2, letter_count=1)


def print_batch(world: World) -> dict[str, str]:
    if not default_storage.exists(PRINTED_PATH):  # each test has a folder of its own
        default_storage.save(PRINTED_PATH, ContentFile(PRINTED))
    return {"batch_id": str(world.of(make_print_batch).pk)}


def make_text(world: World) -> LetterText:
    sections = {**texts.built_in(get_kind("closing")), "ending": "Farvel."}
    return text_services.write_text(
        kind="closing", sections=sections, note="Kortere", base=0, by=world.user(Role.ADMINISTRATOR)
    )


def version(world: World) -> dict[str, object]:
    return {"kind": "closing", "number": world.of(make_text).number}


KIND = {"kind": "closing"}


def make_bulk_letter(world: World) -> BulkLetter:
    return BulkLetter.objects.create(subject="Nyt", text="Hej", dated=world.today, by=world.user(Role.COACH))


def bulk_letter(world: World) -> dict[str, int]:
    return {"pk": world.of(make_bulk_letter).pk}


NOT_THEIRS = dict.fromkeys(REFERRERS, 404)  # a colleague reads the letters addressed to him or her
ROWS = [
    row("letters:case_letters", allow=TEAM, kwargs=case, logs=True),
    row("letters:unsent", allow=TEAM),
    row("letters:text_kinds", allow=ADMINISTRATOR),
    row("letters:text_kind", allow=ADMINISTRATOR, kwargs=KIND),
    row("letters:text_edit", allow=ADMINISTRATOR, kwargs=KIND),
    row("letters:text_preview", allow=ADMINISTRATOR, kwargs=KIND, method="post", ok=200),
    row("letters:text_compare", allow=ADMINISTRATOR, kwargs=KIND),
    row("letters:text_sample", allow=ADMINISTRATOR, kwargs=version, no_log="the number is that of a version"),
    row("letters:text_confirm", allow=ADMINISTRATOR, kwargs=version, no_log="the number is that of a version"),
    row("letters:text_start", allow=ADMINISTRATOR, kwargs=version, no_log="the number is that of a version"),
    row("letters:text_restore", allow=ADMINISTRATOR, kwargs=version, no_log="the number is that of a version"),
    row("letters:bulk", allow=TEAM),
    row("letters:bulk_list", allow=TEAM),
    row("letters:bulk_report", allow=TEAM, kwargs=bulk_letter),
    row("letters:bulk_report_file", allow=TEAM, kwargs=bulk_letter),
    row("letters:print_queue", allow=TEAM),
    row("letters:print_file", allow=TEAM, kwargs=print_batch),
    row("letters:print_finish", allow=TEAM, kwargs=print_batch),
    row("letters:download", allow=TEAM, kwargs=letter, codes=NOT_THEIRS, strangers=404, logs=True),
    row("letters:release", allow=TEAM, kwargs=letter, logs=True),
    row("letters:resend", allow=TEAM, kwargs=sent_letter, logs=True),
    row("letters:drop", allow=TEAM, kwargs=letter, logs=True),
    row("letters:sent_by_hand", allow=TEAM, kwargs=letter, logs=True),
]
