"""Blocks of a decision, channels and statuses of letters."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Block(models.TextChoices):
    """The separate parts that a decision must hold (danish-rules §2.1)."""

    DECIDED = "decided", _("What is decided")
    SCOPE = "scope", _("Amount or period")
    LEGAL_BASIS = "legal_basis", _("Legal basis")
    FACTS = "facts", _("Facts")
    CONSIDERATIONS = "considerations", _("Main considerations")
    CONSEQUENCES = "consequences", _("Consequences")
    NEXT_STEPS = "next_steps", _("What happens next")
    APPEAL = "appeal", _("Appeal guidance")


class Channel(models.TextChoices):
    DIGITAL_POST = "digital_post", _("Digital Post")
    EMAIL = "email", _("E-mail")
    PRINT = "print", _("Paper")
    NONE = "none", _("Read in the system")


class LetterStatus(models.TextChoices):
    READY = "ready", _("Ready to send")
    QUEUED = "queued", _("Waits for the print batch")
    CLAIMED = "claimed", _("Being sent")
    DISPATCHED = "dispatched", _("Sent")
    FAILED = "failed", _("Not sent, an error occurred")
    HELD = "held", _("Held back")
    DROPPED = "dropped", _("Not to be sent")
