"""Addresses of forms and attachments."""

from __future__ import annotations

from django.urls import path

from dajing.kernel.forms import attachment_pages, pages

urlpatterns = [
    path("attachments/<int:attachment>/", attachment_pages.attachment, name="attachment"),
    path("forms/", pages.overview, name="forms"),
    path("forms/sent/<int:submission>/", pages.sent, name="form-sent"),
    path("forms/drafts/<int:draft>/delete", pages.discard, name="form-discard"),
    path("forms/<slug:form>/", pages.fill, name="form"),
    path("forms/<slug:form>/drafts/<int:draft>/", pages.fill, name="form-draft"),
]
