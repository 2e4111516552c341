"""The texts of letters in versions, who confirmed them, and from when each is used (docs/decisions/172)."""

from decimal import Decimal
from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.letters.registry import get_kind
from microloan.core import clock
from microloan.core.history import append_only


class LetterText(models.Model):
    """One version of the wording of one kind of letter, by section. Never changed; a letter names the one it was made of."""

    kind = models.CharField(_("kind"), max_length=40)
    number = models.PositiveSmallIntegerField(_("version"))
    sections = models.JSONField(default=dict)
    note = models.CharField(_("what is changed, and why"), max_length=200)
    lix = models.DecimalField(max_digits=4, decimal_places=1)
    # A decision is used only once a jurist has confirmed its words (ui-guide.md §4).
    needs_jurist = models.BooleanField()
    restored_from = models.PositiveSmallIntegerField(null=True, blank=True)  # 0: the product's own words
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("kind", "-number")
        verbose_name = _("text of a letter")
        verbose_name_plural = _("texts of letters")
        constraints = [
            models.UniqueConstraint(name="letter_text_number_once", fields=["kind", "number"]),
            models.CheckConstraint(name="letter_text_numbered", condition=Q(number__gt=0)),
            models.CheckConstraint(name="letter_text_with_note", condition=~Q(note="")),
        ]
        triggers = append_only("letter_text")

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def label(self) -> str:
        return str(get_kind(self.kind).label)

    @property
    def confirmed(self) -> "LetterTextConfirmation | None":
        """The jurist's confirmation, where there is one."""
        return getattr(self, "confirmation", None)

    @property
    def is_hard(self) -> bool:
        return self.lix >= Decimal(35)


class LetterTextConfirmation(models.Model):
    """That a jurist has read and confirmed a version: who, when, and where it can be found."""

    text = models.OneToOneField(LetterText, on_delete=models.PROTECT, related_name="confirmation")
    jurist = models.CharField(_("jurist"), max_length=100)
    confirmed_on = models.DateField(_("confirmed on"))
    reference = models.CharField(_("reference"), max_length=100)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("jurist's confirmation")
        verbose_name_plural = _("jurist's confirmations")
        constraints = [
            models.CheckConstraint(name="letter_text_confirmed_by_name", condition=~Q(jurist="") & ~Q(reference=""))
        ]
        triggers = append_only("letter_text_confirmation")

    def __str__(self) -> str:
        return f"{self.jurist} {self.confirmed_on}"


class NeedsJurist(pgtrigger.Trigger):
    """A version that needs a jurist's confirmation is put into force only where there is one."""

    name = "letter_text_start_confirmed"
    when = pgtrigger.Before
    operation = pgtrigger.Insert

    def get_func(self, model: Any) -> str:
        return """
            IF EXISTS (
                SELECT 1 FROM letters_lettertext t WHERE t.id = NEW.text_id AND t.needs_jurist
                AND NOT EXISTS (SELECT 1 FROM letters_lettertextconfirmation c WHERE c.text_id = t.id)
            ) THEN
                RAISE EXCEPTION 'a text of a decision waits for a jurist (letter_text_start_confirmed)'
                USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME,
                CONSTRAINT = 'letter_text_start_confirmed';
            END IF;
            RETURN NEW;
        """


class LetterTextStart(models.Model):
    """From which day letters of the kind are made with a version. The newest row with the latest day counts."""

    text = models.ForeignKey(LetterText, on_delete=models.PROTECT, related_name="starts")
    valid_from = models.DateField(_("valid from"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("valid_from", "pk")
        verbose_name = _("start of a text")
        verbose_name_plural = _("starts of texts")
        triggers = [*append_only("letter_text_start"), NeedsJurist()]

    def __str__(self) -> str:
        return f"{self.text} {self.valid_from}"
