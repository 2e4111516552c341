"""`bin/messages`: extract the strings of the source into the Danish catalogue, or check that it is complete."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

import os  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "microloan.settings")

from django.core.management import call_command  # noqa: E402
from django.core.management.commands import makemessages  # noqa: E402

CATALOGUE = ROOT / "locale/da/LC_MESSAGES/django.po"
ELSEWHERE = ["locale/*", "var/*", ".venv/*", "tests/*", "bin/*", "docs/*", "static/vendor/*"]
SHOWN = 40
HEADER = r"""# Danish texts of Mikrolån
msgid ""
msgstr ""
"Project-Id-Version: mikrolaan\n"
"Language: da\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"
"""


class Extraction(makemessages.Command):
    """Django's command, writing to a folder of our choice and never guessing a translation from a similar string."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]
    target = ""

    def build_potfiles(self) -> list[str]:
        self.locale_paths = [self.target]
        self.default_locale_path = self.target
        return super().build_potfiles()


def extracted() -> str:
    """The catalogue as it should look: today's strings with yesterday's translations."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "locale/da/LC_MESSAGES/django.po")
        copy.parent.mkdir(parents=True)
        if CATALOGUE.exists():
            shutil.copy(CATALOGUE, copy)
        else:
            copy.write_text(HEADER, encoding="utf-8")
        command = Extraction(stdout=sys.stderr, stderr=sys.stderr)
        command.target = str(copy.parent.parent.parent)
        call_command(
            command,
            locale=["da"],
            no_location=True,
            no_wrap=True,
            no_obsolete=True,
            ignore_patterns=ELSEWHERE,
            verbosity=0,
        )
        shape = ["msgattrib", "--sort-output", "--no-wrap", "--no-location", "--no-obsolete", str(copy)]
        text = subprocess.run(shape, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith('"POT-Creation-Date:'))


def faults(wanted: Catalog, present: Catalog) -> list[str]:
    names = {_name(message) for message in wanted if message.id}
    known = {_name(message) for message in present if message.id}
    found = [f"not extracted: {name}" for name in sorted(names - known)]
    found += [f"no longer used: {name}" for name in sorted(known - names)]
    found += [f"obsolete: {_name(message)}" for message in present.obsolete.values()]
    for message in present:
        if message.id and message.fuzzy:
            found.append(f"fuzzy: {_name(message)}")
        elif message.id and not _translated(message):
            found.append(f"untranslated: {_name(message)}")
    return found


def _name(message: Message) -> str:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return f"{message.context}: {text}" if message.context else text


def _translated(message: Message) -> bool:
    texts = message.string
    return bool(texts) if isinstance(texts, str | None) else all(texts)


def wrong_placeholders() -> str:
    command = ["msgfmt", "--check-format", "-o", os.devnull, str(CATALOGUE)]
    return subprocess.run(command, check=False, capture_output=True, text=True).stderr


def check(text: str) -> int:
    if not CATALOGUE.exists():
        sys.stderr.write("there is no catalogue yet: run bin/messages\n")
        return 1
    with CATALOGUE.open("rb") as committed:
        found = faults(read_po(text.encode().splitlines(keepends=True)), read_po(committed))
    placeholders = wrong_placeholders()
    for line in found[:SHOWN]:
        sys.stderr.write(f"{line}\n")
    if len(found) > SHOWN:
        sys.stderr.write(f"and {len(found) - SHOWN} more\n")
    sys.stderr.write(placeholders)
    if found:
        sys.stderr.write(f"{len(found)} faults: run bin/messages, then translate in {CATALOGUE.relative_to(ROOT)}\n")
    return 1 if found or placeholders else 0


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: bin/messages [--check]\n")
        return 2
    os.chdir(ROOT)
    text = extracted()
    if arguments:
        return check(text)
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    if not CATALOGUE.exists() or CATALOGUE.read_text(encoding="utf-8") != text:
        CATALOGUE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
