"""Where higher rooms tell `cases` what it must know without importing them (architecture.md §2).

Filled in `AppConfig.ready()`. A provider is a plain function with a docstring that names its source.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from cases.enums import Holder, Phase
from microloan.core.registry import Registry


@dataclass(frozen=True)
class Missing:
    """One thing that stands in the way of a step, in the reader's language, and the rule that demands it."""

    text: str
    source: str = ""
    link: dict[str, Any] | None = None


@dataclass(frozen=True)
class NextStep:
    """What has to happen next in a case. Becomes a derived task while it holds; `key` is unique within the case.

    `kind` is a code in `task_kinds`, whose label is shown; `link` is {"name": url name, "kwargs": {…}} and may hold a
    "query" for the address. `why` is one sentence in Danish, or a time and place.
    """

    key: str
    kind: str
    holder: Holder
    due_on: date
    why: str = ""
    is_promise: bool = False
    link: dict[str, Any] | None = None


@dataclass(frozen=True)
class TaskKind:
    """The words of a derived task. `action` (verb + object) is the text of the button that meets it.

    What goes on `beside` the case's way (an appointment, the rhythm of contact) holds nothing up: while the citizen
    improves a plan, the case waits on the citizen although a conversation is due on Friday. What is asked for
    `after_closing` stays a task when the case is closed (`steps_after_closing`).
    """

    code: str
    label: Any
    action: Any = ""
    beside: bool = False
    after_closing: bool = False


@dataclass(frozen=True)
class KnownMentor:
    """Somebody whom a higher room knows as a mentor; `key` is that room's own."""

    key: str
    name: str
    phone: str
    email: str


@dataclass(frozen=True)
class MentorRegister:
    """`known`: who may be chosen. `link`: keeps whom a case's mentor was chosen as; Refused where it cannot be. `pages`:
    mentors of cases → the address where more is told of each."""

    known: Callable[[], list[KnownMentor]]
    link: Callable[[Any, str], None]
    pages: Callable[[Iterable[int]], dict[int, str]]


@dataclass(frozen=True)
class JourneyDetail:
    """Date or result under a step of the ten-step journey (ui-guide.md §2), and where the step leads to.

    The states are worked out from the phase; `state` overrides one of them: "skipped" (not relevant) or "done".
    """

    detail: str = ""
    state: str = ""
    url: str = ""


@dataclass(frozen=True)
class CaseTab:
    """A sub-page of the case with an address of its own (`number` in it), for the roles that may open it.

    `count(case)` gives a number or a short text such as "3/4" beside the label; None shows nothing.
    """

    key: str
    label: Any
    url_name: str
    roles: frozenset[str]
    order: int
    count: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class CasePanel:
    """A box beside the case overview, for the roles that may see it.

    `context(case, user, today)` gives what fills `template` (with `case`, `today` and `request` added by the page),
    or None to leave the box out. The template is one `<section class="mk-panel">` with an `<h2>`.
    """

    key: str
    template: str
    context: Callable[..., dict[str, Any] | None]
    roles: frozenset[str]
    order: int


@dataclass(frozen=True)
class DraftKind:
    """A form that keeps what is typed (`cases.services.drafts`). `key` says what is written on, such as a case number.

    `fields` are the names that are kept, `prefixes` the beginnings of further ones (a field per criterion).
    `page(key)` is the address of the form, `may_write(user, key)` tells whether this person may write it: for a case that
    means that `visible_to(user)` finds it.
    """

    code: str
    fields: tuple[str, ...]
    page: Callable[[str], str]
    may_write: Callable[[Any, str], bool]
    days: int = 30
    prefixes: tuple[str, ...] = ()
    most: int = 100  # of the fields that are known by their prefix


