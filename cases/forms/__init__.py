"""What the screens of a case take. The services decide; a form reads and says at the field what to write instead."""

from cases.forms.base import add_refusal
from cases.forms.case import (
    AcceptForm,
    CitizenForm,
    CloseForm,
    CoachForm,
    CohortForm,
    FirmForm,
    NextPhaseForm,
    ReopenForm,
)
from cases.forms.contacts import CancelContactForm, ContactForm, MoveContactForm
from cases.forms.documents import CaseFileForm, DocumentForm, FileForm, NewDocumentForm, WithdrawDocumentForm
from cases.forms.flags import FlagForm, ResolveFlagForm
from cases.forms.handover import AbsenceForm, HandOverForm
from cases.forms.journal import CorrectionForm, JournalFilterForm, MessageForm, NoteForm
from cases.forms.people import (
    PERSON_FORMS,
    ConsentForm,
    EndForm,
    ExemptionForm,
    InterpreterForm,
    MentorForm,
    NewMentorForm,
    PersonForm,
    RepresentativeForm,
    WithdrawConsentForm,
)
from cases.forms.referral import InquiryForm, ReferralForm, referral_form_for
from cases.forms.tasks import NewTaskForm, TaskEditForm, TaskForm
from cases.forms.worklist import AssignForm, ExportForm, MoveForm, SaveViewForm

__all__ = [
    "PERSON_FORMS",
    "AbsenceForm",
    "AcceptForm",
    "AssignForm",
    "CancelContactForm",
    "CaseFileForm",
    "CitizenForm",
    "CloseForm",
    "CoachForm",
    "CohortForm",
    "ConsentForm",
    "ContactForm",
    "CorrectionForm",
    "DocumentForm",
    "EndForm",
    "ExemptionForm",
    "ExportForm",
    "FileForm",
    "FirmForm",
    "FlagForm",
    "HandOverForm",
    "InquiryForm",
    "InterpreterForm",
    "JournalFilterForm",
    "MentorForm",
    "NewMentorForm",
    "MessageForm",
    "MoveContactForm",
    "MoveForm",
    "NewDocumentForm",
    "NewTaskForm",
    "NextPhaseForm",
    "NoteForm",
    "PersonForm",
    "ReferralForm",
    "ReopenForm",
    "RepresentativeForm",
    "ResolveFlagForm",
    "SaveViewForm",
    "TaskEditForm",
    "TaskForm",
    "WithdrawDocumentForm",
    "WithdrawConsentForm",
    "add_refusal",
    "referral_form_for",
]
