from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms, rules
from cases.enums import Channel, EntryKind, Holder, Phase
from cases.models import CaseFile, Citizen, JournalEntry, PartnerOrganisation, PhaseChange, Referral, Task
from cases.services.duplicates import ANOTHER, UNKNOWN, Known, known_by_cpr, possible_duplicates
from cases.services.identity import give_cpr
from cases.services.journal import add_journal_entry
from cases.services.locking import next_case_number
from cases.services.people import assign_coach
from cases.services.phases import enter_phase
from cases.services.tasks import reconcile_tasks
from cases.services.turns import note_turns
from microloan.accounts.enums import REFERRERS
from microloan.accounts.models import Centre, User
from microloan.core import cpr
from microloan.core.calendars import add_working_days
from microloan.core.errors import Refused
from microloan.core.forms import plain_phone
from microloan.policy.services import rule_set_on


@dataclass(frozen=True)
class ReferralData:
    """What a referral states (ui-guide.md §3.7). `answers` are the referrer's words to each named warning.

    The CPR number may be missing where the team writes down an inquiry; then `birth_date` is needed. `same_as` answers
    whether a citizen of the same name and birth date is the one (`cases.services.duplicates`): the key of that citizen,
    "another" or "unknown". `citizen` holds further facts about the citizen, such as the address, where they are known.
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
    birth_date: date | None = None
    partner: PartnerOrganisation | None = None
    heard_from_other: bool = False
    same_as: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    citizen: dict[str, Any] = field(default_factory=dict)

    @property
    def born(self) -> date | None:
        return cpr.birth_date(self.cpr) if self.cpr else self.birth_date


def referral_warnings(data: ReferralData, *, today: date) -> dict[str, str]:
    """The named warnings this referral raises, to be answered before it is sent (domain.md §3.2)."""
    return rules.referral_warnings(
        livelihood=data.livelihood,
        eligible=rule_set_on(today).eligible_livelihoods,
        own_wish=data.own_wish,
        heard_from_other=data.heard_from_other,
        birth_date=data.born,
        today=today,
        unknown_name=_unknown_name(data),
    )


def _unknown_name(data: ReferralData) -> str:
    """The name stated, where the citizen of that CPR number is known under another one; what we know is not told.

    With an open case there is nothing to ask: no second is opened."""
    known = known_by_cpr(data.cpr)
    if known is None or known.open_case is not None or not known.citizen.name:
        return ""
    return "" if rules.same_name(known.citizen.name, data.name) else data.name.strip()


def duplicates_of(data: ReferralData) -> list[Known]:
    """Citizens who may be the one, to be asked about before the referral is sent."""
    return possible_duplicates(cpr=data.cpr, name=data.name, birth_date=data.birth_date)


def check_no_open_case(data: ReferralData, *, by: User) -> None:
    """Refuse a second case of a citizen who has one, as far as the CPR number or the answer tells who it is."""
    known = known_by_cpr(data.cpr)
    if known is None and data.same_as:
        known = next((one for one in duplicates_of(data) if str(one.citizen.pk) == data.same_as), None)
    if known is not None and known.open_case is not None:
        _refuse_open_case(known.open_case, data, by)


def _refuse_open_case(case: CaseFile, data: ReferralData, by: User) -> None:
    """Whoever may see the case is told its number; others ring the team."""
    if CaseFile.objects.visible_to(by).filter(pk=case.pk).exists():
        text = _("The citizen already has an open case: %(number)s.") % {"number": case.number}
    else:
        text = _("The citizen already has an open case in the microloan programme. Ring the team.")
    raise Refused(text, field="same_as" if data.same_as else "cpr")


def _check(data: ReferralData, *, by: User, warnings: dict[str, str]) -> None:
    """Everything that must be right before a referral is received."""
    perms.check_may_refer(by)
    if not data.citizen_informed:
        raise Refused(
            _("Tell the citizen before you refer, and tick that the citizen knows."), field="citizen_informed"
        )
    if not data.name.strip():
        raise Refused(_("Write the citizen's name."), field="name")
    if not data.cpr and by.role in REFERRERS:
        raise Refused(_("Write the CPR number with ten digits, such as ddmmyy-1234."), field="cpr")
    if data.born is None:
        raise Refused(_("Write the date of birth where the CPR number is not known."), field="birth_date")
    if data.channel == Channel.PARTNER and data.partner is None:
        raise Refused(_("Choose which organisation the citizen comes from."), field="partner")
    if unanswered := [code for code in warnings if not data.answers.get(code, "").strip()]:
        raise Refused(_("Answer each question before you send the referral."), field=f"answer_{unanswered[0]}")


@transaction.atomic
def refer(*, data: ReferralData, by: User, today: date) -> CaseFile:
    """Receive a referral or inquiry: find or make the citizen, open the case, promise a date for the first call.

    Raises Refused where the citizen does not know of it, a warning is not answered, an open case exists, or it has not
    been said whether a citizen of the same name and birth date is the same.
    """
    data = replace(data, phone=plain_phone(data.phone))  # as it is searched
    warnings = referral_warnings(data, today=today)
    _check(data, by=by, warnings=warnings)
    citizen = _citizen_for(data)
    if open_case := CaseFile.objects.filter(citizen=citizen).open().first():
        _refuse_open_case(open_case, data, by)
    case = CaseFile.objects.create(
        number=next_case_number(today),
        citizen=citizen,
        phase=Phase.REFERRED,
        phase_entered_on=today,
        opened_on=today,
        centre=data.centre or by.centre,
        livelihood=data.livelihood,
        channel=data.channel,
        partner=data.partner if data.channel == Channel.PARTNER else None,
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
    _write_of_earlier(case, data, by=by, today=today)
    reconcile_tasks(case=case, today=today)
    return case


def _write_of_earlier(case: CaseFile, data: ReferralData, *, by: User, today: date) -> None:
    """The new case says that there were earlier ones; where it is not known who the citizen is, somebody finds out."""
    numbers = list(CaseFile.objects.filter(citizen=case.citizen).exclude(pk=case.pk).values_list("number", flat=True))
    if numbers:
        title = _("The citizen has been in the programme before: %(numbers)s") % {"numbers": ", ".join(numbers)}
        add_journal_entry(case=case, kind=EntryKind.NOTE, title=title[:200], by=by)
    if data.same_as == UNKNOWN:
        Task.objects.create(
            case=case,
            title=_("Find out whether the citizen is known under another case"),
            due_on=add_working_days(today, 2),
            holder=Holder.TEAM,
            created_by=by,
        )


def _citizen_for(data: ReferralData) -> Citizen:
    """The citizen with this CPR number or answered to be the same, else a new one; locked, so that two referrals at
    once open one case. What the referral knows better (telephone, a missing name) is put in; a known name stays.
    """
    found, created = _find_or_make(data)
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


def _find_or_make(data: ReferralData) -> tuple[Citizen, bool]:
    if same := _answered_same(data):
        if data.cpr and not same.cpr_index:
            give_cpr(same, data.cpr)
        return same, False
    born = data.born
    new = {"name": data.name.strip(), "birth_date": born, "birth_year": born and born.year, "phone": data.phone}
    if not data.cpr:
        return Citizen.objects.create(**new), True
    return Citizen.objects.get_or_create(cpr_index=cpr.blind_index(data.cpr), defaults={"cpr": data.cpr, **new})


def _answered_same(data: ReferralData) -> Citizen | None:
    """The citizen that the referrer has said it is. Raises Refused where nobody was asked."""
    known = duplicates_of(data)
    if not known:
        return None
    if data.same_as in (ANOTHER, UNKNOWN):
        return None
    for one in known:
        if str(one.citizen.pk) == data.same_as:
            return one.citizen
    raise Refused(_("Say whether it is the same citizen."), field="same_as")


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
    if not CaseFile.objects.visible_to(by).filter(pk=case.pk).exists():
        raise Refused(_("You can write to the team on your own referrals only."))
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
        note_turns([case.pk])
    return entry
