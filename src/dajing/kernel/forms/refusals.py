"""What forms and attachments refuse."""

from __future__ import annotations

from collections.abc import Sequence

from dajing.kernel.forms.judging import Fault
from dajing.kernel.text import Refusal, Text


class FileRefused(Refusal):
    """A file that is not taken, with the reason and what to do."""

    text = Text(zh="{name}：{zh}", en="{name}: {en}")

    def __init__(self, *, name: str, reason: Text) -> None:
        shown = "".join(c for c in name if c.isprintable())[:80]
        super().__init__(name=shown, zh=reason.zh, en=reason.en)


class TooManyFiles(Refusal):
    """More files, or more of them together, than one matter may have."""

    text = Text(
        zh="最多 {count} 个附件、合计 {megabytes} MB；请减少或合并后再传。",
        en="At most {count} attachments of {megabytes} MB together; remove some or join them.",
    )


class FormUnknown(Refusal):
    """There is no such form, or none for this person."""

    status = 404

    text = Text(zh="没有名为 {id} 的表单。", en="There is no form {id}.")


class DraftGone(Refusal):
    """A draft that has expired, was sent, or is another's."""

    text = Text(
        zh="这份草稿不存在、已提交或已过期；请重新填写。",
        en="This draft does not exist, was sent or has expired; begin anew.",
    )


class DraftChanged(Refusal):
    """A colleague saved the same draft first."""

    text = Text(
        zh="同事刚保存过这份草稿；您的内容仍在下面，请核对后再保存。",
        en="A colleague has just saved this draft; what you wrote is below, check it and save again.",
    )


class AnswersRefused(Refusal):
    """Answers that the form does not take; ``faults`` name field and reason."""

    text = Text(zh="请改正：{zh}", en="Please mend: {en}")

    def __init__(self, *, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(zh="".join(f.message.zh for f in faults), en=" ".join(f.message.en for f in faults))

    def details(self) -> dict[str, object]:
        """Each fault with its field."""
        return {"faults": [{"field": f.field, "zh": f.message.zh, "en": f.message.en} for f in self.faults]}
