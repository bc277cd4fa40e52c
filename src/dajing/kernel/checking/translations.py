"""The English catalogue: complete, not fuzzy, nothing left over."""

from __future__ import annotations

from pathlib import Path

from dajing.kernel.packs.problem import Problems
from dajing.kernel.text import Text
from dajing.kernel.ui.catalogue import LOCALE, PACKAGE, stale, untranslated

FILL = Text(
    zh="运行 dajing translate，再在 django.po 写上英文", en="run dajing translate, then write the English in django.po"
)
DROP = Text(zh="运行 dajing translate 移除", en="run dajing translate to remove it")


def check_translations(*, problems: Problems) -> None:
    """Report each source text without finished English, and each entry whose source text is gone."""
    for message in untranslated():
        shown = message.id.splitlines()[0][:60]
        problems.add(
            file=PACKAGE / message.file,
            line=message.line,
            message=Text(zh=f"“{shown}”没有英文", en=f"“{shown}” has no English"),
            fix=FILL,
        )
    catalogue = LOCALE / "en" / "LC_MESSAGES" / "django.po"
    lines = catalogue.read_text(encoding="utf-8").splitlines() if catalogue.exists() else []
    for id_ in stale():
        shown = id_.splitlines()[0][:60]
        line = next((n for n, text in enumerate(lines, start=1) if text == f'msgid "{shown}"'), 0)
        problems.add(
            file=Path(catalogue),
            line=line,
            message=Text(zh=f"“{shown}”已无出处", en=f"“{shown}” is used nowhere"),
            fix=DROP,
        )
