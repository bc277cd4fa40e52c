"""Bilingual text of packs and messages: Chinese is the source, English complete."""

from __future__ import annotations

import msgspec


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence or name in both languages."""

    zh: str
    en: str

    def render(self, *, language: str | None = None) -> str:
        """The text in ``language`` (a BCP 47 tag), by default in the language of the current request."""
        if language is None:
            from django.conf import settings
            from django.utils.translation import get_language

            # outside a started process (a traceback, a plain script) there is no current language to ask for
            language = (settings.configured and get_language()) or "zh-hans"
        return self.en if language.startswith("en") else self.zh

    def __str__(self) -> str:
        return self.render()

    def format(self, **values: object) -> Text:
        """Both languages with the same values filled in."""
        return Text(zh=self.zh.format(**values), en=self.en.format(**values))


class Refusal(Exception):
    """A failure that can be foreseen: its message says in both languages what to do.

    Subclasses are named after the act that could not be done and set ``text``, a template for the values given.
    """

    text = Text(zh="无法完成：{reason}", en="This cannot be done: {reason}")

    def __init__(self, **values: object) -> None:
        self.values = values
        self.message = self.text.format(**values)
        super().__init__(self.message.en)

    def __str__(self) -> str:
        return str(self.message)

    def details(self) -> dict[str, object]:
        """More that an API answers beside the words; a refusal of many places lists them."""
        return {}
