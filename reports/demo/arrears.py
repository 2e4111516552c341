"""Late loans in the demo: paused, ready for the notice, and handed over to recovery; through the same services (§7.6)."""

from collections.abc import Sequence
from datetime import date, timedelta

from loans import services as loans
from loans.arrears import standing_of, with_arrears
from loans.enums import AttemptChannel, PauseReason
from loans.models import Loan
from microloan.core import clock
from reports.demo.story import Story

# Days after the due date on which the letters of the default rule set go out, and on which somebody tries to call.
LETTERS = (10, 30)
ATTEMPTS = ((12, AttemptChannel.CALL), (19, AttemptChannel.SMS), (26, AttemptChannel.CALL))
NOTICE = 61
PROPOSED = 80


def pay_but_the_last(story: Story, missed: int, today: date) -> date:
    """Every instalment so far is paid but the last ones; the due date of the first that was missed."""
    lines = story.loan.plan_versions.order_by("-version").first().instalments.filter(due_on__lte=today)
    days = dict(lines.order_by("number").values_list("number", "due_on"))
    late = list(days)[-missed:]
    story.pay_until(today, skip=late)
    return days[late[0]]


def pause(story: Story, today: date) -> None:
    """The citizen is in hospital; nobody writes for a month."""
    with clock.at(today):
        loans.pause_reminders(
            loan=story.loan,
            until=today + timedelta(days=30),
            reason=PauseReason.ILLNESS,
            note="Borgeren er indlagt. Vi taler om afdragene, når hun er hjemme igen.",
            by=story.cast.coach,
            today=today,
        )


def write_and_call(story: Story, due: date) -> None:
    """Both letters, and three attempts at which nobody answered."""
    steps: Sequence[tuple[int, AttemptChannel | None]] = sorted(
        [*((day, None) for day in LETTERS), *ATTEMPTS], key=lambda step: step[0]
    )
    for after, channel in steps:
        day = due + timedelta(days=after)
        with clock.at(day):
            if channel is None:
                loans.send_what_is_due(loan=story.loan, by=story.cast.coach, today=day)
            else:
                loans.log_attempt(
                    loan=story.loan,
                    channel=channel,
                    reached=False,
                    made_on=day,
                    note="",
                    by=story.cast.coach,
                    today=day,
                )


def hand_over(story: Story, due: date, today: date) -> None:
    """The notice, and when its days have passed the proposal and the decision; where the days have come that far."""
    told, proposed = due + timedelta(days=NOTICE), due + timedelta(days=PROPOSED)
    if proposed >= today:
        return
    with clock.at(told):
        loans.send_notice(loan=story.loan, by=story.cast.coach, today=told)
    with clock.at(proposed):
        loan = with_arrears(Loan.objects.filter(pk=story.loan.pk)).get()
        standing = standing_of(loan, proposed)
        if standing is None or not standing.ready:
            return
        reason = "Borgeren har ikke svaret på breve, opkald og sms. Butikken er lukket."
        found = loans.propose_handover(loan=loan, reason=reason, by=story.cast.coach, today=proposed)
        loans.approve_handover(handover=found, by=story.cast.lead, today=proposed)
