"""Months of living support (domain.md §6)."""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models import CaseFile, Decision
from loans.enums import (
    PeriodKind,
)
from microloan.core.history import locked_when, tracked
from microloan.policy.models import closed_range
from screening.models import Screening


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
