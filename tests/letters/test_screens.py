"""The screens of letters in a real browser: nothing for axe to find, in both widths."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from cases.letters import bulk, services, text_services, texts
from cases.letters.enums import LetterStatus
from cases.letters.models import Letter, PrintBatch
from cases.letters.registry import get_kind
from microloan.core import clock
from microloan.policy.services import ensure_defaults
from tests.letters import samples
from tests.letters.conftest import TODAY, make_case, make_citizen, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_letters_in_every_state(page_for, axe, shot):
    page = page_for("coach", full_name="Mette Medarbejder")
    case = make_case(make_citizen(), coach=page.user)
    by = page.user

    def prepare(kind, **options):
        context = samples.CONTEXTS[kind]
        return services.prepare_letter(kind=kind, case=case, key=kind, context=context, by=by, today=TODAY, **options)

    empty = reverse("letters:case_letters", kwargs={"number": case.number})
    page.goto(empty)
    axe(page)
    shot(page, "letters-empty")
    prepare("screening_admission")
    sent = prepare("loan_grant")
    prepare("loan_agreement", send=False)
    failed = prepare("instalment_reminder", send=False)
    Letter.objects.filter(pk=failed.pk).update(status=LetterStatus.FAILED, error="Brevet kunne ikke afleveres.")
    prepare("referral_receipt", to_user=make_user("caseworker", "sanne", full_name="Sanne Testesen"))
    page.goto(empty)
    axe(page)
    shot(page, "letters-case")
    stuck = prepare("closing", send=False)
    long_ago = clock.now() - timedelta(hours=1)
    Letter.objects.filter(pk=stuck.pk).update(status=LetterStatus.CLAIMED, claimed_at=long_ago)
    PrintBatch.objects.create(
        dated=TODAY, path="x", sha256="x", page_count=4, letter_count=2, made_by=by, handed_over_at=clock.now()
    )
    broken = PrintBatch.objects.create(dated=TODAY, path="y", sha256="y", page_count=4, letter_count=2, made_by=by)
    many = bulk.write_to_many(cases=[case], subject="Netværksmøde", text="Vi mødes.", by=by, key=uuid4())
    for name, arguments in (
        ("print_queue", []),
        ("print_finish", [broken.pk]),
        ("bulk_list", []),
        ("bulk_report", [many.pk]),
        ("drop", [failed.pk]),
    ):
        page.goto(reverse(f"letters:{name}", args=arguments))
        axe(page)
        shot(page, "letters-print" if name == "print_queue" else f"letters-{name}")
    for name, letter in (("unsent", None), ("resend", sent), ("release", stuck), ("sent_by_hand", failed)):
        page.goto(reverse(f"letters:{name}", kwargs={"letter_id": letter.pk} if letter else {}))
        axe(page)
        shot(page, f"letters-{name}")
    page.get_by_role("button", name="Markér som sendt").click()
    page.get_by_text("Vælg, hvordan brevet blev sendt.").first.wait_for()
    axe(page)
    shot(page, "letters-error")


def test_texts_of_letters(page_for, axe, shot):
    """The editor with its fields and preview, with an error, and two versions beside each other."""
    page = page_for("administrator")
    ensure_defaults()
    sections = {**texts.built_in(get_kind("loan_grant")), "help": "Ring til mig."}
    text_services.write_text(kind="loan_grant", sections=sections, note="Kortere", base=0, by=page.user)
    for name in ("text_kinds", "text_kind", "text_compare", "text_edit"):
        page.goto(reverse(f"letters:{name}", kwargs={} if name == "text_kinds" else {"kind": "loan_grant"}))
        axe(page)
        shot(page, f"letters-{name}")
    page.get_by_label("Du kan få hjælp").fill("Ring til {{ hemmelig }}.")
    page.get_by_role("button", name="Vis forhåndsvisning").click()
    page.get_by_text("Brevet har ikke noget felt").first.wait_for()
    axe(page)
    page.goto(reverse("letters:text_start", kwargs={"kind": "loan_grant", "number": 1}))
    axe(page)
    shot(page, "letters-text_start")
