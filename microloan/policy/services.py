from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.errors import Refused
from microloan.policy import defaults
from microloan.policy.colours import LEAST_CONTRAST, contrast, is_colour
from microloan.policy.guards import is_used
from microloan.policy.models import LEGAL_BASIS_LOCKED, LegalBasis, Municipality, RuleSet

_remembered: ContextVar[dict[date, RuleSet] | None] = ContextVar("remembered_rule_sets", default=None)


@contextmanager
def remembered_rule_sets() -> Iterator[None]:
    """Within it `rule_set_on` reads each day's set once: for work on many cases in one transaction."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


def rule_set_on(day: date) -> RuleSet:
    """The rule set in force on a day. Raises Refused where none is."""
    known = _remembered.get()
    if known is not None and day in known:
        return known[day]
    rule_set = RuleSet.objects.on(day).first()
    if rule_set is None:
        raise Refused(_("No rule set is in force on that day. An administrator has to add one."))
    if known is not None:
        known[day] = rule_set
    return rule_set


def bases_for_loans(day: date) -> list[LegalBasis]:
    """The legal bases open for a new loan on a day (danish-rules.md §1.1)."""
    return list(LegalBasis.objects.on(day).filter(allows_loan=True).order_by("-valid_from", "code"))


def municipality_name() -> str:
    """What the foot of every page says; empty before the set-up."""
    return Municipality.objects.values_list("name", flat=True).order_by("pk").first() or ""


def municipality() -> Municipality:
    """The one municipality. Raises Refused before it was set up."""
    found = Municipality.objects.first()
    if found is None:
        raise Refused(_("The municipality has not been set up yet."))
    return found


@transaction.atomic
def ensure_defaults() -> None:
    """Put in the starting rule set, legal bases and municipality where they are missing; changes nothing that is there."""
    if not RuleSet.objects.exists():
        RuleSet.objects.create(**defaults.RULE_SET)
    for basis in defaults.LEGAL_BASES:
        LegalBasis.objects.get_or_create(code=basis["code"], defaults=basis)
    Municipality.objects.get_or_create(pk=1, defaults=defaults.MUNICIPALITY)


def basis_for_letters(today: date) -> LegalBasis:
    """The legal basis that letters about the programme itself cite: the newest in force with a reference to print.

    Where none is open, the newest that was: the programme goes on for those who are in it (danish-rules.md §1.1).
    Raises Refused where no basis has a reference.
    """
    usable = LegalBasis.objects.exclude(reference="").filter(valid_from__lte=today)
    basis = usable.on(today).order_by("-valid_from", "code").first() or usable.order_by("-valid_from", "code").first()
    if basis is None:
        raise Refused(_("No legal basis has a reference to print. An administrator has to fill one in."))
    return basis


def basis_facts(basis: LegalBasis, rule_set: RuleSet, *, support: bool = False) -> dict[str, Any]:
    """A legal basis as letters need it, with the words and the weeks of its appeal guidance."""
    return {
        "reference": basis.support_reference if support else basis.reference,
        "appeal_variant": basis.appeal_variant,
        "appeal": {"weeks": rule_set.appeal_weeks, "reason": basis.appeal_text, "text": basis.appeal_text},
    }


# --- What administrators change ----------------------------------------------------------------------------------------


@transaction.atomic
def replace_rule_set(*, values: dict[str, Any], valid_from: date, by: User, today: date) -> RuleSet:
    """A new rule set from a day to come. The one in force until then ends the day before; neither gap nor overlap."""
    _administrator(by)
    if valid_from <= today:
        raise Refused(_("Choose a day after today: what has been decided stays as it is."), field="valid_from")
    sets = list(RuleSet.objects.select_for_update().order_by("valid_from"))
    if any(rule_set.valid_from == valid_from for rule_set in sets):
        raise Refused(_("There already is a rule set from that day. Change that one."), field="valid_from")
    _check_rules(values)
    before = [rule_set for rule_set in sets if rule_set.valid_from < valid_from]
    valid_to = None
    if before:
        valid_to = before[-1].valid_to
        before[-1].valid_to = valid_from - timedelta(days=1)
        before[-1].save(update_fields=["valid_to"])
    return RuleSet.objects.create(**values, valid_from=valid_from, valid_to=valid_to)


@transaction.atomic
def change_planned_rule_set(*, rule_set: RuleSet, values: dict[str, Any], by: User, today: date) -> RuleSet:
    """Change a rule set that is not in force yet. One in force is replaced from a date instead."""
    _administrator(by)
    rule_set = RuleSet.objects.select_for_update().get(pk=rule_set.pk)
    if rule_set.valid_from <= today:
        raise Refused(_("The rule set is in force. Make a new one from a later day."))
    _check_rules(values)
    for name, value in values.items():
        setattr(rule_set, name, value)
    rule_set.save()
    return rule_set


# What must not be smaller than what: (smaller, larger, words).
ORDERED = (
    ("loan_min", "loan_max", gettext_lazy("The largest loan must be at least the smallest.")),
    (
        "extension_min_months",
        "extension_max_months",
        gettext_lazy("The longest extension must be at least the shortest."),
    ),
    (
        "extension_max_months",
        "extension_total_months",
        gettext_lazy("The extensions in all must be at least as long as one."),
    ),
    (
        "first_dunning_days",
        "second_dunning_days",
        gettext_lazy("The second reminder letter must not come before the first."),
    ),
    (
        "second_dunning_days",
        "handover_days",
        gettext_lazy("The hand-over must not come before the second reminder letter."),
    ),
)


def _check_rules(values: dict[str, Any]) -> None:
    for smaller, larger, words in ORDERED:
        if values[larger] < values[smaller]:
            raise Refused(words, field=larger)


@transaction.atomic
def save_legal_basis(*, basis: LegalBasis | None, values: dict[str, Any], by: User) -> LegalBasis:
    """Make or change a legal basis. What decisions rest on is not changed: a new basis takes over from a date."""
    _administrator(by)
    if basis is not None:
        basis = LegalBasis.objects.select_for_update().get(pk=basis.pk)
        locked = [name for name in LEGAL_BASIS_LOCKED if name in values and getattr(basis, name) != values[name]]
        if locked and is_used(basis):
            raise Refused(
                _("Decisions rest on this basis, so this cannot be changed. End it, and make a new one."),
                field=locked[0],
            )
    else:
        if LegalBasis.objects.filter(code=values["code"]).exists():
            raise Refused(_("The code is taken. Choose another."), field="code")
        basis = LegalBasis()
    _check_basis(values)
    for name, value in values.items():
        setattr(basis, name, value)
    basis.save()
    return basis


def _check_basis(values: dict[str, Any]) -> None:
    if values["valid_to"] and values["valid_to"] < values["valid_from"]:
        raise Refused(_("The last day must not be before the first."), field="valid_to")
    if (values["allows_loan"] or values["allows_grant"]) and not values["reference"]:
        raise Refused(_("Write the reference that the loan letters print."), field="reference")
    if values["allows_support"] and not values["support_reference"]:
        raise Refused(_("Write the reference that the support letters print."), field="support_reference")


@transaction.atomic
def save_municipality(*, values: dict[str, Any], by: User) -> Municipality:
    """What letters and screens print of the municipality. A colour that cannot be read on white is refused (ui-guide §1)."""
    _administrator(by)
    colour = values["primary_colour"]
    if not is_colour(colour):
        raise Refused(_("Write the colour as # and six digits, such as #17507f."), field="primary_colour")
    if contrast(colour) < LEAST_CONTRAST:
        raise Refused(
            _("The colour is too light: %(ratio)s to 1 against white, and 4.5 to 1 is needed. Choose a darker one.")
            % {"ratio": number_format(contrast(colour), 1)},
            field="primary_colour",
        )
    found, _created = Municipality.objects.select_for_update().get_or_create(pk=1, defaults=values)
    for name, value in values.items():
        setattr(found, name, value)
    found.save()
    return found


def _administrator(by: User) -> None:
    if by.role != Role.ADMINISTRATOR:
        raise Refused(_("Only an administrator can do this."))
