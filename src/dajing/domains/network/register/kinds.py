"""The kinds of objects and what is kept of each; column headings under which files carry it."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from dajing.kernel.text import Text

Technology = Literal["4g", "5g"]
Broadcast = Literal["radio", "television"]
VenueKind = Literal["park", "library", "mall", "hub", "tourist", "culture", "olympic"]


class Thing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every object has: its id within its kind, and the half-open interval of days in which it stands."""

    id: str
    valid_from: date | None = None
    valid_to: date | None = None


class Site(Thing, frozen=True, kw_only=True):
    """A mast or roof: position (WGS-84 degrees), owner, whether several operators share it."""

    name: str = ""
    longitude: float
    latitude: float
    owner: str = ""
    shared: bool = False
    area: str | None = None


class Sector(Thing, frozen=True, kw_only=True):
    """An antenna of one operator: frequency and bandwidth in MHz, heights in m above ground, angles in degrees.

    ``power_dbm`` is the total power at the antenna's port, ``gain_dbi`` the antenna's, ``tilt`` is positive downwards.
    """

    site: str
    operator: str
    technology: Technology
    frequency_mhz: float
    bandwidth_mhz: float = 20.0
    height_m: float
    azimuth: float
    tilt: float = 4.0
    beamwidth: float = 65.0
    power_dbm: float = 46.0
    gain_dbi: float = 17.0


class Hotspot(Thing, frozen=True, kw_only=True):
    """A public Wi-Fi hotspot: ``radius_m`` is how far its access points together reach."""

    name: str = ""
    operator: str
    longitude: float
    latitude: float
    radius_m: float = 50.0
    access_points: int = 1
    venue: str | None = None


class Transmitter(Thing, frozen=True, kw_only=True):
    """A broadcast transmitter: effective radiated power in W, frequency in MHz, antenna height in m above ground."""

    name: str = ""
    service: Broadcast
    longitude: float
    latitude: float
    frequency_mhz: float
    erp_w: float
    height_m: float
    vertical: bool = False


class FibreNode(Thing, frozen=True, kw_only=True):
    """A node of a fibre network as in the Open Fibre Data Standard; ``access`` is its ``accessPoint``."""

    name: str = ""
    operator: str
    longitude: float
    latitude: float
    access: bool = False
    iptv: bool = False
    types: str = ""
    status: str = "operational"


class FibreSpan(Thing, frozen=True, kw_only=True):
    """A fibre between two nodes of the register; ``route`` is WKT where it is known."""

    operator: str
    start: str
    end: str
    fibre_count: int | None = None
    length_km: float | None = None
    status: str = "operational"
    route: str = ""


class Venue(Thing, frozen=True, kw_only=True):
    """A park, library, mall, hub, tourist or Olympic venue: a circle of ``radius_m``, with people at a busy hour."""

    name: str
    kind: VenueKind
    longitude: float
    latitude: float
    radius_m: float
    people: int
    area: str


class Place(Thing, frozen=True, kw_only=True):
    """Where a village or community really is, by its statistical code; replaces the synthetic position."""

    name: str = ""
    longitude: float
    latitude: float
    people: int | None = None


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One register: its structure, its name, and the grade of its data (internal ones are seen by role only)."""

    id: str
    title: Text
    struct: type[Thing]


KINDS: dict[str, Kind] = {
    kind.id: kind
    for kind in (
        Kind(id="site", title=Text(zh="基站站址", en="Radio sites"), struct=Site),
        Kind(id="sector", title=Text(zh="基站扇区", en="Sectors"), struct=Sector),
        Kind(id="hotspot", title=Text(zh="公共 WiFi 热点", en="Public Wi-Fi hotspots"), struct=Hotspot),
        Kind(id="transmitter", title=Text(zh="广播电视发射台", en="Broadcast transmitters"), struct=Transmitter),
        Kind(id="fibre_node", title=Text(zh="光缆节点", en="Fibre nodes"), struct=FibreNode),
        Kind(id="fibre_span", title=Text(zh="光缆段", en="Fibre spans"), struct=FibreSpan),
        Kind(id="venue", title=Text(zh="园区与公共场所", en="Parks and venues"), struct=Venue),
        Kind(id="place", title=Text(zh="村与社区实测位置", en="Surveyed villages and communities"), struct=Place),
    )
}

# headings as operators and bureaus write them, beside the field's own name
ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("编号", "代码", "code", "站址编码", "小区标识", "行政区划代码"),
    "name": ("名称", "站名", "站址名称", "场所名称"),
    "longitude": ("经度", "lon", "lng", "x"),
    "latitude": ("纬度", "lat", "y"),
    "owner": ("产权单位", "铁塔产权"),
    "shared": ("是否共享", "共建共享"),
    "area": ("区划代码", "县区代码", "县区"),
    "site": ("站址编号", "所属站址"),
    "operator": ("运营商", "运营企业"),
    "technology": ("制式", "网络制式"),
    "frequency_mhz": ("频率", "频率(MHz)", "频点(MHz)", "frequency"),
    "bandwidth_mhz": ("带宽", "带宽(MHz)"),
    "height_m": ("挂高", "天线挂高", "天线挂高(m)", "天线高度", "height"),
    "azimuth": ("方位角",),
    "tilt": ("下倾角", "总下倾角"),
    "beamwidth": ("波束宽度", "水平波束宽度"),
    "power_dbm": ("功率(dBm)", "发射功率(dBm)"),
    "gain_dbi": ("增益", "天线增益", "天线增益(dBi)"),
    "radius_m": ("半径", "半径(m)", "覆盖半径(m)"),
    "access_points": ("AP数", "AP数量"),
    "venue": ("场所编号", "所属场所"),
    "service": ("业务",),
    "erp_w": ("有效辐射功率(W)", "ERP(W)", "发射功率(W)"),
    "vertical": ("垂直极化",),
    "access": ("接入点", "accessPoint"),
    "iptv": ("IPTV",),
    "types": ("节点类型",),
    "status": ("状态",),
    "start": ("起点",),
    "end": ("终点",),
    "fibre_count": ("芯数",),
    "length_km": ("长度(km)", "皮长公里"),
    "route": ("路由",),
    "kind": ("类别", "场所类别"),
    "people": ("人数", "高峰人数", "常住人口"),
    "valid_from": ("启用日期", "开通日期"),
    "valid_to": ("停用日期", "拆除日期"),
}
