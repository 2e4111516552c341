from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """Who may do what: domain.md §2. A person has one role; a citizen is never a user."""

    CASEWORKER = "caseworker", _("Caseworker")
    REFERRAL_SPECIALIST = "referral_specialist", _("Referral specialist")
    COACH = "coach", _("Coach")
    PROJECT_LEAD = "project_lead", _("Project lead")
    BENEFITS_OFFICER = "benefits_officer", _("Benefits officer")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")
    AUDITOR = "auditor", _("DPO")


TEAM = frozenset({Role.COACH, Role.PROJECT_LEAD})
REFERRERS = frozenset({Role.CASEWORKER, Role.REFERRAL_SPECIALIST})


class AccessAction(models.TextChoices):
    """What was done with a citizen's data (danish-rules.md §7)."""

    VIEW = "view", _("Viewed")
    LIST = "list", _("Listed")
    SEARCH = "search", _("Searched")
    REVEAL = "reveal", _("Revealed CPR or address")
    CHANGE = "change", _("Changed")
    DOWNLOAD = "download", _("Downloaded")
    EXPORT = "export", _("Exported")
