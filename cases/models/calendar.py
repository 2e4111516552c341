from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from microloan.core import clock

HEX = r"^[0-9a-f]{64}$"  # what SHA-256 gives


class CalendarFeed(models.Model):
    """The secret address of one calendar: a worker's, or that of something a higher room knows (`cases.registry.feeds`).

    The token itself is shown once and never stored, only its hash.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="calendar_feed"
    )
    # Whose it is otherwise: the name of a feed in the registry and a key, such as `teacher-5`.
    subject = models.CharField(max_length=40, null=True, blank=True, unique=True)  # noqa: DJ001  unique where there is one
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=clock.now)
    # When a calendar program last fetched it, and what it got: a new day or other content is a new line in the access log.
    read_at = models.DateTimeField(null=True, blank=True)
    read_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")
        constraints = [
            models.CheckConstraint(name="calendar_feed_hashed", condition=Q(token_hash__regex=HEX)),
            models.CheckConstraint(
                name="calendar_feed_of_one", condition=Q(user__isnull=True) ^ Q(subject__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.subject or f"{self.user_id}"
