"""The assessment in the citizen's words: what a result means, what happens next, what was asked about (domain.md §8).

Danish, as letters are. Plain values in, plain text out; the colours and codes are those of the screening.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from screening.enums import Outcome, Rating, ScreeningNumber
from screening.registry import Fact

ONE, TWO, THREE, FOUR = (number.value for number in ScreeningNumber)
PENSIONER = 0  # the fourth screening of one who has no living support: a status

# (screening, outcome) → the result when it is decided, and while it is proposed.
HEADINGS: dict[tuple[int, str], tuple[str, str]] = {
    (ONE, Outcome.CONTINUE): ("Du er med i forløbet om mikrolån", "Vi foreslår, at du kommer med i forløbet"),
    (ONE, Outcome.REVISE): ("Du er på vej. Kom igen, når du har rettet lidt", "Vi foreslår, at du retter lidt og kommer igen"),
    (ONE, Outcome.STOP): ("Du kan ikke komme med i forløbet lige nu", "Vi foreslår, at du ikke kommer med lige nu"),
    (TWO, Outcome.CONTINUE): ("Du går videre til kurserne", "Vi foreslår, at du går videre til kurserne"),
    (TWO, Outcome.REVISE): ("Du er på vej. Ret din plan, og kom igen", "Vi foreslår, at du retter din plan og kommer igen"),
    (TWO, Outcome.STOP): ("Du kan ikke fortsætte i forløbet", "Vi foreslår, at dit forløb stopper"),
    (THREE, Outcome.CONTINUE): ("Grøn: Du går videre mod et lån", "Vi foreslår grøn: Du går videre mod et lån"),
    (THREE, Outcome.REVISE): ("Gul: Ret dit budget, og kom igen", "Vi foreslår gul: Ret dit budget, og kom igen"),
    (THREE, Outcome.STOP): ("Rød: Du kan ikke få et mikrolån nu", "Vi foreslår rød: Et mikrolån er ikke det rette nu"),
    (FOUR, Outcome.CONTINUE): ("Dit tilskud bliver forlænget", "Vi foreslår, at dit tilskud bliver forlænget"),
    (FOUR, Outcome.STOP): ("Dit tilskud stopper, som det var planlagt", "Vi foreslår, at dit tilskud stopper som planlagt"),
    (PENSIONER, Outcome.CONTINUE): ("Sådan går det med din virksomhed", "Sådan ser vi på din virksomhed"),
}  # fmt: skip

# (screening, outcome) → what comes after the decision. `{coach}` is the coach's name.
NEXT: dict[tuple[int, str], tuple[str, ...]] = {
    (ONE, Outcome.CONTINUE): ("{coach} taler med dig om de næste skridt. I arbejder med din plan og dit budget.",),
    (TWO, Outcome.CONTINUE): ("Du får besked om tid og sted, før hvert kursus starter.",),
    (THREE, Outcome.CONTINUE): ("Nu ser vi på dit lån. Du får et brev, når det er besluttet.",),
    (FOUR, Outcome.CONTINUE): ("Du får et brev om dine nye måneder.",),
    (FOUR, Outcome.STOP): (
        "Du får et brev om, hvornår tilskuddet stopper, og hvordan du kan klage.",
        "Du kan stadig ringe til os og komme til netværksmøder.",
    ),
    (PENSIONER, Outcome.CONTINUE): ("Samtalen ændrer ikke din pension. Vi taler sammen som før.",),
}
BACK = ("Ret det, der står under »Det skal du rette«. {coach} hjælper dig. Ring, hvis du har brug for mere tid.",)
STOPPED = (
    "Du har fået et brev om, hvad vi har besluttet.",
    "Din sagsbehandler taler med dig om, hvad du kan gøre nu. Du må gerne søge igen, hvis noget har ændret sig.",
)
PROPOSED = "Det her er et forslag. Vi har ikke besluttet noget endnu. Du får et brev, når vi har."
SPEAK = "Er noget forkert, eller mangler vi noget? Ring eller skriv til os, så tager vi det med."
HEARD_FIRST = "Før vi kan stoppe dit forløb, skriver vi til dig. Så kan du sige din mening."
BEING_HEARD = "Vi har skrevet til dig om det. Du kan svare til og med den {day}."
WAS_HEARD = (
    "Vi har skrevet til dig om det. Du kunne svare til og med den {day}. Svarer du, før vi beslutter, tager vi det med."
)

# What the colours of screening 3 mean; the word and the shape always go together.
COLOURS = (
    (Rating.GREEN.value, "✓", "Grøn", "Pengene og planen hænger sammen. Vi tror på, at du kan føre planen ud i livet."),
    (Rating.YELLOW.value, "–", "Gul", "Vi tror på noget af det, men ikke på det hele endnu. Du retter og kommer igen. Det er ikke et nej."),
    (Rating.RED.value, "×", "Rød", "Planen kan ikke bære et lån, som det ser ud nu."),
)  # fmt: skip

# What was looked at and why, for each automatic warning of screening 3.
ASKED: dict[str, tuple[str, str]] = {
    "no_budget": ("Budget for at starte", "Budgettet viser, hvor mange penge du mangler for at komme i gang."),
    "no_plan": ("Din forretningsplan", "Planen viser, hvad du vil sælge, til hvem og hvordan."),
    "plan_provisional": ("Din forretningsplan", "Den første plan siger for lidt om kunder, priser og salg."),
    "no_operating": ("Budget for et år", "Budgettet viser, om du kan leve af virksomheden."),
    "no_liquidity": ("Budget måned for måned", "Budgettet viser, om du kan betale dine regninger hver måned."),
    "form_differs": ("Virksomhedens form", "Din plan og din sag siger hver sit. Vi vil gerne vide, hvad der er rigtigt."),
    "not_resubmitted": ("Dit rettede budget", "Du fik budgettet tilbage, så du kunne gøre det bedre."),
    "over_maximum": ("Lånets størrelse", "Der er en grænse for, hvor stort et mikrolån kan være."),
    "under_minimum": ("Lånets størrelse", "Der er en grænse for, hvor lille et mikrolån kan være."),
    "aps": ("Virksomhedens form", "Lånet er til dig som person. Et selskab har sin egen gæld."),
    "form_not_eligible": ("Virksomhedens form", "Ejer I den sammen, hæfter du også for de andres gæld."),
    "pmv_limit": ("Virksomhedens form", "Sælger du for mere end grænsen, skal virksomheden have en anden form."),
    "vat_duty": ("Moms", "Sælger du for mere end grænsen, skal du betale moms. Det skal stå i budgettet."),
    "below_zero": ("Penge i kassen hver måned", "Du skal kunne betale dine regninger hver måned, også i en dårlig måned."),
    "surviving": ("Penge til dig selv", "Lånet skal bruges på virksomheden, så den kan tjene penge til dig."),
    "sales_without_source": ("Dit salg", "Vi vil gerne vide, hvem der køber. Så er det nemmere at tro på tallene."),
    "crowded_trade": ("De andre i din branche", "Er der mange af samme slags, skal kunderne have en grund til at vælge dig."),
}  # fmt: skip
OTHERWISE = "Din plan"

# Facts as the citizen knows them. None: for staff, and left out.
FACTS: dict[str, str | None] = {
    "attendance_reliability": "Aftaler, du kom til",
    "days_in_phase": None,
    "course_attendance": "Kursusgange, du var med til",
    "extension_asked": "Du bad om",
    "extension_why": "Din begrundelse",
    "goals": "Dine mål",
    "goals_followed_up": "Sidst talt om målene",
    "support_end": "Dit tilskud løber til og med",
    "support_used": "Måneder med tilskud",
    "extension_left": "Måneder, der kan gives endnu",
    "support_none": None,
}


@dataclass(frozen=True)
class Asked:
    """One warning as the citizen reads it: what it is about, what was seen, why it matters, and what the answer was."""

    topic: str
    seen: str
    why: str
    answer: str


def _key(number: int, outcome: str, *, pensioner: bool) -> tuple[int, str]:
    return (PENSIONER if number == FOUR and pensioner else number, outcome)


def heading(number: int, outcome: str, *, decided: bool, pensioner: bool) -> str:
    """The result in plain words, said first."""
    said, proposed = HEADINGS[_key(number, outcome, pensioner=pensioner)]
    return said if decided else proposed


def after_decision(number: int, outcome: str, *, coach: str, pensioner: bool) -> list[str]:
    """What happens when the decision is made."""
    usual = {Outcome.REVISE.value: BACK, Outcome.STOP.value: STOPPED}.get(outcome, ())
    lines = NEXT.get(_key(number, outcome, pensioner=pensioner), usual)
    return [line.format(coach=coach or "Din coach") for line in lines]


def before_decision(number: int, outcome: str, *, answer_by: str, is_over: bool = False) -> list[str]:
    """What happens while the recommendation lies with the project lead; `answer_by`: the last day of a hearing."""
    lines = [PROPOSED]
    if answer_by:  # also where the lead asks about a stop that nobody has proposed
        lines.append((WAS_HEARD if is_over else BEING_HEARD).format(day=answer_by))
    elif outcome == Outcome.STOP and number != FOUR:
        lines.append(HEARD_FIRST)
    return [*lines, SPEAK]


def asked(code: str, *, text: str, why: str, answer: str) -> Asked:
    topic, plain = ASKED.get(code, (OTHERWISE, why))
    return Asked(topic, text, plain, answer)


def facts_for_citizen(facts: Iterable[Fact]) -> list[tuple[str, str]]:
    """Label and value of the facts that say something to the citizen."""
    named = [(FACTS.get(fact.code, fact.label), fact.value) for fact in facts]
    return [(label, value) for label, value in named if label is not None]
