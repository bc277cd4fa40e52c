"""Addresses of all pages: each kernel part, domain and desk brings its own ``urls``."""

from __future__ import annotations

from django.urls import include, path

from dajing.kernel.manifest import kernel_parts, slice_parts

urlpatterns = [path("", include(part)) for part in (*kernel_parts(name="urls"), *slice_parts(name="urls"))]
