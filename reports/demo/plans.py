"""Profiles, plans and self-evaluations of the demo municipality, written by the real services."""

import io
from collections.abc import Mapping
from datetime import timedelta

from pypdf import PdfReader, PdfWriter

from cases.enums import ContactKind
from cases.services import Upload
from microloan.core import clock
from reports.demo.papers import pdf
from reports.demo.story import Story
from screening import services as screening
from screening.citizen_forms.identity import FormIdentity
from screening.citizen_forms.kinds import form_kinds
from screening.citizen_forms.rendering import form_context, render_form
from screening.papers.enums import PaperKind, PlanStage
from screening.services import PaperData, Reviewed

PROFILE = {
    "background": "Jeg er vokset op i byen og har arbejdet med det, jeg vil leve af, i mange år.",
    "strengths": "Jeg er god med kunder, og jeg bliver ved, til det er i orden.",
    "experience": "Butik, lager og et kursus i salg.",
    "why": "Jeg vil bestemme over min egen dag og leve af mit fag.",
    "advice": "Min søster har egen butik. Hende spørger jeg.",
    "challenges": "Papirarbejdet. Der får jeg brug for hjælp.",
}
PLAN = {
    "product": "Det, jeg er bedst til, lavet på bestilling.",
    "customers": "Folk i kvarteret og tre små butikker.",
    "difference": "Jeg kommer hjem til kunden og leverer næste dag.",
    "price": "Fra 250 kr. pr. opgave.",
    "lacking": "Udstyr, en hjemmeside og et skilt.",
    "start_cost": "38000.00",
}
DETAILS = {
    "market": "Der bor 4.000 mennesker i kvarteret. Jeg har spurgt tyve af dem.",
    "first_customers": "To butikker har sagt ja til at prøve.",
    "sales_year": "12.000 kr. om måneden fra tredje måned. Det svarer til 48 opgaver.",
    "permits": "Nej, men jeg skal have en ansvarsforsikring.",
    "business_form": "Enkeltmandsvirksomhed",
    "fallback": "Så tager jeg færre varer hjem og sælger på markedet om lørdagen.",
}
EVALUATION = {
    "good": "Kunderne kommer igen, og de fortæller andre om mig.",
    "hard": "At få sendt regningerne til tiden.",
    "customers_now": "23",
    "sales_month": "14500.00",
    "hours_week": "37",
    "money_after": "Jeg kan næsten leve af det. To faste aftaler mangler.",
    "wants_extension": "Ja",
    "extension_months": "2",
    "extension_why": "To butikker skriver under i næste måned. Uden tilskud når jeg ikke at levere den første ordre.",
}
GOALS = {
    "aim": "To faste aftaler, så der kommer penge hver måned.",
    "goal_1": "To faste aftaler med butikker",
    "goal_1_how": "Besøge tre butikker om ugen.",
    "goal_2": "Regninger sendt inden for en uge",
    "goal_2_how": "Skrive dem hver fredag.",
    "goal_3": "En hjemmeside, hvor folk kan bestille",
    "goal_3_how": "Lave den færdig sammen med min søn.",
}


def _save(story: Story, kind: str, answers: Mapping[str, str], *, stage: str = "") -> None:
    data = PaperData(kind=kind, answers=answers, answered_on=story.day, stage=stage)
    screening.save_paper(case=story.case, data=data, by=story.cast.coach, today=story.day)


def profile_and_plan(story: Story) -> Story:
    """What the second meeting talks about: the person profile and the provisional plan."""
    with clock.at(story.day):
        _save(story, PaperKind.PERSON_PROFILE, PROFILE)
        _save(story, PaperKind.BUSINESS_PLAN, {"name": story.person.business, **PLAN})
    return story


def detailed_plan(story: Story) -> Story:
    with clock.at(story.day):
        _save(story, PaperKind.BUSINESS_PLAN, {**DETAILS, "price": "Fra 300 kr. pr. opgave."}, stage=PlanStage.DETAILED)
    return story


def evaluated(story: Story) -> Story:
    """Self-evaluation and action plan came back; the goals were followed up at an evaluation meeting."""
    due = {"goal_1_by": 160, "goal_2_by": 20, "goal_3_by": 15}  # days; the last of them is passed and still open
    days = {code: story.day + timedelta(days=after) for code, after in due.items()}
    with clock.at(story.day):
        _save(story, PaperKind.SELF_EVALUATION, EVALUATION)
        _save(story, PaperKind.ACTION_PLAN, {**GOALS, **{code: day.isoformat() for code, day in days.items()}})
    story.wait(6).contact(ContactKind.EVALUATION, notes="Vi gik målene igennem.")
    said = {
        1: Reviewed("on_the_way", "Den ene aftale er skrevet under."),
        2: Reviewed("reached"),
        3: Reviewed("not_begun"),
    }
    with clock.at(story.day):
        (meeting, *_earlier) = screening.evaluation_meetings(story.case)
        screening.review_goals(case=story.case, contact=meeting, results=said, by=story.cast.coach, today=story.day)
    return story


def form_waiting(story: Story) -> Story:
    """A filled-in person profile has come back, and nobody has looked at it yet."""
    return _came_back(story, "personprofil.pdf", _filled_profile(story))


def forms_that_do_not_fit(story: Story) -> Story:
    """A person profile that was printed before the newest answers came, and a paper that is none of our forms."""
    older = _filled_profile(story, version=0)
    with clock.at(story.day):
        _save(story, PaperKind.PERSON_PROFILE, {**PROFILE, "advice": "Min nabo har været selvstændig i tyve år."})
    story.wait(2)
    _came_back(story, "personprofil udfyldt.pdf", older)
    return _came_back(story, "tilbud.pdf", pdf("Tilbud", "Symaskine, brugt: 4.200 kr. Tilbuddet gælder i en måned."))


def _filled_profile(story: Story, *, version: int | None = None) -> bytes:
    """The form as it came back, made from the stored version or an earlier one."""
    kind = form_kinds["person_profile"]
    stored = kind.stored(story.case)
    context = form_context(
        identity=FormIdentity(story.case.number, kind.code, stored.version if version is None else version),
        label=kind.label,
        intro=kind.intro,
        parts=kind.parts(story.case),
        values=stored.values,
        name=story.case.citizen.name,
    )
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(render_form(context))))
    answers = {"future": "Jeg har en ansat og en lille butik.", "family": "De hjælper i weekenden."}
    writer.update_page_form_field_values(None, answers, auto_regenerate=True)
    filled = io.BytesIO()
    writer.write(filled)
    return filled.getvalue()


def _came_back(story: Story, name: str, data: bytes) -> Story:
    with clock.at(story.day):
        upload = Upload(name=name, data=data)
        screening.receive_form(case=story.case, upload=upload, by=story.cast.coach, today=story.day)
    return story
