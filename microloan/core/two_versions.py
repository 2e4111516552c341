"""Two people in one form: the later one sees both versions and chooses (ui-guide.md §2, docs/decisions/110).

A form that changes what is stored inherits `TwoVersionsForm` and is given what is stored now. On a POST the view reads
that under the row lock which the service takes too, so that nobody can save in between:

    case = locked(case)
    form = TaskEditForm(request.POST, stored=TaskEditForm.stored_of(task), row=task, today=today)
    if form.is_valid(): …save

The page says `{% two_versions form %}` inside its <form>. That writes a signed note of what was stored when the page was
drawn. Where a field was changed by somebody else since, and one would overwrite it, the form is not valid: the page shows
for each field that differs what is stored now and what was typed, and nothing is saved before each has been chosen.
Fields that nobody else has touched are no conflict: two people may correct two different things.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib.auth import get_user_model
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _

from microloan.core import danish
from microloan.core.forms import BaseForm, PhoneField
from microloan.core.history import last_change

NOTE, CHOICE, SALT = "seen", "choose_", "microloan.two_versions"
MINE, STORED = "mine", "stored"

Plain = str | list[str]


@dataclass(frozen=True)
class Note:
    """What was stored when the page was drawn, and the fields for which it asked to choose. No base: nothing to go by."""

    base: Mapping[str, Plain] | None = None
    asked: Sequence[str] = ()


@dataclass(frozen=True)
class Rival:
    """A field that is stored in one way and typed in another. `choice`: "mine", "stored" or not chosen."""

    control: str
    label: str
    stored: str
    mine: str
    choice: str


class TwoVersionsForm(BaseForm):
    """A form over something that is stored. `stored` maps field names to what is stored now; `row` says who saved it."""

    def __init__(
        self,
        *args: Any,
        stored: Mapping[str, Any],
        row: models.Model | None = None,
        kept_note: str = "",
        **kwargs: Any,
    ) -> None:
        """`kept_note`: the note of the page before, for a form that is drawn again without being saved."""
        self.stored, self.row, self.kept_note = stored, row, kept_note
        self.rivals: list[Rival] = []
        self._asked: list[str] = []
        kwargs["initial"] = {**stored, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    # --- What is compared; a form of parts (a budget with its lines) says more -------------------------------------------

    def compared(self) -> list[str]:
        """The names of what two people may have written differently."""
        return [name for name in self.fields if name in self.stored]

    def label_of(self, name: str) -> str:
        return str(self.fields[name].label)

    def plain_stored(self, name: str) -> Plain:
        return plain(self.fields[name], self.stored[name])

    def plain_typed(self, name: str) -> Plain:
        return plain(self.fields[name], self._typed(name))

    def words_stored(self, name: str) -> str:
        return words(self.fields[name], self.stored[name])

    def words_typed(self, name: str) -> str:
        return words(self.fields[name], self._typed(name))

    def take_stored(self, name: str, data: QueryDict) -> None:
        """Put what is stored into the data, as if it had been typed."""
        key, value = self.add_prefix(name), self.plain_stored(name)
        data.setlist(key, value if isinstance(value, list) else [value] if value else [])

    # --- The note on the page --------------------------------------------------------------------------------------------

    @property
    def seen_note(self) -> str:
        """The hidden note: what is stored now, signed. Kept from the page before while other errors are put right."""
        if self.kept_note:
            return self.kept_note
        if self.is_bound and not self.rivals and NOTE in self.data:
            return str(self.data[NOTE])
        base = {name: self.plain_stored(name) for name in self.compared()}
        return signing.dumps({"base": base, "asked": self._asked}, salt=SALT, compress=True)

    def _read_note(self) -> Note:
        text = self.data.get(NOTE, "")
        if not text:
            return Note()
        try:
            note = signing.loads(text, salt=SALT)
        except signing.BadSignature:
            return Note(base={})  # not ours: whatever differs has to be chosen
        return Note(note["base"], note["asked"])

    # --- Comparing -------------------------------------------------------------------------------------------------------

    def full_clean(self) -> None:
        if not self.is_bound:
            super().full_clean()
            return
        note = self._read_note()
        names = self.compared()
        differing = [name for name in names if self.plain_typed(name) != self.plain_stored(name)]
        changed = self._changed_since(note, names)
        if any(name in changed for name in differing):
            self._ask(note, differing, changed)
        elif note.asked:
            self._clean_chosen([name for name in note.asked if name in differing])
        else:
            super().full_clean()

    def _changed_since(self, note: Note, names: Iterable[str]) -> set[str]:
        if note.base is None:
            return set()
        return {name for name in names if note.base.get(name) != self.plain_stored(name)}

    def _ask(self, note: Note, differing: list[str], changed: set[str]) -> None:
        """Nothing is saved. What only one of the two has touched is proposed as that one left it."""
        super().full_clean()
        base = note.base or {}

        def proposal(name: str) -> str:
            if name not in changed:
                return MINE
            return STORED if base.get(name) == self.plain_typed(name) else ""

        self._asked = differing
        self.rivals = [self._rival(name, proposal(name)) for name in differing]
        self.add_error(None, self._who_saved())

    def _clean_chosen(self, asked: list[str]) -> None:
        typed = cast(QueryDict, self.data)
        choices = {name: typed.get(self.add_prefix(CHOICE + name), "") for name in asked}
        rivals = [self._rival(name, choice) for name, choice in choices.items()]
        data = typed.copy()
        data.pop(NOTE, None)  # settled: a page drawn from this starts from what is stored now
        for name in asked:
            if choices[name] == STORED:
                self.take_stored(name, data)
        self.data = data
        super().full_clean()
        if any(choice not in (MINE, STORED) for choice in choices.values()):
            self.add_error(None, _("Choose for each field which version is to stand."))
        if self.errors:
            self.data, self.rivals, self._asked = typed, rivals, asked

    def _rival(self, name: str, choice: str) -> Rival:
        return Rival(
            control=self.add_prefix(CHOICE + name),
            label=self.label_of(name),
            stored=self.words_stored(name),
            mine=self.words_typed(name),
            choice=choice,
        )

    def _who_saved(self) -> str:
        change = last_change(self.row) if self.row is not None else None
        person = get_user_model().objects.filter(pk=change.user_id).first() if change and change.user_id else None
        if change is None or person is None:
            return _("Somebody else saved while you were writing. Nothing of yours has been saved yet.")
        return _("%(name)s saved %(time)s while you were writing. Nothing of yours has been saved yet.") % {
            "name": str(person),
            "time": danish.clock_time(change.at),
        }

    def _typed(self, name: str) -> Any:
        """What was typed, read by the field; unread where it cannot be."""
        field = self.fields[name]
        raw = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        try:
            return field.clean(raw)
        except ValidationError:
            return raw


def plain(field: forms.Field, value: Any) -> Plain:
    """A value as text that can be compared, written in the note, and posted."""
    if isinstance(field, forms.ModelMultipleChoiceField | forms.MultipleChoiceField):
        return sorted(str(getattr(item, "pk", item)) for item in value or ())
    if isinstance(field, forms.BooleanField):
        return "on" if value else ""
    if value is None:
        return ""
    if isinstance(value, models.Model):
        return str(value.pk)
    return "\n".join(str(field.prepare_value(value)).strip().splitlines())


def words(field: forms.Field, value: Any) -> str:
    """A value as people read it."""
    if isinstance(field, forms.BooleanField):
        return _("Yes") if value else _("No")
    if value in (None, "") or (isinstance(field, forms.ModelMultipleChoiceField) and not value):
        return "–"
    if isinstance(field, forms.ModelChoiceField):
        return _names(field, value)
    if isinstance(field, forms.ChoiceField):
        labels = {str(code): str(label) for code, label in cast(Any, field.choices)}
        return labels.get(str(value), str(value))
    if isinstance(value, str) and not isinstance(field, PhoneField):
        return value
    show = getattr(field, "show", str)  # dates and numbers are shown as they are written
    return str(show(value))


def _names(field: forms.ModelChoiceField, value: Any) -> str:
    many = isinstance(field, forms.ModelMultipleChoiceField)
    keys = [getattr(item, "pk", item) for item in (value if many else [value])]
    assert field.queryset is not None
    found = field.queryset.model._default_manager.filter(pk__in=[key for key in keys if str(key).isdecimal()])
    return ", ".join(sorted(field.label_from_instance(item) for item in found)) or "–"
