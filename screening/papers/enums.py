from django.db import models
from django.utils.translation import gettext_lazy as _


class PaperKind(models.TextChoices):
    """What the citizen writes about himself and the business, each in versions (domain.md §4)."""

    PERSON_PROFILE = "person_profile", _("Person profile")
    BUSINESS_PLAN = "business_plan", _("Business plan")
    SELF_EVALUATION = "self_evaluation", _("Self-evaluation")
    ACTION_PLAN = "action_plan", _("Action plan")


class PlanStage(models.TextChoices):
    """A business plan begins provisional and becomes detailed. Other papers have no stage."""

    PROVISIONAL = "provisional", _("Provisional")
    DETAILED = "detailed", _("Detailed")


class PaperSource(models.TextChoices):
    TYPED = "typed", _("Typed")
    FORM = "form", _("Read from the citizen's form")


class FormResult(models.TextChoices):
    """What a file that came back turned out to be."""

    READ = "read", _("Read")
    OLDER = "older", _("Made from an older version")
    OTHER_CASE = "other_case", _("Belongs to another case")
    CHANGED = "changed", _("The number of the form has been changed")
    FLATTENED = "flattened", _("Without fields")
    SCANNED = "scanned", _("Scanned or photographed")
    FOREIGN = "foreign", _("Not one of our forms")
    LOCKED = "locked", _("Locked with a password")
    BROKEN = "broken", _("Cannot be read")


# Whose answers are shown next to what is stored.
READABLE = frozenset({FormResult.READ, FormResult.OLDER})


class GoalResult(models.TextChoices):
    """How it stands with a goal at an evaluation meeting."""

    NOT_BEGUN = "not_begun", _("Not begun")
    ON_THE_WAY = "on_the_way", _("On the way")
    REACHED = "reached", _("Reached")
    DROPPED = "dropped", _("Given up")


FINISHED_GOALS = frozenset({GoalResult.REACHED, GoalResult.DROPPED})
