"""Chinese is the source language; English is complete and compiles."""

from __future__ import annotations

from pathlib import Path

from django.utils import translation

from dajing.kernel.ui import catalogue


def test_every_text_of_the_interface_has_english() -> None:
    missing = [f"{m.file}:{m.line} {m.id}" for m in catalogue.untranslated()]
    assert missing == []


def test_an_english_page_reads_the_compiled_catalogue() -> None:
    with translation.override("en"):
        assert translation.gettext("跳到主要内容") == "Skip to main content"
    with translation.override("zh-hans"):
        assert translation.gettext("跳到主要内容") == "跳到主要内容"


def test_extraction_reads_templates_with_plurals_contexts_and_odd_indentation(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a.html").write_text(
        "{% load i18n %}\n      <p>{% translate '甲' %}</p>\n  {% blocktranslate count n=n %}一项{% plural %}{{ n }} 项"
        "{% endblocktranslate %}\n{% translate '五月' context '月份' %}\n<p title=\"it's\">{{ _('乙') }}</p>",
        encoding="utf-8",
    )
    (tmp_path / "b.py").write_text("from x import gettext as _\n\n\ndef f():\n    return _('丙')\n", encoding="utf-8")
    monkeypatch.setattr(catalogue, "PACKAGE", tmp_path)
    found = {(m.id, m.plural, m.context, m.line) for m in catalogue.extract()}
    assert found == {
        ("甲", None, None, 2),
        ("一项", "%(n)s 项", None, 3),
        ("五月", None, "月份", 4),
        ("乙", None, None, 5),
        ("丙", None, None, 5),
    }


def test_a_text_without_english_or_with_half_a_plural_is_reported(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a.html").write_text(
        "{% load i18n %}{% translate '甲' %}"
        "{% blocktranslate count n=n %}一项{% plural %}{{ n }} 项{% endblocktranslate %}"
    )
    monkeypatch.setattr(catalogue, "PACKAGE", tmp_path)
    monkeypatch.setattr(catalogue, "LOCALE", tmp_path / "locale")
    assert catalogue.update() == (2, 0)
    assert [m.id for m in catalogue.untranslated()] == ["甲", "一项"]
    po = tmp_path / "locale/en/LC_MESSAGES/django.po"
    po.write_text(po.read_text().replace('msgid "甲"\nmsgstr ""', 'msgid "甲"\nmsgstr "A"'))
    assert [m.id for m in catalogue.untranslated()] == ["一项"]
    assert len(catalogue.compile_all()) == 1
    assert catalogue.compile_all() == []
