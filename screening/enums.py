from django.db import models
from django.utils.translation import gettext_lazy as _


class ScreeningNumber(models.IntegerChoices):
    ONE = 1, _("Screening 1")
    TWO = 2, _("Screening 2")
    THREE = 3, _("Screening 3")
    FOUR = 4, _("Screening 4")


class ScreeningState(models.TextChoices):
    """A round's way: drafted by the team, recommended, decided by the project lead and locked (domain.md §4)."""

    DRAFT = "draft", _("Draft")
    RECOMMENDED = "recommended", _("Sent to the project lead")
    DECIDED = "decided", _("Decided")


class Outcome(models.TextChoices):
    """Recommendation and decision. At screening 3 they are shown as green, yellow and red (domain.md §4)."""

    CONTINUE = "continue", _("Continue")
    REVISE = "revise", _("Revise and come back")
    STOP = "stop", _("Stop")


class Rating(models.TextChoices):
    GREEN = "green", _("Green")
    YELLOW = "yellow", _("Yellow")
    RED = "red", _("Red")


RATING_OF = {Outcome.CONTINUE: Rating.GREEN, Outcome.REVISE: Rating.YELLOW, Outcome.STOP: Rating.RED}


class Hearing(models.TextChoices):
    """What a decision against the citizen rests on (danish-rules.md §2.1)."""

    ANSWERED = "answered", _("The citizen has answered")
    EXPIRED = "expired", _("The deadline passed without an answer")
    NOT_NEEDED = "not_needed", _("Not needed, because …")


class BudgetKind(models.TextChoices):
    ESTABLISHMENT = "establishment_budget", _("Establishment budget")
    OPERATING = "operating_budget", _("Operating budget")
    LIQUIDITY = "liquidity_budget", _("Liquidity budget")


class BudgetState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    APPROVED = "approved", _("Approved")


class LineKind(models.TextChoices):
    EXPENSE = "expense", _("Expense")
    OWN_FUNDS = "own_funds", _("Own funds and other financing")


class RowSection(models.TextChoices):
    """Where a line of an operating or liquidity budget belongs."""

    SALES = "sales", _("Sales")
    OTHER_IN = "other_in", _("Other money in")
    GOODS = "goods", _("Goods and materials")
    COSTS = "costs", _("Running costs")
    START = "start", _("Purchases for the start")
    PRIVATE = "private", _("Owner's draw")


class VatPeriod(models.TextChoices):
    """How often the business settles VAT (danish-rules.md §9)."""

    NONE = "none", _("Not registered for VAT")
    QUARTER = "quarter", _("Every quarter")
    HALF_YEAR = "half_year", _("Every half-year")
