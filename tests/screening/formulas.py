"""A small spreadsheet: works out the formulas of a sheet with exact numbers, apart from the code that wrote them."""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from openpyxl.utils.cell import range_boundaries

TOKENS = re.compile(
    r'(?P<text>"[^"]*")|(?P<span>\$?[A-Z]{1,2}\$?\d+:\$?[A-Z]{1,2}\$?\d+)|(?P<name>[A-Z]+)(?=\()|(?P<cell>\$?[A-Z]{1,2}\$?\d+)'
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<sign>[-+*/(),<>=])"
)
FUNCTIONS = {"ROUND", "SUM", "SUMIF", "MAX", "IF", "AND"}


class Calculator:
    def __init__(self, tab: Any) -> None:
        self.tab, self.known = tab, {}

    def value(self, place: str) -> Any:
        place = place.replace("$", "")
        if place not in self.known:
            raw = self.tab[place].value
            self.known[place] = self._work_out(raw[1:]) if isinstance(raw, str) and raw.startswith("=") else _plain(raw)
        return self.known[place]

    def span(self, text: str) -> list[Any]:
        left, top, right, bottom = range_boundaries(text.replace("$", ""))
        return [
            self.value(f"{self.tab.cell(row, column).coordinate}")
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]

    def _work_out(self, formula: str) -> Any:
        expression = "".join(self._translated(formula))
        functions = {"ROUND": _round, "SUM": _sum, "SUMIF": _sumif, "MAX": max, "IF": _if, "AND": lambda *of: all(of)}
        with localcontext() as context:
            context.clear_traps()  # IF asks before it divides; here both its answers are worked out
            return self._evaluated(expression, functions)

    def _evaluated(self, expression: str, functions: dict[str, Any]) -> Any:
        return eval(expression, {"__builtins__": {}}, {**functions, "D": Decimal, "V": self.number, "S": self.span})

    def number(self, place: str) -> Any:
        value = self.value(place)
        return Decimal(0) if value is None else value

    def _translated(self, formula: str) -> Iterator[str]:
        at = 0
        while at < len(formula):
            found = TOKENS.match(formula, at)
            assert found, f"{formula} at {formula[at:]}"
            kind, text = found.lastgroup, found[0]
            if kind == "name":
                assert text in FUNCTIONS, text
            yield {"span": f"S('{text}')", "cell": f"V('{text}')", "number": f"D('{text}')"}.get(kind, text)
            at = found.end()


def _plain(raw: Any) -> Any:
    return Decimal(repr(raw)) if isinstance(raw, int | float) else raw


def _round(value: Decimal, places: Decimal) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-int(places)), rounding=ROUND_HALF_UP)


def _sum(cells: list[Any]) -> Decimal:
    return sum((value for value in cells if isinstance(value, Decimal)), Decimal(0))


def _sumif(words: list[Any], wanted: str, cells: list[Any]) -> Decimal:
    pairs = zip(words, cells, strict=True)
    return _sum([value for word, value in pairs if isinstance(word, str) and word.lower() == wanted.lower()])


def _if(condition: bool, yes: Any, no: Any) -> Any:
    return yes if condition else no
