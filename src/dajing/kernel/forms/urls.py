"""Addresses of forms and attachments."""

from __future__ import annotations

from django.urls import path

from dajing.kernel.forms import attachment_pages

urlpatterns = [
    path("attachments/<int:attachment>/", attachment_pages.attachment, name="attachment"),
]
