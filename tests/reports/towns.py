"""Small municipalities made by chance, with what the synthetic one lacks: reopened cases, own course ends, broken livelihoods."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.db import connection
from django.db.models import Model

from cases.enums import SELF_SUPPORTING, Livelihood, Phase
from cases.models import CaseFile, Citizen, LivelihoodPeriod, PhaseChange
from courses.models import Attendance
from loans.enums import EntryKind
from loans.models import LedgerEntry
from reports.scale import seeding

TODAY = date(2026, 11, 20)


def random_town(seed: int, *, cases: int = 70) -> None:
    seeding.seed(cases=cases, seed=seed, today=TODAY)
    chance = random.Random(seed)
    with _past_the_guards():
        _take_payouts_back(chance)
        Attendance.objects.filter(pk__in=_half(Attendance, chance)).update(mark="late")
        Attendance.objects.filter(pk__in=_half(Attendance, chance)[::20]).update(mark="absent")
        LivelihoodPeriod.objects.filter(citizen__in=_half(Citizen, chance)).delete()
    _reopen(chance)
    _own_course_ends(chance)
    _livelihoods(chance)


@contextmanager
def _past_the_guards() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def _half(model: type[Model], chance: random.Random) -> list[int]:
    ids = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
    return chance.sample(ids, k=len(ids) // 2)


def _take_payouts_back(chance: random.Random) -> None:
    for entry in LedgerEntry.objects.filter(kind=EntryKind.PAYOUT).order_by("pk"):
        if chance.random() < 0.2:
            LedgerEntry.objects.create(
                loan_id=entry.loan_id,
                kind=EntryKind.REVERSAL,
                amount=-entry.amount,
                value_date=entry.value_date + timedelta(days=chance.randint(0, 500)),
                reverses=entry,
                reason="Forkert konto",
                key=f"taken back {entry.pk}",
                content_hash="0" * 64,
            )


def _reopen(chance: random.Random) -> None:
    """Some closed cases were opened again, and some of those closed once more for another reason."""
    closed = list(CaseFile.objects.filter(phase=Phase.CLOSED).order_by("pk"))
    for case in chance.sample(closed, k=len(closed) // 3):
        before = PhaseChange.objects.filter(case=case, to_phase=Phase.CLOSED).latest("pk").from_phase
        again = case.closed_on + timedelta(days=chance.randint(0, 90))
        _step(case, Phase.CLOSED, before, again, reason="Ny aftale")
        values = {"phase": before, "closed_on": None, "closing_reason": "", "closed_by_choice_of": ""}
        if chance.random() < 0.5:
            end = again + timedelta(days=chance.randint(0, 200))
            how = {"closing_reason": "illness", "closed_by_choice_of": "citizen"}
            _step(case, before, Phase.CLOSED, end, reason="Syg", **how)
            values = {"phase": Phase.CLOSED, "closed_on": end, **how}
        CaseFile.objects.filter(pk=case.pk).update(**values)


def _step(case: CaseFile, before: str, after: str, on: date, **more: str) -> None:
    PhaseChange.objects.create(case=case, from_phase=before, to_phase=after, on=on, **more)


def _own_course_ends(chance: random.Random) -> None:
    for case in CaseFile.objects.filter(cohort__isnull=False).select_related("cohort").order_by("pk"):
        if chance.random() < 0.3:
            end = case.cohort.end_on + timedelta(days=chance.randint(1, 60))
            CaseFile.objects.filter(pk=case.pk).update(course_end_on=end)


def _livelihoods(chance: random.Random) -> None:
    """A chain of livelihoods with and without gaps, behind what a citizen has already."""
    own = sorted(SELF_SUPPORTING)
    other = [Livelihood.CASH_BENEFIT, Livelihood.SICKNESS_BENEFIT]
    milestones = {
        citizen: end + relativedelta(months=6)
        for citizen, end in CaseFile.objects.filter(cohort__isnull=False).values_list("citizen_id", "cohort__end_on")
    }
    rows = []
    for citizen in Citizen.objects.prefetch_related("livelihood_periods").order_by("pk"):
        known = list(citizen.livelihood_periods.all())
        if any(period.to_on is None for period in known):
            continue
        day = max((period.to_on for period in known), default=TODAY - timedelta(days=chance.randint(200, 1500)))
        while day < TODAY + timedelta(days=100) and chance.random() < 0.9:
            start = day + timedelta(days=chance.choice((1, 1, 1, 2, 40)))
            last = chance.random() < 0.15
            day = start + timedelta(days=chance.randint(0, 500))
            if day < milestones.get(citizen.pk, day) and chance.random() < 0.3:
                day = milestones[citizen.pk]  # ends on the very day that is looked at
            kind = chance.choice(own if chance.random() < 0.7 else other)
            rows.append(LivelihoodPeriod(citizen=citizen, kind=kind, from_on=start, to_on=None if last else day))
            if last:
                break
    LivelihoodPeriod.objects.bulk_create(rows)
