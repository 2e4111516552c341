"""What the screens of documents and of the case file as a PDF take."""

from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import case_file, files, services
from cases.enums import DocumentKind
from cases.models import Document
from microloan.core.forms import BaseForm, DateField
from microloan.core.two_versions import TwoVersionsForm

ACCEPT = ",".join(f".{ending}" for ending in files.ENDINGS)
OTHERS_HINT = _("It is left out when the citizen gets the case file.")


class FileForm(BaseForm):
    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, PNG, JPEG, Word (DOCX), Excel (XLSX) or OpenDocument (ODT), at most 20 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
        error_messages={"empty": _("The file is empty. Choose another.")},
        max_length=1000,
    )

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if given.size > files.MAX_SIZE:
            raise forms.ValidationError(_("The file is larger than 20 MB. Make it smaller, or divide it."))
        return given

    @property
    def upload(self) -> services.Upload:
        given = self.cleaned_data["file"]
        return services.Upload(name=given.name, data=given.read())


class DocumentForm(TwoVersionsForm):
    """What is known of a document besides its file."""

    kind = forms.ChoiceField(label=_("What is it?"), choices=[("", _("Choose a kind")), *DocumentKind.choices])
    title = forms.CharField(
        label=_("Title"), help_text=_("Such as “Lease of the shop”. Without CPR numbers."), max_length=120
    )
    dated = DateField(label=_("Date of the document"))
    others_data = forms.BooleanField(label=_("Holds another person's data"), help_text=OTHERS_HINT, required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(DateField, self.fields["dated"]).max_value = today

    @staticmethod
    def stored_of(document: Document) -> dict[str, Any]:
        return {name: getattr(document, name) for name in services.DOCUMENT_FIELDS}


class NewDocumentForm(DocumentForm, FileForm):
    """A document with its first file."""

    field_order = ("file", "kind", "title", "dated", "others_data")


class WithdrawDocumentForm(BaseForm):
    """Why a document does not belong to the case."""

    reason = forms.CharField(
        label=_("Why is it withdrawn?"),
        help_text=_("Such as “It belongs to another case”. Without names and CPR numbers: it stands in the journal."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write why the document is withdrawn.")},
    )


class CaseFileForm(BaseForm):
    """What goes into the case file as one PDF."""

    sections = forms.MultipleChoiceField(
        label=_("What is to be in it?"), widget=forms.CheckboxSelectMultiple, choices=()
    )
    leave_out = forms.BooleanField(
        label=_("Leave out what is marked as another person's data"),
        help_text=_("The file says where something is left out. Untick it for a file to Ankestyrelsen."),
        required=False,
    )
    mask_cpr = forms.BooleanField(
        label=_("Mask the CPR number"),
        help_text=_("In the pages that the system writes. Letters are merged in as they were sent."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.MultipleChoiceField, self.fields["sections"])
        field.choices = case_file.section_choices()
