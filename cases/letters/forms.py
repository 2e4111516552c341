from django import forms
from django.utils.translation import gettext_lazy as _

from cases.letters.enums import Channel
from microloan.core.forms import BaseForm, DateField


class SentByHandForm(BaseForm):
    """How a letter that did not leave by itself reached the citizen."""

    channel = forms.ChoiceField(
        label=_("How was the letter sent?"),
        choices=[(channel.value, channel.label) for channel in (Channel.PRINT, Channel.DIGITAL_POST, Channel.EMAIL)],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how the letter was sent.")},
    )
    on = DateField(
        label=_("When was it sent?"),
        help_text=_("Deadlines count from this day."),
        error_messages={"required": _("Write the day on which the letter was sent.")},
    )


class DropForm(BaseForm):
    """Why a letter that has not gone is not to be sent at all."""

    why = forms.CharField(
        label=_("Why is the letter not to be sent?"),
        max_length=200,
        help_text=_("Stands in the journal and beside the letter."),
        error_messages={"required": _("Write why the letter is not to be sent.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class MessageForm(BaseForm):
    """A letter in own words. It decides nothing: decisions have letters of their own, with reasons and appeal guidance."""

    subject = forms.CharField(
        label=_("Heading"),
        max_length=120,
        help_text=_("Say what the letter is about. Nothing about health or money: it stands in lists of post."),
    )
    text = forms.CharField(
        label=_("Letter"),
        max_length=5000,
        help_text=_("The greeting and your colleague's name come by themselves. An empty line begins a new paragraph."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
