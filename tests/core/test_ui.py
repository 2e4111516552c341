"""The parts of pages: what they say and how they are built. Looks and behaviour: test_ui_browser.py."""

import hashlib
import re
from datetime import date, time, timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import django_tables2
import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from microloan.accounts.enums import Role
from microloan.core import navigation, styleguide
from microloan.core.due import due_state
from microloan.core.templatetags.ui import SPRITE, journey_context

ROOT = Path(settings.BASE_DIR)
VENDOR = ROOT / "static" / "vendor"
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _danish():
    with translation.override("da"):
        yield


def render(source: str, **context: object) -> str:
    return Template(source).render(Context({"today": TODAY, **context}))


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").split())


# --- Assets ----------------------------------------------------------------------------------------------------------


def test_vendored_files_are_those_of_the_manifest():
    manifest = dict(
        reversed(line.split("  ./")) for line in (VENDOR / "MANIFEST.sha256").read_text("utf-8").splitlines()
    )
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.parent != VENDOR
    }
    assert found == manifest


@pytest.mark.parametrize("folder", sorted(p.name for p in VENDOR.iterdir() if p.is_dir()))
def test_vendored_folder_has_its_licence_and_names_no_source_map(folder):
    assert list((VENDOR / folder).glob("LICENSE*"))
    for path in (VENDOR / folder).rglob("*.[cj]s*"):
        assert "sourceMappingURL" not in path.read_text("utf-8")


def test_every_icon_that_is_named_is_in_the_sprite():
    in_sprite = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / SPRITE).read_text("utf-8")))
    pattern = re.compile(r"""(?:\{% icon |\bicon=|"icon": ?)["']([a-z0-9-]+)["']""")
    sources = [*ROOT.glob("templates/**/*.html"), *(p for a in APPS for p in (ROOT / a).rglob("*.py"))]
    named = {name for path in sources for name in pattern.findall(path.read_text("utf-8"))}
    assert len(named) > 10
    assert named <= in_sprite


APPS = ("microloan", "cases", "screening", "courses", "loans", "reports")


def test_templates_have_nothing_inline():
    pages = [p for p in ROOT.glob("templates/**/*.html") if "letters" not in p.parts]
    for path in pages:
        source = path.read_text("utf-8")
        assert not re.search(r"""<style|\sstyle=|\son[a-z]+=["']|<script(?![^>]*\ssrc=)""", source), path


def luminance(colour: str) -> float:
    def linear(part: str) -> float:
        share = int(part, 16) / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(colour[i : i + 2]) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("text", "ground", "least"),
    [
        ("text", "page", 4.5),
        ("muted", "page", 4.5),
        ("muted", "band", 4.5),
        ("primary", "page", 4.5),
        ("primary-text", "primary-tint", 4.5),
        ("bad", "bad-tint", 4.5),
        ("warn", "warn-tint", 4.5),
        ("good", "good-tint", 4.5),
        ("focus-top", "top", 4.5),
        ("field", "white", 3),
        ("field", "page", 3),
        ("focus", "page", 3),
        ("warn-mark", "warn-tint", 3),
    ],
)
def test_theme_colours_have_contrast(text, ground, least):
    css = (ROOT / "static/css/mikrolaan.css").read_text("utf-8")
    tokens = {"white": "#ffffff", **dict(re.findall(r"--mk-([a-z-]+): (#[0-9a-f]{6});", css))}
    assert contrast(tokens[text], tokens[ground]) >= least


@pytest.mark.parametrize("sheet", sorted((ROOT / "static/css").glob("*.css")), ids=lambda path: path.name)
def test_style_sheets_close_what_they_open(sheet):
    """A block left open swallows the rules after it, which then hold on wide screens alone."""
    bare = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.S)
    assert bare.count("{") == bare.count("}")


# --- Due dates and status ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "kind", "words"),
    [
        (-2, "overdue", "18. nov. – 2 dage over"),
        (-1, "overdue", "19. nov. – 1 dag over"),
        (0, "soon", "I dag"),
        (1, "soon", "21. nov. – i morgen"),
        (7, "soon", "27. nov. – om 7 dage"),
        (8, "later", "28. nov. 2026 – om 8 dage"),
        (-400, "overdue", "16. okt. 2025 – 400 dage over"),
    ],
)
def test_due_date_says_date_and_words(days, kind, words):
    due = TODAY + timedelta(days=days)
    assert due_state(due, TODAY).kind == kind
    html = render("{% due due today %}", due=due)
    assert words_of(html) == words
    assert f"mk-due--{kind}" in html
    assert "<svg" in html


