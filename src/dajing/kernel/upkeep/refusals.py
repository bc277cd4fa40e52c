"""Why upkeep cannot be done, with the cure."""

from __future__ import annotations

from dajing.kernel.text import Refusal, Text


class UnableToBackUp(Refusal):
    """The backup was not made."""

    text = Text(zh="无法备份：{why}", en="The backup was not made: {why_en}")


class UnableToRestore(Refusal):
    """Nothing was restored."""

    text = Text(zh="无法恢复：{why}", en="Nothing was restored: {why_en}")


class UnableToUpgrade(Refusal):
    """The upgrade was rolled back."""

    text = Text(
        zh="升级失败，已恢复到升级前的数据。失败的数据保存在 {failed}。原因：{why}",
        en="The upgrade failed and the data are as before. The failed state is kept in {failed}. Reason: {why}",
    )


class UnableToBundle(Refusal):
    """The offline installer was not made."""

    text = Text(zh="无法制作离线安装包：{why}", en="The offline installer was not made: {why_en}")
