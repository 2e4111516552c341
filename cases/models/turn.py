from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.enums import Holder
from cases.models.casefile import CaseFile
from microloan.core import clock
from microloan.core.history import append_only


class HolderChange(models.Model):
    """From this moment the case waited on this one, until the next row (domain.md §3.6); append-only.

    Written by `cases.services.turns` whenever the answer of `cases.turns` becomes another. Time waiting on us, on the
    citizen and on others is measured from these rows, which stay when a task is moved, closed or handed over.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="holder_changes")
    # Empty: the case is closed and waits on nobody.
    holder = models.CharField(_("waiting on"), max_length=20, choices=Holder, blank=True)
    at = models.DateTimeField(_("since"), default=clock.now)

    class Meta:
        ordering = ("at", "pk")
        verbose_name = _("change of whose turn it is")
        verbose_name_plural = _("changes of whose turn it is")
        indexes = [models.Index(fields=["case", "-id"], include=["holder", "at"], name="holder_change_newest")]
        triggers = append_only("holder_change")

    def __str__(self) -> str:
        return f"{self.case_id}: {self.holder or '–'}"
