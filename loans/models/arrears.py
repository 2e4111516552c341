"""What happens around a loan that is late: letters, attempts, pauses, hand-over, limitation (domain.md §7.6)."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.letters.models import Letter
from loans.enums import (
    AttemptChannel,
    ClaimState,
    HandoverState,
    InterruptionKind,
    LadderStep,
    PauseReason,
)
from loans.models import guards
from loans.models.ledger import LedgerEntry
from loans.models.loan import Loan
from loans.models.payments import TwoPairs, two_pairs_constraints
from loans.payment_enums import ProposalState
from microloan.core import clock
from microloan.core.history import Refuse, append_only, frozen, kept, locked_when, sealed, tracked

USER = settings.AUTH_USER_MODEL


@sealed()
class ArrearsLetter(models.Model):
    """A letter of the ladder for the claim due on a day; one letter may stand for several. Append-only.

    Whether it was sent, the letter says.
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="arrears_letters")
    due_on = models.DateField()
    step = models.CharField(max_length=16, choices=LadderStep)
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("loan", "due_on", "pk")
        verbose_name = _("letter about arrears")
        verbose_name_plural = _("letters about arrears")
        constraints = [
            models.UniqueConstraint(name="arrears_letter_once", fields=["loan", "due_on", "step"]),
            models.CheckConstraint(
                name="arrears_letter_step",
                condition=Q(step__in=[LadderStep.FIRST_DUNNING, LadderStep.SECOND_DUNNING, LadderStep.NOTICE]),
            ),
        ]
        triggers = [*append_only("arrears_letter"), guards.LETTER_OF_STEP]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.due_on} {self.step}"