def test_due_date_may_have_a_time():
    assert words_of(render("{% due today today time=at %}", at=time(10, 0))) == "I dag kl. 10.00"


def test_done_is_plain_text():
    html = render("{% due due today done=True %}", due=date(2026, 11, 18))
    assert words_of(html) == "18. nov. 2026"
    assert "<svg" not in html


def test_no_due_date_is_nothing():
    assert render("{% due nothing today %}", nothing=None).strip() == ""


@pytest.mark.parametrize(
    ("rating", "word", "shape"),
    [("red", "Rød", "x-circle-fill"), ("yellow", "Gul", "dash-circle-fill"), ("green", "Grøn", "check-circle-fill")],
)
def test_traffic_light_is_word_and_shape(rating, word, shape):
    html = render("{% traffic_light rating %}", rating=rating)
    assert words_of(html) == word
    assert f"#{shape}" in html


def test_unrated_is_said():
    assert words_of(render("{% traffic_light None %}")) == "Ikke vurderet"


def test_values_are_escaped():
    html = render("{% status word %}{% kv rows %}{% icon 'lock-fill' label=word %}", word="<b>", rows=[("<i>", "<u>")])
    assert not re.search(r"<[biu]>", html)


def test_bar_stays_within_its_frame():
    assert 'width="0.0"' in render("{% bar -5 %}")
    assert 'width="100.0"' in render("{% bar 7 of=5 %}")
    assert 'width="0.0"' in render("{% bar 7 of=0 %}")


# --- Journey -------------------------------------------------------------------------------------------------------------


def test_journey_says_where_the_case_is():
    html = render("{% journey steps %}", steps=styleguide.journey(8))
    assert "Trin 8 af 10: Lån og start" in words_of(html)
    assert html.count('aria-current="step"') == 2  # the row of the desk and the list of the phone; one is hidden


def test_journey_of_a_stopped_case():
    html = render("{% journey steps %}", steps=styleguide.journey(5, stopped=True))
    assert "Stoppet 4. mar." in words_of(html)


def test_journey_of_a_pensioner_says_not_relevant():
    assert "Ikke relevant" in words_of(render("{% journey steps %}", steps=styleguide.pensioner_journey()))


def test_journey_that_is_over_stands_at_the_last_step():
    steps = [{**step, "state": "done"} for step in styleguide.journey()]
    assert journey_context(steps)["at"]["number"] == 10


# --- Navigation ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def top_bar(monkeypatch):
    monkeypatch.setattr(navigation, "_items", {})
    asked = []

    def count(user, today):
        asked.append(user.role)
        return 7

    navigation.register("over", "Overblik", "help", {Role.MANAGER, Role.COACH}, 50, owns=("reports:",))
    navigation.register("cases", "Sager", "help", {Role.COACH}, 20, owns=("cases:",))
    navigation.register("work", "Mit arbejde", "home", {Role.COACH}, 10, count=count, owns=("cases:my_work",))
    return asked


def as_role(role):
    return SimpleNamespace(role=role, is_authenticated=True)


def test_top_bar_shows_what_the_role_may_open(top_bar):
    assert [link.key for link in navigation.links(as_role("coach"), "", TODAY)] == ["work", "cases", "over"]
    assert [link.key for link in navigation.links(as_role("manager"), "", TODAY)] == ["over"]
    assert navigation.links(as_role("auditor"), "", TODAY) == []


def test_counts_are_asked_only_for_those_who_see_the_item(top_bar):
    navigation.links(as_role("manager"), "", TODAY)
    assert top_bar == []
    assert navigation.links(as_role("coach"), "", TODAY)[0].count == 7


@pytest.mark.parametrize(
    ("view", "key"),
    [("cases:detail", "cases"), ("cases:my_work", "work"), ("reports:dashboard", "over"), ("other", None)],
)
def test_longest_claim_is_the_current_item(top_bar, view, key):
    assert navigation.current_key("coach", view) == key


def test_search_is_for_the_roles_that_may(monkeypatch):
    monkeypatch.setattr(navigation, "_search", {})
    assert navigation.search_url(as_role("coach")) == ""
    navigation.register_search("help", {Role.COACH})
    assert navigation.search_url(as_role("coach"))
    assert navigation.search_url(as_role("manager")) == ""


# --- Forms -------------------------------------------------------------------------------------------------------------------


