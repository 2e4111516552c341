"""Months of living support (domain.md §6)."""

from datetime import date

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from cases.models import CaseFile, Decision
from loans.enums import (
    PeriodKind,
)
from microloan.core import clock
from microloan.core.history import append_only, frozen, kept, locked_when, sealed, tracked
from microloan.policy.models import closed_range
from screening.models import Screening


class FiveYearsAfter(models.Func):
    """The day five years later; what is suspended ends before it."""

    template = "(%(expressions)s + interval '5 years')"
    output_field = models.DateTimeField()


@tracked()
class SupportPeriod(Decision):
    """Months of living support, decided by the project lead (domain.md §6). Both days counted; ends are computed.

    The database refuses overlap (exclusion), gaps, more than the limit in all, and any period for a pensioner (trigger).
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="support_periods")
    kind = models.CharField(max_length=10, choices=PeriodKind)
    months = models.PositiveSmallIntegerField(_("months"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    screening = models.ForeignKey(Screening, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("case", "starts_on")
        verbose_name = _("support period")
        verbose_name_plural = _("support periods")
        constraints = [
            models.CheckConstraint(
                name="support_period_decided",
                condition=Q(decided_at__isnull=False, decided_on__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(name="support_months_1_to_12", condition=Q(months__gte=1) & Q(months__lte=12)),
            models.CheckConstraint(name="support_ends_after_start", condition=Q(ends_on__gt=F("starts_on"))),
            models.CheckConstraint(
                name="support_extension_from_screening",
                condition=Q(kind=PeriodKind.BASE) | Q(screening__isnull=False),
            ),
            models.UniqueConstraint(name="support_one_base", fields=["case"], condition=Q(kind=PeriodKind.BASE)),
            models.UniqueConstraint(
                name="support_one_extension_per_screening",
                fields=["screening"],
                condition=Q(kind=PeriodKind.EXTENSION),
            ),
            ExclusionConstraint(
                name="support_no_overlap",
                expressions=[
                    ("case", RangeOperators.EQUAL),
                    (closed_range("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("There is already living support in that period."),
            ),
        ]
        triggers = [
            *locked_when("support_period", pgtrigger.Q(old__decided_at__isnull=False)),
            pgtrigger.Trigger(
                name="support_period_limits",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("base", "loans_supportperiod%ROWTYPE"),
                    ("rules", "policy_ruleset%ROWTYPE"),
                    ("months_so_far", "integer"),
                    ("extended", "integer"),
                    ("last_end", "date"),
                    ("livelihood", "text"),
                ],
                func="""
                    PERFORM 1 FROM cases_casefile c WHERE c.id = NEW.case_id FOR UPDATE;
                    SELECT c.livelihood INTO livelihood FROM cases_casefile c WHERE c.id = NEW.case_id;
                    IF NEW.screening_id IS NOT NULL AND NOT EXISTS (
                        SELECT 1 FROM screening_screening s WHERE s.id = NEW.screening_id AND s.case_id = NEW.case_id
                           AND s.number = 4
                    ) THEN
                        RAISE EXCEPTION 'support_screening_fits' USING ERRCODE = 'check_violation';
                    END IF;
                    IF livelihood = 'disability_pension' THEN
                        RAISE EXCEPTION 'support_not_for_pensioners' USING ERRCODE = 'check_violation';
                    END IF;
                    SELECT coalesce(sum(p.months), 0), coalesce(sum(p.months) FILTER (WHERE p.kind = 'extension'), 0),
                           max(p.ends_on)
                      INTO months_so_far, extended, last_end
                      FROM loans_supportperiod p WHERE p.case_id = NEW.case_id;
                    -- The limits are the rule set's (domain.md §6, §7.2).
                    SELECT * INTO rules FROM policy_ruleset r WHERE r.id = NEW.rule_set_id;
                    IF rules.id IS NULL THEN
                        RAISE EXCEPTION 'support_without_rules' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.kind = 'base' AND NEW.months > rules.support_months THEN
                        RAISE EXCEPTION 'support_base_over_limit' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.kind = 'extension' AND NEW.months NOT BETWEEN rules.extension_min_months
                                                                     AND rules.extension_max_months THEN
                        RAISE EXCEPTION 'support_extension_length' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.kind = 'extension' AND extended + NEW.months > rules.extension_total_months THEN
                        RAISE EXCEPTION 'support_over_limit' USING ERRCODE = 'check_violation';
                    END IF;
                    SELECT * INTO base FROM loans_supportperiod p WHERE p.case_id = NEW.case_id AND p.kind = 'base';
                    IF NEW.kind = 'base' THEN
                        IF last_end IS NOT NULL THEN
                            RAISE EXCEPTION 'support_second_base' USING ERRCODE = 'check_violation';
                        END IF;
                        base := NEW;
                    ELSIF base.id IS NULL OR NEW.starts_on <> last_end + 1 THEN
                        RAISE EXCEPTION 'support_gap' USING ERRCODE = 'check_violation';
                    END IF;
                    -- Every end is computed from the original start, never from the previous end (domain.md §6).
                    IF NEW.ends_on <> (base.starts_on + make_interval(months => months_so_far + NEW.months))::date - 1 THEN
                        RAISE EXCEPTION 'support_wrong_end' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.starts_on}–{self.ends_on}"


