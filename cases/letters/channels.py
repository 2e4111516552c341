"""How a letter leaves the house. Adapters take a frozen letter and its file, and either hand it over or raise.

`digital_post` and `print` write to the outbox folder, from which the municipality's distribution fetches; a file that
is there already is the same letter, so handing over twice sends once. Digital Post gets a MeMo message (`memo.py`).
`email` tells a colleague that there is a letter to read; it holds nothing about a citizen (danish-rules.md §5).
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from cases.enums import LetterPreference
from cases.letters import memo
from cases.letters.enums import Channel
from cases.letters.models import Letter
from cases.models import Citizen
from microloan.core import clock


def channel_for(letter: Letter) -> Channel:
    """Asked at the moment of sending, since registrations change (danish-rules.md §5)."""
    if letter.representative_id is not None:  # whose registration for Digital Post we do not know
        return Channel.PRINT
    if letter.recipient_user is not None:
        return Channel.EMAIL if letter.recipient_user.email else Channel.NONE
    return channel_for_citizen(letter.case.citizen)


def channel_for_citizen(citizen: Citizen) -> Channel:
    if citizen.digital_post_exempt or citizen.letter_preference == LetterPreference.PAPER:
        return Channel.PRINT
    if citizen.cpr is None and citizen.street and citizen.postcode:  # Digital Post knows people by their number
        return Channel.PRINT
    return Channel.DIGITAL_POST


def hand_over(letter: Letter, channel: Channel, pdf: bytes) -> None:
    adapters[channel](letter, channel, pdf)


def _to_outbox(letter: Letter, channel: Channel, pdf: bytes) -> None:
    folder = outbox_folder(channel.value)
    manifest: dict[str, Any] = {
        "id": str(letter.pk),
        "channel": channel.value,
        "kind": letter.kind,
        "subject": letter.subject,
        "case_number": letter.case.number,
        "citizen_id": letter.case.citizen_id,
        "dated": letter.dated.isoformat(),
        "file": f"{letter.pk}.pdf",
        "sha256": letter.sha256,
        "pages": letter.page_count,
    }
    write_whole(folder / f"{letter.pk}.pdf", pdf)
    if channel == Channel.DIGITAL_POST and settings.MEMO_SENDER_CVR:
        write_whole(folder / f"{letter.pk}.xml", memo.message(letter, pdf, clock.now()))
        manifest |= {"message": f"{letter.pk}.xml", "format": f"MeMo {settings.MEMO_VERSION}"}
    # The manifest comes last: who collects the folder looks for manifests, and finds only whole letters.
    write_whole(folder / f"{letter.pk}.json", json.dumps(manifest, ensure_ascii=False, indent=1).encode())


def lies_in_outbox(letter: Letter) -> bool:
    """Whether a whole letter lies in the folder for others to fetch. One that was fetched does not, any more."""
    places = (Channel.DIGITAL_POST, Channel.PRINT)
    return any((Path(settings.OUTBOX_ROOT) / place.value / f"{letter.pk}.json").exists() for place in places)


def outbox_folder(name: str) -> Path:
    folder = Path(settings.OUTBOX_ROOT) / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def write_whole(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk before we say that it is sent."""
    draft = path.with_suffix(path.suffix + ".part")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _by_email(letter: Letter, channel: Channel, pdf: bytes) -> None:
    with translation.override("da"):
        message = EmailMessage(
            subject=_("You have a new letter in Mikrolån"),
            body=_("Log in to Mikrolån to read it. It concerns case %(number)s.") % {"number": letter.case.number},
            to=[letter.recipient_user.email] if letter.recipient_user else [],
            headers={"Message-ID": f"<{letter.pk}@mikrolaan>"},
        )
    message.send()


def _nowhere(letter: Letter, channel: Channel, pdf: bytes) -> None:
    """The letter is read in the system by the colleague it is addressed to."""


adapters: dict[Channel, Callable[[Letter, Channel, bytes], None]] = {
    Channel.DIGITAL_POST: _to_outbox,
    Channel.PRINT: _to_outbox,
    Channel.EMAIL: _by_email,
    Channel.NONE: _nowhere,
}
