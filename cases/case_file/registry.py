"""What a case file consists of (access to documents, domain.md §8; docs/decisions/113).

Each room registers its section in `AppConfig.ready()`:

    case_file.register(Section("screenings", _("Screenings"), items, order=40))

`items(case)` gives the section's `Item`s, oldest first. Reads only.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from microloan.core.registry import Registry


@dataclass(frozen=True)
class Item:
    """One thing in the case file: written out (`rows`, `text`), or a PDF of its own that is merged in (`pdf`).

    `others_data`: it is marked as holding another person's data. `listed`: a file that cannot be shown as pages, such as a
    spreadsheet, which is only named. `in_index`: it has its own line in the table of contents.
    """

    title: str
    at: date | datetime | None = None
    rows: Sequence[tuple[str, Any]] = ()
    text: str = ""
    by: str = ""
    others_data: bool = False
    pdf: Callable[[], bytes] | None = None
    listed: bool = False
    in_index: bool = False


@dataclass(frozen=True)
class Section:
    key: str
    label: Any
    items: Callable[[Any], Iterable[Item]]
    order: int = 100
    intro: Any = ""


sections: Registry[Section] = Registry("sections of the case file")


def register(section: Section) -> None:
    sections.register(section.key, section, order=section.order)


def section_choices() -> list[tuple[str, str]]:
    return [(section.key, str(section.label)) for section in sections]
