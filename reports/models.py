"""What the reports keep of their own: files of former cohorts, and saved calculations."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from microloan.core import clock
from microloan.core.history import Refuse, append_only, no_truncate


class HistoryUpload(models.Model):
    """A file with former cohorts, what the trial run said, and who loaded it. The same file twice is one row.

    `report` is the last trial run or the loading: counts per sheet, warnings, and every row that stands in the way.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(_("file"), max_length=100)
    path = models.CharField(max_length=120)
    report = models.JSONField(default=dict)
    checked_at = models.DateTimeField(_("checked"), default=clock.now)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("uploaded by"), on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("uploaded"), default=clock.now)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("loaded by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    loaded_at = models.DateTimeField(_("loaded"), null=True)

    class Meta:
        ordering = ("-uploaded_at", "-pk")
        verbose_name = _("file with former cohorts")
        verbose_name_plural = _("files with former cohorts")
        constraints = [
            models.CheckConstraint(
                name="history_upload_loaded_whole",
                condition=Q(loaded_by__isnull=True, loaded_at__isnull=True)
                | Q(loaded_by__isnull=False, loaded_at__isnull=False),
            )
        ]
        triggers = [
            Refuse(
                name="history_upload_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("sha256", "name", "path", "uploaded_by", "uploaded_at"),
                message="an uploaded file stays as it was",
            ),
            Refuse(name="history_upload_kept", operation=pgtrigger.Delete, message="uploaded files are kept"),
            no_truncate("history_upload", "uploaded files are kept"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def errors(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.report.get("errors", [])
        return found

    @property
    def is_loaded(self) -> bool:
        return self.loaded_at is not None


class Scenario(models.Model):
    """A saved calculation of whether the programme pays: every assumption as it was, and what it stood on; append-only."""

    name = models.CharField(_("name"), max_length=80)
    # The fields of `rules.break_even.Assumptions`, numbers as text.
    assumptions = models.JSONField()
    # What was counted at the cut-off, whatever the assumptions say.
    counted = models.PositiveIntegerField(_("participants"))
    self_supporting = models.PositiveIntegerField(_("self-supporting"))
    as_of = models.DateField(_("cut-off date"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("saved by"), on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("saved"), default=clock.now)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("calculation")
        verbose_name_plural = _("calculations")
        triggers = append_only("scenario")

    def __str__(self) -> str:
        return self.name
