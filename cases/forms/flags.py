from django import forms
from django.utils.translation import gettext_lazy as _

from microloan.core.forms import BaseForm


class FlagForm(BaseForm):
    reason = forms.CharField(
        label=_("Why is the case flagged?"),
        help_text=_("One line that a colleague understands. It is also written in the journal."),
        max_length=200,
    )


class ResolveFlagForm(BaseForm):
    resolution = forms.CharField(label=_("What was done about it?"), max_length=200)
