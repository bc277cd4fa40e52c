"""Addresses of identity's pages."""

from __future__ import annotations

from django.urls import path

from dajing.kernel.identity import pages
from dajing.kernel.identity.administration import appointments, calendar, ledger, people, posts, resets, tokens
from dajing.kernel.identity.factors import exchange
from dajing.kernel.identity.factors import pages as factors
from dajing.kernel.identity.first import pages as first
from dajing.kernel.identity.provider import pages as provider

urlpatterns = [
    path("sign-in", pages.sign_in, name="sign-in"),
    path("sign-in/code", pages.sign_in_code, name="sign-in-code"),
    path("sign-in/passkey/begin", exchange.begin_signing_in, name="sign-in-passkey-begin"),
    path("sign-in/passkey", exchange.finish_signing_in, name="sign-in-passkey"),
    path("sign-in/provider", provider.leave, name="sign-in-provider"),
    path("sign-in/provider/back", provider.back, name="sign-in-provider-back"),
    path("sign-in/<str:secret>", pages.sign_in_link, name="sign-in-link"),
    path("sign-out", pages.sign_out, name="sign-out"),
    path("account", pages.account, name="account"),
    path("account/post", pages.choose_post, name="choose-post"),
    path("account/confirm", pages.confirm, name="confirm"),
    path("account/passkeys/begin", exchange.begin_adding, name="account-passkeys-begin"),
    path("account/passkeys", exchange.finish_adding, name="account-passkeys"),
    path("account/passkeys/<int:passkey>/remove", factors.remove_passkey, name="account-passkey-remove"),
    path("account/codes/begin", factors.begin_codes, name="account-codes-begin"),
    path("account/codes", factors.set_codes, name="account-codes"),
    path("account/codes/remove", factors.remove_codes, name="account-codes-remove"),
    path("account/recovery", factors.recovery_codes, name="account-recovery"),
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
    path("admin/resets", resets.resets, name="admin-resets"),
    path("admin/resets/<int:reset>", resets.decide, name="admin-reset-decide"),
    path("admin/tokens", tokens.tokens, name="admin-tokens"),
    path("admin/tokens/client", tokens.client, name="admin-client"),
    path("admin/tokens/issue", tokens.issue, name="admin-token-issue"),
    path("admin/tokens/<int:token>/revoke", tokens.revoke, name="admin-token-revoke"),
    path("admin/calendar", calendar.calendar, name="admin-calendar"),
    path("admin/ledger", ledger.ledger, name="admin-ledger"),
    path("admin/ledger/check", ledger.check, name="admin-ledger-check"),
    path("setup", first.setup, name="setup"),
    path("setup/link/<str:secret>", first.open_link, name="setup-link"),
    path("setup/<slug:step>", first.step, name="setup-step"),
]
