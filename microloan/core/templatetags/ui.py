"""The parts of a page (a built-in library, no `{% load %}`). Samples of all of them: /styleguide/ in demo mode.

{% icon "telephone" %}                                     beside text: hidden from screen readers
{% icon "lock-fill" label=_("Protected address") %}        alone: with a name
{% status "Klar til udbetaling" tone="info" %}             tone: info, good, warn, bad; or none
{% due task.due today done=task.is_done time=task.at %}    date + words + icon + colour
{% kv rows %}                                              rows: (label, value) pairs
{% journey steps %}                                        ten dicts, see includes/_journey.html
{% timeline entries %}                                     dicts, see includes/_timeline.html
{% traffic_light "green" %}                                red, yellow, green
{% bar 5 %}                                                a drawn share (per cent); the words stand beside it
{% error_summary form %}                                   crispy shows it by itself; call it for hand-made forms
{% two_versions form %}                                    inside the <form> of a TwoVersionsForm
{% pagination page_obj %}                                  keeps the other parameters of the address
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from microloan.core import danish
from microloan.core.due import due_state
from microloan.core.forms import form_errors_for_summary
from microloan.core.two_versions import TwoVersionsForm

register = template.Library()
SPRITE = "vendor/bootstrap-icons-1.13.2/sprite.svg"
STATUS_ICONS = {
    "good": "check-circle-fill",
    "warn": "dash-circle-fill",
    "bad": "x-circle-fill",
    "info": "caret-right-fill",
}
LIGHTS = {
    "red": ("bad", "x-circle-fill", _("Red")),
    "yellow": ("warn", "dash-circle-fill", _("Yellow")),
    "green": ("good", "check-circle-fill", _("Green")),
}
MESSAGE_TONES = {
    "success": ("good", "check-circle-fill"),
    "warning": ("warn", "exclamation-triangle-fill"),
    "error": ("bad", "exclamation-triangle-fill"),
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One icon of the sprite. Beside text it is decoration; alone it needs `label`."""
    href = f"{static(SPRITE)}#{name}"
    if label:
        return format_html(
            '<svg class="mk-icon" role="img" aria-label="{}" focusable="false"><use href="{}"></use></svg>', label, href
        )
    return format_html('<svg class="mk-icon" aria-hidden="true" focusable="false"><use href="{}"></use></svg>', href)


@register.inclusion_tag("includes/_status.html")
def status(word: str, tone: str = "", icon: str | None = None) -> dict[str, Any]:
    """A status word with shape and tone; a word without tone has no shape."""
    return {"word": word, "tone": tone, "icon": STATUS_ICONS.get(tone, "") if icon is None else icon}


@register.inclusion_tag("includes/_due.html")
def due(
    due_on: date | datetime | None, today: date, done: bool = False, time: time | datetime | None = None
) -> dict[str, Any]:
    """A due date: date + words + icon + colour. None shows nothing."""
    if due_on is None:
        return {"state": None, "clock": ""}
    state = due_state(danish.local_date(due_on), today, done=done)
    return {"state": state, "clock": danish.clock_time(time) if time is not None else ""}


@register.inclusion_tag("includes/_kv.html")
def kv(rows: Iterable[tuple[str, Any]], variant: str = "") -> dict[str, Any]:
    """Facts as a definition list. `variant`: wide, tight (stays in two columns on phones)."""
    return {"rows": rows, "variant": variant}


@register.inclusion_tag("includes/_journey.html")
def journey(steps: list[Mapping[str, Any]]) -> dict[str, Any]:
    return journey_context(steps)


def journey_context(steps: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The step one is at: the current or stopped one, else the last done one."""
    at = next((s for s in steps if s["state"] in ("current", "stopped")), None)
    if at is None:
        at = next((s for s in reversed(steps) if s["state"] == "done"), steps[0] if steps else None)
    share = 100 * at["number"] // len(steps) if at else 0
    return {"steps": steps, "at": at, "total": len(steps), "share": share}


@register.inclusion_tag("includes/_timeline.html")
def timeline(entries: Iterable[Any], level: int = 3) -> dict[str, Any]:
    return {"entries": entries, "level": level}


@register.inclusion_tag("includes/_traffic_light.html")
def traffic_light(rating: str | None) -> dict[str, Any]:
    """Red, yellow, green as word + shape (cross, dash, tick); nothing given: not rated."""
    tone, shape, word = LIGHTS.get(str(rating or ""), ("", "circle", _("Not rated")))
    return {"tone": tone, "icon": shape, "word": word}


@register.simple_tag
def bar(share: Decimal | int, of: Decimal | int = 100) -> SafeString:
    """A drawn share of `of`. Decoration: the words that say the same stand beside it."""
    width = 0 if not of else max(Decimal(0), min(Decimal(100), 100 * Decimal(share) / Decimal(of)))
    return format_html(
        '<svg class="mk-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect width="{}" height="10"></rect></svg>',
        f"{width:.1f}",
    )


@register.inclusion_tag("includes/_error_summary.html")
def error_summary(form: BaseForm | BaseFormSet) -> dict[str, Any]:
    """All errors of a form (or formset) with links to the fields; shown once, however often it is asked for."""
    if getattr(form, "error_summary_shown", False):
        return {"errors": []}
    form.error_summary_shown = True  # type: ignore[union-attr]
    return {"errors": form_errors_for_summary(form)}


@register.inclusion_tag("includes/_two_versions.html")
def two_versions(form: TwoVersionsForm) -> dict[str, Any]:
    """The note of what was stored when the page was drawn; and both versions, where somebody else has saved since."""
    return {"note": form.seen_note, "rivals": form.rivals}


@register.inclusion_tag("includes/_pagination.html", takes_context=True)
def pagination(context: template.Context, page: Page, parameter: str = "page") -> dict[str, Any]:
    """Previous, numbers, next, and which of how many. Keeps the other parameters of the address."""
    query = context["request"].GET.copy()

    def address(number: int) -> str:
        query[parameter] = str(number)
        return f"?{query.urlencode()}"

    numbers = [
        {"number": n, "url": address(n) if isinstance(n, int) else "", "current": n == page.number}
        for n in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    ]
    return {
        "page": page,
        "numbers": numbers,
        "previous": address(page.previous_page_number()) if page.has_previous() else "",
        "next": address(page.next_page_number()) if page.has_next() else "",
        "total": danish.number(page.paginator.count),
    }


@register.simple_tag(takes_context=True)
def current(context: template.Context, *names: str) -> SafeString:
    """` aria-current="page"` when the page is one of these views: for tabs. `<a href="…"{% current "loans:detail" %}>`"""
    match = getattr(context.get("request"), "resolver_match", None)
    return SafeString(' aria-current="page"') if match and match.view_name in names else SafeString("")


@register.filter
def message_tone(message: Any) -> str:
    return MESSAGE_TONES.get(message.level_tag, ("info", "info-circle-fill"))[0]


@register.filter
def message_icon(message: Any) -> str:
    return MESSAGE_TONES.get(message.level_tag, ("info", "info-circle-fill"))[1]


@register.filter
def capfirst_only(text: str) -> str:
    """`om 7 dage` → `Om 7 dage`; unlike `capitalize` it leaves the rest alone."""
    return text[:1].upper() + text[1:]
