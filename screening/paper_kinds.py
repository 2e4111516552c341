"""The forms of the papers, as citizens get them: which questions, what is stored, and how an answer is saved."""

from collections.abc import Collection, Iterator
from functools import partial

from cases.enums import DocumentKind
from cases.models import CaseFile
from screening.citizen_forms.kinds import FormKind, Stored, Taken, form_kinds
from screening.papers.enums import PaperKind, PaperSource, PlanStage
from screening.papers.questions import Part, Question, codes_of, parts_of, questions_of
from screening.services.papers import PaperData, latest_paper, save_paper

SELF_EVALUATION = "self_evaluation"
EVALUATION = (PaperKind.SELF_EVALUATION.value, PaperKind.ACTION_PLAN.value)


def parts_for(kind: str, stage: str, case: CaseFile) -> tuple[Part, ...]:
    return parts_of(kind, stage=stage, pensioner=case.is_pensioner)


def stored_of(kind: str, case: CaseFile) -> Stored:
    newest = latest_paper(case, kind)
    return Stored(newest.number, newest.answers) if newest else Stored()


def asked_of_others(kinds: Collection[str], case: CaseFile, codes: Collection[str]) -> Iterator[Question]:
    """Questions that are not asked in this stage, or no longer of this citizen, and came back all the same."""
    return (question for kind in kinds for question in questions_of(kind) if question.code in codes)


def save_taken(kind: str, stage: str, taken: Taken) -> int:
    return _save(kind, stage, taken, base=taken.base)


def _save(kind: str, stage: str, taken: Taken, *, base: int | None) -> int:
    data = PaperData(
        kind=kind,
        answers={code: taken.values.get(code, "") for code in codes_of(kind)},
        answered_on=taken.today,
        stage=stage,
        source=PaperSource.FORM,
        document=taken.document,
    )
    return save_paper(case=taken.case, data=data, by=taken.by, today=taken.today, base_number=base).number


# --- Self-evaluation with the action plan: one form before screening 4, kept as two papers -----------------------------------


def evaluation_parts(case: CaseFile) -> tuple[Part, ...]:
    return tuple(part for kind in EVALUATION for part in parts_for(kind, "", case))


def evaluation_stored(case: CaseFile) -> Stored:
    """Any new version of either paper makes a form older: so its version is the sum of theirs."""
    found = [stored_of(kind, case) for kind in EVALUATION]
    return Stored(sum(one.version for one in found), {code: text for one in found for code, text in one.values.items()})


def save_evaluation(taken: Taken) -> int:
    """Each paper gets a new version where something of it was answered."""
    for kind in EVALUATION:
        if any(taken.values.get(code) for code in codes_of(kind)):
            _save(kind, "", taken, base=None)
    return evaluation_stored(taken.case).version


def _kind(code: str, kind: PaperKind, label: str, intro: str, document: DocumentKind, stage: str = "") -> FormKind:
    return FormKind(
        code=code,
        label=label,
        intro=intro,
        document_kind=document,
        parts=partial(parts_for, kind.value, stage),
        stored=partial(stored_of, kind.value),
        save=partial(save_taken, kind.value, stage),
        page="screening:paper",
        page_kwargs={"kind": kind.value},
        beyond=partial(asked_of_others, (kind.value,)),
    )


KINDS = (
    _kind(
        "person_profile",
        PaperKind.PERSON_PROFILE,
        "Personprofil",
        "Her fortæller du om dig selv, så vi lærer dig at kende. Vi taler om det, når vi mødes.",
        DocumentKind.PERSON_PROFILE,
    ),
    _kind(
        "provisional_plan",
        PaperKind.BUSINESS_PLAN,
        "Foreløbig forretningsplan",
        "Her skriver du din idé ned. Den behøver ikke være færdig. Vi arbejder videre med den sammen.",
        DocumentKind.BUSINESS_PLAN,
        PlanStage.PROVISIONAL,
    ),
    _kind(
        "business_plan",
        PaperKind.BUSINESS_PLAN,
        "Forretningsplan",
        "Her beskriver du din virksomhed i detaljer. Skriv, hvad dine tal bygger på.",
        DocumentKind.BUSINESS_PLAN,
        PlanStage.DETAILED,
    ),
    FormKind(
        code=SELF_EVALUATION,
        label="Selvevaluering og handleplan",
        intro="Her ser du selv på, hvordan det går, og hvad du vil nå. Vi bruger dine svar, når vi mødes.",
        document_kind=DocumentKind.OTHER,
        parts=evaluation_parts,
        stored=evaluation_stored,
        save=save_evaluation,
        page="screening:paper",
        page_kwargs={"kind": PaperKind.SELF_EVALUATION.value},
        beyond=partial(asked_of_others, EVALUATION),
    ),
    _kind(
        "action_plan",
        PaperKind.ACTION_PLAN,
        "Handleplan",
        "Her skriver du, hvad du vil nå, og hvornår. Vi følger op på dine mål, når vi mødes.",
        DocumentKind.OTHER,
    ),
)


def register() -> None:
    for order, kind in enumerate(KINDS, start=1):
        form_kinds.register(kind.code, kind, order=order * 10)
