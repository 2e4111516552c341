"""What lies in the post room of the demo: a print batch, letters that wait for the next, and two that a person must look at."""

from datetime import date

from cases.letters import bulk, kinds, print_queue, services
from cases.letters.enums import LetterStatus
from cases.letters.models import Letter
from cases.models import CaseFile, Representative
from microloan.accounts.models import User
from microloan.core import clock

WORDS = (
    "Netværksmøde i næste måned",
    "Vi mødes den første torsdag i næste måned.\n\nRing til mig, hvis du ikke kan komme.",
)


def lay_out_post(*, coach: User, today: date) -> None:
    """Copies to representatives go on paper, so a letter to such a citizen fills the print queue."""
    with_copy = [one.case for one in Representative.objects.on(today).select_related("case").order_by("pk")[:2]]
    others = CaseFile.objects.live().filter(closed_on=None, coach=coach, citizen__protected_address=False)
    with clock.at(today):
        for number in (1, 2):
            for case in with_copy:
                _send(_write(case, f"demo:post:{number}:{case.pk}", coach, today), today)
            if number == 1 and print_queue.waiting():
                print_queue.make_batch(by=coach, today=today)
        failed, _held = (
            _write(case, f"demo:unsent:{case.pk}", coach, today)
            for case in others.exclude(pk__in=[case.pk for case in with_copy]).order_by("pk")[:2]
        )
        services.record(failed, LetterStatus.FAILED, error="Brevet kunne ikke afleveres.")


def _write(case: CaseFile, key: str, by: User, today: date) -> Letter:
    context = bulk.context_of(*WORDS)
    return services.prepare_letter(
        kind=kinds.MESSAGE.code, case=case, key=key, context=context, by=by, today=today, send=False
    )


def _send(letter: Letter, today: date) -> None:
    """The letter and its copies, at once: the demo is built without a worker."""
    keys = [letter.key, *Letter.objects.filter(key__startswith=f"{letter.key}:").values_list("key", flat=True)]
    for each in Letter.objects.filter(key__in=keys):
        Letter.objects.filter(pk=each.pk).update(status=LetterStatus.READY)
        services.dispatch_letter(each.pk, today=today)
