"""Search as you type: which cases a text may mean, the likeliest first (ui-guide.md §2, docs/decisions/047, 122).

A text is read as what it looks like. Numbers are looked up exactly, and by their first digits; names word by word: the
whole name before names that begin so, before names with words that begin so, before names with such letters in them,
before names with two letters swapped, before names that resemble it. Within each the open cases come first. Each step is
one query that an index answers, and is asked only while there is room in the list.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection
from django.db.models import Case, F, FloatField, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable

from cases import registry
from cases.enums import Phase
from cases.models import CaseFile
from cases.rules import fold_name
from microloan.accounts.models import User
from microloan.core import cpr

MAX_HITS = 8
SHORTEST = 2
# How many years back a bare running number such as "42" is looked for.
YEARS_BACK = 6
# A word with one wrong letter still shares this much of its trigrams; shorter words have too few of them to say.
LIKENESS, SHORTEST_LIKE = 0.4, 4
FIRST_DIGITS = 4
_CASE_NUMBER = re.compile(r"(?:ML[ -]?)?([0-9]{4})[ -]([0-9]{1,6})|ML[ -]?([0-9]{4})([0-9]{1,6})", re.IGNORECASE)

Cases = QuerySet[CaseFile]


@dataclass(frozen=True)
class Found:
    """The cases, best first; what the text was read as (for the log), and whether it names just this one."""

    kind: str
    cases: list[CaseFile] = field(default_factory=list)
    is_certain: bool = False


def search(user: User, text: str, today: date) -> Found:
    """At most eight cases this person may see."""
    text = " ".join(text.split())
    if len(text) < SHORTEST:
        return Found("nothing")
    kind, steps = _read(text, today)
    visible = CaseFile.objects.visible_to(user).select_related("citizen")
    found: dict[int, CaseFile] = {}
    certain = 0
    for step in steps:
        rows = step.apply(visible.exclude(pk__in=list(found)) if found else visible)
        hits = list(rows[: MAX_HITS - len(found)])
        certain += len(hits) if step.is_exact else 0
        found |= {case.pk: case for case in hits}
        if len(found) == MAX_HITS:
            break
    return Found(kind, list(found.values()), is_certain=len(found) == certain == 1)


@dataclass(frozen=True)
class Step:
    """One way a case may be meant. `order` comes before "open first, then by name"."""

    condition: Q
    order: tuple[Combinable, ...] = ()
    is_exact: bool = False
    is_like: bool = False

    def apply(self, cases: Cases) -> Cases:
        if self.is_like:
            _set_likeness()
        closed = Case(When(phase=Phase.CLOSED, then=1), default=0, output_field=IntegerField())
        return cases.filter(self.condition).order_by(*self.order, closed, "citizen__name", "-opened_on", "-pk")


def _read(text: str, today: date) -> tuple[str, list[Step]]:
    """What a text looks like, and the steps to look for it."""
    digits = re.sub(r"[\s\u00a0./-]", "", text)
    if match := _CASE_NUMBER.fullmatch(text):
        return "case_number", list(_by_case_number(*(part for part in match.groups() if part)))
    if re.fullmatch(r"[0-9]{10}", digits):
        return "cpr", [Step(Q(citizen__cpr_index=cpr.blind_index(digits)), is_exact=True), *_by_other_numbers(text)]
    if re.fullmatch(r"\+[0-9]{7,15}", digits):
        return "phone", [Step(Q(citizen__phone=digits), is_exact=True)]
    if re.fullmatch(r"[0-9]+", digits):
        return "number", list(_by_digits(digits, text, today))
    if re.search(r"[0-9]", text):
        return "number", [*_by_other_numbers(text), *_by_start("number", text.upper())]
    return "name", list(_by_name(fold_name(text).split()))


def _by_case_number(year: str, running: str) -> Iterator[Step]:
    yield Step(Q(number=f"ML-{year}-{int(running):04d}"), is_exact=True)
    yield from _by_start("number", f"ML-{year}-{running}")


def _by_start(name: str, start: str) -> Iterator[Step]:
    yield Step(Q(**{f"{name}__startswith": start}))


def _by_other_numbers(text: str) -> Iterator[Step]:
    """Numbers that higher rooms know, such as a loan's."""
    for provider in registry.search_numbers:
        ids = list(provider(text)[:MAX_HITS])
        if ids:
            yield Step(Q(pk__in=ids), is_exact=True)


def _by_digits(digits: str, text: str, today: date) -> Iterator[Step]:
    """A phone or CVR number, the number of a loan, the running number of a case; then what begins with the digits."""
    yield from _by_other_numbers(text)
    if len(digits) == 8:
        yield Step(Q(citizen__phone=digits), is_exact=True)
        yield Step(Q(business__cvr=digits), is_exact=True)
    if len(digits) <= 6:
        years = range(today.year, today.year - YEARS_BACK, -1)
        yield Step(Q(number__in=[f"ML-{year}-{int(digits):04d}" for year in years]))
    if FIRST_DIGITS <= len(digits) < 8:
        yield from _by_start("citizen__phone", digits)
        yield from _by_start("business__cvr", digits)


# --- Names ---------------------------------------------------------------------------------------------------------------


def _by_name(words: list[str]) -> Iterator[Step]:
    if not words:
        return
    whole = " ".join(words)
    rank = Case(
        When(citizen__name_key=whole, then=0),
        When(citizen__name_key__startswith=f"{whole} ", then=1),
        When(citizen__name_key__startswith=whole, then=2),
        default=3,
        output_field=IntegerField(),
    )
    yield Step(_all(_begins(word) for word in words), order=(rank,))
    if all(len(word) >= 3 for word in words):  # shorter pieces have no trigram that an index could find
        yield Step(_all(Q(citizen__name_key__contains=word) for word in words))
    if any(len(word) >= SHORTEST_LIKE for word in words):
        yield Step(_all(_begins_one_of(_swapped(word)) for word in words))
        yield _like(words)


def _begins(word: str) -> Q:
    return Q(citizen__name_key__startswith=word) | Q(citizen__name_key__contains=f" {word}")


def _begins_one_of(words: Iterable[str]) -> Q:
    any_of = Q()
    for word in words:
        any_of |= _begins(word)
    return any_of


def _swapped(word: str) -> set[str]:
    """The word, and the word with two neighbours the wrong way round, which trigrams do not forgive."""
    if len(word) < SHORTEST_LIKE:
        return {word}
    pairs = range(len(word) - 1)
    return {word} | {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in pairs}


def _like(words: list[str]) -> Step:
    """Every word resembles a word of the name; the short ones have to be there as they are."""
    likeness: Combinable = Value(0.0, output_field=FloatField())
    conditions = []
    for word in words:
        if len(word) >= SHORTEST_LIKE:
            conditions.append(Q(citizen__name_key__trigram_word_similar=word))
            likeness = likeness + TrigramWordSimilarity(word, F("citizen__name_key"))
        else:
            conditions.append(_begins(word))
    return Step(_all(conditions), order=(likeness.desc(),), is_like=True)  # type: ignore[attr-defined]


def _all(conditions: Iterable[Q]) -> Q:
    together = Q()
    for condition in conditions:
        together &= condition
    return together


def _set_likeness() -> None:
    """For this transaction: what counts as similar. The index asks this setting, not the query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(LIKENESS)])
