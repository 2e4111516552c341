"""Chromium for journeys: flags, the look at console and network, axe, and pictures in both widths."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Response

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = Path(__file__).parent / "axe-core-4.14.1" / "axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 420, "height": 900}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--metrics-recording-only",
    "--disable-extensions",
    "--disable-domain-reliability",
    "--no-pings",
    "--font-render-hinting=none",  # the headless shell would round the width of each letter
]
# The browser's own lines for an answer such as 404, which many tests want, and for a connection that a test has cut.
EXPECTED_CONSOLE = (
    "Failed to load resource: the server responded with a status of 4",
    "Failed to load resource: net::ERR_INTERNET_DISCONNECTED",
    "Failed to load resource: net::ERR_FAILED",
)


def chromium() -> str:
    """The headless shell, if there is one: no tabs and tool bars are drawn around each page."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, "Chromium is missing: bin/run pytest installs it, or apt-get install chromium-headless-shell"
    return found


def watch(context: BrowserContext) -> list[str]:
    """Collect everything a user with open developer tools would frown at."""
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(EXPECTED_CONSOLE):
            faults.append(f"console: {message.text}")

    def on_response(response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and "/static/" in response.url):
            faults.append(f"{response.status} for {response.url}")

    def on_page(page: Page) -> None:
        page.on("pageerror", lambda error: faults.append(f"script: {_text(error)}"))

    context.on("console", on_console)
    context.on("response", on_response)
    context.on("page", on_page)
    return faults


def _text(error: Error) -> str:
    return error.stack or error.message


def axe_violations(page: Page, exclude: list[str] | None = None) -> list[str]:
    """What axe-core finds on the page, one line per element."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    run = """async ([rules, exclude]) => {
        const found = await axe.run({include: [['html']], exclude}, {runOnly: rules, resultTypes: ['violations']});
        return found.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${v.help} at ${n.target.join(' ')}: ${n.html}`));
    }"""
    found: list[str] = page.evaluate(run, [AXE_RULES, [[selector] for selector in exclude or []]])
    return found


def assert_accessible(page: Page, exclude: list[str] | None = None) -> None:
    found = axe_violations(page, exclude)
    assert not found, f"axe on {page.url}:\n" + "\n".join(found)


def both_widths(page: Page, action: Callable[[str], Any]) -> None:
    """Do something with the page at 1440 and at 420 px, then put the window back."""
    before = page.viewport_size
    for name, size in (("1440", WIDE), ("420", NARROW)):
        page.set_viewport_size(size)
        action(name)
    if before:
        page.set_viewport_size(before)


def pictures_folder() -> Path | None:
    """`PICTURES=1` keeps pictures in var/pictures, `PICTURES=FOLDER` elsewhere; else none are taken."""
    wish = os.environ.get("PICTURES", "")
    if wish in ("", "0"):
        return None
    folder = ROOT / "var" / "pictures" if wish == "1" else Path(wish)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def take_pictures(page: Page, name: str) -> None:
    folder = pictures_folder()
    if folder:
        both_widths(page, lambda width: page.screenshot(path=folder / f"{name}-{width}.png", full_page=True))
