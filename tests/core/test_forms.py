from datetime import date, time
from decimal import Decimal

import pytest
from django import forms
from django.forms import formset_factory

from microloan.core import forms as fields
from microloan.core.cpr import Cpr
from microloan.core.danish import NBSP
from microloan.core.forms import BaseForm, form_errors_for_summary

D = Decimal


class LoanForm(BaseForm):
    amount = fields.AmountField(label="Lånebeløb", min_value=D("1000"), max_value=D("50000"))
    paid_on = fields.DateField(label="Udbetalt den", required=False)
    kind = forms.ChoiceField(label="Art", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    booked = forms.BooleanField(label="Jeg har bogført beløbet som lån")
    note = forms.CharField(label="Bemærkning", required=False, widget=forms.Textarea)


def error_of(field: forms.Field, text: str) -> str:
    with pytest.raises(forms.ValidationError) as refusal:
        field.clean(text)
    return refusal.value.messages[0]


@pytest.mark.parametrize("text", ["0", "-5", "999,99", "50.000,01", "99999999"])
def test_an_amount_outside_the_limits_is_told_the_limits(text):
    field = fields.AmountField(min_value=D("1000"), max_value=D("50000"))
    assert error_of(field, text) == f"Skriv et beløb mellem 1.000 og 50.000{NBSP}kr."


@pytest.mark.parametrize(
    ("limits", "text", "message"),
    [
        ({}, "0", f"Skriv et beløb over 0{NBSP}kr."),
        ({}, "-5", f"Skriv et beløb over 0{NBSP}kr."),
        ({}, "abc", "Skriv et beløb i tal, fx 35.000 eller 416,67."),
        ({}, "1.234", "Skriv 1234 eller 1.234,00, så punktummet ikke kan misforstås."),
        ({"max_value": D("35000")}, "99999999", f"Skriv et beløb over 0 og højst 35.000{NBSP}kr."),
        ({"min_value": 500}, "1", f"Skriv et beløb på mindst 500{NBSP}kr."),
        ({"min_value": None, "max_value": 5}, "6", f"Skriv et beløb på højst 5{NBSP}kr."),
        ({"whole": True}, "12,50", "Skriv hele kroner uden øre."),
        ({}, "9" * 500, "Beløbet er for stort."),
    ],
)
def test_payments_that_cannot_be_right_fail_politely(limits, text, message):
    assert error_of(fields.AmountField(**limits), text) == message


def test_fields_give_typed_values():
    assert fields.AmountField().clean("35.000,50 kr.") == D("35000.50")
    assert fields.DateField().clean("3/5-27") == date(2027, 5, 3)
    assert fields.TimeField().clean("1015") == time(10, 15)
    assert fields.CvrField().clean("DK 10 15 08 17") == "10150817"
    assert fields.PostcodeField().clean("2100") == "2100"
    assert fields.CprField().clean("720390-1234") == "7203901234"


def test_empty_optional_fields():
    assert fields.AmountField(required=False).clean("") is None
    assert fields.DateField(required=False).clean("  ") is None
    assert fields.PhoneField(required=False).clean("") == ""
    assert fields.PostcodeField(required=False).clean("") == ""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12 34 56 78", "12345678"),
        ("+45 12345678", "12345678"),
        ("0045 12 34 56 78", "12345678"),
        ("45123456", "45123456"),
        ("+46 70-123 45 67", "+46701234567"),
        ("0046701234567", "+46701234567"),
    ],
)
def test_telephone_numbers(text, number):
    assert fields.PhoneField().clean(text) == number


@pytest.mark.parametrize(
    ("field", "text", "hint"),
    [
        (fields.PhoneField(), "1234567", "otte cifre"),
        (fields.PhoneField(), "+45 1234567", "otte cifre"),
        (fields.PhoneField(), "ring", "otte cifre"),
        (fields.CvrField(), "1015081", "otte cifre"),
        (fields.CvrField(), "10150818", "ikke et sådant CVR-nummer"),
        (fields.CvrField(), "00000000", "ikke et sådant CVR-nummer"),
        (fields.PostcodeField(), "210", "fire cifre"),
        (fields.PostcodeField(), "0000", "fire cifre"),
        (fields.CprField(), "010190-1234", "opdigtede"),
        (fields.CprField(), "", "ti cifre"),
        (fields.DateField(), "", "dd-mm-åååå"),
        (fields.DateField(), "30-02-2027", "Februar 2027"),
        (fields.DateField(min_value=date(2026, 11, 20)), "19-11-2026", "ikke er før 20. november 2026"),
        (fields.DateField(max_value=date(2026, 11, 20)), "21-11-2026", "ikke er efter 20. november 2026"),
        (fields.TimeField(), "25.00", "tt.mm"),
        (fields.DateField(), "\x00", "dd-mm-åååå"),
        (fields.DateField(), f"05-03-2027{' ' * 40}og 06-03-2027", "dd-mm-åååå"),
        (fields.AmountField(), f"100{' ' * 40}00", "35.000"),
    ],
)
def test_what_is_wrong_is_told_at_the_field(field, text, hint):
    assert hint in error_of(field, text)


