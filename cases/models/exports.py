from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.enums import ExportState
from cases.models.casefile import CaseFile
from microloan.core import clock
from microloan.core.history import frozen, kept

# How long a finished file lies ready. It can be made again at any time.
KEPT_FOR = timedelta(days=7)


class CaseFileExport(models.Model):
    """A case file ordered as one PDF, made by the worker (access to documents; docs/decisions/113)."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="exports")
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField(default=clock.now)
    sections = models.JSONField(default=list)
    leave_out = models.BooleanField(_("leave out other people's data"), default=True)
    mask_cpr = models.BooleanField(_("mask the CPR number"), default=True)
    state = models.CharField(max_length=8, choices=ExportState, default=ExportState.WAITING)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    page_count = models.PositiveIntegerField(null=True, blank=True)
    left_out = models.PositiveIntegerField(null=True, blank=True)
    path = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-ordered_at", "-pk")
        verbose_name = _("case file as PDF")
        verbose_name_plural = _("case files as PDF")
        indexes = [models.Index(fields=["case", "-ordered_at", "-id"], name="case_export_newest")]
        constraints = [
            models.CheckConstraint(
                name="case_export_ready_with_file",
                condition=~Q(state=ExportState.READY) | (~Q(path="") & ~Q(sha256="") & Q(page_count__gte=1)),
            ),
            # A double click orders one, not two.
            models.UniqueConstraint(
                name="case_export_one_at_work",
                fields=["case", "ordered_by"],
                condition=Q(state__in=[ExportState.WAITING, ExportState.MAKING]),
            ),
        ]
        triggers = [
            *kept("case_export"),
            frozen(
                "case_export",
                *("case", "ordered_by", "ordered_at", "sections", "leave_out", "mask_cpr"),
                message="what was ordered stays as it was",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.ordered_at:%Y-%m-%d}"

    @property
    def is_at_work(self) -> bool:
        return self.state in {ExportState.WAITING, ExportState.MAKING}

    @property
    def kept_until(self):
        return self.finished_at + KEPT_FOR if self.finished_at else None

    @property
    def file_name(self) -> str:
        return f"sagsakter-{self.case.number}.pdf"

    def open(self):
        return default_storage.open(self.path)
