"""Makes the compact tables of this pack: ``python make_tables.py <folder of the reference extracts>``.

Every table carries its source in a column; the tables are committed, so this is run only when an extract changes.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

CITY = Path(__file__).resolve().parents[1]
# Ids of cities/zhangjiakou/sources.toml
NBS = "nbs-2023"
GBT = "gbt2260-history"
CENSUS_2010 = "census-2010"
CENSUS_2020 = "census-2020"

REGION_COLUMNS = [
    "code", "name_zh", "name_en", "level", "parent", "gbt2260", "reporting", "valid_from", "valid_to", "successor",
    "territory", "source", "note_zh", "note_en",
]  # fmt: skip
CHANGE_COLUMNS = ["year", "type", "old_code", "old_name", "new_code", "new_name", "note", "source"]
CENSUS_COLUMNS = [
    "code", "population", "men", "women", "urban", "rural", "households", "household_population", "aged_65_share",
    "km2", "source",
]  # fmt: skip
ENGLISH = {
    "张家口市": "Zhangjiakou",
    "张家口地区": "Zhangjiakou Prefecture",
    "桥东区": "Qiaodong District",
    "桥西区": "Qiaoxi District",
    "宣化区": "Xuanhua District",
    "下花园区": "Xiahuayuan District",
    "万全区": "Wanquan District",
    "崇礼区": "Chongli District",
    "茶坊区": "Chafang District",
    "庞家堡区": "Pangjiapu District",
    "张北县": "Zhangbei County",
    "康保县": "Kangbao County",
    "沽源县": "Guyuan County",
    "尚义县": "Shangyi County",
    "蔚县": "Yuxian County",
    "阳原县": "Yangyuan County",
    "怀安县": "Huai'an County",
    "怀来县": "Huailai County",
    "涿鹿县": "Zhuolu County",
    "赤城县": "Chicheng County",
    "宣化县": "Xuanhua County",
    "万全县": "Wanquan County",
    "崇礼县": "Chongli County",
    "张家口经济开发区": "Zhangjiakou Economic Development Zone",
    "张家口市察北管理区": "Chabei Management Area",
    "张家口市塞北管理区": "Saibei Management Area",
}
# The divisions out of which each management zone's territory is taken
TERRITORY = {"130771": "130702+130703+130705", "130772": "130722", "130773": "130724"}
SHORT = {
    "张家口经济开发区": "经开区",
    "张家口市察北管理区": "察北管理区",
    "张家口市塞北管理区": "塞北管理区",
}
NOTES = {
    "130705": (
        "2016 年并入宣化县，前后数字不可直接比较",
        "took in Xuanhua County in 2016; figures before and after do not compare",
    ),
    "130771": (
        "统计上报单位，辖区取自桥东、桥西、宣化，不是行政区划；设立日期待考",
        "a reporting unit with territory of Qiaodong, Qiaoxi and Xuanhua, no division; its start is not sourced",
    ),
    "130772": (
        "统计上报单位，辖区取自张北县，不是行政区划；设立日期待考",
        "a reporting unit with territory of Zhangbei, no division; its start is not sourced",
    ),
    "130773": (
        "统计上报单位，辖区取自沽源县，不是行政区划；设立日期待考",
        "a reporting unit with territory of Guyuan, no division; its start is not sourced",
    ),
}


def rows(path: Path) -> list[dict[str, str]]:
    """All rows of an extract."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, header: list[str], table: list[list[object]]) -> None:
    """Write one table of the pack."""
    path = CITY / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(table)
    print(f"{name}: {len(table)} rows")


def regions(extract: Path) -> None:
    """Areas with validity from the history of codes; dates are known to the year and written as its first day."""
    events = json.loads((extract / "divisions/changes_1980_2020_zhangjiakou.json").read_text(encoding="utf-8"))
    found: dict[str, dict[str, object]] = {}
    changes = []
    for event in events:
        old, new = ((event[side]["code"] or "")[:6] for side in ("old", "new"))
        day = f"{event['year']}-01-01"
        changes.append(
            [event["year"], event["type"], old, event["old"]["name"], new, event["new"]["name"], event.get("note"), GBT]
        )
        if new and event["type"] in {"同名改码", "新设", "撤县设区"}:
            found.setdefault(new, {"name": event["new"]["name"], "valid_from": day, "source": GBT})
        if old:
            parent = (event["old"]["parent_code"] or "")[:6]
            entry = found.setdefault(old, {"name": event["old"]["name"], "valid_from": "", "source": GBT})
            entry |= {"valid_to": day, "successor": new, "parent": parent if parent != "130000" else ""}
    for row in rows(extract / "divisions/areas_1307.csv"):
        found.setdefault(row["code"], {"name": row["name"], "valid_from": "", "source": NBS})
    table = [region(code, entry) for code, entry in sorted(found.items())]
    write(
        "areas/regions.csv",
        REGION_COLUMNS,
        table,
    )
    write("areas/changes.csv", CHANGE_COLUMNS, changes)


