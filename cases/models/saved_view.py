from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from microloan.accounts.models import User
from microloan.core import clock


class ViewPage(models.TextChoices):
    WORK = "work", _("My work")
    CASES = "cases", _("Cases")


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def kept(self):
        return self.filter(removed_at__isnull=True)

    def for_user(self, user: User, page: str):
        """One's own and those that colleagues share; nobody else's."""
        return self.kept().filter(Q(owner=user) | Q(is_shared=True), page=page).select_related("owner")


class SavedView(models.Model):
    """Filters and order of a list under a name: one's own, or shared with the team (ui-guide.md §2).

    `query` holds the filters as they stand in the address: choices and keys alone, never anything typed.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="saved_views")
    page = models.CharField(_("list"), max_length=8, choices=ViewPage)
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(max_length=500, blank=True)
    is_shared = models.BooleanField(_("shared with the team"), default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    # A removed view can be brought back from the message that tells of it.
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ("page", "name", "pk")
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(
                "owner",
                "page",
                Lower("name"),
                name="saved_view_one_name",
                condition=Q(removed_at__isnull=True),
                violation_error_message=_("You have a view with that name. Choose another name."),
            ),
            models.CheckConstraint(name="saved_view_named", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name
