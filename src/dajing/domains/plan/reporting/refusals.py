"""What reporting refuses, in words."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dajing.domains.plan.reporting.rules import Fault
from dajing.kernel.text import Refusal, Text


class UnableToAct(Refusal):
    """An act is not possible in the report's state, or not for this person."""

    text = Text(zh="不能{verb}：{reason}", en="Cannot do “{verb}”: {reason}")

    def __init__(self, *, verb: Text, reason: Text) -> None:
        super().__init__(verb=verb.en, reason=reason.en)
        self.message = Text(zh=f"不能{verb.zh}：{reason.zh}", en=f"Cannot do “{verb.en}”: {reason.en}")


class ChangedMeanwhile(Refusal):
    """Somebody else acted on the report first."""

    status = 409
    text = Text(
        zh="他人刚刚处理了此报表；请重新打开后再操作。",
        en="Somebody has just acted on this report; open it again, then act.",
    )


class KeyUsedElsewhere(Refusal):
    """The request's key already stands for another act; taking it for a repetition would lose this one."""

    status = 409
    text = Text(
        zh="请求标识已用于另一项操作，本次未作任何改动；请换一个新的标识再发送。",
        en="This request key already stands for another act; nothing was done. Send it again with a new key.",
    )


class NotYourReport(Refusal):
    """The report belongs to another office."""

    status = 403
    text = Text(
        zh="此报表由{owner}填报，您所在部门无权操作；请联系该部门或信息化主管部门。",
        en="This report is {owner}'s; your office may not act on it. Ask that office or the informatization bureau.",
    )


class ReportRefused(Refusal):
    """The figures were refused as a whole; ``faults`` names every place."""

    text = Text(
        zh="报表有 {count} 处问题，未作任何改动：\n{listed}", en="{count} problems; nothing was changed:\n{listed}"
    )

    def __init__(self, *, faults: Sequence[Fault], file: str = "") -> None:
        self.faults = tuple(faults)
        self.file = file
        super().__init__(count=len(self.faults), listed="")
        self.message = Text(
            zh=f"{file or '报表'} 有 {len(self.faults)} 处问题，未作任何改动：\n" + "\n".join(self._lines("zh")),
            en=f"{file or 'The report'} has {len(self.faults)} problems; nothing was changed:\n"
            + "\n".join(self._lines("en")),
        )

    def details(self) -> dict[str, object]:
        """What an API answers beside the words: every fault with its place."""
        return {"file": self.file, "faults": [msgspec.to_builtins(fault) for fault in self.faults]}

    def _lines(self, language: str) -> list[str]:
        shown = []
        for fault in self.faults[:50]:
            where = f"{fault.column}{fault.row}" if fault.row else ""
            text, cure = fault.message.render(language=language), fault.cure.render(language=language)
            shown.append(f"{where} {text} → {cure}".strip())
        return shown


class LockedAlready(Refusal):
    """The period is locked; other figures need a revision."""

    status = 409
    text = Text(
        zh="{period} 的此表已锁定。如需更正，请先“发起修订”并说明理由；原数保留。",
        en="This form is locked for {period}. To correct it, start a revision with its reason; the old figures stay.",
    )


class NothingToRevise(Refusal):
    """Only a locked report can be revised, and it needs a reason."""

    text = Text(
        zh="只能修订已锁定的报表，且须说明理由。", en="Only a locked report can be revised, and a reason is needed."
    )


class FormUnknown(Refusal):
    """The plan has no such form."""

    text = Text(
        zh="规划中没有“{form}”这张表；可用的有：{known}。", en="The plan has no form “{form}”; there are: {known}."
    )


class UnableToObject(Refusal):
    """The objection was not kept."""

    text = Text(
        zh="未能提交异议：请写明内容，且只能对本区县的数提出。",
        en="The objection was not kept: say what is wrong, and only of your own county's figures.",
    )
