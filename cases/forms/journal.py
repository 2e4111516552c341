"""What is written in the journal, and its filter."""

from datetime import datetime
from typing import Any, cast

from django import forms
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from cases.enums import EntryKind
from cases.forms.base import moment
from microloan.accounts.models import User
from microloan.core.forms import BaseForm, DateField, TimeField

NOTE_KINDS = (
    EntryKind.NOTE,
    EntryKind.CONTACT,
    EntryKind.SCREENING,
    EntryKind.COURSE,
    EntryKind.LOAN,
    EntryKind.SUPPORT,
)


class MessageForm(BaseForm):
    text = forms.CharField(
        label=_("Write to the team"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
    )


class NoteForm(BaseForm):
    """A note. The event may lie earlier than the entry; both times are kept (ui-guide.md §2)."""

    text = forms.CharField(label=_("New note"), max_length=20000, widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, kind.label) for kind in NOTE_KINDS])
    date = DateField(label=_("Date of the event"), required=False, help_text=_("If it was earlier than now."))
    time = TimeField(label=_("Time of the event"), required=False)
    others_data = forms.BooleanField(label=_("Holds another person's data"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("time") and not values.get("date") and "date" not in self.errors:
            self.add_error("date", _("Write the date too, as dd-mm-yyyy."))
        return values

    @property
    def event_at(self) -> datetime | None:
        return moment(self.cleaned_data.get("date"), self.cleaned_data.get("time"))


class CorrectionForm(BaseForm):
    text = forms.CharField(
        label=_("What is right?"),
        help_text=_("The old entry stays as it is. Yours is shown beside it."),
        max_length=20000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class JournalFilterForm(BaseForm):
    """Who wrote, and when it happened. What cannot be read filters nothing, and says so at its field."""

    mark_optional = False

    author = forms.ModelChoiceField(
        label=_("Author"), queryset=User.objects.none(), required=False, empty_label=_("All")
    )
    from_on = DateField(label=_("From"), required=False)
    to_on = DateField(label=_("To"), required=False)

    def __init__(self, *args: Any, authors: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["author"]).queryset = authors

    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}

    def query(self) -> str:
        """The filter as it stands in an address."""
        given = {name: self.data.get(name, "") for name in self.fields}
        return urlencode({name: value for name, value in given.items() if value})

    @property
    def is_used(self) -> bool:
        return any(self.data.get(name) for name in self.fields)
