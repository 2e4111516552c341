"""The forms of the texts of letters."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.letters.registry import LetterKind
from cases.letters.text_services import BadTexts
from cases.letters.texts import sections_of
from cases.letters.wording import MOST_SIGNS
from microloan.core.forms import BaseForm, DateField

PREFIX = "section_"


class TextForm(BaseForm):
    """One field per section of the letter, and why it is changed."""

    mark_optional = False

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, kind: LetterKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        for section in sections_of(kind):
            name = f"{PREFIX}{section.name}"
            self.fields[name] = forms.CharField(
                label=section.label,
                required=False,
                max_length=MOST_SIGNS,
                strip=False,
                widget=forms.Textarea(attrs={"rows": section.rows, "spellcheck": "true"}),
            )
            self._prepare(name, self.fields[name])
        self.fields["note"] = forms.CharField(
            label=_("What is changed, and why"),
            required=False,
            max_length=200,
            help_text=_("Stands in the list of versions."),
        )
        self._prepare("note", self.fields["note"])

    @property
    def sections(self) -> dict[str, str]:
        return {name.removeprefix(PREFIX): text for name, text in self.cleaned_data.items() if name.startswith(PREFIX)}

    def refuse_texts(self, bad: BadTexts) -> None:
        """Each error at the section it belongs to."""
        for section, messages in bad.by_section.items():
            field = f"{PREFIX}{section}"
            for message in messages:
                self.add_error(field if field in self.fields else None, message)


class ConfirmationForm(BaseForm):
    jurist = forms.CharField(label=_("Who confirmed the text?"), max_length=100, help_text=_("Name and title."))
    confirmed_on = DateField(label=_("When?"))
    reference = forms.CharField(
        label=_("Where can the confirmation be found?"),
        max_length=100,
        help_text=_("For example the number of the mail in the municipality's case system."),
    )


class StartForm(BaseForm):
    valid_from = DateField(
        label=_("Use the text from"),
        help_text=_("Letters dated this day or later. Letters that were made stay as they are."),
    )


class CompareForm(BaseForm):
    """Which two versions; 0 is the product's own words."""

    mark_optional = False

    before = forms.TypedChoiceField(label=_("Earlier version"), coerce=int)
    after = forms.TypedChoiceField(label=_("Later version"), coerce=int)

    def __init__(self, *args: Any, numbers: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (number, _("Version %(number)s") % {"number": number} if number else _("The product's own words"))
            for number in numbers
        ]
        for name in ("before", "after"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
