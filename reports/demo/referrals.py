"""What the demo shows of referrals beside the stories: partner organisations, an inquiry, somebody who came back."""

from datetime import date, timedelta

from cases import services as cases
from cases.enums import Channel, Livelihood
from cases.models import CaseFile, PartnerOrganisation, ReferrerNotice
from microloan.accounts.models import User
from microloan.core import clock

PARTNERS = ("Kvindernes Værksted", "Foreningen Fælles Fremad", "Det Gode Indkøb (socialøkonomisk virksomhed)")


def keep_partners(administrator: User) -> None:
    """The list of partner organisations, by the administrator."""
    for name in PARTNERS:
        if not PartnerOrganisation.objects.filter(name=name).exists():
            cases.save_partner(partner=None, name=name, is_active=True, by=administrator)


def partner_for(channel: str, place: int) -> PartnerOrganisation | None:
    """The organisation a citizen of the demo comes from."""
    if channel != Channel.PARTNER:
        return None
    known = list(PartnerOrganisation.objects.order_by("pk"))
    return known[place % len(known)] if known else PartnerOrganisation.objects.create(name=PARTNERS[0])


def write_down_inquiry(*, coach: User, today: date) -> CaseFile:
    """A citizen who rang the team; the CPR number is still to be asked for."""
    day = today - timedelta(days=2)
    with clock.at(day):
        return cases.refer(
            data=cases.ReferralData(
                cpr="",
                birth_date=date(1979, 8, 14),
                name="Nanna Nysgerrig",
                phone="00000077",
                livelihood=Livelihood.SICKNESS_BENEFIT,
                own_wish=True,
                idea="Syr og reparerer tasker og rygsække",
                citizen_informed=True,
                best_time="efter kl. 13",
                channel=Channel.INQUIRY,
                centre=None,
            ),
            by=coach,
            today=day,
        )


def refer_again(*, caseworker: User, today: date) -> CaseFile | None:
    """Somebody whose case was closed by their own choice comes back; the new case shows the earlier one."""
    ready = CaseFile.objects.live().filter(closed_by_choice_of="citizen").exclude(closing_reason="completed")
    earlier = ready.order_by("-closed_on", "pk").first()
    if earlier is None or not earlier.citizen.cpr:
        return None
    day = today - timedelta(days=1)
    with clock.at(day):
        return cases.refer(
            data=cases.ReferralData(
                cpr=earlier.citizen.cpr.digits,
                name=earlier.citizen.name,
                phone=earlier.citizen.phone,
                livelihood=Livelihood.CASH_BENEFIT,
                own_wish=True,
                idea=earlier.idea,
                citizen_informed=True,
                answers={"under_30": "Der er ikke noget uddannelsespålæg."},
            ),
            by=caseworker,
            today=day,
        )


def read_old_news(today: date) -> None:
    """Whoever referred has read what is older than a fortnight; no e-mail is sent for days that never were."""
    notices = ReferrerNotice.objects.all()
    notices.filter(created_at__date__lt=today - timedelta(days=14)).update(seen_at=clock.now())
    notices.filter(sent_at__isnull=True).update(sent_at=clock.now())