@sealed()
class ContactAttempt(models.Model):
    """An attempt to reach the citizen about the debt. Append-only: what was logged late shows both times."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="contact_attempts")
    channel = models.CharField(_("how"), max_length=8, choices=AttemptChannel)
    reached = models.BooleanField(_("talked with the citizen"), default=False)
    made_on = models.DateField(_("on"))
    note = models.TextField(_("note"), blank=True)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("-made_on", "-pk")
        verbose_name = _("attempt to reach the citizen")
        verbose_name_plural = _("attempts to reach the citizen")
        constraints = [
            models.CheckConstraint(name="attempt_channel_known", condition=Q(channel__in=AttemptChannel.values)),
        ]
        indexes = [models.Index(fields=["loan", "made_on"], name="attempt_of_loan")]
        triggers = append_only("contact_attempt")

    def __str__(self) -> str:
        return f"{self.loan_id} {self.made_on} {self.channel}"


@tracked()
class ReminderPause(models.Model):
    """The reminders stand still from a day to a day, both counted; lifted earlier, up to the day before it was lifted."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="pauses", verbose_name=_("loan"))
    from_on = models.DateField(_("from"))
    until = models.DateField(_("to"))
    reason = models.CharField(_("reason"), max_length=8, choices=PauseReason)
    note = models.TextField(_("why"))
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", verbose_name=_("paused by"))
    lifted_on = models.DateField(_("lifted on"), null=True)
    lifted_by = models.ForeignKey(
        USER, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("lifted by")
    )

    class Meta:
        ordering = ("-from_on", "-pk")
        verbose_name = _("pause of the reminders")
        verbose_name_plural = _("pauses of the reminders")
        constraints = [
            models.CheckConstraint(name="pause_ends_after_start", condition=Q(until__gte=F("from_on"))),
            models.CheckConstraint(name="pause_has_reason", condition=~Q(note="") & Q(reason__in=PauseReason.values)),
            models.CheckConstraint(
                name="pause_lifted_whole",
                condition=Q(lifted_on__isnull=True, lifted_by__isnull=True)
                | Q(lifted_on__isnull=False, lifted_by__isnull=False, lifted_on__gte=F("from_on")),
            ),
        ]
        triggers = [
            *kept("pause", final_when=pgtrigger.Q(old__lifted_on__isnull=False)),
            frozen(
                "pause", "loan", "from_on", "until", "reason", "note", "by", message="a pause is lifted, not changed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.from_on}–{self.until}"


@tracked()
class Handover(models.Model):
    """A proposal to hand claims over to recovery, and the project lead's answer (domain.md §2, §7.6)."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="handovers", verbose_name=_("loan"))
    reason = models.TextField(_("why"))
    proposed_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by"))
    proposed_on = models.DateField(_("proposed on"))
    state = models.CharField(_("state"), max_length=10, choices=HandoverState, default=HandoverState.OPEN)
    decided_by = models.ForeignKey(
        USER, null=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("decided by")
    )
    decided_on = models.DateField(_("decided on"), null=True)
    answer = models.TextField(_("why not handed over"), blank=True)
    # What the dossier says, frozen on the day it was decided (loans.dossier).
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("-pk",)
        verbose_name = _("hand-over to recovery")
        verbose_name_plural = _("hand-overs to recovery")
        constraints = [
            models.UniqueConstraint(name="handover_one_open", fields=["loan"], condition=Q(state=HandoverState.OPEN)),
            models.CheckConstraint(name="handover_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="handover_whole",
                condition=Q(state=HandoverState.OPEN, decided_by__isnull=True, decided_on__isnull=True)
                | Q(state=HandoverState.APPROVED, decided_by__isnull=False, decided_on__isnull=False)
                | (Q(state=HandoverState.DECLINED, decided_by__isnull=False, decided_on__isnull=False) & ~Q(answer="")),
            ),
            models.CheckConstraint(
                name="handover_by_another",
                condition=~Q(state=HandoverState.APPROVED) | ~Q(decided_by=F("proposed_by")),
                violation_error_message=_("You proposed it. Another person confirms it."),
            ),
        ]
        triggers = [
            *locked_when("handover", ~pgtrigger.Q(old__state="open")),
            Refuse(name="handover_kept", operation=pgtrigger.Delete, message="proposals are kept"),
            frozen(
                "handover", "loan", "reason", "proposed_by", "proposed_on", message="what was proposed is never changed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id} {self.state}"


@tracked()
class HandoverClaim(models.Model):
    """One claim of a hand-over: what fell due on a day. Handed over once, unless it was recalled in between."""

    handover = models.ForeignKey(Handover, on_delete=models.PROTECT, related_name="claims", verbose_name=_("hand-over"))
    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="handover_claims", verbose_name=_("loan"))
    due_on = models.DateField(_("due"))
    numbers = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("instalments"))
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    limitation_on = models.DateField(_("limitation date"))
    state = models.CharField(_("state"), max_length=14, choices=ClaimState, default=ClaimState.PROPOSED)
    entry = models.OneToOneField(
        LedgerEntry, null=True, on_delete=models.PROTECT, related_name="claim", verbose_name=_("ledger entry")
    )

    class Meta:
        ordering = ("handover", "due_on")
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.UniqueConstraint(
                name="claim_handed_over_once",
                fields=["loan", "due_on"],
                condition=Q(state__in=[ClaimState.PROPOSED, ClaimState.WITH_RECOVERY]),
            ),
            models.CheckConstraint(name="claim_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="claim_with_recovery_has_entry",
                condition=Q(state__in=[ClaimState.WITH_RECOVERY, ClaimState.RECALLED], entry__isnull=False)
                | Q(state__in=[ClaimState.PROPOSED, ClaimState.DROPPED], entry__isnull=True),
            ),
        ]
        triggers = [
            *kept("claim", final_when=pgtrigger.Q(old__state__in=["dropped", "recalled"])),
            frozen("claim", "handover", "loan", "due_on", "numbers", "amount", "limitation_on", message="a claim is never changed"),
            pgtrigger.Trigger(
                # The entry is this claim's own, and a claim is recalled only where its entry is reversed.
                name="claim_entry_fits",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__entry__isnull=False),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM loans_ledgerentry e
                        WHERE e.id = NEW.entry_id AND e.kind = 'handover' AND e.loan_id = NEW.loan_id
                          AND e.amount = -NEW.amount AND e.claims = NEW.numbers
                    ) OR (NEW.state = 'recalled') <> EXISTS (
                        SELECT 1 FROM loans_ledgerentry e WHERE e.reverses_id = NEW.entry_id
                    ) THEN
                        RAISE EXCEPTION 'claim_entry_fits' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.loan_id} {self.due_on} {self.amount}"


@tracked()
class WriteOff(TwoPairs):
    """A proposal to give up a part of what is owed; confirmed by the project lead it is an entry."""

    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    entry = models.OneToOneField(
        LedgerEntry, null=True, on_delete=models.PROTECT, related_name="write_off", verbose_name=_("ledger entry")
    )

    class Meta:
        ordering = ("-proposed_on", "-pk")
        verbose_name = _("write-off")
        verbose_name_plural = _("write-offs")
        constraints = [
            *two_pairs_constraints("write_off", "entry"),
            models.CheckConstraint(name="write_off_positive", condition=Q(amount__gt=0)),
            models.UniqueConstraint(name="write_off_one_open", fields=["loan"], condition=Q(state=ProposalState.OPEN)),
        ]
        triggers = [
            *locked_when("write_off", ~pgtrigger.Q(old__state="open")),
            Refuse(name="write_off_kept", operation=pgtrigger.Delete, message="proposals are kept"),
            frozen(
                "write_off", "loan", "amount", "reason", "proposed_by", message="what was proposed is never changed"
            ),
            pgtrigger.Trigger(
                name="write_off_fits",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__entry__isnull=False),
                func="""
                    IF NOT EXISTS (SELECT 1 FROM loans_ledgerentry e
                                   WHERE e.id = NEW.entry_id AND e.kind = 'write_off' AND e.loan_id = NEW.loan_id
                                     AND e.amount = -NEW.amount) THEN
                        RAISE EXCEPTION 'write_off_fits' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.amount}"


@sealed()
class WriteDown(models.Model):
    """The authority was told of a payment that came to us although the claim is with it. Append-only.

    `amount`: by how much the claims are written down, in kroner; 0 where the payment was for something else.
    """

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="write_downs")
    payment = models.OneToOneField(LedgerEntry, on_delete=models.PROTECT, related_name="write_down")
    amount = models.DecimalField(_("written down by"), max_digits=12, decimal_places=2)
    told_on = models.DateField(_("told on"))
    note = models.TextField(_("how, or why not"))
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-told_on", "-pk")
        verbose_name = _("write-down")
        verbose_name_plural = _("write-downs")
        constraints = [
            models.CheckConstraint(name="write_down_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(name="write_down_has_note", condition=~Q(note="")),
        ]
        triggers = [*append_only("write_down"), guards.WRITE_DOWN_OF_PAYMENT]

    def __str__(self) -> str:
        return f"{self.loan_id}: {self.amount}"


@sealed()
class LimitationEvent(models.Model):
    """What starts a new period of limitation of a claim, or of all (`due_on` empty). Append-only."""

    loan = models.ForeignKey(Loan, on_delete=models.PROTECT, related_name="limitation_events")
    due_on = models.DateField(_("instalment due on"), null=True)
    kind = models.CharField(_("what"), max_length=16, choices=InterruptionKind)
    happened_on = models.DateField(_("on"))
    years = models.PositiveSmallIntegerField(_("new period, years"))
    note = models.TextField(_("note"))
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-happened_on", "-pk")
        verbose_name = _("interruption of limitation")
        verbose_name_plural = _("interruptions of limitation")
        constraints = [
            models.CheckConstraint(name="limitation_years", condition=Q(years__gte=1)),
            models.CheckConstraint(name="limitation_has_note", condition=~Q(note="")),
        ]
        triggers = append_only("limitation_event")

    def __str__(self) -> str:
        return f"{self.loan_id} {self.kind} {self.happened_on}"
