"""Starting values (domain.md §7.1–7.2, danish-rules.md §1.1). The jurist confirms each before go-live."""

from datetime import date
from typing import Any

from microloan.policy.enums import AppealVariant, Prerequisite

# domain.md §3.2: cash or education benefit, sickness benefit, disability pension, flex-job allowance, rehabilitation.
ELIGIBLE_LIVELIHOODS = [
    "cash_benefit",
    "cash_benefit_job_training",
    "education_benefit",
    "sickness_benefit",
    "disability_pension",
    "flex_job_allowance",
    "rehabilitation_benefit",
]

RULE_SET: dict[str, Any] = {
    "name": "Programmets regler",
    "valid_from": date(2010, 1, 1),
    "source": "Standardværdier; skal bekræftes af kommunens jurist",
    "eligible_livelihoods": ELIGIBLE_LIVELIHOODS,
}

ALL_PREREQUISITES = [p.value for p in Prerequisite]

LEGAL_BASES: list[dict[str, Any]] = [
    {
        "code": "las65_2012",
        "title": "Lov om aktiv socialpolitik § 65",
        "reference": "lov om aktiv socialpolitik § 65",
        "support_reference": "lov om aktiv socialpolitik § 65, stk. 3",
        "valid_from": date(2012, 1, 1),
        "valid_to": date(2019, 12, 31),
        "allows_loan": True,
        "allows_grant": True,
        "allows_support": True,
        "prerequisites": ALL_PREREQUISITES,
        "appeal_variant": AppealVariant.STANDARD_4_WEEKS,
    },
    {
        "code": "lab_ch21_2020",
        "title": "Lov om en aktiv beskæftigelsesindsats, kapitel 21",
        "reference": "lov om en aktiv beskæftigelsesindsats, kapitel 21",
        "support_reference": "lov om aktiv socialpolitik, kapitel 6 c",
        "valid_from": date(2020, 1, 1),
        "valid_to": date(2026, 1, 31),
        "transition_until": date(2026, 1, 31),
        "allows_loan": True,
        "allows_grant": True,
        "allows_support": True,
        "prerequisites": ALL_PREREQUISITES,
        "appeal_variant": AppealVariant.STANDARD_4_WEEKS,
    },
    {
        # Empty until the municipality fills it in: no new loan rests on it before that (danish-rules.md §1.1).
        "code": "local_basis",
        "title": "Kommunens lokale grundlag",
        "valid_from": date(2026, 2, 1),
        "prerequisites": ALL_PREREQUISITES,
        "appeal_variant": AppealVariant.STANDARD_4_WEEKS,
    },
]

MUNICIPALITY: dict[str, Any] = {
    "name": "Kommunen",
    "department": "Mikrolån",
    "street": "Rådhusvej 1",
    "postcode": "0000",
    "city": "Byen",
    "phone": "00 00 00 00",
    "phone_hours": "mandag–torsdag kl. 9–14",
}
