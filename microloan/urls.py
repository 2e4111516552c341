"""All addresses. Identifiers are English (glossary), never a name or CPR number; each stands in the role table test."""

from django.urls import include, path

urlpatterns = [
    path("", include("microloan.core.urls")),
    path("", include("microloan.accounts.root_urls")),
    path("", include("microloan.accounts.urls")),
    path("", include("microloan.policy.urls")),
    path("", include("cases.urls")),
    path("", include("cases.letters.urls")),
    path("", include("screening.urls")),
    path("", include("courses.urls")),
    path("", include("loans.urls")),
    path("", include("reports.urls")),
]

handler400 = "microloan.core.views.bad_request"
handler403 = "microloan.core.views.forbidden"
handler404 = "microloan.core.views.not_found"
handler500 = "microloan.core.views.server_error"
