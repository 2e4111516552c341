"""The sections of a letter that can be edited, as the templates hold them, and what a new wording must keep."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.template import engines
from django.template.base import Template
from django.template.loader_tags import ExtendsNode, IncludeNode
from django.utils.translation import gettext as _

from cases.letters.registry import REQUIRED, LetterKind
from cases.letters.templatetags.letters import ProseNode
from cases.letters.wording import WordingError, wording_of

# As the reader of the letter meets them; a section keeps its name for ever, since versions are stored by it.
LABELS = {
    "heading": "Overskrift (er også brevets emne)",
    "decided": "Det har vi besluttet",
    "scope": "Beløb eller periode",
    "strengths_heading": "Overskrift over det, der går godt",
    "consequences": "Det betyder det for dig",
    "consequences_2": "Det betyder det for dig, fortsat",
    "how_to_pay": "Sådan betaler du",
    "next_steps": "Det sker der nu",
    "help": "Du kan få hjælp",
    "body": "Teksten",
    "intro": "Indledning",
    "more": "Mere",
    "ending": "Slutning",
}


@dataclass(frozen=True)
class Section:
    """One editable text, with what stands in the product as its first version."""

    name: str
    source: str
    inline: bool
    optional: bool

    @property
    def label(self) -> str:
        return LABELS.get(self.name, self.name)

    @property
    def rows(self) -> int:
        return 2 if self.inline else min(18, max(4, self.source.count("\n") + 2 + len(self.source) // 90))


@lru_cache(maxsize=256)
def sections_of(kind: LetterKind) -> tuple[Section, ...]:
    """In the order of the letter."""
    found: dict[str, Section] = {}
    for node in _prose(_template(kind.template)):
        found.setdefault(node.name, Section(node.name, node.source, node.inline, node.optional))
    order = list(LABELS)
    return tuple(sorted(found.values(), key=lambda one: order.index(one.name) if one.name in order else len(order)))


def _template(name: str) -> Template:
    template: Template = engines["django"].get_template(name).template  # type: ignore[attr-defined]
    return template


def _prose(template: Template) -> Iterator[ProseNode]:
    """Also those of the templates that this one extends or includes."""
    yield from template.nodelist.get_nodes_by_type(ProseNode)  # type: ignore[misc]
    parents = [node.parent_name.var for node in template.nodelist.get_nodes_by_type(ExtendsNode)]  # type: ignore[attr-defined]
    included = [node.template.var for node in template.nodelist.get_nodes_by_type(IncludeNode)]  # type: ignore[attr-defined]
    for name in (*parents, *included):
        if isinstance(name, str) and name.startswith("letters/"):
            yield from _prose(_template(name))


def built_in(kind: LetterKind) -> dict[str, str]:
    return {section.name: section.source for section in sections_of(kind)}


def complete(kind: LetterKind, texts: Mapping[str, str]) -> dict[str, str]:
    """Every section: as it was written, else as the product has it (a section may be newer than the version)."""
    return {name: texts.get(name, source) for name, source in built_in(kind).items()}


def fingerprint(kind: LetterKind, texts: Mapping[str, str]) -> str:
    """Says for ever with which words a letter was made, also where the product's own words change later."""
    words = json.dumps(complete(kind, texts), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()


@lru_cache(maxsize=256)
def must_mention(kind: LetterKind) -> frozenset[str]:
    """The required facts that our own words always state: no other wording may leave one out."""
    certain = {name for section in sections_of(kind) for name in wording_of(kind, section.source).certain}
    return frozenset(name for name in certain if kind.fields.get(name) is REQUIRED)


def problems(kind: LetterKind, texts: Mapping[str, str]) -> dict[str, list[str]]:
    """What stands in the way of a wording, by section ("" for the whole letter), in words."""
    found: dict[str, list[str]] = {}
    stated: set[str] = set()
    for section in sections_of(kind):
        source = texts.get(section.name, section.source)
        try:
            wording = wording_of(kind, source)
        except WordingError as error:
            found[section.name] = [str(error)]
            continue
        stated |= wording.certain
        found |= _gaps(section, source, empty_when_bare=not _visible(source))
    if not found and (left_out := sorted(must_mention(kind) - stated)):
        names = ", ".join(f"“{name}”" for name in left_out)
        found[""] = [_("The letter must always state %(names)s, outside every “if”.") % {"names": names}]
    return found


def _gaps(section: Section, source: str, *, empty_when_bare: bool) -> dict[str, list[str]]:
    if empty_when_bare and not section.optional:
        return {section.name: [_("Write a text. This part may not be empty.")]}
    if section.inline and "\n" in source.strip():
        return {section.name: [_("Write the heading on one line.")]}
    return {}


def _visible(source: str) -> str:
    """What is left when the tags and small headings are taken away."""
    return re.sub(r"\{%.*?%\}|^## .*$|[\s>-]+", "", source, flags=re.MULTILINE)


def warnings(texts: Mapping[str, str]) -> list[str]:
    """What is allowed but seldom right."""
    words = "\n".join(re.sub(r"\{[{%].*?[%}]\}", "", text) for text in texts.values())
    found = []
    if "§" in words:
        found.append(
            _("There is a § in the text. The rule comes from the legal basis, so that it is right on the day.")
        )
    if re.search(r"\d+ ?(kr\.|kroner)", words):
        found.append(_("There is an amount in the text. Amounts come from the fields."))
    if re.search(r"\b\d{1,2}\. ?(jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec)", words, re.IGNORECASE):
        found.append(_("There is a date in the text. Dates come from the fields."))
    return found
