"""Papers, forms and what comes back. People are invented."""

import io
from collections.abc import Mapping
from typing import Any

from pypdf import PdfReader, PdfWriter

from cases.enums import ContactKind, ContactState, Phase
from cases.models import CaseFile, Contact
from cases.services import Upload
from microloan.accounts.enums import Role
from microloan.core import clock
from screening import services
from screening.citizen_forms.identity import FormIdentity
from screening.citizen_forms.kinds import form_kinds
from screening.citizen_forms.rendering import form_context, render_form
from screening.models import Paper, ReceivedForm
from screening.papers.enums import PaperKind
from tests.loans.builders import new_case, put_in_phase
from tests.support.world import World

PROFILE = {"background": "Jeg har syet i tyve år.\nNu vil jeg selv.", "why": "Jeg vil bestemme selv."}
GOALS = {"goal_1": "Ti faste kunder", "goal_1_by": "2026-12-31", "goal_2": "Egen hjemmeside", "goal_2_by": "2026-11-01"}


def a_case(world: World, phase: Phase = Phase.BUSINESS_DEVELOPMENT, **changes: Any) -> CaseFile:
    return put_in_phase(new_case(world, **changes), phase, on=world.today)


def paper(
    world: World, case: CaseFile, kind: str = PaperKind.PERSON_PROFILE, *, stage: str = "", **answers: str
) -> Paper:
    data = services.PaperData(kind=kind, answers=answers or PROFILE, answered_on=world.today, stage=stage)
    return services.save_paper(case=case, data=data, by=world.user(Role.COACH), today=world.today)


def form_of(case: CaseFile, code: str = "person_profile", *, version: int | None = None, **changes: Any) -> bytes:
    """The form as the citizen gets it; `version` where it is to be another than the stored one."""
    kind = form_kinds[code]
    stored = kind.stored(case)
    identity = FormIdentity(case.number, code, stored.version if version is None else version)
    options = {"values": {}, "name": case.citizen.name, "is_wide": kind.is_wide, **changes}
    return render_form(
        form_context(identity=identity, label=kind.label, intro=kind.intro, parts=kind.parts(case), **options)
    )


def filled(data: bytes, values: Mapping[str, str]) -> bytes:
    """As the citizen's program fills it in and saves it."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    for page in writer.pages:
        writer.update_page_form_field_values(page, dict(values), auto_regenerate=True)
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def came_back(world: World, case: CaseFile, data: bytes, name: str = "skema.pdf") -> ReceivedForm:
    upload = Upload(name=name, data=data)
    return services.receive_form(case=case, upload=upload, by=world.user(Role.COACH), today=world.today)


def evaluation(world: World, case: CaseFile, *, state: str = ContactState.ATTENDED) -> Contact:
    return Contact.objects.create(case=case, kind=ContactKind.EVALUATION, at=clock.now(), state=state)


def action_plan(world: World, case: CaseFile, **answers: str) -> Paper:
    return paper(world, case, PaperKind.ACTION_PLAN, **(answers or GOALS))
