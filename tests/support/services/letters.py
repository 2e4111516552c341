"""Whose the services of letters are."""

from datetime import timedelta
from typing import Any

from cases.letters import print_queue, services, text_services, texts
from cases.letters.enums import Channel, LetterStatus
from cases.letters.models import Letter, LetterText, PrintBatch
from cases.letters.registry import get_kind
from microloan.core import clock
from tests.support.acting import act
from tests.support.routing import ADMINISTRATOR, TEAM, Role
from tests.support.world import World


def make_held(world: World) -> Letter:
    """A letter that waits for a person."""
    return services.prepare_letter(
        kind="screening_continue",
        case=world.case,
        key="service-role-table",
        context={"number": 2, "held_on": world.today, "next_steps": ["Vi ringer til dig."]},
        by=world.user(Role.COACH),
        today=world.today,
        send=False,
    )


def make_sent(world: World) -> Letter:
    letter = world.of(make_held)
    now = clock.now()
    Letter.objects.filter(pk=letter.pk).update(
        status=LetterStatus.DISPATCHED, channel=Channel.PRINT, dispatched_at=now, dispatched_on=letter.dated
    )
    letter.refresh_from_db()
    return letter


def make_broken_off(world: World) -> PrintBatch:
    made_at = clock.now() - timedelta(hours=1)
    return PrintBatch.objects.create(
        dated=world.today, path="x", sha256="x", page_count=2, letter_count=0, made_at=made_at
    )


def write_text(by: Any) -> LetterText:
    sections = {**texts.built_in(get_kind("closing")), "ending": "Farvel."}
    return text_services.write_text(kind="closing", sections=sections, note="Kortere", base=0, by=by)


def make_text(world: World) -> LetterText:
    return write_text(world.user(Role.ADMINISTRATOR))


ROWS = [
    act("letter_texts.write_text", allow=ADMINISTRATOR, call=lambda _w, by: write_text(by)),
    act(
        "letter_texts.restore_text",
        allow=ADMINISTRATOR,
        call=lambda _w, by: text_services.restore_text(kind="closing", number=0, base=0, by=by),
    ),
    act(
        "letter_texts.confirm_text",
        allow=ADMINISTRATOR,
        call=lambda w, by: text_services.confirm_text(
            text=w.of(make_text), jurist="Jura", confirmed_on=w.today, reference="42", by=by, today=w.today
        ),
    ),
    act(
        "letter_texts.start_text",
        allow=ADMINISTRATOR,
        call=lambda w, by: text_services.start_text(text=w.of(make_text), valid_from=w.today, by=by, today=w.today),
    ),
    act(
        "letters.release_letter",
        allow=TEAM,
        call=lambda w, by: services.release_letter(letter=w.of(make_held), by=by),
    ),
    act(
        "letters.confirm_sent",
        allow=TEAM,
        call=lambda w, by: services.confirm_sent(
            letter=w.of(make_held), channel=Channel.PRINT, on=w.of(make_held).dated, by=by
        ),
    ),
    act(
        "letters.drop_letter",
        allow=TEAM,
        call=lambda w, by: services.drop_letter(letter=w.of(make_held), why="Skrevet to gange", by=by),
    ),
    act(
        "printing.finish_batch",
        allow=TEAM,
        call=lambda w, by: print_queue.finish_batch(batch=w.of(make_broken_off), was_handed_over=False, by=by),
    ),
    act("letters.resend_letter", allow=TEAM, call=lambda w, by: services.resend_letter(letter=w.of(make_sent), by=by)),
]

PARTS = {
    "printing.daily_batch": "run by the clock",
    "printing.lies_in_outbox": "reads",
    "printing.make_batch": "asked for by a guarded page, and made by a worker outside any transaction",
    "printing.waiting": "reads",
    "letters.confirm": "a part of the guarded services, of the queue and of print batches",
    "letters.record": "a part of the queue and of print batches",
    "letters.why_held": "reads",
    "letter_texts.invented_envelope": "reads",
    "letter_texts.sample_context": "reads",
    "letter_texts.sample_of": "stores nothing",
    "letter_texts.sample_pdf": "stores nothing",
    "letters.dispatch_letter": "run by the queue",
    "letters.is_final": "pure",
    "letters.letters_lost_by_the_queue": "reads",
    "letters.letters_to_try_again": "reads",
    "letters.next_attempt": "pure",
    "letters.prepare_letter": "a part of the guarded services whose outcome it tells, and of jobs",
    "letters.preview_letter": "stores nothing",
    "letters.sender": "reads",
    "letters.text_on": "reads",
}
