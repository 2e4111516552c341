"""How hard a letter is to read: LIX over what the citizen reads as running text (docs/decisions/173).

Counted are the paragraphs and list items of the body. Left out are the window, the head and the foot, headings, tables (figures
are read one by one), the line with the rule (names of laws come from data and are the law's own words), and attached forms.
"""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

LIMIT = 35
VOID = {"br", "img", "meta", "input", "link"}
NO_SENTENCE = {"td", "th", "form"}
ABBREVIATIONS = re.compile(r"\b(kr|kl|nr|ca|tlf|mdr|fx|bl\.a|stk)\.(?=\s+[a-zæøå\d])")


class Prose(HTMLParser):
    """The paragraphs and list items of the text, without address, tables, headings and the reference of the rule."""

    def __init__(self) -> None:
        super().__init__()
        self.paragraphs: list[str] = []
        self._stack: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            if tag == "br" and self.paragraphs:
                self.paragraphs[-1] += " "
            return
        self._stack.append((tag, dict(attrs).get("data-block") or ""))
        if tag in {"p", "li"} and self._tags("main"):
            self.paragraphs.append("")

    def handle_endtag(self, tag: str) -> None:
        if self._stack and self._stack[-1][0] == tag:
            self._stack.pop()

    def handle_data(self, data: str) -> None:
        if self._tags("main") and self._tags("p", "li") and not self._tags(*NO_SENTENCE) and not self._is_rule():
            self.paragraphs[-1] += data

    def _tags(self, *names: str) -> bool:
        return any(tag in names for tag, _block in self._stack)

    def _is_rule(self) -> bool:
        return any(block == "legal_basis" for _tag, block in self._stack)


def prose_of(html: str) -> list[str]:
    prose = Prose()
    prose.feed(html)
    return [" ".join(text.split()) for text in prose.paragraphs if text.strip()]


def lix(paragraphs: Sequence[str]) -> float:
    """Words per sentence plus the share of words of more than six letters (Björnsson's LIX). 0 for no words."""
    texts = [_tidy(text) for text in paragraphs]
    words = re.findall(r"[\wæøåÆØÅ-]+", "\n".join(texts))
    if not words:
        return 0.0
    sentences = sum(_sentences(text) for text in texts) or 1
    return len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)


def _tidy(text: str) -> str:
    """The dots of `1. marts`, `35.000` and `kr.` end no sentence; one at the very end does."""
    text = re.sub(r"(\d)\.(?=\s?[\da-zæøå])", r"\1", text)
    return ABBREVIATIONS.sub(r"\1", text)


def _sentences(text: str) -> int:
    """A paragraph without a full stop is one too."""
    stops = len(re.findall(r"[.!?:]+(?=\s|$)", text))
    return stops + (0 if re.search(r"[.!?:]$", text.strip()) else 1) if text.strip() else 0
