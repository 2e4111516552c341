"""What the papers ask. Danish, because the questions are the citizen's: on the screen, on paper and in the fillable form.

A question's code is kept with the answer and in the forms that are out with citizens: never rename or reuse one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cases.enums import BusinessForm
from screening.papers.enums import PaperKind, PlanStage

LONGEST_TEXT = 2000
LONGEST_LINE = 120
MOST_GOALS = 5
YES, NO = "Ja", "Nej"


class AnswerKind(StrEnum):
    LINE = "line"
    TEXT = "text"
    DATE = "date"
    AMOUNT = "amount"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True)
class Question:
    code: str
    label: str
    hint: str = ""
    kind: AnswerKind = AnswerKind.TEXT
    rows: int = 3
    choices: tuple[str, ...] = ()

    @property
    def longest(self) -> int:
        return LONGEST_TEXT if self.kind == AnswerKind.TEXT else LONGEST_LINE


@dataclass(frozen=True)
class Part:
    """Questions that belong together. `stage`: only in a plan of that stage. `with_support`: not asked a pensioner.

    `columns`: the headings of a table in which the questions stand, so many to a row.
    """

    code: str
    title: str
    questions: tuple[Question, ...]
    intro: str = ""
    stage: str = ""
    with_support: bool = False
    columns: tuple[str, ...] = ()

    @property
    def rows(self) -> list[tuple[Question, ...]]:
        width = len(self.columns) or 1
        return [self.questions[first : first + width] for first in range(0, len(self.questions), width)]


Q = Question
LINE, DATE, AMOUNT, NUMBER, CHOICE = (
    AnswerKind.LINE,
    AnswerKind.DATE,
    AnswerKind.AMOUNT,
    AnswerKind.NUMBER,
    AnswerKind.CHOICE,
)

# The forms of a business as the plan offers them. (In the forms that are out with citizens: never rename one.)
FORM_OF_ANSWER = {
    "Enkeltmandsvirksomhed": BusinessForm.SOLE_PROPRIETORSHIP.value,
    "PMV": BusinessForm.PMV.value,
    "I/S": BusinessForm.PARTNERSHIP.value,
    "ApS": BusinessForm.APS.value,
}

PERSON_PROFILE = (
    Part(
        "about",
        "Om dig",
        (
            Q("background", "Fortæl kort om dig selv", "Hvor kommer du fra, og hvad har du lavet?", rows=4),
            Q("everyday", "Hvordan ser en almindelig dag ud for dig?"),
        ),
    ),
    Part(
        "skills",
        "Det kan du",
        (
            Q("strengths", "Hvad er du god til?", "Tænk også på det, andre roser dig for."),
            Q("experience", "Hvilket arbejde og hvilken uddannelse har du haft?", "Også kurser og frivilligt arbejde."),
            Q("own_business", "Har du haft egen virksomhed før?", "Skriv også, hvad du lærte af det."),
        ),
    ),
    Part(
        "motivation",
        "Derfor vil du",
        (
            Q("why", "Hvorfor vil du have din egen virksomhed?", rows=4),
            Q("future", "Hvor er du om tre år, hvis det går godt?"),
            Q("advice", "Hvem spørger du til råds?", "Giv gerne et eksempel på et råd, du fulgte."),
        ),
    ),
    Part(
        "people",
        "Mennesker omkring dig",
        (
            Q("family", "Hvad siger din familie og dine venner til planen?"),
            Q("network", "Hvem kan hjælpe dig i gang?"),
        ),
    ),
    Part(
        "difficult",
        "Det kan blive svært",
        (
            Q("challenges", "Hvad kan gøre det svært for dig at blive selvstændig?"),
            Q(
                "consideration",
                "Er der noget, vi skal tage hensyn til?",
                "For eksempel helbred. Skriv kun det, du vil.",
            ),
            Q("economy", "Har du gæld eller faste udgifter, der fylder?"),
            Q("help", "Hvad har du brug for fra os?"),
        ),
        intro="Du bestemmer selv, hvor meget du skriver.",
    ),
)

BUSINESS_PLAN = (
    Part(
        "idea",
        "Idéen",
        (
            Q("name", "Hvad skal virksomheden hedde?", kind=LINE),
            Q(
                "trade",
                "Hvilken branche hører virksomheden til?",
                "For eksempel syværksted, café eller rengøring.",
                kind=LINE,
            ),
            Q("product", "Hvad vil du sælge?", rows=4),
            Q("origin", "Hvordan fik du idéen?"),
        ),
    ),
    Part(
        "customers",
        "Kunderne",
        (
            Q("customers", "Hvem skal købe hos dig?"),
            Q("benefit", "Hvad får kunderne ud af det?"),
            Q("competitors", "Hvem sælger noget, der ligner?"),
            Q("difference", "Hvad gør dig anderledes end dem?"),
        ),
    ),
    Part(
        "sales",
        "Salget",
        (
            Q("price", "Hvad skal det koste?", "Skriv de vigtigste priser."),
            Q("reach", "Hvordan får kunderne øje på dig?"),
        ),
    ),
    Part(
        "start",
        "I gang",
        (
            Q("place", "Hvor skal du arbejde fra?", kind=LINE),
            Q("lacking", "Hvad mangler du for at kunne begynde?"),
            Q("start_cost", "Hvor meget koster det cirka at begynde?", "I kroner, for eksempel 13500.", kind=AMOUNT),
        ),
    ),
    Part(
        "market",
        "Markedet i tal",
        (
            Q("market", "Hvor mange mulige kunder er der?", "Skriv også, hvordan du ved det."),
            Q("first_customers", "Hvem bliver dine første kunder?", "Har de sagt ja til at købe?"),
            Q("sales_year", "Hvor meget sælger du om måneden det første år?", "Skriv, hvad tallene bygger på.", rows=4),
            Q("marketing", "Hvad gør du for at få kunder, og hvad koster det?"),
        ),
        stage=PlanStage.DETAILED,
    ),
    Part(
        "operation",
        "Driften",
        (
            Q("suppliers", "Hvem køber du varer og udstyr af?"),
            Q("permits", "Kræver det en tilladelse?", "For eksempel til fødevarer, alkohol eller lokaler."),
            Q("insurance", "Hvilke forsikringer skal du have?"),
            Q("accounts", "Hvem fører regnskabet?", kind=LINE),
            Q(
                "business_form",
                "Hvilken form får virksomheden?",
                kind=CHOICE,
                choices=(*FORM_OF_ANSWER, "Ved ikke endnu"),
            ),
        ),
        stage=PlanStage.DETAILED,
    ),
    Part(
        "earnings",
        "Indtjeningen",
        (
            Q("living", "Hvornår kan du leve af virksomheden?", "Skriv, hvad du skal sælge for at kunne det."),
            Q("fallback", "Hvad gør du, hvis du sælger mindre end ventet?"),
            Q("milestones", "Hvad har du nået efter 3, 6 og 12 måneder?", rows=4),
        ),
        stage=PlanStage.DETAILED,
    ),
)

SELF_EVALUATION = (
    Part(
        "now",
        "Sådan går det",
        (
            Q("good", "Hvad går godt i din virksomhed?", rows=4),
            Q("hard", "Hvad er svært?", rows=4),
            Q("learned", "Hvad har du lært, siden du begyndte?"),
        ),
    ),
    Part(
        "business",
        "Din virksomhed i tal",
        (
            Q("customers_now", "Hvor mange kunder har du nu?", kind=NUMBER),
            Q(
                "sales_month",
                "Hvad sælger du for på en almindelig måned?",
                "I kroner, for eksempel 13500.",
                kind=AMOUNT,
            ),
            Q("hours_week", "Hvor mange timer arbejder du om ugen?", kind=NUMBER),
        ),
    ),
    Part(
        "ahead",
        "Tiden, der kommer",
        (
            Q("next_step", "Hvad er dit næste skridt?"),
            Q("help", "Hvad har du brug for hjælp til?"),
        ),
    ),
    Part(
        "money",
        "Når tilskuddet stopper",
        (
            Q("money_after", "Hvordan klarer du dig, når tilskuddet stopper?"),
            Q("wants_extension", "Vil du gerne have tilskuddet forlænget?", kind=CHOICE, choices=(YES, NO)),
            Q("extension_months", "Hvor mange måneder beder du om?", kind=NUMBER),
            Q(
                "extension_why",
                "Hvorfor er en forlængelse afgørende for din virksomhed?",
                "Skriv, hvad du når i den ekstra tid, som du ellers ikke ville nå.",
                rows=5,
            ),
        ),
        intro="Beder du om flere måneder, skal du selv skrive hvorfor. Vi svarer dig i et brev.",
        with_support=True,
    ),
)


def _goal(number: int) -> Part:
    return Part(
        f"goal_{number}",
        f"Mål {number}",
        (
            Q(f"goal_{number}", f"Hvad vil du nå? (mål {number})", rows=2),
            Q(f"goal_{number}_how", f"Hvad gør du for at nå det? (mål {number})", rows=2),
            Q(f"goal_{number}_by", f"Hvornår skal det være nået? (mål {number})", "Dag-måned-år.", kind=DATE),
        ),
    )


ACTION_PLAN = (
    Part("aim", "Det vigtigste", (Q("aim", "Hvad er det vigtigste for din virksomhed lige nu?"),)),
    *(_goal(number) for number in range(1, MOST_GOALS + 1)),
)

PARTS: dict[str, tuple[Part, ...]] = {
    PaperKind.PERSON_PROFILE: PERSON_PROFILE,
    PaperKind.BUSINESS_PLAN: BUSINESS_PLAN,
    PaperKind.SELF_EVALUATION: SELF_EVALUATION,
    PaperKind.ACTION_PLAN: ACTION_PLAN,
}


def parts_of(kind: str, *, stage: str = "", pensioner: bool = False) -> tuple[Part, ...]:
    """The parts of a paper. A provisional plan leaves out what only a detailed one asks; no stage means all of it."""
    wanted = stage or PlanStage.DETAILED
    return tuple(
        part
        for part in PARTS[kind]
        if (not part.stage or part.stage == wanted) and not (part.with_support and pensioner)
    )


def questions_of(kind: str, *, stage: str = "", pensioner: bool = False) -> Iterator[Question]:
    for part in parts_of(kind, stage=stage, pensioner=pensioner):
        yield from part.questions


def codes_of(kind: str) -> tuple[str, ...]:
    return tuple(question.code for question in questions_of(kind))
