from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from microloan.core.fields import EncryptedJsonField


class Draft(models.Model):
    """What somebody has typed and not sent: the writer's own, encrypted, and gone when it expires (docs/decisions/100).

    `kind` is a code in `registry.draft_kinds`; `key` says what is written on, such as a case number, and is empty where a
    writer has one draft of the kind. Without `content` the draft is finished: what the page in `page` still sends late is
    not kept.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=60, blank=True)
    content = EncryptedJsonField(purpose="draft", null=True)
    page = models.CharField(max_length=36, blank=True)
    saved_at = models.DateTimeField()
    expires_on = models.DateField()

    class Meta:
        ordering = ("-saved_at", "-pk")
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            models.UniqueConstraint(name="draft_one_per_writer", fields=["owner", "kind", "key"]),
            # A key stands in addresses.
            models.CheckConstraint(name="draft_key_without_cpr", condition=~Q(key__regex=r"[0-9]{6}-?[0-9]{4}")),
        ]
        indexes = [models.Index(fields=["expires_on"], name="draft_expires")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}".strip()
