"""Why coverage cannot be told."""

from __future__ import annotations

from dajing.kernel.text import Refusal, Text


class NothingRegistered(Refusal):
    """A run on registers that hold nothing on that day."""

    text = Text(
        zh="{on} 的台账是空的，无从测算；请先导入站址、扇区或光缆节点（dajing network sites import）",
        en="the registers are empty on {on}; load sites, sectors or fibre first (dajing network sites import)",
    )


class FileNotWritten(Refusal):
    """A path where no file can be put."""

    text = Text(
        zh="写不了 {path}：{reason}；请换一个可写的目录",
        en="cannot write {path}: {reason}; choose a folder that exists",
    )


class SectorUnknown(Refusal):
    """A sector that is none of those near a place."""

    text = Text(
        zh="{sector} 不是该处附近的扇区；有：{known}", en="{sector} is no sector near that place; there are: {known}"
    )


class NoProfile(Refusal):
    """A profile asked for of a service that has none."""

    text = Text(zh="{id} 没有链路剖面；可用：{known}", en="{id} has no profile of a link; these have: {known}")


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


class PlaceOutside(Refusal):
    """Coordinates beyond the terrain that the city's links are computed on."""

    status = 404
    text = Text(
        zh="{longitude}, {latitude} 不在本市范围内：经度 {west}–{east}，纬度 {south}–{north}（WGS-84）",
        en="{longitude}, {latitude} is outside the city: longitude {west}–{east}, latitude {south}–{north} (WGS-84)",
    )


class NoCoordinates(Refusal):
    """A place asked for without two numbers."""

    status = 404
    text = Text(
        zh="请给出经度和纬度两个数（WGS-84，单位度），例如 114.8800 和 40.8200",
        en="give longitude and latitude as two numbers (WGS-84, degrees), for example 114.8800 and 40.8200",
    )


class NoMap(Refusal):
    """A map that is not drawn: of a service without radio, or of an operator that has none."""

    text = Text(
        zh="没有这样的栅格：只有 4g、5g 有；运营商为 {known} 之一，合计只有 covered 和 rsrp",
        en="there is no such map: 4g and 5g have them; operators are {known}, together only covered and rsrp",
    )


class InputsChanged(Refusal):
    """Standards, terrain or census are others than those that a run was computed with."""

    text = Text(
        zh="测算之后门限、地形或普查数据已变；请重新测算：network coverage --compute",
        en="limits, terrain or census have changed since the run; compute again: network coverage --compute",
    )
