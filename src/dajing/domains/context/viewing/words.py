"""Names of the common Smart Data Models types and attributes, and of UN/CEFACT units, as people read them.

Sources: type and attribute names as published by Smart Data Models (smartdatamodels.org); unit codes by UN/ECE
Recommendation 20. A name that is not here is shown as it was sent.
"""

from __future__ import annotations

from dajing.kernel.text import Text

KINDS = {
    "AirQualityObserved": Text(zh="空气质量", en="Air quality"),
    "WeatherObserved": Text(zh="天气", en="Weather"),
    "NoiseLevelObserved": Text(zh="噪声", en="Noise"),
    "WaterQualityObserved": Text(zh="水质", en="Water quality"),
    "TrafficFlowObserved": Text(zh="交通流量", en="Traffic flow"),
    "OffStreetParking": Text(zh="停车场", en="Car parks"),
    "Streetlight": Text(zh="路灯", en="Street lights"),
    "WasteContainer": Text(zh="垃圾容器", en="Waste containers"),
    "CrowdFlowObserved": Text(zh="人流", en="Crowds"),
    "Device": Text(zh="设备", en="Devices"),
    "Alert": Text(zh="告警", en="Alerts"),
}
ATTRIBUTES = {
    "pm25": Text(zh="PM2.5", en="PM2.5"), "pm10": Text(zh="PM10", en="PM10"), "no2": Text(zh="二氧化氮", en="NO₂"),
    "o3": Text(zh="臭氧", en="O₃"), "o38h": Text(zh="臭氧（8 小时）", en="O₃ (8 h)"),
    "so2": Text(zh="二氧化硫", en="SO₂"),
    "co": Text(zh="一氧化碳", en="CO"), "airQualityIndex": Text(zh="空气质量指数", en="Air quality index"),
    "stationName": Text(zh="站点", en="Station"), "dateObserved": Text(zh="观测时间", en="Observed at"),
    "temperature": Text(zh="温度", en="Temperature"), "relativeHumidity": Text(zh="相对湿度", en="Relative humidity"),
    "windSpeed": Text(zh="风速", en="Wind speed"), "windDirection": Text(zh="风向", en="Wind direction"),
    "LAeq": Text(zh="等效声级", en="LAeq"), "pH": Text(zh="pH", en="pH"),
    "conductivity": Text(zh="电导率", en="Conductivity"),
    "intensity": Text(zh="流量", en="Intensity"), "averageVehicleSpeed": Text(zh="平均车速", en="Mean speed"),
    "occupancy": Text(zh="占有率", en="Occupancy"), "totalSpotNumber": Text(zh="总车位", en="Spots"),
    "availableSpotNumber": Text(zh="空车位", en="Free spots"), "powerState": Text(zh="开关", en="Power"),
    "status": Text(zh="状态", en="Status"), "fillingLevel": Text(zh="装满程度", en="Filling level"),
    "peopleCount": Text(zh="人数", en="People"), "batteryLevel": Text(zh="电量", en="Battery"),
    "rssi": Text(zh="信号强度", en="Signal strength"),
}  # fmt: skip
UNITS = {
    "GQ": "µg/m³", "GP": "mg/m³", "CEL": "°C", "MTS": "m/s", "DD": "°", "2N": "dB", "D10": "S/m",
    "KMH": "km/h", "DBM": "dBm", "C62": "", "P1": "%", "WTT": "W", "Q30": "",
}  # fmt: skip


def kind(name: str) -> Text:
    """An entity type's name."""
    return KINDS.get(name, Text(zh=name, en=name))


def attribute(name: str) -> Text:
    """An attribute's name."""
    return ATTRIBUTES.get(name, Text(zh=name, en=name))


def unit(code: str) -> str:
    """The symbol of a unit code."""
    return UNITS.get(code, code)
