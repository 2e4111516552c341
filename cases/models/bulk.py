import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from microloan.core import clock
from microloan.core.history import Refuse, no_truncate


class BulkKind(models.TextChoices):
    ASSIGN = "assign", _("Tasks assigned")
    MOVE = "move", _("Due dates moved")


class BulkChange(models.Model):
    """What was done to many tasks at once: each value before and after, so that it can be undone (ui-guide.md §2).

    `changes` holds `{"task": key, "field": name, "before": …, "after": …}`, and the same with "case". Only that it was
    undone is ever added.
    """

    kind = models.CharField(max_length=8, choices=BulkKind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bulk_changes")
    at = models.DateTimeField(default=clock.now)
    changes = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("change of many tasks")
        verbose_name_plural = _("changes of many tasks")
        triggers = [
            Refuse(
                name="bulk_change_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("kind", "by", "at", "changes"),
                message="what was done stays as it was",
            ),
            Refuse(
                name="bulk_change_undone_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__undone_at__isnull=False),
                message="what was undone stays undone",
            ),
            Refuse(name="bulk_change_kept", operation=pgtrigger.Delete, message="what was done is kept"),
            no_truncate("bulk_change", "what was done is kept"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d}"
