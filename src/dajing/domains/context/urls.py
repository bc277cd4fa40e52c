"""Addresses of the live city's pages."""

from __future__ import annotations

from django.urls import path

from dajing.domains.context import pages

urlpatterns = [
    path("context/", pages.overview, name="context"),
    path("context/type/<str:name>/", pages.kind, name="context-kind"),
    path("context/entity/", pages.entity, name="context-entity"),
    path("context/console/", pages.try_out, name="context-console"),
    path("context/interface/", pages.interface_page, name="context-interface"),
    path("context/openapi.json", pages.openapi, name="context-openapi"),
]
