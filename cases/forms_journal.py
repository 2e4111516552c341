"""The filter of the journal."""

from typing import Any, cast

from django import forms
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from microloan.accounts.models import User
from microloan.core.forms import BaseForm, DateField


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
