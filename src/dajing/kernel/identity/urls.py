"""Addresses of identity's pages."""

from __future__ import annotations

from django.urls import path

from dajing.kernel.identity import pages
from dajing.kernel.identity.first import pages as first

urlpatterns = [
    path("sign-in", pages.sign_in, name="sign-in"),
    path("sign-in/<str:secret>", pages.sign_in_link, name="sign-in-link"),
    path("sign-out", pages.sign_out, name="sign-out"),
    path("account", pages.account, name="account"),
    path("account/post", pages.choose_post, name="choose-post"),
    path("setup", first.setup, name="setup"),
    path("setup/link/<str:secret>", first.open_link, name="setup-link"),
    path("setup/<slug:step>", first.step, name="setup-step"),
]
