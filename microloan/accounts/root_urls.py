"""Addresses without the room's name before them."""

from django.urls import URLPattern, URLResolver, path

from microloan.accounts.views import demo, entry

urlpatterns: list[URLPattern | URLResolver] = [
    path("", entry.home, name="home"),
    path("demo/clock/", demo.demo_clock, name="demo_clock"),
]