def region(code: str, entry: dict[str, object]) -> list[object]:
    """One row of ``regions.csv``."""
    name = str(entry["name"])
    zone = code in {"130771", "130772", "130773"}
    top = code in {"130700", "132500"}
    level = "city" if top else "zone" if zone else "county"
    parent = "" if top else entry.get("parent") or "130700"
    divisions = "no" if zone else "yes"
    return [
        code, SHORT.get(name, name), ENGLISH[name], level, parent, divisions, "yes", entry["valid_from"],
        entry.get("valid_to", ""), entry.get("successor", ""), TERRITORY.get(code, ""), entry["source"],
        *NOTES.get(code, ("", "")),
    ]  # fmt: skip


def registers(extract: Path) -> None:
    """Townships and villages of the statistical code list, and the reconciliation with the place-name base."""
    streets = rows(extract / "divisions/streets_1307.csv")
    write(
        "areas/townships.csv",
        ["code", "name", "unit", "source"],
        [[r["code"], r["name"], r["areaCode"], NBS] for r in streets],
    )
    villages = rows(extract / "divisions/villages_1307.csv")
    write(
        "areas/villages.csv",
        ["code", "name", "township", "source"],
        [[r["code"], r["name"], r["streetCode"], NBS] for r in villages],
    )
    write(
        "areas/township_reconciliation.csv",
        ["name", "nbs_code", "nbs_unit", "mca_code", "mca_unit", "outcome", "source"],
        reconcile(streets, extract),
    )


def reconcile(streets: list[dict[str, str]], extract: Path) -> list[list[object]]:
    """Pair both registers by name: first within the unit, then a name left once on either side (a zone's township)."""
    places = rows(extract / "divisions/townships_mca_2025_1307.csv")
    left = {(r["areaCode"], r["name"]): r["code"] for r in streets}
    right = {(r["county_code"], r["township"]): r["township_code"][:9] for r in places}
    source = "nbs-2023+mca-2025"
    table: list[list[object]] = []
    shared = sorted(left.keys() & right.keys())
    table += [[key[1], left.pop(key), key[0], right.pop(key), key[0], "same", source] for key in shared]
    for unit, name in sorted(left):
        others = [key for key in right if key[1] == name]
        if len(others) == 1 and sum(1 for key in left if key[1] == name) == 1:
            other = others[0]
            table.append([name, left[unit, name], unit, right.pop(other), other[0], "other unit", source])
        else:
            table.append([name, left[unit, name], unit, "", "", "only in NBS 2023", source])
    table += [[name, "", "", code, unit, "only in MCA 2025", source] for (unit, name), code in sorted(right.items())]
    return table


def census(extract: Path) -> None:
    """The few census columns that denominators need."""
    km2 = {r["code"]: r["area_km2"] for r in rows(extract / "county_table.csv")}
    new = [
        [
            r["区划代码"], r["人口数_合计"], r["人口数_男"], r["人口数_女"], r["城镇人口"], r["乡村人口"],
            r["家庭户数"], r["家庭户人口数"], r["人口比重_65岁及以上"],
            km2.get(r["区划代码"], ""), "census-2020+units-2021",
        ]
        for r in rows(extract / "census_leiii/census2020_county_1307.csv")
    ]  # fmt: skip
    old = [
        [
            r["区划代码"], r["合计"], r["男"], r["女"], r["城镇人口"], r["乡村人口"], r["户数"],
            r["人口数"], r["65岁及以上（%）"], "", CENSUS_2010,
        ]
        for r in rows(extract / "census_leiii/census2010_county_1307.csv")
    ]  # fmt: skip
    write("census/2020.csv", CENSUS_COLUMNS, new)
    write("census/2010.csv", CENSUS_COLUMNS, old)


def main() -> None:
    """Make every table."""
    extract = Path(sys.argv[1])
    regions(extract)
    registers(extract)
    census(extract)


if __name__ == "__main__":
    main()
