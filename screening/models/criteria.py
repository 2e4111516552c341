import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from microloan.core import clock
from microloan.core.history import Refuse, append_only, no_truncate
from screening.enums import ScreeningNumber


def _kept() -> list[pgtrigger.Trigger]:
    """A set says what it said; only which one is current changes."""
    words = "a criteria set is never changed"
    fields = ("number", "version", "created_at", "made_by_id", "note")
    return [
        Refuse(name="criteria_set_kept", operation=pgtrigger.UpdateOf(*fields) | pgtrigger.Delete, message=words),
        no_truncate("criteria_set", words),
    ]


def _complete() -> pgtrigger.Trigger:
    """No criterion is put into a set that a screening uses. The set is locked, so that none begins to meanwhile."""
    name = "criterion_set_in_use"
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""
            PERFORM 1 FROM screening_criteriaset WHERE id = NEW.criteria_set_id FOR UPDATE;
            IF EXISTS (SELECT 1 FROM screening_screening WHERE criteria_set_id = NEW.criteria_set_id) THEN
                RAISE EXCEPTION 'Cannot add rows to %: the criteria set is in use ({name})', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = '{name}';
            END IF;
            RETURN NEW;
        """,  # noqa: S608  names of tables from this room
    )


class CriteriaSet(models.Model):
    """The criteria of one screening, in a version. A decided screening keeps the version it used (domain.md §4)."""

    number = models.PositiveSmallIntegerField(_("screening"), choices=ScreeningNumber)
    version = models.PositiveSmallIntegerField(_("version"))
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(_("why the set was changed"), max_length=200, blank=True)

    class Meta:
        ordering = ("number", "-version")
        verbose_name = _("criteria set")
        verbose_name_plural = _("criteria sets")
        constraints = [
            models.UniqueConstraint(name="criteria_set_version", fields=["number", "version"]),
            models.UniqueConstraint(name="criteria_set_one_current", fields=["number"], condition=Q(is_current=True)),
        ]
        triggers = _kept()

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"


class Criterion(models.Model):
    """One thing that is rated 1–5, with what 1 and 5 mean written out (ui-guide.md §3.3). Rows are never changed: a new set is made."""

    criteria_set = models.ForeignKey(CriteriaSet, on_delete=models.PROTECT, related_name="criteria")
    code = models.SlugField(max_length=40)
    order = models.PositiveSmallIntegerField()
    weight = models.PositiveSmallIntegerField(_("weight"), default=1)
    title = models.CharField(_("criterion"), max_length=160)
    low = models.CharField(_("1 means"), max_length=160)
    high = models.CharField(_("5 means"), max_length=160)

    class Meta:
        ordering = ("order", "pk")
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        constraints = [
            models.UniqueConstraint(name="criterion_code_in_set", fields=["criteria_set", "code"]),
            models.CheckConstraint(name="criterion_weight", condition=Q(weight__gte=1) & Q(weight__lte=5)),
        ]
        triggers = [*append_only("criterion"), _complete()]

    def __str__(self) -> str:
        return self.title
