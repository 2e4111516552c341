from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from microloan.core.errors import Refused
from microloan.policy import defaults
from microloan.policy.models import LegalBasis, Municipality, RuleSet


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


def basis_facts(basis: LegalBasis, *, support: bool = False) -> dict[str, str]:
    """A legal basis as letters need it."""
    return {
        "reference": basis.support_reference if support else basis.reference,
        "appeal_variant": basis.appeal_variant,
    }
