import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.letters.models import Letter
from courses.models.enrolments import Enrolment
from microloan.core import clock
from microloan.core.history import Refuse, no_truncate


class Invitation(models.Model):
    """A letter that a participant is to have about a run: the invitation first (number 1), then one for each change of days
    or place. What it says is kept, so that the next is sent only when something has changed (docs/decisions/159).

    The letter itself is made by a worker; `problem` says why it could not be.
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="invitations")
    number = models.PositiveSmallIntegerField(_("number"))
    programme = models.JSONField(_("programme"))
    bring = models.TextField(_("what to bring"), blank=True)
    dated = models.DateField(_("dated"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    letter = models.OneToOneField(
        Letter, null=True, blank=True, on_delete=models.PROTECT, related_name="course_invitation"
    )
    problem = models.CharField(_("what went wrong"), max_length=200, blank=True)

    class Meta:
        ordering = ("enrolment", "number")
        verbose_name = _("invitation to a course")
        verbose_name_plural = _("invitations to courses")
        constraints = [models.UniqueConstraint(name="invitation_numbered_once", fields=["enrolment", "number"])]
        indexes = [
            models.Index(fields=["at"], name="invitation_waiting", condition=models.Q(letter__isnull=True, problem=""))
        ]
        triggers = [
            Refuse(
                name="invitation_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("enrolment", "number", "programme", "bring", "dated", "by", "at"),
                message="what was told stays as it was",
            ),
            Refuse(
                name="invitation_sent",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__letter__isnull=False),
                message="what was sent stays as it was",
            ),
            Refuse(name="invitation_kept", operation=pgtrigger.Delete, message="invitations are kept"),
            no_truncate("invitation", "invitations are kept"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id}/{self.number}"

    @property
    def is_change(self) -> bool:
        return self.number > 1
