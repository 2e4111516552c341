from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from cases import registry
from cases.enums import ContactKind, ContactState, EntryKind, Holder
from cases.models.casefile import CaseFile
from microloan.core import clock
from microloan.core.history import append_only, kept, tracked


def link_url(link: dict[str, Any] | None, case_number: str) -> str:
    """The address of a stored link. One whose page is gone since leads to the case: old rows must not stop a list."""
    if not link:
        return reverse("cases:detail", kwargs={"number": case_number})
    try:
        address = reverse(link["name"], kwargs=link["kwargs"])
    except NoReverseMatch:
        return reverse("cases:detail", kwargs={"number": case_number})
    query = link.get("query")
    return f"{address}?{urlencode(query)}" if query else address


@tracked()
class Contact(models.Model):
    """A meeting or call, planned or held (domain.md §3.5). No-show and cancelled in time are two things."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField(_("kind"), max_length=24, choices=ContactKind)
    at = models.DateTimeField(_("time"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=60)
    place = models.CharField(_("place"), max_length=100, blank=True)
    state = models.CharField(_("how it went"), max_length=10, choices=ContactState, default=ContactState.PLANNED)
    staff = models.ManyToManyField(settings.AUTH_USER_MODEL, verbose_name=_("staff present"), related_name="contacts")
    # Who else was there: mentor, caseworker, interpreter.
    others = models.CharField(_("others who took part"), max_length=120, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.CheckConstraint(
                name="contact_length",
                condition=Q(minutes__gte=5) & Q(minutes__lte=720),
                violation_error_message=_("Write how many minutes, between 5 and 720."),
            ),
            models.CheckConstraint(name="contact_state_known", condition=Q(state__in=[s.value for s in ContactState])),
            models.CheckConstraint(name="contact_kind_known", condition=Q(kind__in=[k.value for k in ContactKind])),
        ]
        indexes = [
            models.Index(fields=["case", "-at"], name="contact_case_at"),
            # The calendars: what lies in a week, of whomever.
            models.Index(fields=["at", "id"], name="contact_at"),
        ]
        triggers = kept("contact")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"

    @property
    def ends_at(self) -> datetime:
        return self.at + timedelta(minutes=self.minutes)

    @property
    def is_planned(self) -> bool:
        return self.state == ContactState.PLANNED

    @property
    def waits(self) -> bool:
        """Its time has passed, and nobody has said how it went."""
        return self.is_planned and self.at <= clock.now()


class JournalEntry(models.Model):
    """One line of the timeline, append-only: a correction is a new entry that names the old (domain.md §3.7)."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="journal")
    kind = models.CharField(_("kind"), max_length=12, choices=EntryKind)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"), blank=True)
    event_at = models.DateTimeField(_("time of the event"))
    entered_at = models.DateTimeField(_("time of entry"), default=clock.now)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="journal_entries"
    )
    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections")
    # Shared with the referrer: notes to the team, and status in plain words (domain.md §2).
    for_referrer = models.BooleanField(default=False)
    # Where the entry points: a URL name and its keyword arguments, never a CPR number.
    link = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ("-event_at", "-pk")
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        indexes = [models.Index(fields=["case", "-event_at", "-id"], name="journal_case_newest")]
        triggers = append_only("journal")

    def __str__(self) -> str:
        return self.title

    @property
    def entered_late(self) -> bool:
        """Written so long after the event that both times are shown."""
        return self.entered_at - self.event_at > timedelta(hours=1)


class Task(models.Model):
    """Something to do in a case, made by hand or derived from the case's state (`key`), with whose it is and by when.

    Derived tasks are reconciled by `cases.services.reconcile_tasks`: they open and close by themselves.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="tasks")
    key = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=60, blank=True)
    title = models.CharField(_("what to do"), max_length=160, blank=True)
    why = models.CharField(_("why"), max_length=240, blank=True)
    holder = models.CharField(_("whose"), max_length=20, choices=Holder, default=Holder.TEAM)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    due_on = models.DateField(_("due"))
    # A derived task that a person has given to somebody, or moved: the owner stays, and so does the date for as long as
    # the case's data asks for the date it asked for then.
    owner_is_chosen = models.BooleanField(default=False)
    asked_due_on = models.DateField(null=True, blank=True)
    # A legal or promised date stands in the deadline box of the case page (ui-guide.md §3.2).
    is_promise = models.BooleanField(default=False)
    link = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    # Whose task it is, where the reader only stands in (cases.substitutes.mark).
    stands_in_for = ""

    class Meta:
        ordering = ("due_on", "pk")
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            models.UniqueConstraint(
                name="task_one_open_per_key", fields=["case", "key"], condition=Q(done_at__isnull=True) & ~Q(key="")
            ),
            models.CheckConstraint(name="task_holder_known", condition=Q(holder__in=Holder.values)),
            models.CheckConstraint(name="task_says_what", condition=~Q(kind="") | ~Q(title="")),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], name="task_open_due", condition=Q(done_at__isnull=True)),
            models.Index(fields=["owner", "due_on"], name="task_open_owner", condition=Q(done_at__isnull=True)),
            # The next task of each case, and the counts of Mit arbejde, without reading the rows.
            models.Index(
                fields=["case", "due_on", "id"],
                include=["holder", "kind", "owner"],
                name="task_open_case",
                condition=Q(done_at__isnull=True),
            ),
        ]
        triggers = kept("task")

    def __str__(self) -> str:
        return self.title or self.kind

    @property
    def label(self) -> str:
        """What to do: the words written by hand, or those of the kind it was derived as."""
        kind = registry.task_kinds.get(self.kind)
        return self.title or str(kind.label if kind else self.kind)

    @property
    def action(self) -> str:
        """Verb and object, for the button that meets it."""
        kind = registry.task_kinds.get(self.kind)
        return str(kind.action if kind and kind.action else _("Open the case"))

    @property
    def url(self) -> str:
        """Where it is done."""
        return link_url(self.link, self.case.number)

    @property
    def is_by_hand(self) -> bool:
        """Made by a person, who also says when it is done; a derived one closes by itself."""
        return not self.key

    @property
    def is_done(self) -> bool:
        return self.done_at is not None
