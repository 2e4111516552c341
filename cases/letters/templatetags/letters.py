"""The few filters that letter templates need beside `kr` and the other formats of `microloan.core.danish`."""

from datetime import date

from django import template

from cases.letters.envelope import Contact, Sender
from microloan.core import danish
from microloan.core.forms import phone_groups

NBSP = "\u00a0"
register = template.Library()


@register.filter
def long_date(day: date) -> str:
    """The day stays on the line of its month."""
    return danish.long_date(day).replace(" ", NBSP, 1)


@register.filter
def months(count: int) -> str:
    """`1 måned`, `84 måneder`; letters are Danish whatever the language of the screen."""
    return f"{count}{NBSP}{'måned' if count == 1 else 'måneder'}"


@register.filter
def sentence(text: str) -> str:
    """Text typed by staff or taken from data, ended as a sentence."""
    text = " ".join(str(text).split())
    return text if not text or text[-1] in ".!?:" else f"{text}."


@register.filter
def phone_of(contact: Contact, sender: Sender) -> str:
    return phone_groups(contact.phone or sender.phone)
