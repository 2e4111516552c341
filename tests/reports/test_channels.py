"""How citizens came to the programme is counted (domain.md §3.3)."""

import pytest

from cases.enums import Channel
from cases.models import PartnerOrganisation
from microloan.accounts.enums import Role
from microloan.core import clock
from reports import queries
from tests.cases import builders
from tests.support.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = World()
    coach = world.user(Role.COACH)
    partner = PartnerOrganisation.objects.create(name="Kvindecentret")
    for channel, number in ((Channel.INQUIRY, 6), (Channel.PARTNER, 2)):
        for _time in range(number):
            builders.refer(
                coach, on=world.today, channel=channel, partner=partner if channel == Channel.PARTNER else None
            )
    return world


def test_every_channel_is_counted(world):
    today = clock.today()
    counts = queries.cases_per_channel(today)
    assert list(counts) == [channel.value for channel in Channel]
    assert (counts["inquiry"], counts["partner"], counts["press"]) == (6, 2, 0)
    assert queries.cases_per_partner(today) == [("Kvindecentret", 2)]


def test_the_team_sees_partners_and_the_manager_no_small_numbers(world, client_for):
    team = client_for(world.user(Role.COACH)).get("/overview/")
    assert ("Kvindecentret", 2) in team.context["partners"]
    manager = client_for(world.user(Role.MANAGER)).get("/overview/")
    assert manager.context["partners"] == []
    assert "2" not in [words for _label, _share, words in manager.context["channels"]]
    assert "Kvindecentret" not in manager.content.decode()
