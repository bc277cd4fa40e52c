from dajing.kernel.catalog.testing import stream  # noqa: F401
