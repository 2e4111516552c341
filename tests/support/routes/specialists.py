"""Who may open the pages of referral specialists."""

from microloan.accounts import specialists as services
from microloan.accounts.models import StartMeeting
from tests.support.routing import ADMINISTRATOR, LEAD, Role, row
from tests.support.world import World


def make_meeting(world: World) -> StartMeeting:
    return services.record_start_meeting(
        specialist=world.user(Role.REFERRAL_SPECIALIST),
        held_on=world.today,
        by=world.user(Role.PROJECT_LEAD),
        today=world.today,
    )


def specialist(world: World) -> dict[str, object]:
    return {"pk": world.user(Role.REFERRAL_SPECIALIST).pk}


def meeting(world: World) -> dict[str, object]:
    return {**specialist(world), "meeting_pk": world.of(make_meeting).pk}


KEEPERS = LEAD | ADMINISTRATOR
ROWS = [
    row("accounts:specialists", allow=KEEPERS),
    row("accounts:specialist", allow=KEEPERS, kwargs=specialist),
    row("accounts:meeting_remove", allow=KEEPERS, kwargs=meeting, method="post", get=302),
]
