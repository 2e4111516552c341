from django.db import models
from django.utils.translation import gettext_lazy as _


class Phase(models.TextChoices):
    """The phases of a case, in order (domain.md §3.1)."""

    REFERRED = "referred", _("Referred")
    RECRUITMENT = "recruitment", _("Recruitment")
    BUSINESS_DEVELOPMENT = "business_development", _("Business development")
    COURSES = "courses", _("Courses")
    APPROVAL = "approval", _("Approval")
    MAIN_COURSE = "main_course", _("Main course")
    AFTERCARE = "aftercare", _("Aftercare")
    CLOSED = "closed", _("Closed")


PHASE_ORDER = tuple(Phase)
OPEN_PHASES = PHASE_ORDER[:-1]


class Livelihood(models.TextChoices):
    """What a citizen lives on. Codes are promised in interfaces.md; a historic one is kept for old cases only."""

    CASH_BENEFIT = "cash_benefit", _("Cash benefit")
    CASH_BENEFIT_JOB_TRAINING = "cash_benefit_job_training", _("Cash benefit with job training")
    SICKNESS_BENEFIT = "sickness_benefit", _("Sickness benefit")
    DISABILITY_PENSION = "disability_pension", _("Disability pension")
    FLEX_JOB_ALLOWANCE = "flex_job_allowance", _("Flex-job allowance")
    UNEMPLOYMENT_INSURANCE = "unemployment_insurance", _("Unemployment insurance benefit")
    REHABILITATION_BENEFIT = "rehabilitation_benefit", _("Rehabilitation benefit")
    EDUCATION_BENEFIT = "education_benefit", _("Education benefit")
    STUDENT_GRANT_WITH_BENEFIT = "student_grant_with_benefit", _("Student grant with benefit")
    # Beside the codes of interfaces.md: what a referral says in words (ui-guide.md §3.7).
    OTHER = "other", _("Other")
    OWN_BUSINESS = "own_business", _("Own business")
    EMPLOYMENT = "employment", _("Employment")
    EDUCATION = "education", _("Education without benefits")
    MIXED_SELF_SUPPORT = "mixed_self_support", _("Mixed self-support")
    UNKNOWN = "unknown", _("Not known")


# interfaces.md: the kinds that count as self-supporting.
SELF_SUPPORTING = frozenset(
    {Livelihood.OWN_BUSINESS, Livelihood.EMPLOYMENT, Livelihood.EDUCATION, Livelihood.MIXED_SELF_SUPPORT}
)
# danish-rules.md §1.4: ended benefits. Old cases keep them; nobody may choose them for a new one.
HISTORIC_LIVELIHOODS = frozenset({Livelihood.EDUCATION_BENEFIT, Livelihood.REHABILITATION_BENEFIT})
# What a referral may state: benefits in force, something else, and "not known".
REFERRAL_LIVELIHOODS = tuple(
    livelihood
    for livelihood in Livelihood
    if livelihood not in SELF_SUPPORTING and livelihood not in HISTORIC_LIVELIHOODS
)


def livelihoods_of_rule_sets() -> list[tuple[str, str]]:
    """What a rule set may call eligible: benefits, also ended ones, for old rule sets list them."""
    return [
        (livelihood.value, str(livelihood.label))
        for livelihood in Livelihood
        if livelihood not in {*SELF_SUPPORTING, Livelihood.OTHER, Livelihood.UNKNOWN}
    ]


class Sex(models.TextChoices):
    FEMALE = "K", _("Woman")
    MALE = "M", _("Man")


class Channel(models.TextChoices):
    """How the citizen came to the programme (domain.md §3.3)."""

    CASEWORKER = "caseworker", _("Caseworker")
    INQUIRY = "inquiry", _("Citizen's own inquiry")
    PARTNER = "partner", _("Partner organisation")
    INFORMATION_MEETING = "information_meeting", _("Information meeting")
    PRESS = "press", _("Press or web")
    OTHER_DEPARTMENT = "other_department", _("Another department")


class Source(models.TextChoices):
    LIVE = "live", _("This system")
    HISTORY = "history", _("Imported from former cohorts")


class ClosingReason(models.TextChoices):
    """Why a case closed (domain.md §3.4). A case cannot close without one."""

    LARGER_LOAN = "larger_loan", _("Wanted a larger loan")
    OWN_LIMITATIONS = "own_limitations", _("Recognised own limitations")
    IDEA_NOT_REALISABLE = "idea_not_realisable", _("The idea cannot be realised (permit, market)")
    LANGUAGE = "language", _("Language")
    ILLNESS = "illness", _("Illness")
    STRAINED_FINANCES = "strained_finances", _("Strained finances during the course")
    WORRIED_ABOUT_INCOME = "worried_about_income", _("Worried about future income")
    FOUND_JOB = "found_job", _("Found a job")
    STARTED_EDUCATION = "started_education", _("Started an education")
    MOVED_AWAY = "moved_away", _("Moved away")
    NOT_IN_TARGET_GROUP = "not_in_target_group", _("Not in the target group")
    NO_CONTACT = "no_contact", _("Did not come, or no contact")
    REJECTED_SCREENING_1 = "rejected_screening_1", _("Not admitted at screening 1")
    REJECTED_SCREENING_2 = "rejected_screening_2", _("Stopped at screening 2")
    REJECTED_SCREENING_3 = "rejected_screening_3", _("Stopped at screening 3")
    LOAN_REFUSED = "loan_refused", _("The loan was refused")
    OTHER = "other", _("Other")
    COMPLETED = "completed", _("Completed")


