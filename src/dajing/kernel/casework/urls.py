"""Addresses of casework."""

from __future__ import annotations

from django.urls import path

from dajing.kernel.casework import pages
from dajing.kernel.casework.worklist import case_pages, opening
from dajing.kernel.casework.worklist import pages as worklist

urlpatterns = [
    path("case/<str:case>/", pages.case, name="case"),
    path("case/<str:case>/act", case_pages.act, name="case-act"),
    path("case/<str:case>/contact", case_pages.contact, name="case-contact"),
    path("work/", worklist.work, name="work"),
    path("work/new/", opening.choose, name="work-new"),
    path("work/new/<slug:kind>/", opening.new, name="work-new-kind"),
    path("work/act", worklist.act, name="work-act"),
    path("work/views", worklist.keep, name="work-keep"),
    path("work/views/<int:view>/delete", worklist.drop, name="work-drop"),
]
