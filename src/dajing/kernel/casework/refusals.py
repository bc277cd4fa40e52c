"""What cannot be done with a case."""

from __future__ import annotations

from collections.abc import Sequence

from dajing.kernel.text import Refusal, Text


class KindFaulty(Refusal):
    """A case kind that cannot work."""

    text = Text(zh="事项类型有误：{zh}", en="The case kind is wrong: {en}")


class UnableToAct(Refusal):
    """The act is not allowed now, with every reason."""

    text = Text(zh="无法办理：{zh}", en="This cannot be done: {en}")


class ChangedMeanwhile(Refusal):
    """Somebody else acted on the case first."""

    status = 409

    text = Text(
        zh="此件刚被他人办理；请刷新后重试。", en="Somebody else has just acted on this case; reload and try again."
    )


class CaseUnknown(Refusal):
    """There is no such case, or none for this reader."""

    status = 404

    text = Text(zh="没有编号为 {case} 的事项；请核对编号。", en="There is no case {case}; check its number.")


class KeyUsedOtherwise(Refusal):
    """One request key for two different acts."""

    status = 409

    text = Text(
        zh="请求编号 {key} 已用于另一操作；请换一个编号。",
        en="The key {key} was used for another act; choose another.",
    )


def unable(*, reasons: Sequence[Text]) -> UnableToAct:
    """The refusal that lists all ``reasons``."""
    return UnableToAct(zh="".join(r.zh for r in reasons), en=" ".join(r.en for r in reasons))
