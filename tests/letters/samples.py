"""One plausible letter of each kind, with invented people, and the longest that must still fit."""

from datetime import date
from decimal import Decimal

from cases.letters.envelope import Contact, Envelope, Recipient, Sender
from cases.letters.registry import Context, LetterKind
from cases.letters.registry import get_kind as kind_of

SENDER = Sender(
    authority="Testkommune",
    department="Mikrolån",
    lines=("Prøvevej 1", "0000 Prøveby"),
    phone="00 00 00 00",
    hours="mandag–torsdag kl. 9–14",
    website="testkommune.example",
)
ENVELOPE = Envelope(
    sender=SENDER,
    recipient=Recipient(name="Amina Testesen", lines=("c/o Prøvesen", "Eksempelgade 12, 3. tv", "0000 Prøveby")),
    contact=Contact(name="Mette Medarbejder", title="coach", phone="00 00 00 01"),
    case_number="ML-2026-0042",
    dated=date(2027, 5, 3),
)
LONG_ENVELOPE = Envelope(
    sender=Sender(
        authority="Lyngby-Taarbæk og Ringkøbing-Skjern Testkommune",
        department="Center for Beskæftigelse, Virksomhed og Iværksætteri, Mikrolånsteamet",
        lines=("Kronprinsesse Charlottes Prøvegade 128, bygning C", "0000 Nykøbing Prøvestrup"),
        phone="00 00 00 00",
        hours="mandag–onsdag kl. 9–14, torsdag kl. 10–17, fredag kl. 9–12",
        website="www.lyngby-taarbaek-ringkoebing-skjern-testkommune.example",
    ),
    recipient=Recipient(
        name="Anne-Margrethe Konstantinopolska Wałęsa-Şahinoğlu von Testenstein",
        lines=(
            "c/o Bartholomæus Christiansen-Frederiksværk",
            "Kronprinsesse Charlottes Allé 128 A, 12. mf., dør 1204",
            "0000 Nørre Prøvestrup ved Langesundet",
        ),
    ),
    contact=Contact(name="Christoffer-Emil Østergaard-Mortensen", title="erhvervscoach og projektleder", phone=""),
    case_number="ML-2026-100042",
    dated=date(2027, 9, 23),
)
LEGAL_BASIS = {"reference": "lov om eksempler § 65, stk. 2", "appeal_variant": "standard_4_weeks"}
SUPPORT_BASIS = {"reference": "lov om eksempler § 65, stk. 3", "appeal_variant": "standard_4_weeks"}
COURSE = {
    "module": "Regnskab og bogføring",
    "sessions": (
        {"day": date(2027, 5, 20), "time": "kl. 9.00–12.00"},
        {"day": date(2027, 5, 27), "time": "kl. 9.00–12.00"},
    ),
    "place": "Prøvehuset",
    "address": "Prøvevej 4, 0000 Prøveby",
    "directions": "Gå ind ad porten. Lokalet ligger på første sal.",
    "bring": ("Noget at skrive med", "Dine bilag fra den seneste måned"),
    "teacher": "Tove Testesen",
}
FACTS = (
    "Du har været med til 17 af 19 møder. Du har vist os din plan og dit budget.",
    "Du har talt med tre kunder, som gerne vil købe af dig",
)
CONSIDERATIONS = (
    "Du har lært det, du skal bruge i din virksomhed.",
    "Dit budget viser, at du kan leve af den efter et år.",
)
REASONS = {"legal_basis": LEGAL_BASIS, "facts": FACTS, "considerations": CONSIDERATIONS}
REFUSAL_REASONS = {
    "legal_basis": LEGAL_BASIS,
    "facts": (
        "Du har været med til 6 af 14 møder. Du har ringet og meldt afbud til 2.",
        "Dit budget mangler tal for husleje og varer. Vi har bedt om dem to gange.",
    ),
    "considerations": (
        "Vi kan ikke se, at du kan leve af din virksomhed, når vi regner på budgettet.",
        "Der ligger fire butikker af samme slags i gaden. Din plan siger ikke, hvad du gør på en anden måde.",
    ),
    "hearing": ("Du har fortalt, at du var syg i marts. Det har vi set på. Du mangler stadig tal i budgettet.",),
}


