from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases import registry
from cases.enums import (
    PLAIN_COMPLETED,
    PLAIN_STEPS,
    BusinessForm,
    Channel,
    ClosedBy,
    ClosingReason,
    Livelihood,
    Phase,
    Source,
)
from cases.models.citizen import Citizen
from cases.models.partner import PartnerOrganisation
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import Centre
from microloan.core import clock
from microloan.core.history import append_only, kept, tracked


class NumberSeries(models.Model):
    """The last number given of a series, such as the case numbers of a year. Taken under a row lock."""

    key = models.CharField(max_length=30, unique=True)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ("key",)

    def __str__(self) -> str:
        return f"{self.key}: {self.last}"


@tracked()
class Cohort(models.Model):
    """A class of 10–12 entrepreneurs, such as M6 (domain.md §3.1). A case may join late and have its own course end."""

    code = models.CharField(_("cohort"), max_length=20, unique=True)
    start_on = models.DateField(_("start"))
    end_on = models.DateField(_("end"))
    target_size = models.PositiveSmallIntegerField(_("target size"), default=11)
    # Planned; the residential course ends a short while before it (domain.md §5).
    main_course_on = models.DateField(_("start of the main course"), null=True, blank=True)

    class Meta:
        ordering = ("start_on", "code")
        verbose_name = _("cohort")
        verbose_name_plural = _("cohorts")
        constraints = [
            models.CheckConstraint(
                name="cohort_start_before_end",
                condition=Q(end_on__gte=models.F("start_on")),
                violation_error_message=_("The end must not be before the start."),
            )
        ]
        triggers = kept("cohort")

    def __str__(self) -> str:
        return self.code


class CaseQuerySet(models.QuerySet["CaseFile"]):
    def visible_to(self, user):
        """The only way in: what this person may see (domain.md §2). Anything else does not exist (404).

        Caseworker: own referrals. Referral specialist: own centre. Team: all. Benefits officer: what a higher room
        registers (cases with a decided loan). Manager, administrator and auditor: no case content.
        """
        if user.role in TEAM:
            return self
        if user.role == Role.CASEWORKER:
            return self.filter(referral__referred_by=user)
        if user.role == Role.REFERRAL_SPECIALIST:
            return self.filter(Q(referral__referred_by=user) | Q(centre=user.centre_id))
        condition = registry.visibility.get(user.role)
        # Through the keys: a condition over many rows of a higher room must not give the case many times.
        return self.filter(pk__in=CaseFile.objects.filter(condition()).values("pk")) if condition else self.none()

    def open(self):
        return self.exclude(phase=Phase.CLOSED)

    def live(self):
        """Cases worked on in this system; imported history is for figures only."""
        return self.filter(source=Source.LIVE)


@tracked()
class CaseFile(models.Model):
    """One citizen's way through the programme (*forløb*). `phase` changes only through `cases.services`."""

    number = models.CharField(_("case no."), max_length=20, unique=True)
    citizen = models.ForeignKey(Citizen, verbose_name=_("citizen"), on_delete=models.PROTECT, related_name="cases")
    phase = models.CharField(_("phase"), max_length=24, choices=Phase, default=Phase.REFERRED)
    phase_entered_on = models.DateField(_("in this phase since"))
    opened_on = models.DateField(_("opened"))
    centre = models.ForeignKey(
        Centre, verbose_name=_("centre"), null=True, blank=True, on_delete=models.PROTECT, related_name="cases"
    )
    coach = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("coach"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="coached_cases",
    )
    cohort = models.ForeignKey(
        Cohort, verbose_name=_("cohort"), null=True, blank=True, on_delete=models.PROTECT, related_name="cases"
    )
    cohort_joined_on = models.DateField(_("in the cohort since"), null=True, blank=True)
    cohort_note = models.CharField(_("note on the cohort"), max_length=200, blank=True)
    course_end_on = models.DateField(_("own course end, if delayed"), null=True, blank=True)
    livelihood = models.CharField(
        _("livelihood at referral"), max_length=40, choices=Livelihood, default=Livelihood.UNKNOWN
    )
    channel = models.CharField(_("channel"), max_length=24, choices=Channel, default=Channel.CASEWORKER)
    partner = models.ForeignKey(
        PartnerOrganisation,
        verbose_name=_("partner organisation"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="cases",
    )
    idea = models.TextField(_("business idea"), blank=True)
    source = models.CharField(max_length=8, choices=Source, default=Source.LIVE, editable=False)
    external_ref = models.CharField(max_length=60, null=True, blank=True, unique=True, editable=False)  # noqa: DJ001
    closed_on = models.DateField(_("closed"), null=True, blank=True)
    closing_reason = models.CharField(_("closing reason"), max_length=30, choices=ClosingReason, blank=True)
    closed_by_choice_of = models.CharField(_("whose choice"), max_length=10, choices=ClosedBy, blank=True)
    closing_text = models.TextField(_("in words"), blank=True)
    # Optimistic lock: a form carries the version it was drawn from; a later save sees both (ui-guide.md §2).
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ("-opened_on", "-pk")
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            models.CheckConstraint(
                name="case_closed_with_reason",
                condition=(
                    Q(phase=Phase.CLOSED, closed_on__isnull=False) & ~Q(closing_reason="") & ~Q(closed_by_choice_of="")
                )
                | (~Q(phase=Phase.CLOSED) & Q(closed_on__isnull=True, closing_reason="", closed_by_choice_of="")),
                violation_error_message=_("A case is closed with a date, a reason and whose choice it was."),
            ),
            models.CheckConstraint(
                name="case_other_reason_in_words",
                condition=~Q(closing_reason=ClosingReason.OTHER) | Q(closing_text__regex=r"\S"),
                violation_error_message=_("Write the reason in words."),
            ),
            models.CheckConstraint(
                name="case_partner_only_with_channel",
                condition=Q(partner__isnull=True) | Q(channel=Channel.PARTNER),
                violation_error_message=_("A partner organisation belongs to the channel of that name."),
            ),
            models.CheckConstraint(
                name="case_closing_known",
                condition=Q(closing_reason__in=["", *ClosingReason.values])
                & Q(closed_by_choice_of__in=["", *ClosedBy.values]),
            ),
            models.CheckConstraint(name="case_phase_known", condition=Q(phase__in=[p.value for p in Phase])),
            # One open case per citizen: a second referral finds the first (domain.md §3).
            models.UniqueConstraint(
                name="case_one_open_per_citizen",
                fields=["citizen"],
                condition=~Q(phase=Phase.CLOSED),
                violation_error_message=_("The citizen already has an open case."),
            ),
        ]
        indexes = [
            models.Index(fields=["phase", "coach"], name="case_phase_coach"),
            models.Index(fields=["-opened_on", "-id"], name="case_newest"),
            # The open cases, for lists and counts that look at all of them.
            models.Index(
                fields=["id"],
                include=["phase", "coach"],
                name="case_open_live",
                condition=Q(source=Source.LIVE) & ~Q(phase=Phase.CLOSED),
            ),
        ]
        triggers = kept("case")

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.phase != Phase.CLOSED

    @property
    def plain_step(self) -> str:
        """How far the case has come, for those who referred it. Why a case closed is the team's to tell."""
        if self.closing_reason == ClosingReason.COMPLETED:
            return str(PLAIN_COMPLETED)
        return str(PLAIN_STEPS[Phase(self.phase)])

    @property
    def is_pensioner(self) -> bool:
        """Disability pensioners keep the pension and get no support period (domain.md §6)."""
        return self.livelihood == Livelihood.DISABILITY_PENSION


