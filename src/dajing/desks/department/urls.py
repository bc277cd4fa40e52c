"""Address of the department's desk."""

from __future__ import annotations

from django.urls import path

from dajing.desks.department import pages

urlpatterns = [path("department/", pages.desk, name="department")]
