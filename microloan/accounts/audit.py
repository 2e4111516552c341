"""What the data protection officer reads: who looked, and what was changed. Never the content of a case."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from microloan.accounts.enums import Purpose
from microloan.accounts.models import AccessLog, User
from microloan.accounts.registry import Subject, TrackedRows
from microloan.core import danish
from microloan.core.history import Change, changes_of_rows

# What a page belongs to, by the first part of its address's name: said in words to citizens who ask.
SUBJECT_MATTER = {
    "cases": gettext_lazy("Case and journal"),
    "letters": gettext_lazy("Letters"),
    "screening": gettext_lazy("Screenings, plans and budgets"),
    "courses": gettext_lazy("Courses and attendance"),
    "loans": gettext_lazy("Loan, support and payments"),
    "reports": gettext_lazy("Figures and lists"),
    "accounts": gettext_lazy("Access log"),
}
# Fields that many models have, and which bear no words of their own.
FIELDS = {
    "appeal_variant": gettext_lazy("appeal guidance"),
    "approved_at": gettext_lazy("approved on"),
    "approved_by": gettext_lazy("approved by"),
    "cancelled_at": gettext_lazy("cancelled on"),
    "cancelled_by": gettext_lazy("cancelled by"),
    "created_by": gettext_lazy("created by"),
    "decided_at": gettext_lazy("decided on"),
    "decided_by": gettext_lazy("decided by"),
    "disbursed_by": gettext_lazy("disbursed by"),
    "enrolled_by": gettext_lazy("enrolled by"),
    "enrolled_on": gettext_lazy("enrolled on"),
    "facts": gettext_lazy("facts"),
    "gives": gettext_lazy("what the decision gives"),
    "kind": gettext_lazy("kind"),
    "marked_at": gettext_lazy("marked on"),
    "marked_by": gettext_lazy("marked by"),
    "noted_by": gettext_lazy("noted by"),
    "proposed_by": gettext_lazy("proposed by"),
    "proposed_on": gettext_lazy("proposed on"),
    "raised_by": gettext_lazy("raised by"),
    "recommended_at": gettext_lazy("recommended on"),
    "recommended_by": gettext_lazy("recommended by"),
    "recorded_by": gettext_lazy("recorded by"),
    "resolved_by": gettext_lazy("resolved by"),
    "saved_at": gettext_lazy("saved on"),
    "saved_by": gettext_lazy("saved by"),
    "sent_by": gettext_lazy("sent by"),
    "specialist": gettext_lazy("referral specialist"),
    "state": gettext_lazy("status"),
    "useful_by": gettext_lazy("found useful by"),
    "warnings": gettext_lazy("warnings"),
    "withdrawal_recorded_by": gettext_lazy("withdrawal recorded by"),
    "withdrawn_by": gettext_lazy("withdrawn by"),
}
# Texts that name a thing, not a person, and so are shown.
NAMES_OF_THINGS = frozenset({"number", "code"})
PURPOSES = dict(Purpose.choices)
CHANGES = {
    "insert": gettext_lazy("Created"),
    "update": gettext_lazy("Changed"),
    "delete": gettext_lazy("Deleted"),
}


def what_label(what: str) -> str:
    """`cases:detail` → “Case and journal”; a text stays what it is."""
    return str(SUBJECT_MATTER.get(what.partition(":")[0], what))


def purpose_label(purpose: str) -> str:
    return str(PURPOSES.get(purpose, purpose))


def log_of_subject(subject: Subject) -> models.QuerySet[AccessLog]:
    """Every line about a citizen, in whichever case, newest first."""
    about = models.Q(citizen_ids__contains=[subject.citizen_id])
    named = models.Q(case_numbers__overlap=list(subject.case_numbers))
    return AccessLog.objects.filter(about | named).order_by("-at", "-pk")


def extract(lines: models.QuerySet[AccessLog]) -> Iterable[tuple[datetime, str, str, str]]:
    """What a citizen is told: when, what was done, with what, and why. Not by whom (danish-rules.md §7)."""
    fields = ("at", "action", "what", "purpose")
    for line in lines.only(*fields).order_by("at", "pk").iterator(chunk_size=2000):
        yield line.at, str(line.get_action_display()), what_label(line.what), purpose_label(line.purpose)


# --- Change history --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChangeLine:
    """One field of one row, in words."""

    at: datetime
    who: str
    kind: str
    thing: str
    field: str
    before: str
    after: str


def change_lines(sources: list[TrackedRows]) -> list[ChangeLine]:
    """What was changed in these rows, newest first. One query per model, and one for the names."""
    found: list[tuple[TrackedRows, Change]] = []
    for source in sources:
        found += [(source, change) for change in changes_of_rows(source.model, source.pks)]
    found.sort(key=lambda pair: pair[1].at, reverse=True)
    names = _names(found)
    lines = (_line(source, change, names) for source, change in found if _is_of_interest(source, change))
    return [line for line in lines if line.before != line.after or line.before]


def _is_of_interest(source: TrackedRows, change: Change) -> bool:
    """Not the counters and time stamps that the system keeps for itself."""
    return bool(source.model._meta.get_field(change.field).editable)


def _names(found: list[tuple[TrackedRows, Change]]) -> dict[int, str]:
    wanted = {change.user_id for _source, change in found if change.user_id}
    for source, change in found:
        if _points_to_user(source.model._meta.get_field(change.field)):
            wanted |= {pk for pk in (change.before, change.after) if pk}
    return dict(User.objects.filter(pk__in=wanted).values_list("pk", "full_name"))


def _line(source: TrackedRows, change: Change, names: dict[int, str]) -> ChangeLine:
    field = source.model._meta.get_field(change.field)
    hidden = change.field in source.hidden
    return ChangeLine(
        at=change.at,
        who=names.get(change.user_id, _("Unknown")) if change.user_id else _("The system"),
        kind=str(CHANGES.get(change.label, change.label)),
        thing=str(source.model._meta.verbose_name),
        field=field_label(field),
        before=_shown(field, change.before, names, hidden),
        after=_shown(field, change.after, names, hidden),
    )


def field_label(field: Any) -> str:
    """The field's own words; where it has none, the common ones here, else the thing it points to."""
    if type(field.verbose_name) is not str:
        return str(field.verbose_name)
    if field.name in FIELDS:
        return str(FIELDS[field.name])
    return str(field.related_model._meta.verbose_name) if field.is_relation else str(field.verbose_name)


def _points_to_user(field: Any) -> bool:
    return bool(field.is_relation and field.related_model is User)


def _shown(field: Any, value: Any, names: dict[int, str], hidden: bool) -> str:
    """Choices, dates, amounts, yes and no as they are; free text and what identifies a citizen only by its length."""
    if value is None or value == "":
        return ""
    if field.choices and not hidden:
        return str(dict(field.flatchoices).get(value, value))
    if _points_to_user(field):
        return names.get(value, _("Unknown"))
    if field.is_relation:
        return _("no. %(number)s") % {"number": value}
    if hidden or (isinstance(value, str | dict | list) and field.name not in NAMES_OF_THINGS):
        return _("not shown (%(count)s characters)") % {"count": len(str(value))}
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return danish.date_and_time(value)
    if isinstance(value, date):
        return danish.short_date(value)
    if isinstance(value, Decimal):
        return danish.number(value)
    return str(value)
