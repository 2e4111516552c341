"""The documents tell the truth about what is where: every link and every path they name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`((?:cases|screening|courses|loans|reports|microloan|tests)/[\w/]+(?:\.py|/))`")
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_and_pictures_resolve(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text())
    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert missing == []


def test_the_domain_map_names_files_that_are_there() -> None:
    named = NAMED.findall((ROOT / "docs/domain-map.md").read_text())
    assert len(named) > 50
    assert [path for path in named if not (ROOT / path).exists()] == []
