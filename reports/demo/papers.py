"""Papers and marked notes of the demo: what citizens bring, in versions, and what is about somebody else."""

import io
import zipfile
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from openpyxl import Workbook

from cases import services as cases
from cases.services import Upload
from microloan.core import clock
from microloan.core.pdf import render_pdf
from reports.demo.story import Story

EVERY = 3  # one citizen in three has papers
AGO, BEGUN = timedelta(days=6), timedelta(days=10)
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="word/document.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@lru_cache(maxsize=8)
def pdf(title: str, text: str) -> bytes:
    html = f'<html lang="da"><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>'
    return render_pdf(html)


@lru_cache(maxsize=2)
def word(text: str) -> bytes:
    out = io.BytesIO()
    body = f'<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>'
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in (("[Content_Types].xml", TYPES), ("_rels/.rels", RELATIONS), ("word/document.xml", body)):
            package.writestr(name, content)
    return out.getvalue()


@lru_cache(maxsize=1)
def sheet() -> bytes:
    book = Workbook()
    for row in (("Post", "Kroner"), ("Maskiner", 18000), ("Skilt og kort", 4500), ("Forsikring", 2500)):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def add_papers(stories: Iterable[Story], today: date) -> None:
    for number, story in enumerate(list(stories)[::EVERY]):
        case = story.refresh().case
        day = today - AGO - timedelta(days=number % 9)
        if not case.is_open or case.opened_on > day - BEGUN:
            continue
        with clock.at(day):
            _of(story, day, number)


def _of(story: Story, day: date, number: int) -> None:
    case, coach = story.case, story.cast.coach
    common: dict[str, Any] = {"case": case, "by": coach, "today": day, "dated": day - timedelta(days=2)}
    plan = cases.add_document(
        upload=Upload("Forretningsplan.docx", word("Forretningsplan, første udkast")),
        kind="business_plan",
        title="Forretningsplan",
        others_data=False,
        **common,
    )
    if number % 2:
        newer = Upload("Forretningsplan 2.pdf", pdf("Forretningsplan", "Kunder, priser og de første seks måneder."))
        cases.add_version(document=plan, upload=newer, by=story.cast.second_coach, today=day)
    cases.add_document(
        upload=Upload("Etablering.xlsx", sheet()), kind="budget", title="Budget i regneark", others_data=False, **common
    )
    if number % 3 == 0:
        cases.add_document(
            upload=Upload("Lejeaftale.pdf", pdf("Lejeaftale", "Lokalet deles med en søster, som står som lejer.")),
            kind="contract",
            title="Lejeaftale, hvor søsteren er lejer",
            others_data=True,
            **common,
        )
        cases.write_note(case=case, text="Borgeren fortalte om sin søsters sygdom.", by=coach, others_data=True)
