"""Addresses of the network's pages."""

from __future__ import annotations

from django.urls import path

from dajing.domains.network import pages, rasters
from dajing.domains.network.register import pages as registers

urlpatterns = [
    path("network/", pages.overview, name="network"),
    path("network/area/<slug:code>/", pages.area, name="network-area"),
    path("network/point/<slug:code>/", pages.point, name="network-point"),
    path("network/place/", pages.place, name="network-place"),
    path("network/maps/<str:name>", rasters.file, name="network-map"),
    path("network/gaps/", pages.gap_list, name="network-gaps"),
    path("network/gaps.xlsx", pages.gap_workbook, name="network-gaps-xlsx"),
    path("network/registers/", registers.registers, name="network-registers"),
    path("network/registers/load", registers.load_file, name="network-registers-load"),
]
