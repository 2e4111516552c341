"""Screenings at every point of their way, built by the services as the screens do. People are invented."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from cases.enums import Livelihood, Phase
from cases.models import CaseFile
from microloan.accounts.enums import Role
from screening import services
from screening.enums import Hearing, LineKind, Outcome
from screening.models import Budget, Screening
from screening.rules import PHASE_OF
from tests.loans.builders import in_approval, new_case, paid_out, put_in_phase
from tests.support.people import make_user
from tests.support.stages import reach
from tests.support.world import World

TODAY = date(2026, 11, 20)  # a Friday
LATER = TODAY + timedelta(days=28)
TEXTS = {
    "strengths": "Du kan dit fag.\nDu møder til tiden.",
    "person": "Du er vedholdende, og du tager imod råd.",
    "money": "Du kender dine udgifter.",
    "plan": "Du har to faste kunder i sigte.",
}
YES = services.ScreeningDecision(Outcome.CONTINUE)
BACK = services.ScreeningDecision(
    Outcome.REVISE, reasons="Der mangler kunder.", improvements="Find to faste kunder.", return_by=LATER
)
NO = services.ScreeningDecision(
    Outcome.STOP,
    reasons="Idéen kan ikke sælges, hvor du bor.",
    hearing=Hearing.ANSWERED,
    hearing_note="Du har skrevet, at du håber på flere kunder.",
)


def case_for(world: World, number: int, *, pensioner: bool = False) -> CaseFile:
    """A case in the phase of a screening; for the fourth, with a loan paid out (and living support)."""
    livelihood = Livelihood.DISABILITY_PENSION if pensioner else Livelihood.CASH_BENEFIT

    def make() -> int:
        if number == 4:
            return paid_out(world, in_approval(world, livelihood=livelihood)).case_id
        return put_in_phase(new_case(world, livelihood=livelihood), Phase(PHASE_OF[number]), on=world.today).pk

    case_id = reach(f"case for screening {number}, {livelihood}", make)
    return CaseFile.objects.select_related("citizen", "coach").get(pk=case_id)


def opened(world: World, number: int = 1, *, case: CaseFile | None = None) -> Screening:
    def make() -> Screening:
        of = case or case_for(world, number)
        return services.open_screening(case=of, number=number, by=world.user(Role.COACH), today=world.today)

    return _staged(f"opened {number}", case, make, staged=True)


def _staged(name: str, case: CaseFile | None, make: Callable[[], Screening], *, staged: bool) -> Screening:
    """The screening that `make` makes; where nothing is asked for specially, put back from an earlier test."""
    name = f"{name} {case.pk if case else ''}"
    return Screening.objects.get(pk=reach(name, lambda: make().pk)) if staged else make()


def draft_of(world: World, screening: Screening, **changes: Any) -> services.ScreeningDraft:
    """A draft in which nothing is missing."""
    warnings = services.current_warnings(screening, world.today)
    whole = services.ScreeningDraft(
        held_on=world.today,
        staff=[world.user(Role.COACH), world.user(Role.PROJECT_LEAD)],
        **TEXTS,
        scores={score.criterion_id: (4, "Talt igennem.") for score in screening.scores.all()},
        answers=dict.fromkeys(warnings, "Vi har talt om det."),
    )
    return replace(whole, **changes)


def drafted(world: World, number: int = 1, *, case: CaseFile | None = None, **changes: Any) -> Screening:
    def make() -> Screening:
        screening = opened(world, number, case=case)
        return services.save_draft(
            screening=screening,
            draft=draft_of(world, screening, **changes),
            version=screening.version,
            by=world.user(Role.COACH),
            today=world.today,
        )

    return _staged(f"drafted {number}", case, make, staged=not changes)


def recommended(
    world: World,
    number: int = 1,
    *,
    case: CaseFile | None = None,
    recommendation: str = Outcome.CONTINUE,
    **changes: Any,
) -> Screening:
    def make() -> Screening:
        screening = drafted(world, number, case=case, **changes)
        return services.recommend(
            screening=screening, recommendation=recommendation, by=world.user(Role.COACH), today=world.today
        )

    return _staged(f"recommended {number}, {recommendation}", case, make, staged=not changes)


def decided(
    world: World,
    number: int = 1,
    decision: services.ScreeningDecision = YES,
    *,
    case: CaseFile | None = None,
    values: Mapping[str, Any] | None = None,
) -> Screening:
    def make() -> Screening:
        screening = recommended(world, number, case=case, recommendation=decision.outcome)
        return services.decide(
            screening=screening,
            decision=replace(decision, values=values or {}),
            by=world.user(Role.PROJECT_LEAD),
            today=world.today,
        )

    return _staged(f"decided {number}, {decision}", case, make, staged=not values)


def line(text: str = "Symaskine", amount: str = "12000.00", kind: str = LineKind.EXPENSE) -> services.LineData:
    return services.LineData(kind, text, Decimal(amount))


def budget(world: World, case: CaseFile, *lines: services.LineData, **changes: Any) -> Budget:
    values = {"note": "", "by": world.user(Role.COACH), "today": world.today, **changes}
    return services.save_budget(case=case, lines=lines or [line()], **values)


def another_coach() -> Any:
    return make_user(Role.COACH, full_name="Mette Medarbejder")
