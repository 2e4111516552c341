"""A worker's calendar: contacts, course sessions and due dates; as a week on screen and as iCalendar (domain.md §3.5).

The feed leaves the house, so what it says of a citizen is initials and case number, and only the number where name and
address are protected; never a CPR number, a name, a phone, a note or an address (docs/decisions/121).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from icalendar import Calendar, Event, Timezone, vText

from cases import queries, registry
from cases.enums import ContactKind, ContactState, Phase
from cases.models import CaseFile, Contact, Task
from cases.registry import Occasion
from microloan.accounts.models import User
from microloan.core import clock, danish

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
WORKDAYS = 5
# How far the feed reaches: what was, so that it does not vanish at once, and what is to come.
FEED_BEFORE, FEED_AFTER = timedelta(days=28), timedelta(days=183)
# Where somebody lives is not told outside the house.
AT_HOME = frozenset({ContactKind.HOME_VISIT})
# By rules, as calendar programs know it; a list of all the dates on which the clock was changed is not read by all of them.
DANISH_TIME = """BEGIN:VTIMEZONE
TZID:Europe/Copenhagen
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""
NOT_HELD = frozenset({ContactState.EXCUSED, ContactState.CANCELLED})


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def read_week(text: str, today: date) -> date:
    """The Monday of a week written `2026-W47`; of the present one where the text says nothing."""
    try:
        monday = date.fromisoformat(f"{text}-1")
    except ValueError:
        return monday_of(today)
    return monday if danish.FIRST_YEAR < monday.year < danish.LAST_YEAR else monday_of(today)


def week_name(monday: date) -> str:
    """`2026-W47`, as it stands in the address."""
    year, week, _weekday = monday.isocalendar()
    return f"{year}-W{week:02d}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.COPENHAGEN)


def contacts_between(worker: User, start: date, end: date) -> QuerySet[Contact]:
    """The contacts a worker takes part in, and those of own citizens where nobody was named; `end` is not counted."""
    nobody = Q(staff__isnull=True, case__coach=worker)
    closed_and_planned = Q(state=ContactState.PLANNED, case__phase=Phase.CLOSED)
    return (
        Contact.objects.filter(Q(staff=worker) | nobody, at__gte=_midnight(start), at__lt=_midnight(end))
        .exclude(closed_and_planned)
        .select_related("case__citizen")
        .order_by("at", "pk")
        .distinct()
    )


def due_between(worker: User, start: date, end: date) -> QuerySet[Task]:
    """The open tasks of a worker that fall due; planned contacts stand there already."""
    return (
        queries.open_tasks(worker)
        .filter(owner=worker, due_on__gte=start, due_on__lt=end)
        .exclude(key__startswith="contact-")
    )


def occasions_between(worker: User, start: date, end: date) -> list[Occasion]:
    """What takes time: nothing that is cancelled."""
    return [occasion for occasion in told_between(worker, start, end) if not occasion.is_cancelled]


def told_between(worker: User, start: date, end: date) -> list[Occasion]:
    """What a calendar program is told, cancelled ones too."""
    found = [o for provider in registry.occasions for o in provider(worker, _midnight(start), _midnight(end))]
    return sorted(found, key=lambda occasion: (occasion.starts_at, occasion.uid))


# --- The week on screen ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One line of a day."""

    starts_at: datetime
    ends_at: datetime
    title: str
    url: str
    who: str = ""
    place: str = ""
    contact: Contact | None = None
    is_protected: bool = False
    clashes: bool = False


@dataclass
class Day:
    date: date
    items: list[Item] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)


@dataclass(frozen=True)
class Week:
    monday: date
    days: list[Day]
    late: int
    cases: list[CaseFile]


def week_of(worker: User, monday: date, today: date) -> Week:
    """Monday to Friday, and Saturday and Sunday where something lies there. A fixed number of queries."""
    end = monday + WEEK
    contacts = list(contacts_between(worker, monday, end))
    tasks = list(due_between(worker, monday, end))
    items = [_item(contact, today) for contact in contacts]
    items += [
        Item(o.starts_at, o.ends_at, o.title, o.url, place=o.place) for o in occasions_between(worker, monday, end)
    ]
    days = [Day(monday + index * DAY) for index in range(7)]
    for item in with_clashes(items):
        days[(danish.local_date(item.starts_at) - monday).days].items.append(item)
    for task in tasks:
        days[(task.due_on - monday).days].tasks.append(task)
    late = queries.open_tasks(worker).filter(owner=worker, due_on__lt=today).count()
    shown = [day for index, day in enumerate(days) if index < WORKDAYS or day.items or day.tasks]
    return Week(monday, shown, late, [*(c.case for c in contacts), *(t.case for t in tasks)])


def _item(contact: Contact, today: date) -> Item:
    """Of a citizen with a protected address the place is asked for on the page of the contact."""
    is_protected = contact.case.citizen.is_protected_on(today)
    return Item(
        contact.at,
        contact.ends_at,
        contact.get_kind_display(),
        reverse("cases:contact", kwargs={"number": contact.case.number, "pk": contact.pk}),
        who=str(contact.case.citizen),
        place="" if is_protected else contact.place,
        contact=contact,
        is_protected=is_protected,
    )


def with_clashes(items: Iterable[Item]) -> list[Item]:
    """In order of time; of what is to come, who lies on top of another is told so."""
    ordered = sorted(items, key=lambda item: (item.starts_at, item.ends_at, item.title))
    return [
        replace(item, clashes=any(_clash(item, other) for other in ordered if other is not item)) for item in ordered
    ]


