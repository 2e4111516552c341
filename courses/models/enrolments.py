import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from cases.models import CaseFile
from courses.enums import ON_THE_LIST, EnrolmentState, WithdrawalReason
from courses.models.catalogue import CourseModule
from courses.models.guests import Guest
from courses.models.runs import CourseRun
from microloan.core.history import append_only, tracked
from screening.models import Screening


class ModuleGrant(models.Model):
    """A module granted to a case by a decided screening 2 (domain.md §4)."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="module_grants")
    module = models.ForeignKey(CourseModule, on_delete=models.PROTECT, related_name="grants")
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="module_grants")
    granted_on = models.DateField(_("granted"))

    class Meta:
        ordering = ("module__order", "pk")
        verbose_name = _("granted module")
        verbose_name_plural = _("granted modules")
        constraints = [models.UniqueConstraint(name="module_granted_once", fields=["case", "module"])]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.module_id}"


class OnlyFreeSeats(pgtrigger.Trigger):
    """Refuse a seat on a run that is full, whoever writes the row. The run is locked first, so of two writers at once the
    later one counts the other's seat (docs/decisions/156)."""

    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.UpdateOf("state", "run_id")
    condition = pgtrigger.Q(new__state="enrolled")
    declare = [("seats", "integer"), ("taken", "integer")]  # noqa: RUF012  as its base class has it
    func = """
        SELECT capacity INTO seats FROM courses_courserun WHERE id = NEW.run_id FOR UPDATE;
        SELECT count(*) INTO taken FROM courses_enrolment
            WHERE run_id = NEW.run_id AND state = 'enrolled' AND id <> NEW.id;
        IF taken >= seats THEN
            RAISE EXCEPTION 'The run has no free seat (seats_not_oversold)'
            USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'seats_not_oversold';
        END IF;
        RETURN NEW;
    """


@tracked()
class Enrolment(models.Model):
    """A place on a run, taken or waited for, of a case or of a guest without one.

    A seat takes a grant of the module, or an exception by the project lead with its reason. Seats cannot be oversold: the
    run's row is locked while one is given, and the database counts.
    """

    run = models.ForeignKey(CourseRun, on_delete=models.PROTECT, related_name="enrolments")
    case = models.ForeignKey(CaseFile, null=True, blank=True, on_delete=models.PROTECT, related_name="enrolments")
    guest = models.ForeignKey(
        Guest, verbose_name=_("guest"), null=True, blank=True, on_delete=models.PROTECT, related_name="enrolments"
    )
    state = models.CharField(max_length=10, choices=EnrolmentState, default=EnrolmentState.ENROLLED)
    enrolled_on = models.DateField()
    enrolled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # The place in line: kept for as long as the person waits, whatever happens to the others.
    waiting_since = models.DateTimeField(_("on the waiting list since"), null=True, blank=True)
    exception_reason = models.CharField(_("why without a grant"), max_length=300, blank=True)
    exception_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("exception by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    withdrawn_why = models.CharField(
        _("reason for giving up the seat"), max_length=12, choices=WithdrawalReason, blank=True
    )
    withdrawn_reason = models.CharField(_("why withdrawn"), max_length=200, blank=True)
    withdrawn_on = models.DateField(_("gave up the seat on"), null=True, blank=True)
    # Yes or no to a voluntary meeting, as staff were told.
    answered_on = models.DateField(_("answered on"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answer written down by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    engagement = models.TextField(_("engagement"), blank=True)

    class Meta:
        ordering = (Coalesce("case__citizen__name", "guest__name"), "pk")
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.UniqueConstraint(
                name="enrolled_once_per_run", fields=["run", "case"], condition=Q(state__in=ON_THE_LIST)
            ),
            models.UniqueConstraint(
                name="guest_once_per_run", fields=["run", "guest"], condition=Q(state__in=ON_THE_LIST)
            ),
            models.CheckConstraint(
                name="enrolment_case_or_guest", condition=Q(case__isnull=False) ^ Q(guest__isnull=False)
            ),
            models.CheckConstraint(
                name="enrolment_exception_named",
                condition=Q(exception_reason="", exception_by__isnull=True)
                | (~Q(exception_reason="") & Q(exception_by__isnull=False, case__isnull=False)),
            ),
            models.CheckConstraint(
                name="enrolment_withdrawn_with_reason",
                condition=~Q(state=EnrolmentState.WITHDRAWN) | ~Q(withdrawn_why=""),
            ),
            models.CheckConstraint(
                name="enrolment_no_was_said",
                condition=~Q(state=EnrolmentState.DECLINED) | Q(answered_on__isnull=False, answered_by__isnull=False),
            ),
            models.CheckConstraint(
                name="enrolment_waits_in_line",
                condition=~Q(state=EnrolmentState.WAITING) | Q(waiting_since__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["run", "waiting_since", "id"], name="enrolment_line", condition=Q(state=EnrolmentState.WAITING)
            )
        ]
        triggers = [OnlyFreeSeats(name="seats_not_oversold")]

    def __str__(self) -> str:
        return f"{self.case_id or self.guest} → {self.run_id}"

    @property
    def person(self) -> str:
        """The participant's name; `case__citizen` and `guest` are to be read with the row."""
        return str(self.case.citizen if self.case else self.guest)

    @property
    def is_exception(self) -> bool:
        return self.exception_by_id is not None


class ResidentialException(models.Model):
    """The project lead's reason why a main course may start without the residential course; never changed (R)."""

    case = models.OneToOneField(CaseFile, on_delete=models.PROTECT, related_name="residential_exception")
    reason = models.CharField(_("reason"), max_length=500)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    given_on = models.DateField(_("given on"))

    class Meta:
        ordering = ("pk",)
        verbose_name = _("exception from the residential course")
        verbose_name_plural = _("exceptions from the residential course")
        constraints = [models.CheckConstraint(name="residential_exception_with_reason", condition=~Q(reason=""))]
        triggers = append_only("residential_exception")

    def __str__(self) -> str:
        return f"{self.case_id}"
