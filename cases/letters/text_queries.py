"""What is read about the texts of letters: which version counts, and how two versions differ."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Literal

from django.db.models import Count, QuerySet

from cases.letters import texts
from cases.letters.models import LetterText, LetterTextStart
from cases.letters.registry import LetterKind, all_kinds
from cases.letters.texts import Section

SAME, ADDED, TAKEN = "same", "added", "taken"


@dataclass(frozen=True)
class KindRow:
    """One kind of letter in the list: which words count today, and which wait."""

    kind: LetterKind
    current: LetterText | None
    newest: LetterText | None

    @property
    def waits(self) -> bool:
        """There is a newer version than the one that counts."""
        return self.newest is not None and self.newest != self.current


def kind_rows(day: date) -> list[KindRow]:
    """Every kind that has words of its own, by its name."""
    newest = {text.kind: text for text in LetterText.objects.order_by("kind", "number").select_related("confirmation")}
    current = {start.text.kind: start.text for start in _starts(day)}
    kinds = sorted((kind for kind in all_kinds() if texts.sections_of(kind)), key=lambda kind: str(kind.label))
    return [KindRow(kind, current.get(kind.code), newest.get(kind.code)) for kind in kinds]


def _starts(day: date) -> QuerySet[LetterTextStart]:
    """In the order in which each takes over from the one before."""
    return LetterTextStart.objects.filter(valid_from__lte=day).select_related("text").order_by("valid_from", "pk")


def versions_of(kind: LetterKind) -> QuerySet[LetterText]:
    """Newest first, with who confirmed each, its starts, and how many letters were made with it."""
    return (
        LetterText.objects.filter(kind=kind.code)
        .select_related("by", "confirmation")
        .prefetch_related("starts")
        .annotate(made=Count("letters"))
        .order_by("-number")
    )


def next_start(kind: LetterKind, day: date) -> LetterTextStart | None:
    """A version that is planned to take over later."""
    later = LetterTextStart.objects.filter(text__kind=kind.code, valid_from__gt=day).select_related("text")
    return later.order_by("valid_from", "-pk").first()


def sections_of_version(kind: LetterKind, text: LetterText | None) -> dict[str, str]:
    return texts.complete(kind, text.sections if text else {})


@dataclass(frozen=True)
class Piece:
    change: Literal["same", "added", "taken"]
    text: str


@dataclass(frozen=True)
class SectionDiff:
    section: Section
    pieces: tuple[Piece, ...]

    @property
    def is_changed(self) -> bool:
        return any(piece.change != SAME for piece in self.pieces)


def compare(kind: LetterKind, before: LetterText | None, after: LetterText | None) -> list[SectionDiff]:
    """Section by section, word by word. None: the product's own words."""
    old, new = sections_of_version(kind, before), sections_of_version(kind, after)
    return [
        SectionDiff(section, tuple(word_diff(old[section.name], new[section.name])))
        for section in texts.sections_of(kind)
    ]


def word_diff(before: str, after: str) -> Iterator[Piece]:
    """What was taken out stands before what came in its place."""
    old, new = _words(before), _words(after)
    for change, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if change == "equal":
            yield Piece("same", "".join(old[a:b]))
            continue
        if a < b:
            yield Piece("taken", "".join(old[a:b]))
        if c < d:
            yield Piece("added", "".join(new[c:d]))


def _words(text: str) -> list[str]:
    """Fields and tags are one word each."""
    return re.findall(r"\{\{.*?\}\}|\{%.*?%\}|\s+|\w+|[^\w\s]", text)
