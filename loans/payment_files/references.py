"""The payment reference as people and banks write it: `+71<000000000000018+80000000<`, with spaces, or alone."""

import re

from loans.rules.reference import LENGTH, check_reference

# Fifteen digits by themselves, in groups with spaces between, and behind the card kind 71 where that is written.
_CARD = re.compile(r"(?<![0-9])\+?71\s?[<\s]\s?([0-9]{15})(?![0-9])")
_ALONE = re.compile(r"(?<![0-9])((?:[0-9][ ]?){14}[0-9])(?![0-9])")


def references_in(reference: str, text: str = "") -> tuple[str, ...]:
    """The references with a right check digit, in the field made for them and in free text, each once.

    In the field made for it, leading zeros that a spreadsheet took away are put back.
    """
    found = [_plain(match) for words in (reference, text) for match in _matches(words)]
    alone = reference.strip().lstrip("'")
    if alone.isascii() and alone.isdecimal() and len(alone) < LENGTH:
        found.append(alone.zfill(LENGTH))
    return tuple(dict.fromkeys(one for one in found if check_reference(one) and one.strip("0")))


def is_mistyped(reference: str, text: str = "") -> bool:
    """Whether there are fifteen digits, but no right reference: one of them is wrong."""
    return not references_in(reference, text) and any(True for words in (reference, text) for _ in _matches(words))


def _matches(words: str) -> list[str]:
    return [*_CARD.findall(words), *_ALONE.findall(words)]


def _plain(match: str) -> str:
    return match.replace(" ", "")


def near_references(reference: str, text: str = "") -> tuple[str, ...]:
    """The right references that differ from what is written by one figure, or by two neighbours swapped."""
    if not is_mistyped(reference, text):
        return ()
    near = []
    for written in (_plain(match) for words in (reference, text) for match in _matches(words)):
        for place in range(LENGTH):
            near += [written[:place] + figure + written[place + 1 :] for figure in "0123456789"]
            if place:
                near.append(written[: place - 1] + written[place] + written[place - 1] + written[place + 1 :])
    return tuple(dict.fromkeys(one for one in near if check_reference(one)))
