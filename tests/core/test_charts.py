"""Charts: well-formed, without style or script, and true to their numbers (docs/decisions/137)."""

import re
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from microloan.core import charts

LABELS = ["jan", "feb", "mar"]
SVG = "{http://www.w3.org/2000/svg}"


def columns(*values, **changes):
    given = {"key": "penge", "title": "Titel", "description": "Ord", "labels": LABELS, **changes}
    return ElementTree.fromstring(charts.columns(values=[Decimal(value) for value in values], **given))


def bars(root):
    return [rect for rect in root.findall(f"{SVG}rect") if rect.find(f"{SVG}title") is not None]


def test_columns_stand_on_the_zero_line_and_say_their_amount():
    root = columns(1000, -500, 0)
    up, down, nothing = bars(root)
    assert up.find(f"{SVG}title").text == "jan: 1.000\xa0kr."
    assert down.attrib["fill"] == "url(#penge-below)"  # hatched, not by colour alone
    assert float(up.attrib["y"]) + float(up.attrib["height"]) == pytest.approx(float(down.attrib["y"]), abs=0.2)
    assert float(up.attrib["height"]) == pytest.approx(2 * float(down.attrib["height"]), abs=0.3)
    assert float(nothing.attrib["height"]) == 1


def test_a_chart_has_a_name_and_a_description():
    root = columns(1, 2, 3)
    assert (root.attrib["role"], root.attrib["aria-labelledby"]) == ("img", "penge-title penge-desc")
    assert root.find(f"{SVG}title").text == "Titel"
    assert root.find(f"{SVG}desc").text == "Ord"


def test_there_is_nothing_in_it_that_a_strict_csp_refuses():
    drawn = charts.lines(
        key="x", title="T", description="D", labels=LABELS, series=[charts.Series("A", [Decimal(1)] * 3)]
    )
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|href", drawn)


def test_words_are_escaped():
    root = columns(1, 2, 3, title="<b>&", labels=["<i>", '"', "'"])
    assert root.find(f"{SVG}title").text == "<b>&"
    assert bars(root)[0].find(f"{SVG}title").text.startswith("<i>")


def test_lines_are_told_apart_without_colour_and_their_names_do_not_meet():
    same = [Decimal(5), Decimal(7), Decimal(9)]
    drawn = charts.lines(
        key="x", title="T", description="D", labels=LABELS, series=[charts.Series("A", same), charts.Series("B", same)]
    )
    root = ElementTree.fromstring(drawn)
    first, second = root.findall(f"{SVG}polyline")
    assert first.get("stroke-dasharray") != second.get("stroke-dasharray")
    heights = [float(text.attrib["y"]) for text in root.findall(f"{SVG}text") if text.get("font-weight")]
    assert abs(heights[0] - heights[1]) >= 16


@pytest.mark.parametrize("values", [(0, 0, 0), (-1, -2, -3), ("0.01", 0, 0), (9_999_999, -9_999_999, 1), (1, 1, 1)])
def test_every_scale_holds_its_values_and_zero(values):
    for bar in bars(columns(*values)):
        assert charts.TOP - 1 <= float(bar.attrib["y"]) <= charts.HEIGHT - charts.BOTTOM + 1
        assert float(bar.attrib["y"]) + float(bar.attrib["height"]) <= charts.HEIGHT - charts.BOTTOM + 2


def test_a_chart_as_an_address_for_an_image():
    assert charts.as_image("<svg/>") == "data:image/svg+xml;base64,PHN2Zy8+"


def test_ranges_reach_from_end_to_end_around_the_middle():
    spans = [
        charts.Span("Vid", Decimal(2), Decimal(10), "2", "10"),
        charts.Span("Omvendt", Decimal(8), Decimal(4), "8", "4"),
    ]
    drawn = charts.ranges(key="x", title="T", description="D", spans=spans, middle=Decimal(6), words="6")
    root = ElementTree.fromstring(drawn)
    wide, narrow = bars(root)
    assert float(wide.attrib["width"]) == pytest.approx(2 * float(narrow.attrib["width"]), abs=0.3)
    line = root.find(f"{SVG}line")
    middle = float(wide.attrib["x"]) + float(wide.attrib["width"]) / 2
    assert float(line.attrib["x1"]) == pytest.approx(middle, abs=0.2)
    texts = [one.text for one in root.findall(f"{SVG}text")]
    assert texts.index("4") < texts.index("8")  # the lower end stands on the left, whichever comes first
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|href", drawn)
