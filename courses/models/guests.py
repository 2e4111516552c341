from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from microloan.core import clock
from microloan.core.forms import phone_groups
from microloan.core.history import tracked


@tracked()
class Guest(models.Model):
    """A participant without a loan case (domain.md §5): who it is, how to reach the person, and who sent them.

    No more than a course needs is kept: no CPR number, no address. A guest stands on no list of cases or loans.
    """

    name = models.CharField(_("name"), max_length=120, db_collation="da-x-icu")
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    sent_by = models.CharField(_("sent by"), max_length=120)
    # A year after the last course the person is taken out of the row, and of its history (docs/decisions/150).
    forgotten_on = models.DateField(_("forgotten on"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("name", "pk")
        verbose_name = _("guest")
        verbose_name_plural = _("guests")
        constraints = [
            models.CheckConstraint(name="guest_has_name", condition=~models.Q(name="")),
            models.CheckConstraint(name="guest_is_sent_by_somebody", condition=~models.Q(sent_by="")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> str:
        """How the access log names a guest."""
        return f"G-{self.pk}"

    @property
    def phone_shown(self) -> str:
        """`12 34 56 78`."""
        return phone_groups(self.phone)
