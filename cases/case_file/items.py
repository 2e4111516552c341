"""What this room puts into a case file: the case itself, journal, contacts, documents (docs/decisions/113)."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.case_file.registry import Item, Section, register
from cases.document_queries import document_of
from cases.enums import FileFormat
from cases.journal_queries import marked
from cases.models import CaseFile, Document, JournalEntry
from microloan.core import danish


def register_sections() -> None:
    register(Section("about", gettext_lazy("The case"), about, order=10))
    register(Section("journal", gettext_lazy("Journal"), journal, order=20))
    register(Section("contacts", gettext_lazy("Contacts"), contacts, order=30))
    register(Section("documents", gettext_lazy("Documents"), documents, order=70))


def about(case: CaseFile) -> Iterator[Item]:
    """How the case began and which phases it has been in."""
    rows = [
        (_("Opened"), danish.long_date(case.opened_on)),
        (_("Channel"), case.get_channel_display()),
        (_("Livelihood at referral"), case.get_livelihood_display()),
        (_("Coach"), case.coach.full_name if case.coach else ""),
        (_("Cohort"), case.cohort.code if case.cohort else ""),
    ]
    if case.closed_on:
        rows += [
            (_("Closed"), danish.long_date(case.closed_on)),
            (_("Closing reason"), case.get_closing_reason_display()),
            (_("Whose choice"), case.get_closed_by_choice_of_display()),
        ]
    yield Item(title=_("The case"), rows=rows, text=case.closing_text)
    referral = getattr(case, "referral", None)
    if referral is not None:
        yield Item(
            title=_("Referral"),
            at=referral.received_on,
            by=referral.referred_by.full_name if referral.referred_by else "",
            text=case.idea,
            rows=[(known["text"], known["answer"]) for known in referral.warnings.values()],
        )
    for change in case.phase_changes.select_related("by"):
        yield Item(
            title=_("Phase: %(phase)s") % {"phase": change.get_to_phase_display()},
            at=change.on,
            by=change.by.full_name if change.by else "",
            text=change.reason,
        )


def journal(case: CaseFile) -> Iterator[Item]:
    """Every line, oldest first. A line about a marked document is left out with it, and so is one about a withdrawn one."""
    kept_back = Q(others_data=True) | Q(withdrawn_at__isnull=False)
    left_out = set(case.documents.filter(kept_back).values_list("pk", flat=True))
    entries = marked(case.journal.select_related("author", "corrects")).order_by("event_at", "pk")
    for entry in entries.iterator(chunk_size=500):
        rows = []
        if entry.entered_late:
            rows.append((_("Written"), danish.date_and_time(entry.entered_at)))
        if entry.corrects:
            rows.append((_("Corrects"), _line(entry.corrects)))
        yield Item(
            title=entry.title,
            at=entry.event_at,
            by=" · ".join([*([entry.author.full_name] if entry.author else []), entry.get_kind_display()]),
            rows=rows,
            text=entry.text,
            others_data=getattr(entry, "others_data", False) or document_of(entry) in left_out,
        )


def _line(entry: JournalEntry) -> str:
    """Which line, without its words: it may be marked."""
    return f"{entry.get_kind_display()}, {danish.date_and_time(entry.event_at)}"


def contacts(case: CaseFile) -> Iterator[Item]:
    """Meetings and calls, planned and held, oldest first. What was said stands in the journal."""
    for contact in case.contacts.prefetch_related("staff").order_by("at", "pk"):
        yield Item(
            title=f"{contact.get_kind_display()}: {contact.get_state_display()}",
            at=contact.at,
            rows=[
                (_("Place"), contact.place),
                (_("Staff present"), ", ".join(sorted(person.full_name for person in contact.staff.all()))),
            ],
        )


def documents(case: CaseFile) -> Iterator[Item]:
    """The newest version of each document: PDFs as pages, other files by name. Earlier versions are named."""
    for document in case.documents.kept().prefetch_related("versions").order_by("dated", "pk"):
        yield _document_item(document)


def _document_item(document: Document) -> Item:
    versions = sorted(document.versions.all(), key=lambda version: version.number)
    newest = versions[-1]
    rows = [
        (_("Kind"), document.get_kind_display()),
        (_("File"), f"{newest.name} ({FileFormat(newest.format).label})"),
        (_("Uploaded"), danish.date_and_time(newest.uploaded_at)),
    ]
    if len(versions) > 1:
        rows.append((_("Version"), _("%(number)s; the earlier ones are kept on the case") % {"number": newest.number}))
    is_pdf = newest.format == FileFormat.PDF
    return Item(
        title=document.title,
        at=document.dated,
        rows=rows,
        others_data=document.others_data,
        pdf=newest.read if is_pdf else None,
        listed=not is_pdf,
        in_index=True,
    )
