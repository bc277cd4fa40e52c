"""Measures over coverage runs: predicted shares that stand beside the reported figures and never replace them."""

from __future__ import annotations

from typing import ClassVar

from dajing.domains.network.streams import COVERAGE
from dajing.kernel.measures.registry import Input, Inputs, Params, Terms, measure
from dajing.kernel.text import Text

_SERVICES = {
    "4g": Text(zh="4G", en="4G"),
    "5g": Text(zh="5G", en="5G"),
    "fibre": Text(zh="光纤", en="fibre"),
    "iptv": Text(zh="IPTV", en="IPTV"),
    "television": Text(zh="地面电视", en="terrestrial television"),
    "radio": Text(zh="调频广播", en="FM radio"),
    "wifi": Text(zh="公共 WiFi", en="public Wi-Fi"),
}
_COUNTED = {
    "people": (Text(zh="普查人口", en="people of the census"), "人"),
    "households": (Text(zh="普查家庭户", en="households of the census"), "户"),
    "communities": (Text(zh="社区", en="communities"), "个"),
    "villages": (Text(zh="村", en="villages"), "个"),
    "parks": (Text(zh="台账内园区", en="registered parks"), "个"),
    "venues": (Text(zh="台账内公共场所", en="registered venues"), "个"),
}
INPUTS = {
    **{f"network.{id}": Input(title=title, unit=unit) for id, (title, unit) in _COUNTED.items()},
    **{
        f"network.{id}_{service}": Input(
            title=Text(zh=f"测算{name.zh}可及的{title.zh}", en=f"{title.en} within reach of {name.en}, computed"),
            unit=unit,
        )
        for id, (title, unit) in _COUNTED.items()
        for service, name in _SERVICES.items()
    },
}


class Share(Params, frozen=True, kw_only=True):
    """``scale · numerator / denominator`` of a run; ``scale`` is 100 for percent."""

    ROLES: ClassVar[tuple[str, ...]] = ("numerator", "denominator")
    numerator: str
    denominator: str
    scale: float = 100.0


@measure(id="network.share", version="1", params=Share, stream=COVERAGE, inputs=INPUTS)
def share(inputs: Inputs) -> Terms:
    """Of a coverage run: those within reach as a share of all; areas are added up before they are divided."""
    return Terms(
        numerator=inputs.field("numerator"),
        denominator=inputs.field("denominator"),
        scale=inputs.number("scale"),
    )
