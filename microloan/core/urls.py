from django.urls import path

from microloan.core import pages, views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("help/", pages.help_page, name="help"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("styleguide/", pages.style_guide, name="styleguide"),
    path("styleguide/<slug:page>/", pages.style_guide, name="styleguide_page"),
]
