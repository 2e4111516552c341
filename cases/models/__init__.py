from cases.models.absence import Absence, HandedOverCase, HandOver
from cases.models.bulk import BulkChange, BulkKind
from cases.models.calendar import CalendarFeed
from cases.models.casefile import Business, CaseFile, Cohort, NumberSeries, PhaseChange, Referral
from cases.models.citizen import Citizen, LivelihoodPeriod
from cases.models.decision import Decision
from cases.models.document import Document, DocumentVersion, EntryMark
from cases.models.draft import Draft
from cases.models.exports import CaseFileExport
from cases.models.flag import Flag
from cases.models.notice import ReferrerNotice
from cases.models.partner import PartnerOrganisation
from cases.models.people import Consent, Exemption, Interpreter, Mentor, Representative
from cases.models.saved_view import SavedView, ViewPage
from cases.models.turn import HolderChange
from cases.models.work import Contact, JournalEntry, Task

__all__ = [
    "Absence",
    "BulkChange",
    "BulkKind",
    "Business",
    "CalendarFeed",
    "CaseFile",
    "CaseFileExport",
    "Citizen",
    "Cohort",
    "Consent",
    "Contact",
    "Decision",
    "Document",
    "DocumentVersion",
    "Draft",
    "EntryMark",
    "Exemption",
    "Flag",
    "HandOver",
    "HandedOverCase",
    "HolderChange",
    "Interpreter",
    "JournalEntry",
    "LivelihoodPeriod",
    "Mentor",
    "NumberSeries",
    "PartnerOrganisation",
    "PhaseChange",
    "Referral",
    "ReferrerNotice",
    "Representative",
    "SavedView",
    "Task",
    "ViewPage",
]