def test_the_number_is_not_in_the_message():
    assert "1234" not in error_of(fields.CprField(), "010190-1234")


def test_input_is_kept_and_stored_values_are_shown_as_they_are_written():
    form = LoanForm({"amount": "1.234", "paid_on": "i morgen"})
    html = form.as_p()
    assert 'value="1.234"' in html
    assert 'value="i morgen"' in html
    fresh = LoanForm(initial={"amount": D("35500.00"), "paid_on": date(2027, 5, 3)}).as_p()
    assert 'value="35500"' in fresh
    assert 'value="03-05-2027"' in fresh
    assert fields.PhoneField().prepare_value("12345678") == "12345678"
    assert fields.CprField().prepare_value(Cpr("7203901234")) == "720390-1234"
    assert fields.TimeField().prepare_value(time(9, 5)) == "09.05"
    assert fields.phone_groups("12345678") == "12 34 56 78"
    assert fields.phone_groups("+46701234567") == "+46701234567"


def test_what_was_shown_is_not_a_change():
    form = LoanForm(
        {"amount": "35.000,00 kr.", "paid_on": "3/5-27", "kind": "a", "booked": "on"},
        initial={"amount": D("35000"), "paid_on": date(2027, 5, 3), "kind": "a", "booked": True},
    )
    assert form.changed_data == []
    assert LoanForm({"amount": "abc"}, initial={"amount": D("1000")}).fields["amount"].has_changed(D("1000"), "abc")


@pytest.mark.parametrize("size", [20, 20000])
def test_a_text_that_is_too_long_is_told_how_long_it_may_be_and_is(size):
    class LongForm(BaseForm):
        text = forms.CharField(max_length=size)

    limit, number = f"{size:,}".replace(",", "."), f"{size + 5:,}".replace(",", ".")
    error = LongForm({"text": "ø" * (size + 5)}).errors["text"]
    assert error == [f"Skriv højst {limit} tegn. Der er {number}."]
    assert not LongForm({"text": "ø" * size}).errors


def test_the_form_asks_in_words_and_leaves_the_browser_out():
    form = LoanForm({})
    html = form.as_p()
    assert "required" not in html.replace("requiredField", "")
    assert html.count('autocomplete="off"') >= 4
    assert "maxlength" not in html
    assert str(form.fields["note"].label) == "Bemærkning"  # the field template says that it is optional
    assert str(form.fields["amount"].label) == "Lånebeløb"
    assert form.errors["kind"] == ["Vælg et svar under »Art«."]
    assert form.errors["booked"] == ["Sæt kryds ved »Jeg har bogført beløbet som lån«."]
    assert form.errors["amount"] == ["Udfyld »Lånebeløb«."]


def test_the_summary_leads_to_each_field_in_order():
    form = LoanForm({"amount": "1.234"})
    form.add_error(None, "Lånet er allerede udbetalt.")
    lines = [(line.target, line.text) for line in form_errors_for_summary(form)]
    assert lines == [
        ("", "Lånet er allerede udbetalt."),
        ("id_amount", "Skriv 1234 eller 1.234,00, så punktummet ikke kan misforstås."),
        ("id_kind_0", "Vælg et svar under »Art«."),
        ("id_booked", "Sæt kryds ved »Jeg har bogført beløbet som lån«."),
    ]
    assert 'id="id_kind_0"' in form.as_p()


def test_the_summary_takes_formsets():
    formset = formset_factory(LoanForm)(
        {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-amount": "abc", "form-0-kind": "a"}
    )
    assert not formset.is_valid()
    assert form_errors_for_summary(formset)[0].target == "id_form-0-amount"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Åse\x0bØvelse", "Åse Øvelse"),
        ("a\x01b\x7f", "ab"),
        ("\u202efdp.exe", "fdp.exe"),
        ("a\tb\r\nc", "a\tb\r\nc"),
        ("👩\u200d🚀", "👩\u200d🚀"),
    ],
)
def test_signs_that_nobody_sees_are_not_kept(typed, kept):
    form = LoanForm({"amount": "2000", "kind": "a", "booked": "on", "note": typed})
    assert form.is_valid()
    assert form.cleaned_data["note"] == kept


def test_a_name_of_nothing_but_unseen_signs_is_missing():
    class NameForm(BaseForm):
        name = forms.CharField(label="Navn")

    assert NameForm({"name": "\u200b\ufeff"}).errors["name"] == ["Udfyld »Navn«."]


def test_a_password_stays_as_it_was_typed():
    class PasswordForm(BaseForm):
        password = forms.CharField(widget=forms.PasswordInput, strip=False)

    form = PasswordForm({"password": " a\x01b"})
    assert form.is_valid()
    assert form.cleaned_data["password"] == " a\x01b"


def test_a_field_of_one_line_holds_one_line():
    class NameForm(BaseForm):
        name = forms.CharField(label="Navn")
        text = forms.CharField(label="Tekst", widget=forms.Textarea)

    form = NameForm({"name": "Tove\r\nEND:VEVENT", "text": "a\nb"})
    assert form.is_valid()
    assert form.cleaned_data == {"name": "Tove END:VEVENT", "text": "a\nb"}
