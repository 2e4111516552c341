"""Who may open the pages of screenings and budgets. Each new address gets a row: tests/support/routing.py says how."""

from datetime import timedelta
from decimal import Decimal

from microloan.accounts.enums import Role
from screening import services
from screening.enums import LineKind, Outcome
from screening.models import Budget, Screening
from screening.perms import SCREENERS
from tests.support.routing import ADMINISTRATOR, LEAD, TEAM, case, row
from tests.support.world import World


def make_screening(world: World) -> Screening:
    return services.open_screening(case=world.case, number=1, by=world.user(Role.COACH), today=world.today)


def make_recommended(world: World) -> Screening:
    coach, screening = world.user(Role.COACH), world.of(make_screening)
    draft = services.ScreeningDraft(
        held_on=world.today,
        staff=[coach, world.user(Role.PROJECT_LEAD)],
        strengths="Du kan dit fag.",
        person="Du er vedholdende.",
        money="Du kender dine udgifter.",
        plan="Du har kunder i sigte.",
        scores={score.criterion_id: (4, "") for score in screening.scores.all()},
    )
    screening = services.save_draft(screening=screening, draft=draft, version=None, by=coach, today=world.today)
    return services.recommend(screening=screening, recommendation=Outcome.CONTINUE, by=coach, today=world.today)


def make_budget(world: World) -> Budget:
    lines = [services.LineData(LineKind.EXPENSE, "Symaskine", Decimal("12000.00"))]
    return services.save_budget(case=world.case, lines=lines, note="", by=world.user(Role.COACH), today=world.today)


def screening(world: World) -> dict[str, object]:
    return {**case(world), "pk": world.of(make_screening).pk}


def recommended(world: World) -> dict[str, object]:
    return {**case(world), "pk": world.of(make_recommended).pk}


def budget(world: World) -> dict[str, object]:
    return {**case(world), "version": world.of(make_budget).number}


def make_heard(world: World) -> Screening:
    screening = world.of(make_recommended)
    services.hold_hearing(
        screening=screening,
        shown="Der er ingen kunder.",
        answer_by=world.today + timedelta(days=14),
        by=world.user(Role.COACH),
        today=world.today,
    )
    return screening


def heard(world: World) -> dict[str, object]:
    return {**case(world), "pk": world.of(make_heard).pk}


ROWS = [
    row("screening:criteria_sets", allow=ADMINISTRATOR),
    row("screening:criteria_set", allow=ADMINISTRATOR, kwargs={"number": 1}),
    row("screening:criteria_edit", allow=ADMINISTRATOR, kwargs={"number": 1}),
    row("screening:list", allow=SCREENERS, kwargs=case, logs=True),
    row("screening:open", allow=SCREENERS, kwargs=case, method="post", get=302, data={"screening": "1"}, logs=True),
    row("screening:detail", allow=SCREENERS, kwargs=screening, logs=True),
    row("screening:edit", allow=SCREENERS, kwargs=screening, logs=True),
    row("screening:check", allow=SCREENERS, kwargs=screening, logs=True),
    row("screening:take_back", allow=SCREENERS, kwargs=recommended, method="post", get=302, logs=True),
    row("screening:decide", allow=LEAD, kwargs=recommended, elsewhere={Role.COACH}, logs=True),
    row("screening:assessment", allow=SCREENERS, kwargs=recommended, logs=True),
    row("screening:hearing", allow=TEAM, kwargs=recommended, logs=True),
    row("screening:hearing_answer", allow=TEAM, kwargs=heard, logs=True),
    row("screening:budget", allow=TEAM, kwargs=case, logs=True),
    row("screening:budget_edit", allow=TEAM, kwargs=case, logs=True),
    row("screening:budget_approve", allow=LEAD, kwargs=budget, logs=True),
]
