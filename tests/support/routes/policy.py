"""Who may open rule sets, legal bases and the municipality's facts: administrators alone."""

from datetime import timedelta

from microloan.policy.models import LegalBasis, RuleSet
from tests.support.routing import ADMINISTRATOR, row
from tests.support.world import World


def make_planned(world: World) -> RuleSet:
    """A rule set that is not in force yet."""
    now = RuleSet.objects.get(valid_to__isnull=True)
    now.valid_to = world.today + timedelta(days=99)
    now.save()
    return RuleSet.objects.create(name="Nye regler", valid_from=world.today + timedelta(days=100))


ROWS = [
    row("policy:rule_sets", allow=ADMINISTRATOR),
    row("policy:rule_set_new", allow=ADMINISTRATOR),
    row("policy:rule_set", allow=ADMINISTRATOR, kwargs=lambda world: {"pk": RuleSet.objects.get().pk}),
    row("policy:rule_set_edit", allow=ADMINISTRATOR, kwargs=lambda world: {"pk": world.of(make_planned).pk}),
    row("policy:legal_bases", allow=ADMINISTRATOR),
    row("policy:legal_basis_new", allow=ADMINISTRATOR),
    row(
        "policy:legal_basis",
        allow=ADMINISTRATOR,
        kwargs=lambda world: {"pk": LegalBasis.objects.get(code="local_basis").pk},
    ),
    row("policy:municipality", allow=ADMINISTRATOR),
    row("policy:theme", public=True),
]
