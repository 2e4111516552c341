"""Invitations to a run: decided by a person on a check page, made by a worker, each once (docs/decisions/159)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from cases.enums import Holder
from cases.letters import channels
from cases.letters.registry import get_kind
from cases.letters.services import address_of, prepare_letter
from courses import letters
from courses.models import CourseRun, Enrolment, Invitation
from microloan.accounts.models import User
from microloan.core import clock, jobs
from microloan.core.calendars import add_working_days
from microloan.core.errors import Refused
from microloan.core.pdf import PdfError
from microloan.core.queue import after_commit


@dataclass(frozen=True)
class Addressee:
    """A participant and the letter that is due, if any. `why_not` says why none can be sent."""

    enrolment: Enrolment
    kind: str = ""
    channel: str = ""
    why_not: str = ""
    sent: int = 0


@dataclass(frozen=True)
class Round:
    """Who is to have which letter about a run as it stands now."""

    programme: dict
    first: list[Addressee] = field(default_factory=list)
    changed: list[Addressee] = field(default_factory=list)
    known: list[Addressee] = field(default_factory=list)
    unable: list[Addressee] = field(default_factory=list)

    @property
    def due(self) -> list[Addressee]:
        return [*self.first, *self.changed]


def plan_invitations(run: CourseRun, today: date, seats: Sequence[Enrolment] | None = None) -> Round:
    """What would be sent now: the invitation once for each seat, and a letter where days or place have changed since."""
    if seats is None:
        told = run.enrolments.filter(state__in=letters.TOLD)
        seats = list(told.select_related("case__citizen", "case__coach", "guest"))
    sessions = list(run.sessions.held_or_planned().order_by("starts_at", "pk"))
    programme = letters.programme_of(run, sessions, list(seats), today)
    last: dict[int, Invitation] = {}
    for invitation in Invitation.objects.filter(enrolment__in=seats).order_by("enrolment", "number"):
        last[invitation.enrolment_id] = invitation
    found = Round(programme)
    for seat in seats:
        one = _addressee(seat, last.get(seat.pk), programme)
        group = found.unable if one.why_not else found.known
        if one.kind:
            group = found.changed if one.sent else found.first
        group.append(one)
    return found


def _addressee(seat: Enrolment, last: Invitation | None, programme: dict) -> Addressee:
    if seat.case is None:
        return Addressee(seat, why_not=_("A guest has no case, so the letter cannot be sent from here. Ring or write."))
    if not seat.case.is_open:
        return Addressee(seat, why_not=_("The case is closed."))
    if last is not None and letters.is_same(last.programme, programme):
        return Addressee(seat, sent=last.number)
    if last is None and not programme["sessions"]:
        return Addressee(seat, why_not=_("The course is cancelled, and the citizen has not been invited to it."))
    kind = letters.kind_of(programme, is_change=last is not None)
    try:
        address_of(seat.case, get_kind(kind))
    except Refused as refusal:
        return Addressee(seat, why_not=str(refusal))
    channel = str(channels.channel_for_citizen(seat.case.citizen).label)
    return Addressee(seat, kind=kind, channel=channel, sent=last.number if last else 0)


@transaction.atomic
def invite(*, run: CourseRun, bring: str, by: User, today: date) -> list[Invitation]:
    """Write down who gets which letter; a worker makes them. Pressed twice, everybody gets one."""
    from courses.tasks import make_invitations

    perms.check_team(by)
    perms.check_shown(bring, field="bring")
    run = (
        CourseRun.objects.select_for_update(of=("self",))
        .select_related("module", "teacher", "place", "meeting")
        .get(pk=run.pk)
    )
    found = plan_invitations(run, today)
    if not found.programme["sessions"] and not found.due:
        raise Refused(_("The course run has no sessions, so there is nothing to invite to."))
    if run.ends_on < today:
        raise Refused(_("The course run is over, so there is nothing to invite to."))
    made = [
        Invitation.objects.create(
            enrolment=one.enrolment,
            number=one.sent + 1,
            programme=found.programme,
            bring=bring.strip(),
            dated=today,
            by=by,
        )
        for one in found.due
    ]
    if made:
        after_commit(make_invitations, run.pk)
    return made


def make_letters(run_id: int | None = None) -> int:
    """Make the letters that are written down and not made yet: how many. Running it twice makes none twice."""
    waiting = Invitation.objects.filter(letter__isnull=True, problem="")
    if run_id is not None:
        waiting = waiting.filter(enrolment__run=run_id)
    made = 0
    for pk, number in list(waiting.order_by("pk").values_list("pk", "enrolment__case__number")):
        with jobs.apart(number or "–"):
            made += _make(pk)
    return made


@transaction.atomic
def _make(invitation_id: int) -> bool:
    rows = Invitation.objects.select_for_update(of=("self",), skip_locked=True)
    rows = rows.select_related("enrolment__case__citizen", "enrolment__case__coach", "by")
    invitation = rows.filter(pk=invitation_id, letter__isnull=True, problem="").order_by("pk").first()
    if invitation is None:
        return False
    case = invitation.enrolment.case
    assert case is not None
    try:
        with transaction.atomic():
            invitation.letter = prepare_letter(
                kind=letters.kind_of(invitation.programme, is_change=invitation.is_change),
                case=case,
                key=f"course-invitation:{invitation.enrolment_id}:{invitation.number}",
                context=letters.context_of(invitation.programme, invitation.bring, is_change=invitation.is_change),
                by=invitation.by,
                today=invitation.dated,
            )
    except (Refused, PdfError) as refusal:
        invitation.problem = str(refusal)[:200] or _("The letter could not be made.")
        _tell(invitation)
    invitation.save(update_fields=["letter", "problem"])
    return invitation.letter_id is not None


def _tell(invitation: Invitation) -> None:
    """Somebody has to know that the citizen was not told."""
    case = invitation.enrolment.case
    if case is not None and case.is_open:
        title = _("Not sent: %(subject)s") % {"subject": _("Invitation to a course")}
        due_on = add_working_days(clock.today(), 1)
        cases.add_task(case=case, title=title, due_on=due_on, holder=Holder.TEAM, owner=invitation.by, by=None)