class Referral(models.Model):
    """How a case began: who referred, and what was asked and answered then (ui-guide.md §3.7)."""

    case = models.OneToOneField(CaseFile, on_delete=models.PROTECT, related_name="referral")
    referred_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="referrals"
    )
    received_on = models.DateField(_("received"))
    answer_due_on = models.DateField(_("answered by"))
    best_time = models.CharField(_("best time to call"), max_length=60, blank=True)
    own_wish = models.BooleanField(_("raised by the citizen"))
    citizen_informed = models.BooleanField(_("the citizen knows"))
    # Named warnings and what the referrer answered to each: {"code": {"text": …, "answer": …}}
    warnings = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("-received_on", "-pk")
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        triggers = append_only("referral")

    def __str__(self) -> str:
        return f"{self.case_id} {self.received_on}"


class PhaseChange(models.Model):
    """Each entry into a phase, with the date; append-only. Time in phase is measured from these rows."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="phase_changes")
    from_phase = models.CharField(max_length=24, choices=Phase, blank=True)
    to_phase = models.CharField(max_length=24, choices=Phase)
    on = models.DateField()
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    # Of a closing: kept here as well, since a case that is reopened loses them, and its drop-out stays in the figures
    # of that day (domain.md §10).
    closing_reason = models.CharField(max_length=30, choices=ClosingReason, blank=True, db_default="")
    closed_by_choice_of = models.CharField(max_length=10, choices=ClosedBy, blank=True, db_default="")

    class Meta:
        ordering = ("on", "pk")
        verbose_name = _("phase change")
        verbose_name_plural = _("phase changes")
        constraints = [
            # Closing and reopening say why, also in the history (domain.md §3.1).
            models.CheckConstraint(
                name="phase_change_with_reason",
                condition=~(Q(from_phase=Phase.CLOSED) | Q(to_phase=Phase.CLOSED)) | Q(reason__regex=r"\S"),
            ),
            models.CheckConstraint(
                name="phase_change_closing_whole",
                condition=Q(
                    to_phase=Phase.CLOSED,
                    closing_reason__in=ClosingReason.values,
                    closed_by_choice_of__in=ClosedBy.values,
                )
                | (~Q(to_phase=Phase.CLOSED) & Q(closing_reason="", closed_by_choice_of="")),
            ),
        ]
        triggers = append_only("phase_change")

    def __str__(self) -> str:
        return f"{self.case_id}: {self.from_phase} → {self.to_phase}"


@tracked()
class Business(models.Model):
    """The citizen's own firm. The form is checked: no loan to a partnership (domain.md §3.2)."""

    case = models.OneToOneField(CaseFile, on_delete=models.PROTECT, related_name="business")
    name = models.CharField(_("name of the business"), max_length=120)
    form = models.CharField(_("business form"), max_length=24, choices=BusinessForm)
    trade = models.CharField(_("trade"), max_length=80, blank=True)
    cvr = models.CharField(_("CVR number"), max_length=8, blank=True)
    started_on = models.DateField(_("started"), null=True, blank=True)

    class Meta:
        ordering = ("name", "pk")
        verbose_name = _("business")
        verbose_name_plural = _("businesses")
        indexes = [models.Index(OpClass("cvr", name="varchar_pattern_ops"), name="business_cvr_begins")]
        triggers = kept("business")

    def __str__(self) -> str:
        return self.name
