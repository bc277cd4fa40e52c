"""Why coverage cannot be told."""

from __future__ import annotations

from dajing.kernel.text import Refusal, Text


class NothingRegistered(Refusal):
    """A run on registers that hold nothing on that day."""

    text = Text(
        zh="{on} 的台账是空的，无从测算；请先导入站址、扇区或光缆节点（dajing network sites import）",
        en="the registers are empty on {on}; load sites, sectors or fibre first (dajing network sites import)",
    )


class NoRun(Refusal):
    """No finished run is known at that time."""

    text = Text(
        zh="还没有完成的覆盖测算；请运行 dajing network coverage --compute，或等后台任务完成",
        en="no coverage run has finished yet; run dajing network coverage --compute or wait for the background job",
    )


class ServiceUnknown(Refusal):
    """A service that the standards do not have."""

    text = Text(zh="没有业务 {id}；已有：{known}", en="there is no service {id}; there are: {known}")


class PlaceUnknown(Refusal):
    """A code that is neither a demand point nor a venue."""

    text = Text(
        zh="没有代码为 {code} 的村、社区或场所",
        en="no village, community or venue has the code {code}",
    )
