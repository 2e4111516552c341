"""The kinds of forms. A kind is registered in `AppConfig.ready()`:

    form_kinds.register("person_profile", FormKind(code="person_profile", label="Personprofil", …), order=10)

`code` stands in the forms that are out with citizens: never rename one.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cases.models import CaseFile, Document
from microloan.accounts.models import User
from microloan.core.registry import Registry
from screening.papers.questions import Part, Question


@dataclass(frozen=True)
class Stored:
    """What is stored of a paper now: its version (0 where there is none) and the answers, as they are stored."""

    version: int = 0
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """What is saved when fields of a form have been accepted: all values, stored and taken, and where they come from."""

    case: CaseFile
    values: Mapping[str, str]
    base: int
    document: Document
    by: User
    today: date


@dataclass(frozen=True)
class FormKind:
    """`save(taken)` saves a new version and returns its number, or raises Refused. `page` is the name of the address, and
    `page_kwargs` what it needs besides the case number, where the result is read.

    `is_for(case)` tells whether the form makes sense for a case. `label` and `intro` are the citizen's words, in Danish.
    """

    code: str
    label: str
    intro: str
    document_kind: str
    parts: Callable[[CaseFile], Sequence[Part]]
    stored: Callable[[CaseFile], Stored]
    save: Callable[[Taken], int]
    page: str
    page_kwargs: Mapping[str, Any] = field(default_factory=dict)
    is_for: Callable[[CaseFile], bool] = lambda case: True
    # Questions that a form made at another time asked, such as more lines: with the codes that came back.
    beyond: Callable[[CaseFile, Collection[str]], Iterable[Question]] = lambda case, codes: ()
    # What a version cannot be without, where nobody has said it in words that can be read: shown before it is saved.
    assumed: Callable[[date], Mapping[str, str]] = lambda today: {}
    is_wide: bool = False  # tables of many columns: the paper lies down

    def questions(self, case: CaseFile) -> Iterator[Question]:
        for part in self.parts(case):
            yield from part.questions

    def questions_for(self, case: CaseFile, codes: Collection[str]) -> list[Question]:
        """What is asked now, and what else came back: nothing that a citizen wrote in a form of ours is dropped."""
        asked = list(self.questions(case))
        known = {question.code for question in asked}
        return [*asked, *(question for question in self.beyond(case, codes) if question.code not in known)]


form_kinds: Registry[FormKind] = Registry("forms for citizens")


def kinds_for(case: CaseFile) -> list[FormKind]:
    return [kind for kind in form_kinds if kind.is_for(case)]
