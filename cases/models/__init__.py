from cases.models.casefile import Business, CaseFile, Cohort, NumberSeries, PhaseChange, Referral
from cases.models.citizen import Citizen, LivelihoodPeriod
from cases.models.decision import Decision
from cases.models.draft import Draft
from cases.models.flag import Flag
from cases.models.work import Contact, JournalEntry, Task

__all__ = [
    "Business",
    "CaseFile",
    "Citizen",
    "Cohort",
    "Contact",
    "Decision",
    "Flag",
    "Draft",
    "JournalEntry",
    "LivelihoodPeriod",
    "NumberSeries",
    "PhaseChange",
    "Referral",
    "Task",
]
