from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.models import AccessLog, Centre, User
from microloan.core.forms import DanishFormMixin, DateField


class FilterForm(DanishFormMixin, forms.Form):
    """Nothing in a filter is required, so nothing is marked as optional."""

    mark_optional = False


class DateFilter(django_filters.Filter):
    field_class = DateField


class AccessLogFilter(django_filters.FilterSet):
    user = django_filters.ModelChoiceFilter(
        queryset=User.objects.order_by("full_name", "pk"), label=_("User"), empty_label=_("Everybody")
    )
    action = django_filters.ChoiceFilter(choices=AccessAction.choices, label=_("Action"), empty_label=_("All actions"))
    since = DateFilter(field_name="at", lookup_expr="date__gte", label=_("From"))
    until = DateFilter(field_name="at", lookup_expr="date__lte", label=_("To"))
    number = django_filters.CharFilter(method="by_number", label=_("Case no."), max_length=20)

    class Meta:
        model = AccessLog
        fields: tuple[str, ...] = ()
        form = FilterForm

    def by_number(self, queryset: QuerySet[AccessLog], name: str, value: str) -> QuerySet[AccessLog]:
        return queryset.filter(case_numbers__contains=[value.strip().upper()])


class UserFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="by_name", label=_("Name or user name"), max_length=60)
    role = django_filters.ChoiceFilter(choices=Role.choices, label=_("Role"), empty_label=_("All roles"))
    centre = django_filters.ModelChoiceFilter(
        queryset=Centre.objects.order_by("name", "pk"), label=_("Centre"), empty_label=_("All centres")
    )

    class Meta:
        model = User
        fields: tuple[str, ...] = ()
        form = FilterForm

    def by_name(self, queryset: QuerySet[User], name: str, value: Any) -> QuerySet[User]:
        return queryset.filter(Q(full_name__icontains=value) | Q(username__icontains=value))
