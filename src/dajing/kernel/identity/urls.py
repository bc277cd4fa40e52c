"""Addresses of identity's pages."""

from __future__ import annotations

from django.urls import path

from dajing.kernel.identity import pages
from dajing.kernel.identity.administration import appointments, ledger, people, posts, tokens
from dajing.kernel.identity.first import pages as first

urlpatterns = [
    path("sign-in", pages.sign_in, name="sign-in"),
    path("sign-in/<str:secret>", pages.sign_in_link, name="sign-in-link"),
    path("sign-out", pages.sign_out, name="sign-out"),
    path("account", pages.account, name="account"),
    path("account/post", pages.choose_post, name="choose-post"),
    path("account/password", pages.set_password, name="set-password"),
    path("admin/people", people.people, name="admin-people"),
    path("admin/people/<int:person>/link", people.new_link, name="admin-person-link"),
    path("admin/people/<int:person>/close", people.close, name="admin-person-close"),
    path("admin/posts", posts.posts, name="admin-posts"),
    path("admin/posts/propose", posts.propose, name="admin-role-propose"),
    path("admin/posts/withdraw", posts.withdraw, name="admin-role-withdraw"),
    path("admin/approvals", posts.approvals, name="admin-approvals"),
    path("admin/appointments", appointments.appointments, name="admin-appointments"),
    path("admin/appointments/<int:appointment>/end", appointments.end, name="admin-appointment-end"),
    path("admin/tokens", tokens.tokens, name="admin-tokens"),
    path("admin/tokens/client", tokens.client, name="admin-client"),
    path("admin/tokens/issue", tokens.issue, name="admin-token-issue"),
    path("admin/tokens/<int:token>/revoke", tokens.revoke, name="admin-token-revoke"),
    path("admin/ledger", ledger.ledger, name="admin-ledger"),
    path("admin/ledger/check", ledger.check, name="admin-ledger-check"),
    path("setup", first.setup, name="setup"),
    path("setup/link/<str:secret>", first.open_link, name="setup-link"),
    path("setup/<slug:step>", first.step, name="setup-step"),
]
