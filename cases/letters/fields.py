"""What the fields of letters are called and look like: shown beside the editor, and the facts of the sample letter.

Written in Danish, as the letters themselves. A field is known by its name in all kinds; `OF_KIND` says where one kind means
something else by it. The examples agree with each other, so that a sample letter can be read as one that was sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.letters.registry import LetterKind
from microloan.core import danish


@dataclass(frozen=True)
class Field:
    label: str
    example: Any
    months: bool = False  # a number that is printed as `6 måneder`

    @property
    def type_label(self) -> Any:
        if isinstance(self.example, bool):
            return _("yes or no")
        if isinstance(self.example, Decimal):
            return _("amount")
        if isinstance(self.example, date):
            return _("date")
        if isinstance(self.example, int):
            return _("months") if self.months else _("number")
        if isinstance(self.example, tuple):
            return _("lines of a table") if self.is_table else _("list")
        return _("text")

    @property
    def is_table(self) -> bool:
        return isinstance(self.example, dict) or (
            isinstance(self.example, tuple) and bool(self.example) and isinstance(self.example[0], dict)
        )

    @property
    def in_words(self) -> str:
        """The example as the letter prints it."""
        if self.is_table:
            return "…"
        return in_words(self, self.example)


def in_words(field: Field, value: Any) -> str:
    """A value as letters print it, by its type."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nej"
    if isinstance(value, Decimal):
        return danish.kr(value)
    if isinstance(value, date):
        return danish.long_date(value).replace(" ", "\u00a0", 1)
    if isinstance(value, int):
        return f"{value}\u00a0{'måned' if value == 1 else 'måneder'}" if field.months else str(value)
    if isinstance(value, list | tuple):
        return danish_list([" ".join(str(item).split()) for item in value])
    return " ".join(str(value).split())


