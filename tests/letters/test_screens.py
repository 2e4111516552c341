"""The screens of letters in a real browser: nothing for axe to find, in both widths."""

import pytest
from django.urls import reverse

from cases.letters import services
from cases.letters.enums import LetterStatus
from cases.letters.models import Letter
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
    for name, letter in (("unsent", None), ("resend", sent), ("release", failed), ("sent_by_hand", failed)):
        page.goto(reverse(f"letters:{name}", kwargs={"letter_id": letter.pk} if letter else {}))
        axe(page)
        shot(page, f"letters-{name}")
    page.get_by_role("button", name="Markér som sendt").click()
    page.get_by_text("Vælg, hvordan brevet blev sendt.").first.wait_for()
    axe(page)
    shot(page, "letters-error")
