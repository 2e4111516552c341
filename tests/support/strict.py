"""A test client that looks at every page it gets, and runs what waits for the commit as production does."""

import re
from html.parser import HTMLParser
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client, TestCase

from tests.support import stages

BACKEND = "django.contrib.auth.backends.ModelBackend"
# A page without any of these has none of the faults that the inspector finds, and need not be taken apart.
SUSPECT = re.compile(
    r"<style|<script(?![^>]*\ssrc=)|\bstyle\s*=|\bon[a-z]+\s*=|javascript|\{[{%#]|%\}|&#0*123|&#x0*7b|&l(?:brace|cub)",
    re.IGNORECASE,
)
IDENTIFIER = re.compile(r"\bid\s*=\s*[\"']?([^\"'\s>]*)", re.IGNORECASE)
NOT_CODE = {"application/json", "text/plain"}  # data blocks, which a strict CSP allows


class _Inspector(HTMLParser):
    """Finds what our Content-Security-Policy would block, and template code that was not rendered."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: set[str] = set()
        self._shown: list[str] = []  # elements that show the source of a text, as the editor of letters does

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        where = f"<{tag}> in line {self.getpos()[0]}"
        if tag == "style":
            self.faults.append(f"inline style sheet: {where}")
        if tag == "script" and "src" not in given and given.get("type") not in NOT_CODE:
            self.faults.append(f"inline script: {where}")
        for name, value in given.items():
            if name == "style" or name.startswith("on"):
                self.faults.append(f"{name}= on {where}")
            if value.strip().lower().startswith("javascript:"):
                self.faults.append(f"javascript: in {name} on {where}")
            self._look_for_leftovers(value, where)
        self._look_for_twins(given.get("id", ""), where)
        if tag in {"textarea", "code"} or "data-source" in given or (self._shown and tag == self._shown[-1]):
            self._shown.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._shown and self._shown[-1] == tag:
            self._shown.pop()

    def _look_for_twins(self, identifier: str, where: str) -> None:
        if identifier and identifier in self.ids:
            self.faults.append(f"id {identifier} twice: {where}")
        self.ids.add(identifier)

    def handle_data(self, data: str) -> None:
        if not self._shown:
            self._look_for_leftovers(data, f"text in line {self.getpos()[0]}")

    def _look_for_leftovers(self, text: str, where: str) -> None:
        for mark in ("{{", "{%", "%}", "{#"):  # not "}}", which ends nested JSON
            if mark in text:
                self.faults.append(f"template code {mark} left: {where}")


def faults_of(html: str) -> list[str]:
    identifiers = IDENTIFIER.findall(html)
    if len(identifiers) == len(set(identifiers)) and not SUSPECT.search(html):
        return []
    inspector = _Inspector()
    inspector.feed(html)
    inspector.close()
    return inspector.faults


def assert_clean(response: HttpResponse) -> None:
    """The page has no inline script or style and no leftover template code."""
    if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
        return
    faults = faults_of(response.content.decode(response.charset))
    assert not faults, "\n".join(faults)


class StrictClient(Client):
    """`user` is who is logged in, if anybody."""

    user: Any = None

    def force_login(self, user: Any, backend: str | None = None) -> None:
        with stages.looking_away():
            super().force_login(user, backend or BACKEND)
        self.user = user

    def request(self, **request: Any) -> Any:
        if connection.in_atomic_block:
            with TestCase.captureOnCommitCallbacks(execute=True):
                response = super().request(**request)
        else:
            response = super().request(**request)
        assert_clean(response)
        return response
