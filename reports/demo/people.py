"""Sixty invented citizens. No name, number or story is anyone's; CPR numbers lie outside the real space (day + 60)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import count

from cases.enums import Channel, Livelihood
from reports.demo.story import Person

FIRST_NAMES = {
    "K": (
        "Amina", "Carla", "Eva", "Gerda", "Ida", "Karen", "Mona", "Olga", "Rikke", "Tove",
        "Vibe", "Yrsa", "Åse", "Bodil", "Dagny", "Frida", "Hanne", "Jytte", "Lone", "Nadia",
        "Pia", "Sanne", "Ulla", "Zenia", "Ærlig", "Ester", "Gry", "Inge", "Kirsten", "Maja",
    ),
    "M": (
        "Bo", "Dan", "Finn", "Hans", "Jens", "Lars", "Niels", "Poul", "Søren", "Uffe",
        "Anton", "Christian", "Erik", "Gustav", "Ivan", "Kaj", "Mads", "Oskar", "Rasmus", "Torben",
        "Villy", "Øjvind", "Aage", "Benny", "Elias", "Frode", "Henning", "Jonas", "Leif", "Mikkel",
    ),
}  # fmt: skip
SURNAMES = (
    "Testesen",
    "Prøvesen",
    "Eksempel",
    "Demosen",
    "Fiktiv",
    "Forsøg",
    "Øvelse",
    "Skitsesen",
    "Modelsen",
    "Ærøsen",
)
BUSINESSES = (
    ("Syatelier", "sytøj", "Jeg syr om og reparerer tøj for folk i kvarteret."),
    ("Cykelværksted", "cykler", "Jeg reparerer cykler og el-cykler, også hjemme hos kunden."),
    ("Haveservice", "havearbejde", "Jeg passer haver for ældre og for foreninger."),
    ("Bogholderi", "regnskab", "Jeg fører regnskab for små forretninger."),
    ("Keramik", "kunsthåndværk", "Jeg laver kopper og fade og sælger på markeder."),
    ("Rengøring", "rengøring", "Jeg gør rent på små kontorer om aftenen."),
    ("Tømrer", "tømrerarbejde", "Jeg laver småreparationer i huse og lejligheder."),
    ("Catering", "mad", "Jeg laver mad ud af huset til selskaber."),
    ("Fotograf", "foto", "Jeg tager billeder til bryllupper og foreninger."),
    ("Hundepasning", "dyr", "Jeg passer og lufter hunde, mens ejeren er på arbejde."),
)
LIVELIHOODS = (
    Livelihood.CASH_BENEFIT,
    Livelihood.CASH_BENEFIT,
    Livelihood.SICKNESS_BENEFIT,
    Livelihood.FLEX_JOB_ALLOWANCE,
    Livelihood.CASH_BENEFIT_JOB_TRAINING,
)
CHANNELS = (Channel.CASEWORKER, Channel.CASEWORKER, Channel.INQUIRY, Channel.PARTNER, Channel.INFORMATION_MEETING)
LOANS = tuple(Decimal(amount) for amount in (12000, 18000, 25000, 30000, 35000, 40000, 45000, 50000))


def cvr_numbers() -> Iterator[str]:
    """Numbers with a right check digit (danish-rules.md §4), in a range the demo keeps to."""
    weights = (2, 7, 6, 5, 4, 3, 2)
    for body in count(9_990_001, 7):
        digits = [int(digit) for digit in str(body)]
        check = -sum(weight * digit for weight, digit in zip(weights, digits, strict=True)) % 11
        if check < 10:
            yield f"{body}{check}"


def fictitious_cpr(born: date, serial: int) -> str:
    """A CPR number of nobody: the day + 60. `serial` gives the last digits; even for women, odd for men."""
    return f"{born.day + 60:02d}{born.month:02d}{born.year % 100:02d}{serial:04d}"


def possessive(name: str) -> str:
    """`Carla` → `Carlas`, `Hans` → `Hans’`."""
    return f"{name}’" if name.endswith("s") else f"{name}s"


def people() -> Iterator[Person]:
    """Invented citizens without end: the first sixty differ in name, and all in number."""
    numbers = cvr_numbers()
    for index in count():
        sex = "KM"[index % 2]
        names = FIRST_NAMES[sex]
        first = names[(index // 2) % len(names)]
        surname = SURNAMES[(index + index // 30) % len(SURNAMES)]
        firm, trade, idea = BUSINESSES[index % len(BUSINESSES)]
        born = date(1966 + (index * 7) % 29, 1 + index % 12, 1 + (index * 5) % 27)
        yield Person(
            cpr=fictitious_cpr(born, 1000 + index * 2 + (0 if sex == "K" else 1)),
            name=f"{first} {surname}",
            idea=idea,
            business=f"{possessive(first)} {firm.lower()}",
            trade=trade,
            cvr=next(numbers),
            livelihood=LIVELIHOODS[index % len(LIVELIHOODS)],
            street=f"Eksempelgade {index + 1}",
            loan=LOANS[index % len(LOANS)],
            channel=CHANNELS[index % len(CHANNELS)],
            phone=f"0000{index % 100:02d}00",
            protected=index % 23 == 11,
        )
