"""The one door to WeasyPrint: what it refuses, and what every file has."""

import os
import shutil

import pytest

from microloan.core import pdf as engine
from microloan.core.pdf import PdfError, render_pdf
from tests.letters import reading

PAGE = '<html lang="da"><head><title>Prøve</title></head><body>{}</body></html>'
FONT = (
    '@font-face{font-family:Plex;src:url("static:vendor/ibm-plex-sans-1.1.0/IBMPlexSans-Regular.woff2")}'
    "html{font-family:Plex}"
)
DOT = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_file_is_tagged_titled_and_danish_with_embedded_font():
    pdf = render_pdf(PAGE.format("<h1>Blåbærgrød</h1><p>Şahin og Wałęsa</p>"), stylesheets=[FONT])
    root = reading.reader(pdf).trailer["/Root"]
    assert root["/Lang"] == "da"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reading.reader(pdf).metadata.title == "Prøve"
    assert "Blåbærgrød" in reading.text_of(pdf)
    assert "Şahin og Wałęsa" in reading.text_of(pdf)
    assert reading.fonts_of(pdf)
    assert all(reading.fonts_of(pdf).values())
    assert all("Plex" in name for name in reading.fonts_of(pdf))
    assert {"/Document", "/H1", "/P"} <= set(reading.tags_of(pdf))


@pytest.mark.parametrize(
    "body",
    [
        '<img src="http://127.0.0.1/x.png" alt="x">',
        '<img src="https://example.org/x.png" alt="x">',
        '<img src="file:///etc/passwd" alt="x">',
        '<img src="ftp://127.0.0.1/x.png" alt="x">',
        '<img src="static:../../../etc/passwd" alt="x">',
        '<img src="static:/etc/passwd.png" alt="x">',
        '<img src="static:css/none.png" alt="x">',
        '<img src="picture.png" alt="x">',
        '<link rel="stylesheet" href="http://127.0.0.1/x.css">',
        '<style>@import url("http://127.0.0.1/x.css");</style>',
        '<p style="background:url(http://127.0.0.1/x.png)">x</p>',
    ],
)
def test_anything_from_outside_is_refused(body):
    with pytest.raises(PdfError):
        render_pdf(PAGE.format(body))


def test_stylesheet_from_outside_is_refused():
    with pytest.raises(PdfError):
        render_pdf(PAGE.format("<p>x</p>"), stylesheets=['@import url("http://127.0.0.1/x.css");'])


@pytest.mark.parametrize("alt", ["", 'alt=""', 'alt="  "'])
def test_image_needs_a_description(alt):
    with pytest.raises(PdfError, match="beskrivelse|description"):
        render_pdf(PAGE.format(f'<img src="{DOT}" {alt}>'))


def test_image_with_description_is_a_figure():
    pdf = render_pdf(PAGE.format(f'<img src="{DOT}" alt="Kommunens logo">'))
    assert "/Figure" in reading.tags_of(pdf)


@pytest.mark.parametrize(
    "html", ["<p>x</p>", '<html lang="da"><p>x</p></html>', PAGE.replace("Prøve", " ").format("x")]
)
def test_language_and_title_are_required(html):
    with pytest.raises(PdfError):
        render_pdf(html)


def test_other_variant():
    pdf = render_pdf(PAGE.format("<p>x</p>"), variant="pdf/ua-2", stylesheets=[FONT])
    assert pdf.startswith(b"%PDF-2.0")


@pytest.mark.parametrize("css", ["p { colour: red }", '@font-face{font-family:X;src:url("static:css/none.woff2")}'])
def test_what_weasyprint_only_warns_of_stops_the_rendering(css):
    with pytest.raises(PdfError):
        render_pdf(PAGE.format("<p>x</p>"), stylesheets=[css])


def test_fonts_whose_folder_was_tidied_away_are_loaded_again():
    """A process lives for weeks; folders in /tmp do not."""
    page = PAGE.format("<p>Blåbærgrød</p>")
    render_pdf(page, stylesheets=[FONT])
    shutil.rmtree(engine._fonts(os.getpid())._folder)
    again = render_pdf(page, stylesheets=[FONT + "p{color:#111111}"])
    assert all("Plex" in name for name in reading.fonts_of(again))