class _Order(HTMLParser):
    """The ids, and the ids referred to, in the order of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.described: list[str] = []
        self.labelled: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        if "aria-describedby" in given:
            self.described += given["aria-describedby"].split()
        if tag == "label":
            self.labelled.append(given.get("for"))


def crispy(form: forms.Form) -> str:
    return render("{% load crispy_forms_tags %}{{ form|crispy }}", form=form)


def test_hint_and_error_stand_between_label_and_input():
    html = crispy(styleguide.SampleForm({}))
    order = _Order(html).ids
    for name in ("amount", "paid_on"):
        positions = [order.index(f"id_{name}_helptext"), order.index(f"id_{name}_error"), order.index(f"id_{name}")]
        assert positions == sorted(positions)
        assert html.index(f'for="id_{name}"') < html.index(f'id="id_{name}_helptext"')


@pytest.mark.parametrize("data", [None, {}])
def test_every_description_and_label_leads_somewhere(data):
    page = _Order(crispy(styleguide.SampleForm(data)))
    assert set(page.described) <= set(page.ids)
    assert set(page.labelled) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_groups_of_choices_have_a_legend():
    html = crispy(styleguide.SampleForm())
    assert html.count("<fieldset") == html.count("<legend") == 2


def test_optional_is_said_and_required_has_no_star():
    html = crispy(styleguide.SampleForm())
    assert "Bilagsnummer (frivilligt)" in words_of(html)
    assert "Beløb (frivilligt)" not in words_of(html)
    assert "asterisk" not in html


def test_forms_of_filters_do_not_mark_what_is_optional():
    form = styleguide.SampleForm()
    form.mark_optional = False
    assert "(frivilligt)" not in crispy(form)


def test_error_summary_links_to_the_fields_and_stands_once():
    form = styleguide.SampleForm({})
    form.is_valid()
    form.add_error(None, "Lånet er allerede udbetalt.")
    html = render("{% error_summary form %}{% load crispy_forms_tags %}{{ form|crispy }}", form=form)
    assert html.count("data-error-summary") == 1
    assert 'href="#id_amount"' in html
    assert 'href="#id_livelihood_0"' in html
    assert "Lånet er allerede udbetalt." in html
    assert "Ret 7 ting" in words_of(html)


def test_no_error_no_summary():
    assert "data-error-summary" not in crispy(styleguide.SampleForm())


# --- Lists ---------------------------------------------------------------------------------------------------------------------


def test_pagination_keeps_the_filters():
    request = RequestFactory().get("/", {"centre": "nord", "page": "2"})
    html = render("{% pagination page %}", page=Paginator(range(100), 20).get_page(2), request=request)
    assert "21–40 af 100" in words_of(html)
    assert 'href="?centre=nord&amp;page=3"' in html
    assert 'aria-current="page"' in html


def test_table_keeps_its_roles_and_says_how_it_is_sorted():
    class Sample(django_tables2.Table):
        name = django_tables2.Column(verbose_name="Navn")

        class Meta:
            attrs = {"class": "table mk-cards", "caption": "Sager"}

    table = Sample([{"name": "Bo"}, {"name": "Amina"}], order_by="name")
    request = RequestFactory().get("/")
    html = render("{% load django_tables2 %}{% render_table table %}", table=table, request=request)
    assert 'aria-sort="ascending"' in html
    assert html.count('role="cell"') == 2
    assert '<caption class="visually-hidden">Sager</caption>' in html


# --- Pages -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_accessibility_statement_is_public(client):
    response = client.get("/accessibility/")
    assert response.status_code == 200
    assert "<title>Tilgængelighedserklæring – Mikrolån</title>" in response.content.decode()


@pytest.mark.django_db
def test_screens_are_danish_whatever_the_browser_asks_for(client):
    page = client.get("/accessibility/", headers={"accept-language": "en-GB,en;q=0.9"}).content.decode()
    assert '<html lang="da">' in page
    assert "Tilgængelighedserklæring" in page


@pytest.mark.parametrize("role", Role.values)
def test_help_is_for_everybody_who_is_logged_in(client_for, role):
    page = client_for(role).get("/help/").content.decode()
    assert "Genveje på tastaturet" in page
    assert 'data-shortcuts="on"' in page
    assert "Demo – opdigtede personer" in page


def test_shortcuts_can_be_switched_off(client_for):
    assert 'data-shortcuts="off"' in client_for("coach", shortcuts_enabled=False).get("/help/").content.decode()


def test_foot_names_the_municipality(client_for, reference_data):
    from microloan.policy.models import Municipality

    assert Municipality.objects.get().name in client_for("coach").get("/help/").content.decode()


def test_style_guide_is_for_demos_only(client_for, settings):
    client = client_for("coach")
    assert client.get("/styleguide/case/").status_code == 200
    assert client.get("/styleguide/base/").status_code == 404
    settings.DEMO = False
    assert client.get("/styleguide/").status_code == 404
    assert "opdigtede" not in client.get("/help/").content.decode()
