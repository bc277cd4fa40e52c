"""Gazetted years that the library does not have yet: files of the city pack and files that an officer has loaded.

A file is TOML: ``year``, ``notice`` (the number of the notice), ``off`` and ``worked``, each a list of days
(``2027-01-01``) or intervals with both ends (``2027-10-01/2027-10-07``). A loaded file takes the place of the pack's.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from dajing.kernel.clocks.calendar import REACHES_BACK, Year, gazetted_years, use
from dajing.kernel.identity.actor import Actor
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text

_log = structlog.get_logger()
FOLDER = "calendar"
TOPIC = "clocks.year"
BYTES = 100_000
LONGEST = timedelta(days=60)  # one interval
SATURDAY = 5
# Festivals on fixed days named by 全国年节及纪念日放假办法 (State Council Order 795, art. 2), in force since 2025.
ALWAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))


class YearInvalid(Refusal):
    """A file of a year that cannot be counted by."""

    text = Text(zh="年度日历文件有误：{zh}", en="The file of the year is wrong: {en}")


class _Renewed:
    """The state of the folders when they were last read in this process."""

    seen: tuple[int, ...] = ()


def folders() -> tuple[Path, Path]:
    """The city pack's folder of years, and the installation's own."""
    return settings().city_dir / FOLDER, settings().data_dir / FOLDER


def renew() -> bool:
    """Read the files again if a folder has changed since; whether the calendar is another now. Costs microseconds."""
    seen = tuple(_changed_at(folder) for folder in folders())
    if seen == _Renewed.seen:
        return False
    years = {}
    for folder in folders():
        for path in sorted(folder.glob("*.toml")):
            try:
                year = read_year(text=path.read_bytes())
            except YearInvalid as refusal:  # one bad file must not stop the centre; ``dajing check`` names it too
                _log.warning("calendar.year_skipped", file=str(path), reason=refusal.message.en)
            else:
                years[year.year] = year
    changed = use(years=tuple(years[number] for number in sorted(years)))
    _Renewed.seen = seen
    return changed


def _changed_at(folder: Path) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except FileNotFoundError:
        return 0


def read_year(*, text: bytes) -> Year:
    """The year in one file. Raises ``YearInvalid`` with everything that is wrong."""
    try:
        if len(text) > BYTES:
            raise ValueError("too large")
        data = tomllib.loads(text.decode("utf-8-sig"))
        year, notice = data.pop("year"), data.pop("notice")
        off, worked = _days(data.pop("off")), _days(data.pop("worked", []))
        if data or type(year) is not int or not isinstance(notice, str) or not 1950 <= year <= 2200:
            raise ValueError(", ".join(data) or "year, notice")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        zh = f"须有 year、notice、off、worked，日期写作 2027-01-01 或 2027-10-01/2027-10-07（{error}）。"
        en = f"it needs year, notice, off and worked, days as 2027-01-01 or 2027-10-01/2027-10-07 ({error})."
        raise YearInvalid(zh=zh, en=en) from error
    found = Year(year=year, notice=notice.strip(), off=off, worked=worked)
    if wrong := faults(year=found):
        raise YearInvalid(zh="".join(f.zh for f in wrong), en=" ".join(f.en for f in wrong))
    return found


def written(*, year: str, notice: str, off: Sequence[str], worked: Sequence[str]) -> bytes:
    """The file of a year that was typed into a form; whether it can be counted by is for ``read_year`` to say."""
    lists = (f"{name} = {json.dumps(days)}" for name, days in (("off", list(off)), ("worked", list(worked))))
    number = int(year) if year.isascii() and year.isdecimal() and len(year) == 4 else 0
    return "\n".join((f"year = {number}", f"notice = {json.dumps(notice)}", *lists, "")).encode()


def _days(given: Any) -> tuple[date, ...]:
    found: set[date] = set()
    for one in given:
        first, _, last = str(one).partition("/")
        begin, end = date.fromisoformat(first), date.fromisoformat(last or first)
        if not timedelta(0) <= end - begin <= LONGEST:
            raise ValueError(str(one))
        found |= {begin + timedelta(days=n) for n in range((end - begin).days + 1)}
    return tuple(sorted(found))


def faults(*, year: Year) -> list[Text]:
    """What cannot be true of a gazetted year, all at once."""
    found = []
    if not year.notice:
        found.append(Text(zh="缺少发布文号。", en="the number of the notice is missing."))
    if lacking := [f"{m:02}-{d:02}" for m, d in ALWAYS if date(year.year, m, d) not in year.off and year.year >= 2025]:
        found.append(
            Text(zh=f"缺少法定节日：{'、'.join(lacking)}。", en=f"statutory days are missing: {', '.join(lacking)}.")
        )
    if both := sorted({*year.off} & {*year.worked}):
        found.append(Text(zh=f"{both[0]} 既放假又上班。", en=f"{both[0]} is both off and worked."))
    if strange := [day for day in year.worked if day.weekday() < SATURDAY]:
        found.append(Text(zh=f"{strange[0]} 不是周末，无需调休。", en=f"{strange[0]} is no weekend to be worked."))
    first = date(year.year - 1, *REACHES_BACK)
    if outside := [day for day in (*year.off, *year.worked) if not first <= day <= date(year.year, 12, 31)]:
        found.append(Text(zh=f"{outside[0]} 不属于该年度。", en=f"{outside[0]} does not belong to this year."))
    return found


def load_year(*, text: bytes, by: Actor, at: datetime) -> Year:
    """Keep the year for this installation, with a ledger entry; limits that were provisional are then counted anew.

    The same year again replaces it. Raises ``YearInvalid``. Killed between file and ledger, loading it again completes
    it.
    """
    from django.db import transaction

    from dajing.kernel.bus.api import publish
    from dajing.kernel.ledger.api import record

    year = read_year(text=text)
    folder = folders()[1]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{year.year}.toml"
    aside = target.with_suffix(".writing")
    with aside.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(target)
    detail = {"notice": year.notice, "off": [str(day) for day in year.off], "worked": [str(d) for d in year.worked]}
    with transaction.atomic():
        record(act="clocks.year.loaded", by=by, at=at, subject=f"calendar:{year.year}", detail=detail)
        publish(topic=TOPIC, payload={"year": year.year}, at=at)
    renew()
    return year


def last_year() -> int:
    """The last year whose notice is known."""
    return gazetted_years()[-1]
