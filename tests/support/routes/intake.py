"""Who may open the pages of inquiries, partner organisations and the CPR number that was missing."""

from datetime import date

from cases import services
from cases.enums import Channel, Livelihood
from cases.models import CaseFile, PartnerOrganisation
from tests.support.routing import ADMINISTRATOR, TEAM, Role, row
from tests.support.world import World


def make_inquiry(world: World) -> CaseFile:
    """Without a CPR number, as the team writes it down."""
    data = services.ReferralData(
        cpr="",
        birth_date=date(1980, 5, 17),
        name="Dan Testesen",
        phone="00000000",
        livelihood=Livelihood.CASH_BENEFIT,
        own_wish=True,
        idea="Cykelværksted",
        citizen_informed=True,
        channel=Channel.INQUIRY,
    )
    return services.refer(data=data, by=world.user(Role.COACH), today=world.today)


def make_partner(world: World) -> PartnerOrganisation:
    administrator = world.user(Role.ADMINISTRATOR)
    return services.save_partner(partner=None, name="Kvindecentret", is_active=True, by=administrator)


ROWS = [
    row("cases:cpr", allow=TEAM, kwargs=lambda w: {"number": w.of(make_inquiry).number}, logs=True),
    row("cases:partners", allow=ADMINISTRATOR),
    row("cases:partner_new", allow=ADMINISTRATOR),
    row("cases:partner", allow=ADMINISTRATOR, kwargs=lambda w: {"pk": w.of(make_partner).pk}),
]
