"""Invented data for the style guide pages (demo only): what the includes look like, for developers and for axe.

The texts are Danish here because they stand for data; labels in real pages go through gettext.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.paginator import Paginator

from microloan.core.clock import COPENHAGEN

STEPS = (
    ("Henvist", "12. jan."),
    ("Samtaler", "9. feb."),
    ("Screening 1", "Videre"),
    ("Plan og budget", "20. maj"),
    ("Screening 2", "Videre"),
    ("Kurser", "4 af 4"),
    ("Screening 3", "Grøn"),
    ("Lån og start", ""),
    ("Screening 4", "maj 2027"),
    ("Tilbagebetaling", "til 2033"),
)


def journey(at: int = 8, *, stopped: bool = False) -> list[dict[str, Any]]:
    def state(number: int) -> str:
        if number < at:
            return "done"
        if number == at:
            return "stopped" if stopped else "current"
        return "upcoming"

    return [
        {
            "number": number,
            "label": label,
            "detail": "Stoppet 4. mar." if stopped and number == at else "" if number == at else detail,
            "state": state(number),
            "url": "#main" if number < at else "",
        }
        for number, (label, detail) in enumerate(STEPS, start=1)
    ]


def pensioner_journey() -> list[dict[str, Any]]:
    steps = journey(9)
    steps[7].update(state="done", detail="uden tilskud")
    steps[8].update(state="skipped", detail="")
    steps[9].update(state="current")
    return steps


class SampleForm(forms.Form):
    """One field of every kind that forms are made of."""

    amount = forms.CharField(label="Beløb", help_text="Mellem 1.000 og 50.000 kr.", required=True)
    paid_on = forms.CharField(label="Udbetalt den", help_text="dd-mm-åååå", required=True)
    voucher = forms.CharField(label="Bilagsnummer", required=False)
    livelihood = forms.ChoiceField(
        label="Forsørgelse",
        widget=forms.RadioSelect,
        choices=[("a", "Kontanthjælp"), ("b", "Sygedagpenge"), ("c", "Førtidspension")],
        help_text="Det, borgeren lever af i dag",
    )
    staff = forms.MultipleChoiceField(
        label="Til stede", widget=forms.CheckboxSelectMultiple, choices=[("m", "Mette M."), ("j", "Jens J.")]
    )
    centre = forms.ChoiceField(label="Center", choices=[("", "Vælg center"), ("n", "Center Nord")])
    idea = forms.CharField(label="Hvad er idéen?", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    plan = forms.FileField(label="Forretningsplan", required=False, help_text="PDF, højst 5 MB")
    booked = forms.BooleanField(label="Jeg har bogført beløbet som lån")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].suffix = "kr."  # type: ignore[attr-defined]
        for name, size in (("amount", "12"), ("paid_on", "12"), ("voucher", "16")):
            self.fields[name].widget.attrs.update({"class": "field-short", "size": size})
        self.use_required_attribute = False


def _moment(day: date, hour: int, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=COPENHAGEN)


def _timeline(today: date) -> list[dict[str, Any]]:
    return [
        {
            "icon": "clipboard-check",
            "title": "Screening 3: Grøn",
            "text": "Indstillet til lån på 35.000 kr. Plan og budget er realistiske. To medarbejdere var med.",
            "at": _moment(today - timedelta(days=10), 10, 15),
            "author": "Mette Medarbejder",
            "url": "#main",
            "url_label": "Åbn screening 3",
        },
        {
            "icon": "telephone",
            "title": "Telefonsamtale",
            "text": "Amina har fundet lokale på timebasis. Hun spurgte til forsikring. Vi aftalte nyt budget til torsdag. "
            * 4,
            "at": _moment(today - timedelta(days=15), 13, 40),
            "author": "Jens Jobkonsulent",
        },
        {
            "icon": "envelope",
            "title": "Brev sendt: Indkaldelse til screening 3",
            "on": today - timedelta(days=23),
            "author": "Systemet",
            "url": "#main",
            "url_label": "Åbn brev",
            "status": "Sendt",
            "tone": "good",
        },
    ]


def _tasks(today: date) -> list[dict[str, Any]]:
    def task(title: str, name: str, step: str, days: int, clock: tuple[int, int] | None = None) -> dict[str, Any]:
        due = today + timedelta(days=days)
        at = _moment(due, *clock) if clock else None
        return {"title": title, "name": name, "step": step, "due": due, "at": at}

    return [
        {
            "title": "Over fristen",
            "tasks": [
                task("Send låneaftale til underskrift", "Amina Testesen", "Trin 8: Lån og start", -2),
                task("Ring første gang", "Bo Prøvesen", "Trin 1: Henvist", -1),
            ],
        },
        {
            "title": "I dag",
            "tasks": [
                task("Møde 2 – Café Torvet", "Carla Eksempel", "Trin 2: Samtaler", 0, (10, 0)),
                task("Skriv vurdering fra screening 2", "Dan Demo", "Trin 5: Screening 2", 0),
                task("Ugentlig samtale", "Eva Fiktiv", "Trin 8: Lån og start", 0, (14, 30)),
            ],
        },
        {
            "title": "De næste 7 dage",
            "tasks": [
                task("Send selvevaluering", "Finn Forsøg", "Trin 9: Screening 4", 6),
                task("Bestil udbetaling af lån", "Amina Testesen", "Trin 8: Lån og start", 7),
            ],
        },
    ]


FUNNEL = [
    ("Henvist", 118, 100),
    ("Første samtale", 97, 82),
    ("Videre fra screening 1", 58, 49),
    ("Videre fra screening 2", 46, 39),
    ("Gennemført kurser", 37, 31),
    ("Lån udbetalt", 24, 20),
    ("Selvforsørgende 12 mdr.", 13, 11),
]
TILES = [
    ("Selvforsørgende efter 12 mdr.", "54\u00a0%", "13 af 24 med lån · Mål: 50\u00a0%", "Nået", "good"),
    ("Lån udbetalt til tiden", "67\u00a0%", "16 af 24 · Mål: 90\u00a0%", "Ikke nået", "bad"),
    ("Afdrag betalt til tiden", "91\u00a0%", "402 af 442 afdrag · Mål: 90\u00a0%", "Nået", "good"),
    ("Dage fra internat til udbetaling", "34", "Median, 24 lån · Mål: 30", "Tæt på", "warn"),
]
COHORTS = [
    ("2022", 21, "16 (76\u00a0%)", "13 (62\u00a0%)", "11 (52\u00a0%)", "0–4"),
    ("2023", 23, "18 (78\u00a0%)", "14 (61\u00a0%)", "11 (48\u00a0%)", "5"),
    ("2024", 24, "19 (79\u00a0%)", "13 (54\u00a0%)", "–", "0–4"),
    ("2025", 24, "–", "–", "–", "0–4"),
]


def sample_context(today: date) -> dict[str, Any]:
    """Everything the style guide pages show."""
    day = timedelta(days=1)
    return {
        "steps": journey(),
        "stopped_steps": journey(5, stopped=True),
        "pensioner_steps": pensioner_journey(),
        "case_tabs": [
            {"label": "Overblik", "url": "#main", "current": True},
            {"label": "Screeninger", "url": "#screeninger", "count": 3},
            {"label": "Kurser", "url": "#kurser", "count": "4/4"},
            {"label": "Lån", "url": "#laan"},
            {"label": "Breve", "url": "#breve", "count": 5},
            {"label": "Journal", "url": "#journal", "count": 38},
        ],
        "views": [
            {"label": "Mine", "url": "#mine", "current": True, "count": 7},
            {"label": "Hele teamet", "url": "#team", "count": 19},
            {"label": "Nye henvisninger", "url": "#nye", "count": 3},
            {"label": "Mangler ansvarlig", "url": "#mangler", "count": 1},
            {"label": "Ingen kontakt i 14 dage", "url": "#stille", "count": 2},
        ],
        "groups": _tasks(today),
        "entries": _timeline(today),
        "overdue": today - 2 * day,
        "soon": today + 7 * day,
        "later": today + 11 * day,
        "later_still": today + 14 * day,
        "loan_rows": [
            ("Bevilget", "35.000 kr."),
            ("Udbetalt", "0 kr. – venter"),
            ("Rente", "Rentefrit"),
            ("Første afdrag", "4. jan. 2027"),
            ("Afdrag", "417 kr. × 83 + 389 kr."),
        ],
        "support_rows": [
            ("Hjemmel", "Hentes fra retsgrundlaget"),
            ("Periode", "1. dec. 2026 – 31. maj 2027"),
            ("Brugt", "0 af 6 måneder"),
            ("Kan forlænges", "Højst 6 måneder"),
        ],
        "checks": [
            ("Screening 3 er grøn", "10. nov."),
            ("Budget og lån er godkendt", "12. nov. – Lene Leder"),
            ("Låneaftale er underskrevet", "20. nov."),
            ("Virksomheden er borgerens egen (CVR 00000000)", "18. nov."),
            ("Konto er oplyst af borgeren", ""),
        ],
        "tags": [{"label": "Center: Nord", "url": "#a"}, {"label": "Trin: Kurser", "url": "#b"}],
        "funnel": FUNNEL,
        "tiles": TILES,
        "cohorts": COHORTS,
        "page_obj": Paginator(range(240), 20).get_page(4),
        "hits": [
            {"name": "Amina Testesen", "detail": "ML-2026-0042 · Trin 8: Lån og start", "url": "#main"},
            {"name": "Amir Testesen", "detail": "ML-2025-0007 · Afsluttet", "url": "#main"},
        ],
        "balance": Decimal("32915"),
        "today": today,
    }
