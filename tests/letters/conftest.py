from datetime import date
from types import SimpleNamespace

import pytest

from cases.enums import Livelihood, Phase
from cases.models import CaseFile, Citizen
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core import clock
from microloan.policy.services import ensure_defaults
from tests.support.stages import reach

TODAY = date(2027, 5, 3)


def a_cpr() -> str:
    """Another invented number for each citizen (day + 60)."""
    return f"720390{Citizen.objects.count() + 1001:04}"


def make_citizen(**fields) -> Citizen:
    values = {
        "cpr": a_cpr(),
        "name": "Amina Testesen",
        "street": "Eksempelgade 12, 3. tv",
        "postcode": "0000",
        "city": "Prøveby",
    }
    return Citizen.objects.create(**{**values, **fields})


def make_case(citizen: Citizen, number: str = "ML-2026-0042", **fields) -> CaseFile:
    values = {
        "phase": Phase.MAIN_COURSE,
        "phase_entered_on": TODAY,
        "opened_on": TODAY,
        "livelihood": Livelihood.CASH_BENEFIT,
    }
    return CaseFile.objects.create(number=number, citizen=citizen, **{**values, **fields})


def make_user(role: str, username: str = "", **fields) -> User:
    values = {"full_name": "Mette Medarbejder", "phone": "00 00 00 01"}
    return User.objects.create_user(username=username or str(role), role=role, **{**values, **fields})


@pytest.fixture
def town(db):
    """A municipality, a coach, a colleague who refers, and one case; the day is TODAY."""
    with clock.at(TODAY):
        yield reach("town with one case", _town)


def _town():
    ensure_defaults()
    coach = make_user(Role.COACH)
    caseworker = make_user(Role.CASEWORKER, full_name="Sanne Testesen", email="sanne@example.org")
    return SimpleNamespace(coach=coach, caseworker=caseworker, case=make_case(make_citizen(), coach=coach), today=TODAY)


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.DOCUMENT_ROOT = tmp_path / "documents"
    settings.OUTBOX_ROOT = tmp_path / "outbox"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": settings.DOCUMENT_ROOT},
        },
    }
    return SimpleNamespace(documents=settings.DOCUMENT_ROOT, outbox=settings.OUTBOX_ROOT)
