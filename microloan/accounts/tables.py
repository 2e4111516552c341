from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from microloan.accounts.audit import purpose_label, what_label
from microloan.accounts.enums import Role
from microloan.accounts.models import AccessLog, User
from microloan.core import danish

SHOWN_CASES = 3


class UserTable(tables.Table):
    full_name = tables.Column(
        verbose_name=gettext_lazy("Name"), attrs={"td": {"class": "mk-cell-title"}}, order_by=("full_name", "pk")
    )
    username = tables.Column(
        verbose_name=gettext_lazy("User name"), attrs={"td": {"data-label": gettext_lazy("User name")}}
    )
    role = tables.Column(
        verbose_name=gettext_lazy("Role"),
        attrs={"td": {"data-label": gettext_lazy("Role")}},
        order_by=("role", "full_name", "pk"),
    )
    centre = tables.Column(
        verbose_name=gettext_lazy("Centre"),
        attrs={"td": {"data-label": gettext_lazy("Centre")}},
        order_by=("centre__name", "full_name", "pk"),
        default="–",
    )
    specialist_trained_on = tables.Column(
        verbose_name=gettext_lazy("Trained"),
        attrs={"td": {"data-label": gettext_lazy("Trained")}},
        order_by=("specialist_trained_on", "full_name", "pk"),
        empty_values=(),
    )
    last_login = tables.Column(
        verbose_name=gettext_lazy("Last log-in"),
        attrs={"td": {"data-label": gettext_lazy("Last log-in")}},
        order_by=("last_login", "full_name", "pk"),
        empty_values=(),
    )

    class Meta:
        attrs = {"class": "table mk-cards", "caption": gettext_lazy("Users")}  # noqa: RUF012
        order_by = "full_name"

    def render_full_name(self, record: User) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("accounts:user", kwargs={"pk": record.pk}), record.full_name)

    def render_specialist_trained_on(self, record: User) -> str:
        if record.specialist_trained_on:
            return danish.short_date(record.specialist_trained_on)
        return _("Not yet") if record.role == Role.REFERRAL_SPECIALIST else "–"

    def render_last_login(self, record: User) -> str:
        return danish.date_and_time(record.last_login) if record.last_login else _("Never")


class AccessLogTable(tables.Table):
    at = tables.Column(
        verbose_name=gettext_lazy("Date and time"),
        attrs={"td": {"class": "mk-cell-title mk-nowrap"}},
        order_by=("at", "pk"),
    )
    user = tables.Column(
        verbose_name=gettext_lazy("Who"), attrs={"td": {"data-label": gettext_lazy("Who")}}, orderable=False
    )
    action = tables.Column(
        verbose_name=gettext_lazy("Action"), attrs={"td": {"data-label": gettext_lazy("Action")}}, orderable=False
    )
    what = tables.Column(
        verbose_name=gettext_lazy("What"), attrs={"td": {"data-label": gettext_lazy("What")}}, orderable=False
    )
    purpose = tables.Column(
        verbose_name=gettext_lazy("Purpose"), attrs={"td": {"data-label": gettext_lazy("Purpose")}}, orderable=False
    )
    case_numbers = tables.Column(
        verbose_name=gettext_lazy("Cases"),
        attrs={"td": {"data-label": gettext_lazy("Cases")}},
        orderable=False,
        empty_values=(),
    )

    class Meta:
        attrs = {"class": "table mk-cards", "caption": gettext_lazy("Access log")}  # noqa: RUF012
        order_by = "-at"

    def render_at(self, record: AccessLog) -> str:
        return danish.date_and_time(record.at)

    def render_user(self, record: AccessLog) -> SafeString:
        return format_html(
            '{}<span class="mk-sub mk-muted mk-small">{}</span>', record.user.full_name, record.get_role_display()
        )

    def render_what(self, value: str) -> str:
        return what_label(value)

    def render_purpose(self, value: str) -> str:
        return purpose_label(value)

    def render_case_numbers(self, record: AccessLog) -> Any:
        numbers = record.case_numbers
        if not numbers:
            return "–"
        links = format_html_join(
            ", ",
            '<a href="{}" class="mk-nowrap">{}</a>',
            ((reverse("accounts:access_log_case", kwargs={"number": n}), n) for n in numbers[:SHOWN_CASES]),
        )
        more = len(numbers) - SHOWN_CASES
        return format_html("{} {}", links, _("and %(count)s more") % {"count": more}) if more > 0 else links
