"""The catalogue to start with (domain.md §5; H, E, R). Danish content: data that staff read and may change."""

from datetime import time
from decimal import Decimal
from typing import Any

from courses.enums import Rhythm

# fmt: off
MODULES: list[dict[str, Any]] = [
    {"code": "accounting", "title": "Regnskab og bogføring", "rhythm": Rhythm.WEEKLY, "sessions": 8, "hours_per_session": Decimal("3"), "order": 10},
    {"code": "vat_tax", "title": "Moms og skat", "rhythm": Rhythm.CONSECUTIVE, "sessions": 2, "hours_per_session": Decimal("6"), "order": 20},
    {"code": "marketing", "title": "Markedsføring og salg", "rhythm": Rhythm.CONSECUTIVE, "sessions": 2, "hours_per_session": Decimal("6"), "order": 30},
    {"code": "website", "title": "Hjemmeside, logo og visitkort", "rhythm": Rhythm.HALF_DAYS, "sessions": 3, "hours_per_session": Decimal("3"), "order": 40},
    {"code": "insurance", "title": "Forsikring og revision: infomøde", "rhythm": Rhythm.EVENING, "usual_start": time(17), "sessions": 1, "hours_per_session": Decimal("2.5"), "order": 50},
    {"code": "residential_course", "title": "Internat: personlig udvikling og ledelse", "rhythm": Rhythm.CONSECUTIVE, "sessions": 4, "hours_per_session": Decimal("8"), "order": 60, "is_mandatory": True, "is_residential": True},
    {"code": "follow_up_accounting", "title": "Opfølgende regnskabskursus", "rhythm": Rhythm.AD_HOC, "sessions": 1, "hours_per_session": Decimal("3"), "order": 70, "is_voluntary": True},
    {"code": "network_meeting", "title": "Netværksmøde", "rhythm": Rhythm.MONTHLY, "usual_start": time(17), "sessions": 1, "hours_per_session": Decimal("2"), "order": 75, "is_voluntary": True},
    {"code": "after_work", "title": "Fyraftensmøde", "rhythm": Rhythm.EVENING, "usual_start": time(16), "sessions": 1, "hours_per_session": Decimal("2"), "order": 78, "is_voluntary": True},
    {"code": "network_day", "title": "Netværksdag", "rhythm": Rhythm.AD_HOC, "sessions": 1, "hours_per_session": Decimal("4"), "order": 80, "is_voluntary": True},
]
