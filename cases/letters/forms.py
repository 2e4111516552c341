from django import forms
from django.utils.translation import gettext_lazy as _

from cases.letters.enums import Channel
from microloan.core.forms import BaseForm


class SentByHandForm(BaseForm):
    """How a letter that did not leave by itself reached the citizen."""

    channel = forms.ChoiceField(
        label=_("How was the letter sent?"),
        choices=[(channel.value, channel.label) for channel in (Channel.PRINT, Channel.DIGITAL_POST, Channel.EMAIL)],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the letter was sent.")},
    )
