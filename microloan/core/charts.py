"""Charts as SVG: drawn here, without style or script, so that a strict CSP and the PDF engine take them as they are.

`columns` shows one series from a zero line, `lines` compares a few. What is below zero is hatched, and lines differ by
dash and mark, so that a chart reads in black and white. A chart never stands alone: its table follows it (ui-guide §3.6).
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from microloan.core import danish

WIDTH, HEIGHT = 760, 280
LEFT, RIGHT, TOP, BOTTOM = 74, 14, 22, 34
TEXT, MUTED, GRID, GOOD, BAD = "#1b2430", "#4a5666", "#c9d1da", "#17507f", "#a61b1b"
# How each further line is told from the one before it: colour, dash and the shape of its marks.
LINE_STYLES = ((GOOD, "none", "circle"), (BAD, "7 4", "square"), ("#4a5666", "2 4", "circle"))
# A mark is eight wide and high; its corner comes first.
MARKS = {
    "circle": '<rect x="{}" y="{}" width="8" height="8" rx="4" fill="{}"><title>{}, {}: {}</title></rect>',
    "square": '<rect x="{}" y="{}" width="8" height="8" fill="#ffffff" stroke="{}" stroke-width="2">'
    "<title>{}, {}: {}</title></rect>",
}
MOST_TICKS = 6
# Of a chart of ranges: the room of the names, of the words at both ends, and of each line.
NAMES, ENDS, ROW = 230, 66, 28


@dataclass(frozen=True)
class Series:
    """One line of a chart; its label stands at its end."""

    label: str
    values: Sequence[Decimal]


def columns(*, key: str, title: str, description: str, labels: Sequence[str], values: Sequence[Decimal]) -> SafeString:
    """A column for each label. `key` is unique on the page."""
    scale = _Scale(values)
    step = Decimal(WIDTH - LEFT - RIGHT) / len(values)
    marks = []
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        top, bottom = scale.y(max(value, Decimal(0))), scale.y(min(value, Decimal(0)))
        marks.append(
            format_html(
                '<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="{}"><title>{}: {}</title></rect>',
                _short(LEFT + step * index + step * Decimal("0.18")),
                _short(top),
                _short(step * Decimal("0.64")),
                _short(max(bottom - top, Decimal(1))),
                f"url(#{key}-below)" if value < 0 else GOOD,
                BAD if value < 0 else GOOD,
                label,
                danish.kr(value),
            )
        )
    return _chart(key, title, description, labels, scale, marks)


def lines(*, key: str, title: str, description: str, labels: Sequence[str], series: Sequence[Series]) -> SafeString:
    """A line for each series, told apart by dash and mark, with its label at its end."""
    scale = _Scale([value for one in series for value in one.values])
    step = Decimal(WIDTH - LEFT - RIGHT) / len(labels)
    drawn = []
    ends = _spread([scale.y(one.values[-1]) for one in series])
    for one, (colour, dash, shape), end in zip(series, LINE_STYLES, ends, strict=False):
        points = [(LEFT + step * (index + Decimal("0.5")), scale.y(value)) for index, value in enumerate(one.values)]
        drawn.append(
            format_html(
                '<polyline points="{}" fill="none" stroke="{}" stroke-width="2.5" stroke-dasharray="{}"/>',
                " ".join(f"{_short(x)},{_short(y)}" for x, y in points),
                colour,
                dash,
            )
        )
        for (x, y), label, value in zip(points, labels, one.values, strict=True):
            drawn.append(
                format_html(MARKS[shape], _short(x - 4), _short(y - 4), colour, one.label, label, danish.kr(value))
            )
        drawn.append(
            format_html(
                '<text x="{}" y="{}" text-anchor="end" font-weight="600" fill="{}" stroke="#ffffff" stroke-width="3" '
                'paint-order="stroke">{}</text>',
                WIDTH - RIGHT,
                _short(end - 9),
                colour,
                one.label,
            )
        )
    return _chart(key, title, description, labels, scale, drawn)


@dataclass(frozen=True)
class Span:
    """One line of a chart of ranges: from one value to another, with the words of both."""

    label: str
    first: Decimal
    last: Decimal
    first_words: str
    last_words: str


def ranges(*, key: str, title: str, description: str, spans: Sequence[Span], middle: Decimal, words: str) -> SafeString:
    """A bar for each span around `middle`, which is a line with its `words`. The ends say their values."""
    low = min([middle, *(min(span.first, span.last) for span in spans)])
    high = max([middle, *(max(span.first, span.last) for span in spans)])
    room = Decimal(WIDTH - NAMES - 2 * ENDS)
    scale = room / (high - low) if high > low else Decimal(0)
    height = TOP + 12 + ROW * len(spans)

    def x(value: Decimal) -> Decimal:
        return NAMES + ENDS + (value - low) * scale

    drawn = []
    for index, span in enumerate(spans):
        top = TOP + 12 + ROW * index
        left, right = sorted(((x(span.first), 0), (x(span.last), 1)))
        texts = (span.first_words, span.last_words)
        drawn.append(
            format_html(
                '<text x="{}" y="{}" text-anchor="end">{}</text>'
                '<rect x="{}" y="{}" width="{}" height="18" fill="{}" stroke="{}"><title>{}: {} – {}</title></rect>'
                '<text x="{}" y="{}" text-anchor="end" fill="{}">{}</text><text x="{}" y="{}" fill="{}">{}</text>',
                NAMES - 8, top + 14, span.label,
                _short(left[0]), top, _short(max(right[0] - left[0], Decimal(1))), GRID, GOOD, span.label, *texts,
                _short(left[0] - 4), top + 14, MUTED, texts[left[1]],
                _short(right[0] + 4), top + 14, MUTED, texts[right[1]],
            )
        )  # fmt: skip
    line = format_html(
        '<line x1="{x}" y1="{top}" x2="{x}" y2="{bottom}" stroke="{colour}" stroke-width="2"/>'
        '<text x="{x}" y="{words_at}" text-anchor="middle" font-weight="600">{words}</text>',
        x=_short(x(middle)), top=TOP, bottom=height, colour=TEXT, words_at=TOP - 6, words=words,
    )  # fmt: skip
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="{key}-title {key}-desc" font-family="IBM Plex Sans, sans-serif" font-size="13" '
        'fill="{text}"><title id="{key}-title">{title}</title><desc id="{key}-desc">{description}</desc>{drawn}{line}</svg>',
        width=WIDTH,
        height=height + 6,
        key=key,
        text=TEXT,
        title=title,
        description=description,
        drawn=format_html_join("", "{}", ((part,) for part in drawn)),
        line=line,
    )


def as_image(chart: str) -> str:
    """The chart as an address for `<img>`, with which the PDF engine keeps the description in `alt`."""
    return "data:image/svg+xml;base64," + base64.b64encode(chart.encode()).decode("ascii")


def _spread(heights: list[Decimal], apart: int = 16) -> list[Decimal]:
    """Labels at the ends of lines, moved so that none lies on another."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    placed = list(heights)
    for before, after in zip(order, order[1:], strict=False):
        placed[after] = max(placed[after], placed[before] + apart)
    return placed


