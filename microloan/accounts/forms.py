from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from microloan.accounts.demo import DEMO_PASSWORD
from microloan.accounts.enums import DigestChoice, Role
from microloan.accounts.models import Centre, User
from microloan.core.forms import BaseForm, DanishFormMixin, DateField, PhoneField


class LogInForm(DanishFormMixin, AuthenticationForm):
    error_messages = {  # noqa: RUF012
        "invalid_login": _("User name and password do not fit together. Mind upper and lower case in the password."),
        "inactive": _("User name and password do not fit together. Mind upper and lower case in the password."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["password"].label = _("Password")
        self.fields["username"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].widget.attrs["autocomplete"] = "current-password"
        self.fields["username"].error_messages["required"] = _("Write your user name.")
        self.fields["password"].error_messages["required"] = _("Write your password.")

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if self.cleaned_data.get("password") == DEMO_PASSWORD and not settings.DEMO:
            raise ValidationError(_("The password of the demo does not work here. Ring your administrator."), "demo")


class NewPasswordForm(DanishFormMixin, PasswordChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        old, first, second = (self.fields[name] for name in ("old_password", "new_password1", "new_password2"))
        old.label, first.label, second.label = _("Present password"), _("New password"), _("New password again")
        first.help_text = _(
            "At least 12 characters. Easy to remember and hard to guess: three words that have nothing to do with each other."
        )
        second.help_text = ""
        old.widget.attrs["autocomplete"] = "current-password"
        first.widget.attrs["autocomplete"] = second.widget.attrs["autocomplete"] = "new-password"
        old.error_messages["required"] = _("Write the password you have now.")
        first.error_messages["required"] = _("Write a new password.")
        second.error_messages["required"] = _("Write the new password once more.")
        self.error_messages = {
            **self.error_messages,
            "password_incorrect": _("This is not your present password."),
            "password_mismatch": _("The two new passwords are not the same. Write both again."),
        }


class PreferencesForm(BaseForm):
    shortcuts_enabled = forms.BooleanField(
        label=_("Use single-key shortcuts"),
        required=False,
        help_text=_("For example / for search. Switch them off if you dictate, or press keys by mistake."),
    )
    digest = forms.ChoiceField(
        label=_("Summary of your tasks by e-mail"),
        choices=DigestChoice.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "What is late and what is coming, by case number alone. Nothing comes when there is nothing to tell."
        ),
        required=False,  # nothing chosen changes nothing
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.is_team:  # the others have no tasks
            del self.fields["digest"]


class UserForm(BaseForm):
    """A member of staff, as the administrator sees one."""

    username = forms.CharField(label=_("User name"), max_length=60, help_text=_("For the log-in, such as mett0123."))
    full_name = forms.CharField(label=_("Name"), max_length=120)
    role = forms.ChoiceField(label=_("Role"), choices=[("", _("Choose a role")), *Role.choices])
    centre = forms.ModelChoiceField(
        Centre.objects.none(),
        label=_("Centre"),
        required=False,
        empty_label=_("No centre"),
        help_text=_("Caseworkers and referral specialists. A specialist sees all referrals from the centre."),
    )
    specialist_trained_on = DateField(
        label=_("Trained as referral specialist"), required=False, help_text=_("dd-mm-yyyy; by the project lead")
    )
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = PhoneField(label=_("Phone"), required=False)

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        if user is not None:
            kwargs["initial"] = {name: getattr(user, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        keep = user.centre_id if user is not None else None
        self.fields["centre"].queryset = Centre.objects.selectable(keep=keep)


class CentreForm(BaseForm):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("As it is called today; letters print it."))
    code = forms.SlugField(
        label=_("Short name"),
        max_length=20,
        help_text=_("Letters, digits and hyphen, such as centrum. For files; people see the name."),
    )
    is_active = forms.BooleanField(
        label=_("In use"), required=False, initial=True, help_text=_("A centre that is not in use cannot be chosen.")
    )

    def __init__(self, *args: Any, centre: Centre | None = None, **kwargs: Any) -> None:
        if centre is not None:
            kwargs["initial"] = {name: getattr(centre, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)


class DemoClockForm(BaseForm):
    """Some days, or up to a day; one of the two."""

    days = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=92)
    until = DateField(label=_("Move to"), required=False)
    mark_optional = False

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("days"):
            cleaned["day"] = self.today + timedelta(days=cleaned["days"])
        elif cleaned.get("until"):
            cleaned["day"] = cleaned["until"]
        elif not self.errors:
            self.add_error("until", _("Write the day that the clock is to show."))
        return cleaned
