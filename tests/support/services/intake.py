"""Whose the services of referrals and drafts are."""

from cases import services
from tests.support.acting import act
from tests.support.routes.intake import make_inquiry
from tests.support.routing import ADMINISTRATOR, TEAM

ROWS = [
    act(
        "cases.record_cpr",
        allow=TEAM,
        call=lambda w, by: services.record_cpr(
            case=w.of(make_inquiry), cpr="7703801234", same=False, by=by, today=w.today
        ),
    ),
    act(
        "cases.save_partner",
        allow=ADMINISTRATOR,
        call=lambda w, by: services.save_partner(partner=None, name="Kvindernes Hus", is_active=True, by=by),
    ),
]

PARTS = {
    "cases.check_no_open_case": "reads",
    "cases.citizen_with": "reads",
    "cases.duplicates_of": "reads",
    "cases.give_cpr": "a part of `refer` and `record_cpr`",
    "cases.hide_address": "a part of `update_citizen` and `record_cpr`",
    "cases.known_by_cpr": "reads",
    "cases.mark_seen": "the reader's own",
    "cases.possible_duplicates": "reads",
    "cases.send_lost_notices": "run by the clock",
    "cases.send_waiting": "run by the queue",
    "cases.tell_referrer": "a part of `add_journal_entry`",
}
