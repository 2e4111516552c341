from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms, rules
from cases.enums import Channel, EntryKind, Holder, Phase
from cases.models import CaseFile, Citizen, JournalEntry, PhaseChange, Referral, Task
from cases.services.journal import add_journal_entry
from cases.services.locking import next_case_number
from cases.services.people import assign_coach
from cases.services.phases import enter_phase
from cases.services.tasks import reconcile_tasks
from microloan.accounts.models import Centre, User
from microloan.core import cpr
from microloan.core.calendars import add_working_days
from microloan.core.errors import Refused
from microloan.policy.services import rule_set_on


@dataclass(frozen=True)
class ReferralData:
    """What a referral states (ui-guide.md §3.7). `answers` are the referrer's words to each named warning.

    `citizen` holds further facts about the citizen, such as the address, where they are known.
    """

    cpr: str
    name: str
    phone: str
    livelihood: str
    own_wish: bool
    idea: str
    citizen_informed: bool
    best_time: str = ""
    channel: str = Channel.CASEWORKER
    centre: Centre | None = None
    answers: dict[str, str] = field(default_factory=dict)
    citizen: dict[str, Any] = field(default_factory=dict)


def referral_warnings(data: ReferralData, *, today: date) -> dict[str, str]:
    """The named warnings this referral raises, to be answered before it is sent (domain.md §3.2)."""
    return rules.referral_warnings(
        livelihood=data.livelihood,
        eligible=rule_set_on(today).eligible_livelihoods,
        own_wish=data.own_wish,
        birth_date=cpr.birth_date(data.cpr) if data.cpr else None,
        today=today,
    )


@transaction.atomic
def refer(*, data: ReferralData, by: User, today: date) -> CaseFile:
    """Receive a referral or inquiry: find or make the citizen, open the case, promise a date for the first call.

    Raises Refused where the citizen does not know of it, a warning is not answered, or an open case exists.
    """
    perms.check_may_refer(by)
    if not data.citizen_informed:
        raise Refused(
            _("Tell the citizen before you refer, and tick that the citizen knows."), field="citizen_informed"
        )
    if not data.name.strip():
        raise Refused(_("Write the citizen's name."), field="name")
    warnings = referral_warnings(data, today=today)
    if unanswered := [code for code in warnings if not data.answers.get(code, "").strip()]:
        raise Refused(_("Answer each question before you send the referral."), field=f"answer_{unanswered[0]}")
    citizen = _citizen_for(data)
    if CaseFile.objects.filter(citizen=citizen).open().exists():
        raise Refused(_("The citizen already has an open case in the microloan programme. Ring the team."), field="cpr")
    case = CaseFile.objects.create(
        number=next_case_number(today),
        citizen=citizen,
        phase=Phase.REFERRED,
        phase_entered_on=today,
        opened_on=today,
        centre=data.centre or by.centre,
        livelihood=data.livelihood,
        channel=data.channel,
        idea=data.idea,
    )
    Referral.objects.create(
        case=case,
        referred_by=by,
        received_on=today,
        answer_due_on=add_working_days(today, rule_set_on(today).referral_working_days),
        best_time=data.best_time,
        own_wish=data.own_wish,
        citizen_informed=data.citizen_informed,
        warnings={code: {"text": text, "answer": data.answers[code].strip()} for code, text in warnings.items()},
    )
    PhaseChange.objects.create(case=case, to_phase=Phase.REFERRED, on=today, by=by)
    add_journal_entry(
        case=case, kind=EntryKind.PHASE, title=_("Referral received"), text=data.idea, by=by, for_referrer=True
    )
    reconcile_tasks(case=case, today=today)
    return case


def _citizen_for(data: ReferralData) -> Citizen:
    """The citizen with this CPR number, or a new one; locked, so that two referrals at once open one case.

    What the referral knows better (telephone, a name that was missing) is put in; a known name stays.
    """
    index = cpr.blind_index(data.cpr)
    birth = cpr.birth_date(data.cpr)
    found, created = Citizen.objects.get_or_create(
        cpr_index=index,
        defaults={
            "cpr": data.cpr,
            "name": data.name.strip(),
            "birth_date": birth,
            "birth_year": birth.year,
            "phone": data.phone,
        },
    )
    citizen = Citizen.objects.select_for_update().get(pk=found.pk)
    better = dict(data.citizen)
    if not created and data.phone:
        better["phone"] = data.phone
    if not citizen.name:
        better["name"] = data.name.strip()
    changed = {name: value for name, value in better.items() if getattr(citizen, name) != value}
    for name, value in changed.items():
        setattr(citizen, name, value)
    if changed:
        citizen.save(update_fields=list(changed))
    return citizen


@transaction.atomic
def accept(*, case: CaseFile, coach: User, by: User, today: date) -> CaseFile:
    """Take a referral into recruitment and give it a coach (domain.md §3.1)."""
    perms.check_team(by)
    assign_coach(case=case, coach=coach, by=by, today=today)
    return enter_phase(case=case, phase=Phase.RECRUITMENT, by=by, today=today)


@transaction.atomic
def write_to_team(*, case: CaseFile, text: str, by: User, today: date) -> JournalEntry:
    """A caseworker's note to the team: both see it, and a task makes sure that somebody reads it (domain.md §2)."""
    perms.check_may_refer(by)
    if not text.strip():
        raise Refused(_("Write your message first."), field="text")
    title = _("Message from %(name)s") % {"name": by.full_name}
    entry = add_journal_entry(case=case, kind=EntryKind.NOTE, title=title, text=text.strip(), by=by, for_referrer=True)
    if case.is_open:
        Task.objects.create(
            case=case,
            title=_("Read and answer the message from %(name)s") % {"name": by.full_name},
            due_on=add_working_days(today, 1),
            holder=Holder.TEAM,
            owner=case.coach,
            created_by=by,
            link={"name": "cases:journal", "kwargs": {"number": case.number}},
        )
    return entry
