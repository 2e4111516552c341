"""Who may open the pages of screenings and budgets. Each new address gets a row: tests/support/routing.py says how."""

from datetime import date
from decimal import Decimal

from cases.services import Upload
from microloan.accounts.enums import Role
from screening import services
from screening.budget_rules import Row
from screening.enums import BudgetKind, LineKind, Outcome
from screening.models import Budget, Paper, ReceivedForm, Screening
from screening.perms import SCREENERS
from screening.rules import usual_answer
from tests.support.files import pdf
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


def compared(world: World) -> dict[str, object]:
    for amount in ("12000.00", "13000.00"):
        lines = [services.LineData(LineKind.EXPENSE, "Symaskine", Decimal(amount))]
        services.save_budget(case=world.case, lines=lines, note="", by=world.user(Role.COACH), today=world.today)
    return {**case(world), "kind": "establishment"}


def make_liquidity(world: World) -> Budget:
    amounts = (Decimal("1000.00"),) * 12
    return services.save_year_budget(
        case=world.case,
        kind=BudgetKind.LIQUIDITY,
        rows=[Row("sales", "Syning", amounts)],
        data=services.FrameData(starts_on=date(2027, 1, 1)),
        note="",
        by=world.user(Role.COACH),
        today=world.today,
    )


def liquidity(world: World) -> dict[str, object]:
    return {**case(world), "kind": "liquidity", "version": world.of(make_liquidity).number}


def liquidity_case(world: World) -> dict[str, object]:
    world.of(make_liquidity)
    return case(world)


def operating(world: World) -> dict[str, object]:
    return {**case(world), "kind": "operating"}


def make_paper(world: World) -> Paper:
    for text in ("Jeg syr.", "Jeg syr kjoler."):
        data = services.PaperData(kind="person_profile", answers={"background": text}, answered_on=world.today)
        saved = services.save_paper(case=world.case, data=data, by=world.user(Role.COACH), today=world.today)
    return saved


def make_received(world: World) -> ReceivedForm:
    upload = Upload(name="skema.pdf", data=pdf())
    return services.receive_form(case=world.case, upload=upload, by=world.user(Role.COACH), today=world.today)


def paper(world: World) -> dict[str, object]:
    return {**case(world), "kind": world.of(make_paper).kind}


def paper_version(world: World) -> dict[str, object]:
    return {**paper(world), "version": 1}


def received(world: World) -> dict[str, object]:
    return {**case(world), "pk": world.of(make_received).pk}


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
        answer_by=usual_answer(world.today),
        by=world.user(Role.COACH),
        today=world.today,
    )
    return screening


def heard(world: World) -> dict[str, object]:
    return {**case(world), "pk": world.of(make_heard).pk}


ROWS = [
    row("screening:criteria_sets", allow=ADMINISTRATOR),
    row("screening:criteria_set", allow=ADMINISTRATOR, kwargs={"number": 1}, no_log="the number of a screening"),
    row("screening:criteria_edit", allow=ADMINISTRATOR, kwargs={"number": 1}, no_log="the number of a screening"),
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
    row("screening:year_budget", allow=TEAM, kwargs=operating, logs=True),
    row("screening:year_budget_edit", allow=TEAM, kwargs=operating, logs=True),
    row("screening:what_if", allow=TEAM, kwargs=liquidity_case, logs=True),
    row("screening:year_budget_approve", allow=LEAD, kwargs=liquidity, logs=True),
    row("screening:budget_sheet", allow=TEAM, kwargs=liquidity, logs=True),
    row("screening:budget_sheet_upload", allow=TEAM, kwargs=operating, logs=True),
    row("screening:budget_compare", allow=TEAM, kwargs=compared, logs=True),
    row("screening:budget_paper", allow=TEAM, kwargs=liquidity, logs=True),
    row("screening:papers", allow=TEAM, kwargs=case, logs=True),
    row("screening:goals", allow=TEAM, kwargs=case, logs=True),
    row("screening:paper", allow=TEAM, kwargs=paper, logs=True),
    row("screening:paper_edit", allow=TEAM, kwargs=paper, logs=True),
    row("screening:paper_compare", allow=TEAM, kwargs=paper, logs=True),
    row("screening:paper_print", allow=TEAM, kwargs=paper_version, logs=True),
    row("screening:form_pdf", allow=TEAM, kwargs=lambda w: {**case(w), "code": "person_profile"}, logs=True),
    row("screening:form_upload", allow=TEAM, kwargs=case, logs=True),
    row("screening:form_received", allow=TEAM, kwargs=received, logs=True),
]
