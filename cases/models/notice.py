from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.casefile import CaseFile
from cases.models.work import JournalEntry
from microloan.core import clock
from microloan.core.history import frozen, kept


class ReferrerNotice(models.Model):
    """That something was decided in a case, told to whoever referred it: shown as new until it is read, and by e-mail.

    The e-mail holds the case number and no name, CPR number or outcome (docs/decisions/101).
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="notices")
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="notices")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices")
    created_at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = _("notice to the referrer")
        verbose_name_plural = _("notices to the referrer")
        constraints = [models.UniqueConstraint(name="notice_once_per_entry", fields=["entry", "to"])]
        indexes = [
            models.Index(fields=["to", "case"], name="notice_unseen", condition=models.Q(seen_at__isnull=True)),
            models.Index(fields=["created_at"], name="notice_unsent", condition=models.Q(sent_at__isnull=True)),
        ]
        triggers = [
            *kept("notice"),
            frozen("notice", "case", "entry", "to", "created_at", message="what was told stays as it was"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.created_at:%Y-%m-%d}"
