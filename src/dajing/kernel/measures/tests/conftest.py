from dajing.kernel.catalog.testing import sail  # noqa: F401
