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


class Purpose(models.TextChoices):
    """Why citizens' data is looked at; told to citizens who ask (danish-rules.md §7)."""

    REFERRAL = "referral", _("Referral to the microloan programme and follow-up on it")
    CASEWORK = "casework", _("Casework in the microloan programme")
    PAYMENT = "payment", _("Payout and repayment of microloans")
    RESULTS = "results", _("Follow-up on the results of the programme")
    OPERATION = "operation", _("Running the system")
    SUPERVISION = "supervision", _("Supervision of data protection")
    ACCESS_REQUEST = "access_request", _("Answer to a citizen who asked who has looked at the data")


PURPOSE_OF_ROLE = {
    Role.CASEWORKER: Purpose.REFERRAL,
    Role.REFERRAL_SPECIALIST: Purpose.REFERRAL,
    Role.COACH: Purpose.CASEWORK,
    Role.PROJECT_LEAD: Purpose.CASEWORK,
    Role.BENEFITS_OFFICER: Purpose.PAYMENT,
    Role.MANAGER: Purpose.RESULTS,
    Role.ADMINISTRATOR: Purpose.OPERATION,
    Role.AUDITOR: Purpose.SUPERVISION,
}


class DigestChoice(models.TextChoices):
    """How often a worker gets the summary of own tasks by e-mail."""

    OFF = "off", _("Never")
    DAILY = "daily", _("Every working day")
    WEEKLY = "weekly", _("Once a week")