def _clash(one: Item, other: Item) -> bool:
    """Both lie ahead and overlap. A network meeting is one meeting, however many citizens it is written down for."""
    if not (_takes_time(one) and _takes_time(other)) or _is_network(one) and _is_network(other):
        return False
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _takes_time(item: Item) -> bool:
    return item.contact is None or item.contact.is_planned


def _is_network(item: Item) -> bool:
    return item.contact is not None and item.contact.kind == ContactKind.NETWORK_MEETING


# --- iCalendar ---------------------------------------------------------------------------------------------------------


def initials(name: str) -> str:
    """`Amina Testesen` → `A.T.`"""
    return "".join(f"{word[0].upper()}." for word in name.split() if word[0].isalpha())


def whom(case: CaseFile, today: date) -> str:
    """What the feed says of a citizen."""
    short = "" if case.citizen.is_protected_on(today) else initials(case.citizen.name)
    return f"{short} ({case.number})" if short else case.number


@dataclass(frozen=True)
class Feed:
    content: bytes
    cases: list[CaseFile]

    @property
    def digest(self) -> str:
        """Of what is told, not of when: the stamp of each event changes by itself."""
        lines = (line for line in self.content.splitlines() if not line.startswith(b"DTSTAMP"))
        return hashlib.sha256(b"\n".join(lines)).hexdigest()


def feed_of(worker: User, now: datetime, address: Any) -> Feed:
    """A worker's calendar after RFC 5545, in Danish time. `address` makes a whole address of a path."""
    today = danish.local_date(now)
    start, end = today - FEED_BEFORE, today + FEED_AFTER
    contacts = [c for c in contacts_between(worker, start, end) if c.state not in NOT_HELD]
    tasks = list(due_between(worker, start, end))
    events = _events(contacts, tasks, told_between(worker, start, end), today, address)
    content = _calendar(str(_("Microloans")), events, now)
    return Feed(content, [*(c.case for c in contacts), *(t.case for t in tasks)])


def feed_of_subject(subject: str, now: datetime) -> Feed | None:
    """The calendar of something that a higher room knows, such as a teacher. It names no citizen; None where it is gone."""
    name, _dash, key = subject.rpartition("-")
    provider, today = registry.feeds.get(name), danish.local_date(now)
    found = provider(int(key), _midnight(today - FEED_BEFORE), _midnight(today + FEED_AFTER)) if provider else None
    if found is None:
        return None
    title, occasions = found
    return Feed(_calendar(title, (_occasion(one, "") for one in occasions), now), [])


def _calendar(title: str, events: Iterable[Event], now: datetime) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Mikrolån//Kalender//DA")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", vText(title))  # the library would write it as it stands
    calendar.add("x-wr-timezone", str(clock.COPENHAGEN))
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add_component(Timezone.from_ical(DANISH_TIME))
    for event in events:
        event.add("dtstamp", now.astimezone(clock.UTC))
        event.add("class", "PRIVATE")
        calendar.add_component(event)
    return calendar.to_ical()


def _events(
    contacts: list[Contact], tasks: list[Task], occasions: list[Occasion], today: date, address: Any
) -> Iterator[Event]:
    for contact in contacts:
        case = contact.case
        hidden = contact.kind in AT_HOME or case.citizen.is_protected_on(today)
        url = reverse("cases:contact", kwargs={"number": case.number, "pk": contact.pk})
        title = f"{contact.get_kind_display()}: {whom(case, today)}"
        yield _timed(
            f"contact-{contact.pk}", title, contact.at, contact.ends_at, "" if hidden else contact.place, address(url)
        )
    for occasion in occasions:
        yield _occasion(occasion, address(occasion.url) if occasion.url else "")
    for task in tasks:
        yield _due(task, today, address(reverse("cases:detail", kwargs={"number": task.case.number})))


def _occasion(one: Occasion, url: str) -> Event:
    """The same UID for ever, with a number that grows: calendar programs move and cancel what they have (RFC 5546)."""
    event = _timed(one.uid, one.title, one.starts_at, one.ends_at, one.place, url)
    event.add("sequence", one.sequence)
    event.add("status", "CANCELLED" if one.is_cancelled else "CONFIRMED")
    if one.changed_at:
        event.add("last-modified", one.changed_at.astimezone(clock.UTC))
    return event


def _timed(uid: str, title: str, start: datetime, end: datetime, place: str, url: str) -> Event:
    event = Event()
    event.add("uid", f"{uid}@mikrolaan")
    event.add("summary", title)
    event.add("dtstart", start.astimezone(clock.COPENHAGEN))
    event.add("dtend", end.astimezone(clock.COPENHAGEN))
    if place:
        event.add("location", place)
    if url:
        event.add("url", url)
    return event


def _due(task: Task, today: date, url: str) -> Event:
    """A due date as a day that leaves one free. The words a person wrote may hold a name, so they stay here."""
    what = str(_("Task")) if task.is_by_hand else task.label
    event = Event()
    event.add("uid", f"task-{task.pk}@mikrolaan")
    event.add("summary", f"{pgettext('calendar', 'Due')}: {what}: {whom(task.case, today)}")
    event.add("dtstart", task.due_on)
    event.add("dtend", task.due_on + DAY)
    event.add("transp", "TRANSPARENT")
    event.add("url", url)
    return event