def danish_list(items: list[str]) -> str:
    items = [item.rstrip(".") for item in items if item]
    return " og ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _lines(count: int, instalment: int, total: int, first: tuple[int, int]) -> tuple[dict[str, Any], ...]:
    year, month = first
    left, rows = Decimal(total), []
    for index in range(count):
        paid = min(Decimal(instalment), left)
        left -= paid
        due = date(year + (month - 1 + index) // 12, (month - 1 + index) % 12 + 1, 1)
        rows.append({"number": index + 1, "due": due, "amount": paid, "remaining": left})
    return tuple(rows)


LOAN_LINES = _lines(84, 417, 35000, (2027, 3))
PLAN_LINES = _lines(71, 417, 29579, (2028, 4))
SESSIONS = (
    {"day": date(2027, 5, 20), "time": "kl. 9.00–12.00"},
    {"day": date(2027, 5, 27), "time": "kl. 9.00–12.00"},
)
FIELDS: dict[str, Field] = {
    # What every kind has.
    "municipality": Field("Kommunens navn", "Testkommune"),
    "case_number": Field("Sagens nummer", "ML-2026-0042"),
    "recipient_name": Field("Den, brevet er til", "Amina Testesen"),
    "contact_name": Field("Den, der skriver under", "Mette Medarbejder"),
    # Decisions.
    "legal_basis": Field("Hjemlen med sin klagevejledning", {"reference": "lov om eksempler § 65"}),
    "facts": Field("Det, vi har set og fået at vide", ("Du har været med til 17 af 19 møder.",)),
    "considerations": Field("Det, vi lagde mest vægt på", ("Dit budget viser, at du kan leve af virksomheden.",)),
    "strengths": Field("Det, der går godt", ("Du møder til tiden.", "Du kender dine kunder.")),
    "fully_favourable": Field("Borgeren fik alt det, der blev bedt om", False),
    "hearing": Field("Borgerens svar på høringen", ("Du var syg i marts.",)),
    "appeal": Field("Klagevejledningen", {"variant": "standard_4_weeks"}),
    "consequences": Field("Mere om, hvad det betyder", ()),
    "next_steps": Field("Mere om, hvad der sker nu", ("Vi taler sammen den 10. maj.",)),
    # Loans.
    "amount": Field("Beløbet", Decimal(35000)),
    "requested_amount": Field("Det beløb, borgeren bad om", Decimal(50000)),
    "instalment_amount": Field("Afdraget hver måned", Decimal(417)),
    "instalment_count": Field("Antal afdrag", 84, months=True),
    "last_amount": Field("Det sidste afdrag", Decimal(389)),
    "first_due": Field("Første betaling", date(2027, 3, 1)),
    "last_due": Field("Sidste betaling", date(2034, 2, 1)),
    "payment_reference": Field("Betalings-id", "000000000000420"),
    "pay_to": Field("Kontoen, man betaler til", "0000 0000000000"),
    "slip_line": Field("Linjen på et indbetalingskort", ""),
    "with_loan": Field("Borgeren betaler af på et lån", True),
    "given_up": Field("Det, der er skrevet af på lånet", None),
    "interest_free": Field("Lånet er rentefrit", True),
    "max_deferment_months": Field("Så mange måneders pause kan man højst få", 36, months=True),
    "business": Field("Virksomhedens navn", "Aminas Syværksted"),
    "security": Field("Sikkerhed for lånet", ""),
    "payout_by": Field("Pengene kommer senest", date(2027, 5, 28)),
    "paid_on": Field("Lånet er udbetalt den", None),
    "purpose": Field("Hvad pengene er til", "Symaskine og bord"),
    "resubmit_by": Field("Budgettet kan sendes igen senest", date(2027, 6, 1)),
    "lines": Field("Planens afdrag", LOAN_LINES),
    "total": Field("I alt", Decimal(35000)),
    "cvr": Field("Virksomhedens CVR-nr.", "12345674"),
    "debt_instrument": Field("Aftalen er et gældsbrev", True),
    "terms": Field("Andet, der er aftalt", ("Du sender os dit regnskab hvert kvartal.",)),
    # Plans.
    "balance": Field("Det, der skyldes nu", Decimal(29579)),
    "next_due": Field("Næste afdrag skal betales", date(2028, 4, 1)),
    "next_amount": Field("Næste afdrag", Decimal(417)),
    "overdue": Field("Det, der skulle være betalt", None),
    "months": Field("Pausens længde", 3, months=True),
    "from_month": Field("Fra den måned", date(2028, 1, 1)),
    "resumes": Field("Betaler igen fra", date(2028, 4, 1)),
    "months_used": Field("Måneder med pause indtil nu", 3, months=True),
    "months_cap": Field("Så mange måneders pause kan man højst få", 36, months=True),
    "mandatory": Field("Pausen skal gives efter reglerne", False),
    "arrears": Field("Restancen, som aftalen gælder", None),
    "asked_for": Field("Det, borgeren bad om", "Et afdrag på 200 kr. om måneden"),
    "extra_paid": Field("Ekstra betalt", Decimal(5000)),
    "due": Field("Afdraget skal betales", date(2027, 6, 1)),
    "number": Field("Nummer", 2),
    "count": Field("Antal i alt", 84),
    "pay_by": Field("Betal senest", date(2027, 6, 14)),
    "authority": Field("Den, der kræver pengene ind", "Gældsstyrelsen"),
    "principal": Field("Lånet, da det blev udbetalt", Decimal(35000)),
    "paid": Field("Betalt i alt", Decimal("35250.50")),
    "settled_on": Field("Lånet var betalt den", date(2034, 2, 1)),
    "overpaid": Field("For meget betalt", Decimal("250.50")),
    # Living support.
    "period_from": Field("Tilskud fra", date(2027, 6, 1)),
    "period_to": Field("Tilskud til og med", date(2027, 8, 31)),
    "period_months": Field("Tilskuddets længde", 3, months=True),
    "requested_months": Field("Så længe bad borgeren om", 6, months=True),
    "total_months": Field("Tilskud i alt", 9, months=True),
    "monthly_amount": Field("Beløb hver måned før skat", Decimal(22056)),
    "letter_by": Field("Borgeren får svar senest", date(2027, 8, 17)),
    "ends_on": Field("Tilskuddet stopper", date(2027, 8, 31)),
    "first_day_without": Field("Første dag uden tilskud", date(2027, 9, 1)),
    "back_by": Field("Svar senest", date(2027, 8, 3)),
    "with_support": Field("Borgeren får tilskud til forsørgelse", True),
    "form_version": Field("Skemaets version", 0),
    "goals": Field("Målene i handleplanen", ("To faste aftaler med butikker.",)),
    # Screenings and the way through the case.
    "starts_on": Field("Med i forløbet fra", date(2027, 5, 3)),
    "coach": Field("Coachens navn", "Mette Medarbejder"),
    "next_contact_by": Field("I taler sammen igen senest", date(2027, 5, 10)),
    "exempt_from_activation": Field("Fritaget for andre tilbud", True),
    "exceptions": Field("Det, der fortsætter ved siden af", ("Danskkursus tirsdag aften.",)),
    "ask_about_activation": Field("Fritagelsen er ikke aftalt endnu", False),
    "held_on": Field("Samtalen var", date(2027, 4, 26)),
    "advice": Field("Gode råd", ("Find ud af, hvad du skal have for en time.",)),
    "light": Field("Farven ved screening 3 (tom ved de andre)", ""),
    "back_on": Field("Planen skal være rettet senest", date(2027, 5, 17)),
    "improvements": Field("Det, der skal rettes", ("Skriv husleje og varer ind i budgettet.",)),
    "reasons": Field("Begrundelsen", ("Budgettet går ikke op.",)),
    "effective_on": Field("Gælder fra", date(2027, 5, 3)),
    "modules": Field(
        "Kurserne", ({"title": "Regnskab og bogføring", "when": "20. og 27. maj", "place": "", "mandatory": False},) * 2
    ),
    "shown": Field("Det, vi lægger vægt på", ("Du er kommet til 3 af 9 møder.",)),
    "answer_by": Field("Svar senest", date(2027, 5, 17)),
    "citizen_name": Field("Borgerens navn", "Amina Testesen"),
    "received_on": Field("Henvisningen kom", date(2027, 4, 30)),
    "contact_by": Field("Vi ringer senest", date(2027, 5, 7)),
    "from_on": Field("Fritaget fra", date(2027, 5, 3)),
    "to_on": Field("Fritaget til og med", date(2028, 5, 2)),
    "begun_before": Field("Begyndt før forløbet", "Danskkursus tirsdag aften"),
    "useful": Field("Det, projektlederen finder nyttigt", "Ordblindetest"),
    "ended": Field("Fritagelsen er slut", False),
    "never_begins": Field("Fritagelsen begynder ikke", False),
    "closed_on": Field("Forløbet sluttede", date(2027, 6, 30)),
    "reason": Field("Grunden", "Du lever nu af din egen virksomhed."),
    "achievements": Field("Det, borgeren har nået", ("Du har været med til 17 af 19 møder.",)),
    "subject": Field("Overskriften", "Vi flytter"),
    "paragraphs": Field("Det, der er skrevet", ("Fra den 1. juni mødes vi i Prøvehuset.",)),
    # Courses and meetings.
    "module": Field("Kursets navn", "Regnskab og bogføring"),
    "sessions": Field("Dage og tider", SESSIONS),
    "is_meeting": Field("Det er et møde og ikke et kursus", False),
    "first_day": Field("Den første dag", date(2027, 5, 20)),
    "first_time": Field("Tiden den første dag", "kl. 9.00–12.00"),
    "place": Field("Stedets navn", "Prøvehuset"),
    "address": Field("Stedets adresse", "Prøvevej 4, 0000 Prøveby"),
    "directions": Field("Sådan finder man vej", "Gå ind ad porten."),
    "bring": Field("Det skal man have med", ("Noget at skrive med",)),
    "teacher": Field("Underviserens navn", "Tove Testesen"),
    "theme": Field("Mødets emne", "Priser, der holder"),
    "agenda": Field("Mødets program", ("17.00 Velkommen", "17.15 Priser")),
    "reply_by": Field("Sig til senest", date(2027, 5, 13)),
}
MISSING = tuple({name: line[name] for name in ("due", "amount")} for line in LOAN_LINES[:2])
_PLAN_KINDS = ("deferment_decision", "instalment_decision", "new_plan")
_ARREARS_KINDS = ("first_dunning", "second_dunning", "handover_notice")
OF_KIND: dict[tuple[str, str], Field] = {
    ("course_cancelled", "starts_on"): Field("Kurset skulle begynde", date(2027, 5, 20)),
    **{(kind, "lines"): Field("Det, der mangler at blive betalt", PLAN_LINES) for kind in _PLAN_KINDS},
    **{(kind, "lines"): Field("Det, der mangler", MISSING) for kind in _ARREARS_KINDS},
    **{(kind, "total"): Field("Det, der mangler i alt", Decimal(834)) for kind in _ARREARS_KINDS},
    ("instalment_decision", "amount"): Field("Det nye afdrag", Decimal(417)),
    ("instalment_reminder", "amount"): Field("Det, der mangler af afdraget", Decimal(417)),
    ("self_evaluation_request", "goals"): Field("Målene, som de står i skemaet", {"": ""}),
    ("meeting_invitation", "module"): Field("Mødets art", "Netværksmøde"),
    ("plan_refusal", "next_due"): Field("Næste afdrag skal betales", date(2027, 6, 1)),
}
COMMON = ("municipality", "case_number", "recipient_name", "contact_name")


def field_of(kind: LetterKind, name: str) -> Field:
    """The description of a field; of one that nobody described, its name."""
    return OF_KIND.get((kind.code, name)) or FIELDS.get(name) or Field(name, "")


def fields_of(kind: LetterKind) -> Mapping[str, Field]:
    """Every field that a text of this kind may use, the kind's own first."""
    return {name: field_of(kind, name) for name in (*kind.fields, *kind.derived, *COMMON)}


def sample_facts(kind: LetterKind) -> dict[str, Any]:
    """The facts of the sample letter that the editor shows."""
    return {name: field_of(kind, name).example for name in kind.fields}
