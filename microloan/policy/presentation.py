"""Rules and bases as the pages show them."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from microloan.core import danish
from microloan.policy.colours import mixed
from microloan.policy.forms import NOT_USED_YET, RULE_FIELDS, RULE_GROUPS
from microloan.policy.models import Confirmed, Municipality, RuleSet
from microloan.policy.registry import livelihood_choices

BLACK, WHITE = "#000000", "#ffffff"


def state_on(row: Confirmed, today: date) -> dict[str, str]:
    """Planned, in force or former, as a status word."""
    if row.valid_from > today:
        return {"state": _("Planned"), "tone": "info"}
    if row.valid_to and row.valid_to < today:
        return {"state": _("Former"), "tone": ""}
    return {"state": _("In force"), "tone": "good"}


def copy_of(rule_set: RuleSet) -> dict[str, Any]:
    """What a new rule set begins with; whoever confirms it, confirms anew."""
    return {name: getattr(rule_set, name) for name in RULE_FIELDS if name not in ("confirmed_by", "confirmed_on")}


def rule_groups(rule_set: RuleSet, before: RuleSet | None) -> list[dict[str, Any]]:
    """The parameters under their headings, each with its value in the set before where it differs."""
    return [{"heading": heading, "rows": list(_rows(rule_set, before, names))} for heading, names in RULE_GROUPS]


def _rows(rule_set: RuleSet, before: RuleSet | None, names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for name in names:
        label = str(RuleSet._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        row = {"label": label, "value": shown(rule_set, name), "before": "", "unused": name in NOT_USED_YET}
        if before is not None and _comparable(before, name) != _comparable(rule_set, name):
            row["before"] = shown(before, name) or _("nothing")
        yield row


def _comparable(rule_set: RuleSet, name: str) -> Any:
    """The order of livelihoods means nothing; that of months says which period each belongs to."""
    value = getattr(rule_set, name)
    return sorted(value) if name == "eligible_livelihoods" else value


def shown(rule_set: RuleSet, name: str) -> str:
    value = getattr(rule_set, name)
    if value is None:
        return ""
    if name == "eligible_livelihoods":
        words = dict(livelihood_choices())
        return ", ".join(str(words.get(code, code)) for code in value)
    if name == "schedule_start":
        return str(rule_set.get_schedule_start_display())
    if isinstance(value, list):
        return ", ".join(danish.MONTHS[month - 1] for month in value)
    if name == "vat_percent":
        return danish.percent(value, 0 if value == int(value) else 2)
    if isinstance(value, Decimal):
        return danish.kr(value)
    return danish.long_date(value) if isinstance(value, date) else str(value)


def theme_css(colour: str) -> str:
    """The colour and its shades, where it is not the one that the style sheet has anyway."""
    if colour == Municipality._meta.get_field("primary_colour").default:
        return ""
    dark, tint = mixed(colour, BLACK, 0.35), mixed(colour, WHITE, 0.88)
    rgb = ", ".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    dark_rgb = ", ".join(str(int(dark[at : at + 2], 16)) for at in (1, 3, 5))
    return (
        ':root, [data-bs-theme="light"] {\n'
        f"  --mk-primary: {colour}; --mk-primary-dark: {dark}; --mk-primary-text: {dark}; --mk-top: {dark};\n"
        f"  --mk-primary-tint: {tint}; --bs-primary: {colour}; --bs-primary-rgb: {rgb};\n"
        f"  --bs-link-color: {colour}; --bs-link-color-rgb: {rgb};\n"
        f"  --bs-link-hover-color: {dark}; --bs-link-hover-color-rgb: {dark_rgb};\n"
        "}\n"
    )