@dataclass(frozen=True)
class Occasion:
    """Something at a certain time in a worker's calendar. Nothing in it names a citizen (docs/decisions/121)."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    url: str = ""
    # What calendar programs go by (RFC 5545): it grows with every change; when the last was; a cancelled one is told too.
    sequence: int = 0
    changed_at: datetime | None = None
    is_cancelled: bool = False


@dataclass(frozen=True)
class OpenThing:
    """Something that is not finished when a case closes, and what becomes of it (domain.md §3.4).

    `asks` is a question that must be answered in words before the case can close; empty where closing itself deals with
    it. `key` is unique within the case.
    """

    key: str
    text: str
    then: str
    asks: str = ""
    link: dict[str, Any] | None = None


RequirementProvider = Callable[[Any, date], Iterable[Missing]]
NextStepProvider = Callable[[Any, date], Iterable[NextStep]]
JourneyProvider = Callable[[Any, date], dict[int, JourneyDetail]]
StepProvider = Callable[[list[int]], dict[int, int]]
NumberProvider = Callable[[str], Any]
OccasionProvider = Callable[[Any, datetime, datetime], Iterable[Occasion]]
FeedProvider = Callable[[int, datetime, datetime], "tuple[str, list[Occasion]] | None"]
OpenProvider = Callable[[Any, date], Iterable[OpenThing]]
AttendanceProvider = Callable[[list[int]], dict[int, tuple[int, int]]]

# What entering a phase demands; one registry per phase, asked by `cases.services.enter_phase`.
requirements: dict[str, Registry[RequirementProvider]] = {
    phase.value: Registry(f"requirements of {phase.value}") for phase in Phase
}
# What has to happen next in a case; reconciled into tasks.
next_steps: Registry[NextStepProvider] = Registry("next steps")
# What a closed case still asks for, such as money that is owed to the citizen; of kinds registered `after_closing`.
steps_after_closing: Registry[NextStepProvider] = Registry("steps after closing")
# The closed cases that may ask for something, so that the daily job looks at those and no others: today → case ids.
closed_with_steps: Registry[Callable[[date], Iterable[int]]] = Registry("closed cases with steps")
# Relations of a case that the next-step providers read (`case.<relation>.all()`), so that the daily job fetches them for
# many cases at once: each entry is a name or a `Prefetch`, or makes one from today's date. A provider then filters in
# Python and asks no query per case.
next_step_relations: Registry[Any] = Registry("relations read by next steps")
# Dates and results under the ten steps of the journey.
journey: Registry[JourneyProvider] = Registry("journey")
# The step 1–10 some cases have come to, where that is further than their phase says: case ids → {case id: step}.
steps: Registry[StepProvider] = Registry("steps of the journey")
# What a role of a higher room may see of the cases, as a condition on CaseFile, under the role's name.
visibility: Registry[Callable[[], Q]] = Registry("visibility")
task_kinds: Registry[TaskKind] = Registry("task kinds")
tabs: Registry[CaseTab] = Registry("case tabs")
panels: Registry[CasePanel] = Registry("case panels")
draft_kinds: Registry[DraftKind] = Registry("drafts")
# What counts towards attendance reliability besides contacts: case ids → {case id: (attended, no-show)}.
attendance: Registry[AttendanceProvider] = Registry("attendance")
# Numbers of higher rooms by which a case is found, such as a loan's: text → case ids.
search_numbers: Registry[NumberProvider] = Registry("numbers that search knows")
# What stands in a worker's calendar besides contacts and tasks: (user, from, to) → occasions.
occasions: Registry[OccasionProvider] = Registry("occasions of a calendar")
# Calendars of things of higher rooms with a secret address of their own: (key, from, to) → name and occasions, None: gone.
feeds: Registry[FeedProvider] = Registry("calendars with an address")
# Voluntary meetings to which the citizen of a case was asked or is asked: case → days, without a query per case.
meetings_offered: Registry[Callable[[Any], Iterable[date]]] = Registry("meetings offered")
# What the citizen of a case takes part in besides contacts: (case, from, to) → occasions that overlap.
occasions_of_case: Registry[OccasionProvider] = Registry("occasions of a case")
# Where mentors are known beside the cases.
mentor_registers: Registry[MentorRegister] = Registry("registers of mentors")
# What is not finished when a case closes: shown before, dealt with by closing or answered in words.
open_at_closing: Registry[OpenProvider] = Registry("open at closing")
# Facts for the closing letter that higher rooms know, such as what is still owed: (case, today) → fields of the letter.
closing_facts: Registry[Callable[[Any, date], dict[str, Any]]] = Registry("facts of the closing letter")
# Called after a case went on to a phase or was closed, in the same transaction: (case=, from_phase=, by=, today=).
# Not called on reopening: the case comes back to where it was.
phase_entered: Registry[Callable[..., None]] = Registry("phase entered")


def requires(phase: Phase, name: str, provider: RequirementProvider) -> None:
    """Entering `phase` asks `provider` what is missing."""
    requirements[phase].register(name, provider)


def register_task_kind(
    code: str, label: Any, action: Any = "", *, beside: bool = False, after_closing: bool = False
) -> None:
    task_kinds.register(code, TaskKind(code, label, action, beside, after_closing))


def kinds_beside() -> list[str]:
    return [kind.code for kind in task_kinds if kind.beside]


def kinds_after_closing() -> list[str]:
    return [kind.code for kind in task_kinds if kind.after_closing]


def register_tab(tab: CaseTab) -> None:
    tabs.register(tab.key, tab, order=tab.order)


def register_panel(panel: CasePanel) -> None:
    panels.register(panel.key, panel, order=panel.order)


def register_draft_kind(kind: DraftKind) -> None:
    draft_kinds.register(kind.code, kind)


def relations_read(today: date) -> list[Any]:
    """What is fetched ahead for the next steps of many cases; some of it depends on the day."""
    return [relation(today) if callable(relation) else relation for relation in next_step_relations]
