"""Address of the start page."""

from __future__ import annotations

from django.urls import path

from dajing.desks.officer import pages

urlpatterns = [path("", pages.home, name="home")]