def plan_lines(amount: int, instalment: int, count: int) -> list[dict[str, object]]:
    """A plan of `count` lines as the loan room would give it; the last line is what remains."""
    left = Decimal(amount)
    lines: list[dict[str, object]] = []
    for index in range(count):
        paid = min(Decimal(instalment), left)
        left -= paid
        due = date(2027 + (index + 2) // 12, (index + 2) % 12 + 1, 1)
        lines.append({"number": index + 1, "due": due, "amount": paid, "remaining": left})
    return lines


def loan_terms(amount: int, instalment: int, count: int) -> Context:
    lines = plan_lines(amount, instalment, count)
    return {
        "amount": Decimal(amount),
        "instalment_amount": Decimal(instalment),
        "instalment_count": count,
        "last_amount": lines[-1]["amount"],
        "first_due": lines[0]["due"],
        "last_due": lines[-1]["due"],
        "payment_reference": "000000000000420",
        "pay_to": "0040 0440116243",
        "slip_line": "+71<000000000000420+81234567<",
        "max_deferment_months": 36,
        "business": "Aminas Syværksted",
    }


def agreement(amount: int, instalment: int, count: int) -> Context:
    return {
        **loan_terms(amount, instalment, count),
        "lines": plan_lines(amount, instalment, count),
        "total": Decimal(amount),
        "legal_basis": LEGAL_BASIS,
        "cvr": "12345674",
        "debt_instrument": True,
        "authority": "Gældsstyrelsen",
    }


def changed_plan(balance: int, instalment: int, count: int) -> Context:
    lines = plan_lines(balance, instalment, count)
    return {
        "balance": Decimal(balance),
        "lines": [{name: line[name] for name in ("due", "amount", "remaining")} for line in lines],
        "next_due": lines[0]["due"],
        "next_amount": lines[0]["amount"],
        "last_due": lines[-1]["due"],
        "payment_reference": "000000000000018",
    }


STRENGTHS = ("Du møder til tiden.", "Du har en klar idé om, hvem dine kunder er.")
ARREARS = {
    "lines": [
        {"due": date(2027, 1, 4), "amount": Decimal("596")},
        {"due": date(2027, 2, 1), "amount": Decimal("196.50")},
    ],
    "total": Decimal("792.50"),
    "payment_reference": "000000000000420",
    "pay_by": date(2027, 2, 22),
}
CONTEXTS: dict[str, Context] = {
    "screening_admission": {
        **REASONS,
        "fully_favourable": True,
        "starts_on": date(2026, 12, 1),
        "coach": "Mette Medarbejder",
        "next_contact_by": date(2026, 12, 8),
        "exempt_from_activation": True,
    },
    "screening_continue": {
        "number": 2,
        "held_on": date(2026, 12, 1),
        "strengths": STRENGTHS,
        "advice": ("Find ud af, hvad du skal have for en time.",),
        "next_steps": ("Du får et brev om dine kurser.", "Vi mødes igen den 10. december kl. 10."),
    },
    "screening_hearing": {
        "number": 2,
        "held_on": date(2027, 4, 20),
        "shown": ("Du er kommet til 3 af 9 møder.", "Der er ingen kunder i planen endnu."),
        "answer_by": date(2027, 5, 17),
        "strengths": ("Du kan dit fag.",),
    },
    "screening_status": {
        "number": 4,
        "held_on": date(2027, 3, 2),
        "strengths": STRENGTHS,
        "goals": ("To faste aftaler med butikker", "Regninger sendt inden for en uge"),
    },
    "screening_revise": {
        "number": 3,
        "held_on": date(2026, 12, 1),
        "back_on": date(2026, 12, 22),
        "strengths": STRENGTHS,
        "improvements": ("Skriv husleje og varer ind i budgettet.", "Vis, hvordan du får de første ti kunder."),
    },
    "screening_refusal": {
        **REFUSAL_REASONS,
        "number": 1,
        "effective_on": date(2026, 12, 1),
        "strengths": STRENGTHS,
    },
    "course_invitation": COURSE,
    "course_changed": COURSE,
    "course_cancelled": {"module": "Regnskab og bogføring", "starts_on": date(2027, 1, 6)},
    "meeting_invitation": {
        **{name: value for name, value in COURSE.items() if name != "bring"},
        "module": "Netværksmøde",
        "sessions": COURSE["sessions"][:1],
        "theme": "Priser, der holder",
        "agenda": ("17.00 Velkommen", "17.15 Sådan sætter jeg mine priser", "18.30 Suppe"),
        "reply_by": date(2027, 1, 4),
    },
    "course_grant": {
        **REASONS,
        "fully_favourable": True,
        "modules": (
            {
                "title": "Regnskab og bogføring",
                "when": "8 onsdage fra 6. januar",
                "place": "Prøvehuset",
                "mandatory": False,
            },
            {"title": "Moms og skat", "when": "", "place": "", "mandatory": False},
            {"title": "Internat", "when": "15.–18. marts", "place": "Kursuscenter Eksempel", "mandatory": True},
        ),
    },
    "loan_grant": {
        **REASONS,
        **loan_terms(35000, 417, 84),
        "requested_amount": Decimal(50000),
        "payout_by": date(2027, 1, 29),
    },
    "grant_decision": {
        **REASONS,
        "amount": Decimal("12500.50"),
        "requested_amount": Decimal(20000),
        "business": "Aminas Syværksted",
        "purpose": "Symaskine og bord",
        "payout_by": date(2027, 1, 29),
    },
    "loan_refusal": {**REFUSAL_REASONS, "requested_amount": Decimal(35000), "resubmit_by": date(2027, 2, 1)},
    "grant_award": {
        **REASONS,
        "fully_favourable": True,
        "amount": Decimal(12000),
        "purpose": "Værktøj og varebil",
        "business": "Aminas Syværksted",
        "payout_by": date(2027, 1, 29),
    },
    "grant_refusal": {**REFUSAL_REASONS, "requested_amount": Decimal(12000)},
    "loan_agreement": agreement(50000, 596, 84),
    "deferment_decision": {
        **REASONS,
        **changed_plan(42250, 1750, 25),
        "fully_favourable": True,
        "months": 3,
        "from_month": date(2027, 1, 1),
        "resumes": date(2027, 4, 1),
        "months_used": 5,
        "months_cap": 36,
    },
    "instalment_decision": {
        **REASONS,
        **changed_plan(42250, 1750, 25),
        "fully_favourable": True,
        "amount": Decimal(1750),
        "from_month": date(2027, 4, 1),
        "arrears": Decimal(2500),
    },
    "plan_refusal": {
        **REFUSAL_REASONS,
        "asked_for": "Henstand i 12 måneder fra januar 2027",
        "next_due": date(2027, 1, 4),
        "next_amount": Decimal(596),
    },
    "new_plan": {**changed_plan(42250, 1750, 25), "extra_paid": Decimal(5000), "legal_basis": LEGAL_BASIS},
    "support_decision": {
        **REASONS,
        "legal_basis": SUPPORT_BASIS,
        "fully_favourable": True,
        "period_from": date(2026, 12, 1),
        "period_to": date(2027, 5, 31),
        "period_months": 6,
        "monthly_amount": Decimal(22056),
        "letter_by": date(2027, 5, 17),
    },
    "extension_decision": {
        **REASONS,
        "legal_basis": SUPPORT_BASIS,
        "period_from": date(2027, 6, 1),
        "period_to": date(2027, 7, 31),
        "period_months": 2,
        "requested_months": 3,
        "total_months": 8,
        "with_loan": True,
    },
    "extension_refusal": {
        **REFUSAL_REASONS,
        "legal_basis": SUPPORT_BASIS,
        "ends_on": date(2027, 5, 31),
        "requested_months": 3,
        "instalment_amount": Decimal(417),
    },
    "support_end": {
        "legal_basis": SUPPORT_BASIS,
        "facts": ("Du har fået tilskud i 6 måneder. Det er den tid, der var aftalt.",),
        "considerations": ("Dit regnskab viser, at du tjener nok til at leve af.",),
        "ends_on": date(2027, 5, 31),
        "first_day_without": date(2027, 6, 1),
        "total_months": 6,
        "instalment_amount": Decimal(417),
    },
    "instalment_reminder": {
        "amount": Decimal("596"),
        "due": date(2027, 3, 1),
        "payment_reference": "000000000000420",
        "number": 1,
        "count": 84,
    },
    "first_dunning": ARREARS,
    "second_dunning": ARREARS,
    "handover_notice": {**ARREARS, "authority": "Gældsstyrelsen"},
    "referral_receipt": {
        "citizen_name": "Amina Testesen",
        "received_on": date(2026, 11, 20),
        "contact_by": date(2026, 11, 27),
    },
    "self_evaluation_request": {"ends_on": date(2027, 6, 30), "back_by": date(2027, 6, 2)},
    "self_evaluation_reminder": {"ends_on": date(2027, 6, 30), "back_by": date(2027, 6, 2)},
    "exemption_notice": {
        "citizen_name": "Amina Testesen",
        "from_on": date(2026, 11, 20),
        "begun_before": "Danskkursus tirsdag aften",
        "useful": "Ordblindetest",
    },
    "loan_repaid": {
        "principal": Decimal(50000),
        "paid": Decimal("50250.50"),
        "settled_on": date(2034, 2, 1),
        "overpaid": Decimal("250.50"),
    },
    "message": {
        "subject": "Netværksmøde i februar",
        "paragraphs": ("Vi mødes den 3. februar kl. 17 i Prøvehuset.", "Skriv til os, hvis du ikke kan komme."),
    },
    "closing": {
        "closed_on": date(2027, 6, 30),
        "reason": "Du lever nu af din egen virksomhed.",
        "balance": Decimal(32915),
        "instalment_amount": Decimal(417),
    },
}


def longest(kind: LetterKind) -> Context:
    """The same letter with far too much to say."""
    context = dict(CONTEXTS[kind.code])
    if kind.code == "loan_agreement":
        context = agreement(51000, 425, 120)
    for name in ("facts", "considerations", "strengths", "improvements", "consequences", "hearing"):
        if name in kind.fields:
            context[name] = tuple(f"{text} " * 6 for text in FACTS + CONSIDERATIONS)
    return context


def sample(code: str) -> tuple[LetterKind, Context]:
    return kind_of(code), CONTEXTS[code]