@sealed()
class SupportAmount(models.Model):
    """What the living support of a case comes to a month, from a day until the next row; append-only.

    For what the programme costs (domain.md §10): the amount is decided and paid in the benefits system. Of two rows from
    the same day the later one counts.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="support_amounts")
    from_on = models.DateField(_("from"))
    amount = models.DecimalField(_("amount a month"), max_digits=9, decimal_places=2)
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("from_on", "pk")
        verbose_name = _("monthly amount of the living support")
        verbose_name_plural = _("monthly amounts of the living support")
        constraints = [
            models.CheckConstraint(name="support_amount_above_nothing", condition=Q(amount__gt=0)),
        ]
        triggers = append_only("support_amount")

    def __str__(self) -> str:
        return f"{self.case_id} {self.from_on}"


@tracked()
class PensionSuspension(models.Model):
    """A disability pension that is suspended while the pensioner runs the business: at most five years (R, domain.md §6).

    It ends earlier with `ended_on`, its last day. The pension itself is decided elsewhere; this is so that nobody forgets it.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="pension_suspensions")
    from_on = models.DateField(_("from"))
    until = models.DateField(_("to"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("recorded by"), on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("recorded"), default=clock.now)
    ended_on = models.DateField(_("last day"), null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("ended by"), null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("from_on", "pk")
        verbose_name = _("suspended pension")
        verbose_name_plural = _("suspended pensions")
        constraints = [
            models.CheckConstraint(name="suspension_ends_after_start", condition=Q(until__gte=F("from_on"))),
            models.CheckConstraint(
                name="suspension_at_most_five_years",
                condition=Q(until__lt=FiveYearsAfter("from_on")),
                violation_error_message=_("The pension can be suspended for at most five years."),
            ),
            models.CheckConstraint(
                name="suspension_ended_whole",
                condition=Q(ended_on__isnull=True, ended_by__isnull=True)
                | Q(
                    ended_on__isnull=False,
                    ended_by__isnull=False,
                    ended_on__gte=F("from_on"),
                    ended_on__lte=F("until"),
                ),
            ),
            ExclusionConstraint(
                name="suspension_no_overlap",
                expressions=[
                    ("case", RangeOperators.EQUAL),
                    (closed_range("from_on", Coalesce("ended_on", "until")), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("The pension is suspended in that period already."),
            ),
        ]
        triggers = [
            *kept("suspension", final_when=pgtrigger.Q(old__ended_on__isnull=False)),
            frozen(
                "suspension", "case", "from_on", "until", "note", "by", message="a suspension is ended, not changed"
            ),
            pgtrigger.Trigger(
                name="suspension_of_pensioners",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("livelihood", "text")],
                func="""
                    SELECT c.livelihood INTO livelihood FROM cases_casefile c WHERE c.id = NEW.case_id FOR SHARE;
                    IF livelihood <> 'disability_pension' THEN
                        RAISE EXCEPTION 'suspension_of_pensioners' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.from_on}–{self.until}"

    @property
    def last_day(self) -> date:
        return self.ended_on or self.until
