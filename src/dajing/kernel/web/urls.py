"""Addresses of all pages: each kernel part, domain and desk brings its own ``urls``."""

from __future__ import annotations

from django.urls import include, path, re_path

from dajing.kernel.manifest import kernel_parts, slice_parts
from dajing.kernel.web.api_root import build, unknown_address

urlpatterns = [
    path("api/v1/", build().urls),
    re_path("^api/", unknown_address),
    *(path("", include(part)) for part in (*kernel_parts(name="urls"), *slice_parts(name="urls"))),
]
