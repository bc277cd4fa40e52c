"""Django's settings, derived from Dajing's own; there is no development or production fork."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dajing.kernel.manifest import installed_apps
from dajing.kernel.rows.location import database
from dajing.kernel.settings import settings
from dajing.kernel.web.log import configure
from dajing.kernel.web.secret import secret_key

_settings = settings()

SECRET_KEY = secret_key(settings=_settings)
DEBUG = False
ALLOWED_HOSTS = [urlsplit(_settings.public_url).hostname or "", _settings.host] if _settings.public_url else ["*"]
ROOT_URLCONF = "dajing.kernel.web.urls"
WSGI_APPLICATION = "dajing.kernel.web.wsgi.application"
AUTH_USER_MODEL = "identity.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": database(settings=_settings)}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",
    *installed_apps(),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # A tenth of the bytes on a phone; Django pads the answer with a random length against BREACH.
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "dajing.kernel.identity.first.gate.FirstSetupGate",
    "dajing.kernel.clocks.middleware.Calendar",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dajing.kernel.web.full_disk.FullDisk",
    "dajing.kernel.web.refused.RefusedPage",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ("login", "name")}},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
SECURE_CSP = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:", "blob:"],
    # Style elements only from our files; charts and maps set style attributes, which can load nothing here.
    "style-src": ["'self'"],
    "style-src-attr": ["'unsafe-inline'"],
    "object-src": ["'none'"],
    "worker-src": ["'self'", "blob:"],
    "frame-ancestors": ["'none'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
}
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dajing.kernel.ui.context.page",
                "dajing.kernel.notify.context.inbox",
            ],
        },
    }
]
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).parents[2] / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dajing.kernel.web.static.HashedStatic"},
}
LOGGING = configure(form=_settings.log)
SECURE_REFERRER_POLICY = "same-origin"
_public = urlsplit(_settings.public_url)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _public.scheme == "https"
CSRF_TRUSTED_ORIGINS = (
    [f"{_public.scheme}://{_public.netloc}"] if _public.netloc else []
)  # behind a proxy that ends TLS
SESSION_COOKIE_AGE = 12 * 3600  # a working day: a session that nobody ends does not stay open over night
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
TASKS = {"default": {"BACKEND": "dajing.kernel.jobs.backend.JobBackend", "QUEUES": []}}
