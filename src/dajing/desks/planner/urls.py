"""Address of the planner's desk."""

from __future__ import annotations

from django.urls import path

from dajing.desks.planner import pages

urlpatterns = [path("planner/", pages.desk, name="planner")]
