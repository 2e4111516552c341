"""The catalogue to start with (domain.md §5; H, E, R). Danish content: data that staff read and may change."""

from decimal import Decimal
from typing import Any

# fmt: off
MODULES: list[dict[str, Any]] = [
    {"code": "accounting", "title": "Regnskab og bogføring", "format": "8 mødegange, én om ugen, 3 timer", "sessions": 8, "hours_per_session": Decimal("3"), "order": 10},
    {"code": "vat_tax", "title": "Moms og skat", "format": "2 dage", "sessions": 2, "hours_per_session": Decimal("6"), "order": 20},
    {"code": "marketing", "title": "Markedsføring og salg", "format": "2 dage", "sessions": 2, "hours_per_session": Decimal("6"), "order": 30},
    {"code": "website", "title": "Hjemmeside, logo og visitkort", "format": "3 halve dage", "sessions": 3, "hours_per_session": Decimal("3"), "order": 40},
    {"code": "insurance", "title": "Forsikring og revision: infomøde", "format": "1 aften", "sessions": 1, "hours_per_session": Decimal("2.5"), "order": 50},
    {"code": "residential_course", "title": "Internat: personlig udvikling og ledelse", "format": "4 dage hjemmefra", "sessions": 4, "hours_per_session": Decimal("8"), "order": 60, "is_mandatory": True, "is_residential": True},
    {"code": "follow_up_accounting", "title": "Opfølgende regnskabskursus", "format": "Efter behov", "sessions": 1, "hours_per_session": Decimal("3"), "order": 70, "is_voluntary": True},
    {"code": "network_day", "title": "Netværksdag", "format": "Efter behov", "sessions": 1, "hours_per_session": Decimal("4"), "order": 80, "is_voluntary": True},
]
