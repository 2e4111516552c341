"""Form fields that take what Danes write, and a form that behaves as ui-guide.md §2 asks.

Every field refuses at the field, in words that say what to do. Browsers do not validate on their own: their messages
follow the browser's language, not the page's.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from stdnum.dk import cvr
from stdnum.exceptions import ValidationError as NotACvr

from microloan.core import clock, cpr, danish
from microloan.core.danish import Unreadable

FOREIGN_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
ABOVE_ZERO = Decimal("0.01")
# Signs that nobody sees and that no letter or spreadsheet can hold: control characters, which come along when text is
# pasted from a PDF or a slide, and those that turn the direction of what follows. NUL is refused by the field itself.
_UNSEEN: dict[int, str | None] = {
    **dict.fromkeys([*range(1, 9), *range(14, 32), *range(0x7F, 0xA0)]),
    **dict.fromkeys([0x200B, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]),
    **dict.fromkeys([0x0B, 0x0C, 0x2028, 0x2029], " "),
}
_LINE_ENDS = re.compile(r"[\r\n]+")


def as_validation_error(error: Unreadable, code: str = "unreadable") -> ValidationError:
    return ValidationError(str(error.message), code=code)


class _ReadField(forms.CharField):
    """A text field whose value is read by a parser and shown again in its short form."""

    input_chars = 12
    input_mode = "numeric"
    max_typed = 40

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", self.max_typed)
        super().__init__(**kwargs)
        self.validators = [v for v in self.validators if not isinstance(v, MaxLengthValidator)]

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)  # a pasted text is refused in words, not cut silently
        return {**attrs, "inputmode": self.input_mode, "size": str(self.input_chars), "class": "field-short"}

    def read(self, text: str) -> Any:
        raise NotImplementedError

    def show(self, value: Any) -> str:
        return str(value)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) if isinstance(value, str) or value is None else value
        if text in self.empty_values:
            return None
        if not isinstance(text, str):
            return text
        try:
            # Space does not count as length: what follows after much of it is read too, not cut off.
            return self.read(" ".join(text.split())[: self.max_typed + 1])
        except Unreadable as error:
            raise as_validation_error(error) from None

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else self.show(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != (self.to_python(initial) if initial is not None else None)
        except ValidationError:
            return True


class AmountField(_ReadField):
    """Kroner: `35000`, `35.000`, `35.000,00 kr.`; refuses what could be read in two ways (`danish.parse_amount`)."""

    input_mode = "decimal"

    def __init__(
        self,
        *,
        min_value: Decimal | int | None = ABOVE_ZERO,
        max_value: Decimal | int | None = None,
        whole: bool = False,
        **kwargs: Any,
    ) -> None:
        self.min_value, self.max_value, self.whole = min_value, max_value, whole
        super().__init__(**kwargs)

    def read(self, text: str) -> Decimal:
        return danish.parse_amount(text)

    def show(self, value: Decimal) -> str:
        return danish.amount_input(value)

    def validate(self, value: Decimal | None) -> None:
        super().validate(value)
        if value is None:
            return
        too_small = self.min_value is not None and value < self.min_value
        too_large = self.max_value is not None and value > self.max_value
        if too_small or too_large:
            raise ValidationError(self.limits_message(), code="limits")
        if self.whole and value != int(value):
            raise ValidationError(_("Write whole kroner, without øre."), code="whole")

    def limits_message(self) -> str:
        low = danish.grouped(self.min_value) if self.min_value not in (None, ABOVE_ZERO) else ""
        high = danish.kr(self.max_value) if self.max_value is not None else ""
        if low and high:
            return str(_("Write an amount between %(low)s and %(high)s.")) % {"low": low, "high": high}
        if low:
            return str(_("Write an amount of at least %(low)s kr.")) % {"low": low}
        if high and self.min_value is None:
            return str(_("Write an amount of at most %(high)s.")) % {"high": high}
        if high:
            return str(_("Write an amount above 0 and up to %(high)s.")) % {"high": high}
        return str(_("Write an amount above 0 kr."))


class DateField(_ReadField):
    """A date as text: native date fields follow the browser's language, not the page's."""

    default_error_messages = {"required": _("Write the date as dd-mm-yyyy.")}  # noqa: RUF012

    def __init__(
        self, *, min_value: date | None = None, max_value: date | None = None, is_past: bool = False, **kwargs: Any
    ) -> None:
        """`is_past`: a year of two digits is one that has begun, such as that of a birth."""
        self.min_value, self.max_value, self.is_past = min_value, max_value, is_past
        kwargs.setdefault("help_text", _("dd-mm-yyyy"))
        super().__init__(**kwargs)

    def read(self, text: str) -> date:
        if self.is_past:
            return danish.parse_date(text, last_short_year=clock.today().year % 100)
        return danish.parse_date(text)

    def show(self, value: date) -> str:
        return danish.input_date(value)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is None:
            return
        if self.min_value and value < self.min_value:
            message = _("Write a date that is not before %(date)s.") % {"date": danish.long_date(self.min_value)}
            raise ValidationError(message, code="min_value")
        if self.max_value and value > self.max_value:
            message = _("Write a date that is not after %(date)s.") % {"date": danish.long_date(self.max_value)}
            raise ValidationError(message, code="max_value")


class TimeField(_ReadField):
    """A time of day: `10.15`, `10:15`, `1015`."""

    input_chars = 6
    default_error_messages = {"required": _("Write the time of day as hh.mm, such as 10.15.")}  # noqa: RUF012

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("hh.mm"))
        super().__init__(**kwargs)

    def read(self, text: str) -> time:
        return danish.parse_time(text)

    def show(self, value: time) -> str:
        return danish.input_time(value)


class CprField(_ReadField):
    """A possible CPR number as ten digits. Messages never repeat the number."""

    default_error_messages = {"required": _("Write the CPR number with ten digits, such as ddmmyy-1234.")}  # noqa: RUF012

    def read(self, text: str) -> str:
        return cpr.validate(text, today=clock.today())

    def show(self, value: Any) -> str:
        return value.formatted if isinstance(value, cpr.Cpr) else str(value)


class CvrField(_ReadField):
    """A CVR number: eight digits with a check digit (danish-rules.md §4)."""

    default_error_messages = {"required": _("Write the CVR number with eight digits.")}  # noqa: RUF012

    def read(self, text: str) -> str:
        digits = re.sub(r"^DK", "", re.sub(r"[\s.\u00a0-]", "", text).upper())
        if not re.fullmatch(r"[0-9]{8}", digits):
            raise Unreadable(_("Write the CVR number with eight digits."))
        try:
            return str(cvr.validate(digits))
        except NotACvr:
            raise Unreadable(_("There is no such CVR number. Check the eight digits.")) from None


class PhoneField(_ReadField):
    """A telephone number: eight digits (`12 34 56 78`), or a foreign one with `+` and country code."""

    input_mode = "tel"
    input_chars = 16
    default_error_messages = {"required": _("Write the telephone number with eight digits.")}  # noqa: RUF012

    def read(self, text: str) -> str:
        digits = re.sub(r"[\s\u00a0().-]", "", text)
        digits = re.sub(r"^(?:\+45|0045)(?=[0-9]{8}$)", "", digits)
        if re.fullmatch(r"[0-9]{8}", digits):
            return digits
        international = re.sub(r"^00", "+", digits)
        if FOREIGN_PHONE.fullmatch(international) and not international.startswith("+45"):
            return international
        raise Unreadable(_("Write the telephone number with eight digits, or with + and the country code."))

    def to_python(self, value: Any) -> Any:
        read = super().to_python(value)
        return "" if read is None else read

    def show(self, value: Any) -> str:
        return phone_groups(str(value))


class PostcodeField(_ReadField):
    """Four digits, 0555–9990 are in use."""

    input_chars = 4
    default_error_messages = {"required": _("Write the postcode with four digits, such as 2100.")}  # noqa: RUF012

    def read(self, text: str) -> str:
        digits = re.sub(r"^DK-?", "", re.sub(r"[\s\u00a0]", "", text).upper())
        if not re.fullmatch(r"[0-9]{4}", digits) or not 555 <= int(digits) <= 9999:
            raise Unreadable(_("Write the postcode with four digits, such as 2100."))
        return digits

    def to_python(self, value: Any) -> Any:
        read = super().to_python(value)
        return "" if read is None else read


def plain_phone(text: str) -> str:
    """A telephone number as it is stored and searched, without spaces and `+45`; what is no number stays as it is."""
    try:
        return str(PhoneField(required=False).to_python(text))
    except ValidationError:
        return text.strip()


def phone_groups(number: str) -> str:
    """`12345678` → `12 34 56 78`; foreign numbers stay as they are."""
    return " ".join(re.findall("..", number)) if re.fullmatch(r"[0-9]{8}", number) else number


class DanishFormMixin:
    """What all our forms share: Danish words for missing answers, no browser validation, no autocomplete.

    The field template writes "(frivilligt)" behind optional fields instead of stars on the rest; a form of which all
    is optional (filters) sets `mark_optional = False`.
    """

    use_required_attribute = False
    mark_optional = True
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            self._prepare(name, field)

    def _prepare(self, name: str, field: forms.Field) -> None:
        if not field.widget.is_hidden:
            field.widget.attrs.setdefault("autocomplete", "off")
        if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.PasswordInput):
            reader: Any = field
            is_line = not isinstance(field.widget, forms.Textarea | forms.HiddenInput)
            reader.to_python = _without_unseen(field.to_python, is_line=is_line)
        if field.label is None:
            field.label = name.replace("_", " ").capitalize()
        field.validators = [_in_our_words(validator) for validator in field.validators]
        plain_required = forms.Field.default_error_messages["required"]
        if field.required and field.error_messages.get("required") == plain_required:
            field.error_messages["required"] = _required_message(field)


def _without_unseen(read: Callable[[Any], Any], *, is_line: bool) -> Callable[[Any], Any]:
    """`is_line`: a field of one line holds one, whoever sends the form: names stand in subjects, headers and calendars."""

    def to_python(value: Any) -> Any:
        if not isinstance(value, str):
            return read(value)
        plain = value.translate(_UNSEEN)
        return read(_LINE_ENDS.sub(" ", plain) if is_line else plain)

    return to_python


class AtMost(MaxLengthValidator):
    """Says how much there may be and how much there is, so that one knows how much has to go."""

    def __call__(self, value: Any) -> None:
        number = self.clean(value)
        if number > self.limit_value:
            sizes = {"limit": danish.grouped(self.limit_value), "number": danish.grouped(number)}
            words = _("Write at most %(limit)s characters. There are %(number)s.")
            raise ValidationError(words, code=self.code, params=sizes)


def _in_our_words(validator: Any) -> Any:
    return AtMost(int(validator.limit_value)) if type(validator) is MaxLengthValidator else validator


def needed_sometimes(field: forms.Field) -> None:
    """Not "(optional)": an answer in another field makes this one needed, and its hint says which."""
    field.is_needed_sometimes = True  # type: ignore[attr-defined]


def _is_checkbox(field: forms.Field) -> bool:
    return isinstance(field.widget, forms.CheckboxInput)


def _required_message(field: forms.Field) -> str:
    label = str(field.label).rstrip("?:")
    if _is_checkbox(field):
        return str(_("Tick “%(label)s”.")) % {"label": label}
    if isinstance(field.widget, forms.Select | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return str(_("Choose an answer under “%(label)s”.")) % {"label": label}
    if isinstance(field, forms.FileField):
        return str(_("Choose a file under “%(label)s”.")) % {"label": label}
    return str(_("Fill in “%(label)s”.")) % {"label": label}


class BaseForm(DanishFormMixin, forms.Form):
    """Every form that is not made from a model."""


class BaseModelForm(DanishFormMixin, forms.ModelForm):
    """Every form that is made from a model; it validates, a service saves."""


@dataclass(frozen=True)
class SummaryError:
    """A line of the error summary: the id of the field (empty: the whole form), and the words that stand at the field too."""

    target: str
    text: str


def form_errors_for_summary(*forms_or_sets: Any) -> list[SummaryError]:
    """The errors of forms and formsets in the order of the page, for `includes/_error_summary.html`."""
    lines: list[SummaryError] = []
    for item in forms_or_sets:
        if isinstance(item, forms.BaseFormSet):
            lines += [SummaryError("", str(message)) for message in item.non_form_errors()]
            lines += form_errors_for_summary(*item.forms)
        else:
            lines += _errors_of(item)
    return lines


def _errors_of(form: forms.BaseForm) -> Iterable[SummaryError]:
    yield from (SummaryError("", str(message)) for message in form.non_field_errors())
    for bound in form:
        target = _first_control(bound)
        yield from (SummaryError(target, str(message)) for message in bound.errors)


def _first_control(bound: forms.BoundField) -> str:
    """The id of the first thing in the field that takes focus: radios and tick boxes have one each."""
    if isinstance(bound.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return f"{bound.auto_id}_0"
    return bound.id_for_label or bound.auto_id