class _Scale:
    """Where an amount lies, and the round amounts that are marked: zero is always one of them."""

    def __init__(self, values: Sequence[Decimal]) -> None:
        low, high = min([Decimal(0), *values]), max([Decimal(0), *values])
        if low == high:
            high = Decimal(1000)
        self.step = _round_step((high - low) / (MOST_TICKS - 1))
        self.first = int((low / self.step).to_integral_value(rounding=ROUND_FLOOR))
        self.last = int((high / self.step).to_integral_value(rounding=ROUND_CEILING))

    @property
    def ticks(self) -> list[Decimal]:
        return [self.step * number for number in range(self.first, self.last + 1)]

    def y(self, value: Decimal) -> Decimal:
        span = self.step * (self.last - self.first)
        return TOP + (self.step * self.last - value) * (HEIGHT - TOP - BOTTOM) / span


def _round_step(wanted: Decimal) -> Decimal:
    """1, 2 or 5 times a power of ten, at least `wanted`."""
    power = Decimal(10) ** wanted.adjusted()
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wanted)


def _chart(
    key: str, title: str, description: str, labels: Sequence[str], scale: _Scale, marks: Sequence[SafeString]
) -> SafeString:
    step = Decimal(WIDTH - LEFT - RIGHT) / len(labels)
    names = [
        format_html(
            '<text x="{}" y="{}" text-anchor="middle">{}</text>',
            _short(LEFT + step * (index + Decimal("0.5"))),
            HEIGHT - 10,
            label,
        )
        for index, label in enumerate(labels)
    ]
    drawn = [*(_tick(tick, scale) for tick in scale.ticks), *names, *marks]
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="{key}-title {key}-desc" font-family="IBM Plex Sans, sans-serif" font-size="13" '
        'fill="{text}"><title id="{key}-title">{title}</title><desc id="{key}-desc">{description}</desc>'
        '<defs><pattern id="{key}-below" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="7" height="7" fill="#fdeaea"/>'
        '<line x1="0" y1="0" x2="0" y2="7" stroke="{bad}" stroke-width="4"/></pattern></defs>{drawn}</svg>',
        width=WIDTH,
        height=HEIGHT,
        key=key,
        text=TEXT,
        title=title,
        description=description,
        bad=BAD,
        drawn=format_html_join("", "{}", ((part,) for part in drawn)),
    )


def _tick(tick: Decimal, scale: _Scale) -> SafeString:
    y = scale.y(tick)
    return format_html(
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"/>'
        '<text x="{}" y="{}" text-anchor="end" fill="{}">{}</text>',
        LEFT,
        _short(y),
        WIDTH - RIGHT,
        _short(y),
        MUTED if tick == 0 else GRID,
        "1.5" if tick == 0 else "1",
        LEFT - 8,
        _short(y + 4),
        MUTED,
        danish.grouped(round(tick, 2)),
    )


def _short(number: Decimal) -> str:
    return f"{number:.1f}"