class ClosedBy(models.TextChoices):
    """Whose choice it was; the programme prefers that citizens decide (domain.md §3.4)."""

    CITIZEN = "citizen", _("Citizen's choice")
    TEAM = "team", _("Team's decision")


class ContactKind(models.TextChoices):
    TELEPHONE_INTERVIEW = "telephone_interview", _("Telephone interview")
    FIRST_MEETING = "first_meeting", _("First meeting")
    SECOND_MEETING = "second_meeting", _("Second meeting")
    COACHING = "coaching", _("Coaching")
    EVALUATION = "evaluation", _("Evaluation meeting")
    NETWORK_MEETING = "network_meeting", _("Network meeting")
    FOLLOW_UP = "follow_up", _("Three-month follow-up")
    HOME_VISIT = "home_visit", _("Home visit")
    MESSAGE = "message", _("Text message or e-mail")


class ContactState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    ATTENDED = "attended", _("Attended")
    EXCUSED = "excused", _("Cancelled in time")
    NO_SHOW = "no_show", _("Did not come")
    # By us: it counts neither for nor against the citizen.
    CANCELLED = "cancelled", _("Cancelled by the team")


class EntryKind(models.TextChoices):
    """Kinds of journal entry; one timeline holds all that happened (domain.md §3.7)."""

    NOTE = "note", _("Note")
    CONTACT = "contact", _("Contact")
    PHASE = "phase", _("Phase")
    SCREENING = "screening", _("Screening")
    COURSE = "course", _("Course")
    LOAN = "loan", _("Loan")
    SUPPORT = "support", _("Living support")
    LETTER = "letter", _("Letter")
    DOCUMENT = "document", _("Document")
    CORRECTION = "correction", _("Correction")


class DocumentKind(models.TextChoices):
    """What a document of a case is."""

    APPLICATION = "application", _("Application or inquiry")
    PERSON_PROFILE = "person_profile", _("Person profile")
    BUSINESS_PLAN = "business_plan", _("Business plan")
    BUDGET = "budget", _("Budget")
    CV = "cv", _("CV or certificate")
    OFFER = "offer", _("Offer or price")
    CONTRACT = "contract", _("Contract or lease")
    PERMIT = "permit", _("Permit")
    CONSENT = "consent", _("Consent or power of attorney")
    LOAN_AGREEMENT = "loan_agreement", _("Signed loan agreement")
    ACCOUNTS = "accounts", _("Accounts or bank statement")
    CORRESPONDENCE = "correspondence", _("Letter or e-mail received")
    OTHER = "other", _("Other document")


class FileFormat(models.TextChoices):
    """The files that are taken, under the ending they are stored with."""

    PDF = "pdf", "PDF"
    PNG = "png", "PNG"
    JPEG = "jpg", "JPEG"
    DOCX = "docx", "Word (DOCX)"
    XLSX = "xlsx", "Excel (XLSX)"
    ODT = "odt", "OpenDocument (ODT)"

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self]


_OFFICE = "application/vnd.openxmlformats-officedocument"
CONTENT_TYPES = {
    FileFormat.PDF: "application/pdf",
    FileFormat.PNG: "image/png",
    FileFormat.JPEG: "image/jpeg",
    FileFormat.DOCX: f"{_OFFICE}.wordprocessingml.document",
    FileFormat.XLSX: f"{_OFFICE}.spreadsheetml.sheet",
    FileFormat.ODT: "application/vnd.oasis.opendocument.text",
}


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Waits its turn")
    MAKING = "making", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Could not be made")
    EXPIRED = "expired", _("Deleted")


class Holder(models.TextChoices):
    """Who has the ball (domain.md §3.6)."""

    TEAM = "team", _("The team")
    PROJECT_LEAD = "project_lead", _("Project lead")
    CITIZEN = "citizen", _("The citizen")
    CASEWORKER = "caseworker", _("The caseworker")
    BENEFITS_OFFICER = "benefits_officer", _("Benefits officer")


class BusinessForm(models.TextChoices):
    SOLE_PROPRIETORSHIP = "sole_proprietorship", _("Sole proprietorship")
    PMV = "pmv", _("Small personal business (PMV)")
    APS = "aps", _("Private limited company (ApS)")
    PARTNERSHIP = "partnership", _("Partnership (I/S)")


# domain.md §3.2, danish-rules.md §9: no loan to a partnership; an ApS is a warning that must be answered.
INELIGIBLE_FORMS = frozenset({BusinessForm.PARTNERSHIP})


class LetterPreference(models.TextChoices):
    DIGITAL_POST = "digital_post", _("Digital Post")
    PAPER = "paper", _("Paper letter")


# How far a case has come, for those who referred it: whole sentences without our own words (ui-guide.md §3.7).
PLAIN_STEPS = {
    Phase.REFERRED: _("Waits for the first conversation"),
    Phase.RECRUITMENT: _("Talks with the team about the idea"),
    Phase.BUSINESS_DEVELOPMENT: _("Works on plan and budget"),
    Phase.COURSES: _("Takes part in the courses"),
    Phase.APPROVAL: _("The loan is being considered"),
    Phase.MAIN_COURSE: _("Has started the business"),
    Phase.AFTERCARE: _("Runs the business and repays the loan"),
    Phase.CLOSED: _("Has left the programme"),
}


class ConsentKind(models.TextChoices):
    """What a citizen may agree to (domain.md §3.4)."""

    DATA_SHARING = "data_sharing", _("Sharing of data")
    MENTOR = "mentor", _("Mentor")
    BANK_VIEW = "bank_view", _("View access to the bank account")
    EVALUATION = "evaluation", _("Contact for evaluation")


PLAIN_COMPLETED = _("Has completed the programme")
