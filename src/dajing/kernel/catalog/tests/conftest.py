from dajing.kernel.catalog.testing import sail, stream  # noqa: F401
