"""Where things stand on an A4 letter, in millimetres from the top left corner.

The window and the free zone follow the placement used for physical delivery of Digital Post; the print supplier
confirms them, so every number can be changed by the setting LETTER_LAYOUT, a mapping of the field names below.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings

POINT_SIZES = {
    "font_size",
    "sender_font_size",
    "return_font_size",
    "table_font_size",
    "heading_font_size",
    "foot_font_size",
}
PLAIN_NUMBERS = {"line_height", "address_line"}
MM_PER_POINT = 0.3528
EM_PER_SIGN = 0.6  # wider than IBM Plex Sans is on average, so that a line never wraps by surprise


@dataclass(frozen=True, kw_only=True)
class LetterLayout:
    page_width: float = 210
    page_height: float = 297
    # The text block of every page.
    text_left: float = 20
    text_width: float = 130
    table_width: float = 150
    margin_top: float = 25
    margin_right: float = 10
    foot_height: float = 20
    # Page 1: name of the authority, window, sender, folds, heading.
    logo_top: float = 10
    return_top: float = 37
    return_width: float = 80
    address_left: float = 21
    address_top: float = 41
    address_width: float = 59
    address_height: float = 21
    sender_left: float = 140
    sender_top: float = 25
    sender_width: float = 55
    heading_top: float = 118
    fold_first: float = 99
    fold_second: float = 148.5
    fold_width: float = 5
    # Type, in points.
    font_size: float = 11
    line_height: float = 1.4
    heading_font_size: float = 15
    sender_font_size: float = 9
    address_sizes: tuple[int, ...] = (10, 9, 8, 7, 6)
    address_smallest_unwrapped: int = 8
    address_line: float = 1.19
    return_font_size: float = 7
    table_font_size: float = 9
    foot_font_size: float = 8
    # Zone on page 1 that only the address may touch (checked by tests).
    zone_left: float = 17
    zone_top: float = 25
    zone_width: float = 115
    zone_height: float = 89

    def css(self) -> dict[str, str]:
        """The same numbers as CSS lengths, and the distances that the style sheet needs."""
        numbers: dict[str, float] = {name: v for name, v in asdict(self).items() if not name.startswith("address_s")}
        values = {name: f"{value:g}{_unit(name)}" for name, value in numbers.items()}
        for name in ("logo_top", "return_top", "address_top", "sender_top", "fold_first", "fold_second"):
            values[f"{name}_offset"] = f"{numbers[name] - self.margin_top:g}mm"
        for name in ("address_left", "sender_left"):
            values[f"{name}_offset"] = f"{numbers[name] - self.text_left:g}mm"
        values["fold_left_offset"] = f"{-self.text_left:g}mm"
        values["head_height"] = f"{self.heading_top - self.margin_top:g}mm"
        values["area_width"] = f"{self.page_width - self.text_left - self.margin_right:g}mm"
        return values


def address_size(lines: Sequence[str], layout: LetterLayout) -> int | None:
    """The largest type, in points, with which the address fits its box; None when it never does.

    Smaller type is preferred to a broken line while it can be read with ease; after that lines may wrap.
    """

    def fits(size: int, *, wrap: bool) -> bool:
        signs = int(layout.address_width / (size * MM_PER_POINT * EM_PER_SIGN))
        rows = [max(1, len(textwrap.wrap(line, signs))) for line in lines]
        height = sum(rows) * size * MM_PER_POINT * layout.address_line
        return height <= layout.address_height and (wrap or all(row == 1 for row in rows))

    unwrapped = [
        size for size in layout.address_sizes if size >= layout.address_smallest_unwrapped and fits(size, wrap=False)
    ]
    wrapped = [size for size in layout.address_sizes if fits(size, wrap=True)]
    return max(unwrapped or wrapped, default=None)


def _unit(name: str) -> str:
    if name in PLAIN_NUMBERS:
        return ""
    return "pt" if name in POINT_SIZES else "mm"


def letter_layout() -> LetterLayout:
    changes: dict[str, Any] = getattr(settings, "LETTER_LAYOUT", {})
    return LetterLayout(**changes)
