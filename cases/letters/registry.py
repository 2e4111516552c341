"""The letters the product knows. Higher apps may register their own in `AppConfig.ready()`.

A kind says which facts its template needs and which blocks it must hold. Amounts, dates and legal references come
from the caller's plain dictionary; the templates hold the words and no numbers of their own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString

from cases.letters.enums import Block
from microloan.core.errors import Refused
from microloan.core.registry import Registry
from microloan.policy.enums import AppealVariant

REQUIRED = object()  # a field without which the letter makes no sense
Context = dict[str, Any]


class LetterError(Refused):
    """The letter cannot be made; the message is written for the member of staff."""


class MissingBlock(LetterError):
    def __init__(self, message: str, blocks: list[Block]) -> None:
        super().__init__(message)
        self.blocks = blocks


@dataclass(frozen=True)
class Attachment:
    """Pages behind the letter in the same file: a form that the citizen fills in. `styles` is a CSS text."""

    html: SafeString
    styles: str


@dataclass(frozen=True, kw_only=True, eq=False)  # one object per kind, so that it can be a key
class LetterKind:
    code: str
    label: str | Promise
    template: str
    fields: Mapping[str, Any]  # name → default, or REQUIRED
    is_decision: bool = False
    required_blocks: tuple[Block, ...] = ()
    # Which fields a block stands on: the block counts as empty when one of them is.
    block_fields: Mapping[Block, tuple[str, ...]] = field(default_factory=dict)
    # Path in the context where the appeal variant of this decision type is found when the caller gives no `appeal`.
    appeal_variant_from: str = "legal_basis.appeal_variant"
    check: Callable[[Context], None] | None = None  # refuses figures that contradict each other
    to_citizen: bool = True
    # Further values for the texts, worked out from the facts: the first day of a course. Described like fields.
    derived: tuple[str, ...] = ()
    more_values: Callable[[Context], Context] | None = None
    # Makes the attachment from the case number and the facts of the letter; its inputs become fields of the PDF.
    attachment: Callable[[str, Context], Attachment] | None = None


kinds: Registry[LetterKind] = Registry("letter kinds")
# Asked again at the moment of sending: a text (why not) holds the letter back. Registered per kind by the room that
# owns the rule, for example "the instalment has been paid".
send_checks: Registry[Callable[[Any], str]] = Registry("send checks")


def register(kind: LetterKind) -> LetterKind:
    return kinds.register(kind.code, kind)


def get_kind(code: str) -> LetterKind:
    kind = kinds.get(code)
    if kind is None:
        raise LetterError(f"unknown letter kind {code}")
    return kind


def all_kinds() -> list[LetterKind]:
    return [kinds[code] for code in sorted(kinds.names())]


def lookup(context: Mapping[str, Any], path: str) -> Any:
    value: Any = context
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def is_blank(value: Any) -> bool:
    """None, empty or only spaces, also inside a list. Zero and False are answers."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, list | tuple):
        return all(is_blank(item) for item in value)
    if isinstance(value, Mapping):
        return not value
    return value is None


def appeal_of(kind: LetterKind, context: Context) -> dict[str, Any]:
    """The appeal guidance as the template needs it. Weeks and words come with the legal basis; the rest is the law's."""
    given = {**(lookup(context, "legal_basis.appeal") or {}), **(context.get("appeal") or {})}
    variant = given.pop("variant", None) or lookup(context, kind.appeal_variant_from) or ""
    defaults = {"weeks": 4, "reassessment_weeks": 4, "board": "Ankestyrelsen", "reason": "", "text": ""}
    appeal = {**defaults, **given, "variant": str(variant)}
    complete = {
        AppealVariant.STANDARD_4_WEEKS: True,
        AppealVariant.NO_ADMINISTRATIVE_APPEAL: not is_blank(appeal["reason"]),
        AppealVariant.OTHER: not is_blank(appeal["text"]),
    }
    return appeal if complete.get(appeal["variant"], False) else {}
