"""Addresses of the inbox."""

from __future__ import annotations

from django.urls import path

from dajing.kernel.notify import pages

urlpatterns = [
    path("notices/", pages.inbox, name="notices"),
    path("notices/read", pages.read, name="notices-read"),
    path("notices/unread", pages.unread, name="notices-unread"),
    path("notices/preferences/", pages.preferences, name="notice-preferences"),
    path("notices/<int:notice>/", pages.follow, name="notice"),
]
