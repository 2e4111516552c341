from django.urls import URLPattern, URLResolver, path

from microloan.policy import views

app_name = "policy"
urlpatterns: list[URLPattern | URLResolver] = [
    path("rule-sets/", views.rule_sets, name="rule_sets"),
    path("rule-sets/new/", views.rule_set_new, name="rule_set_new"),
    path("rule-sets/<int:pk>/", views.rule_set, name="rule_set"),
    path("rule-sets/<int:pk>/edit/", views.rule_set_edit, name="rule_set_edit"),
    path("legal-bases/", views.legal_bases, name="legal_bases"),
    path("legal-bases/new/", views.legal_basis_new, name="legal_basis_new"),
    path("legal-bases/<int:pk>/", views.legal_basis, name="legal_basis"),
    path("municipality/", views.municipality, name="municipality"),
    path("theme.css", views.theme, name="theme"),
]
