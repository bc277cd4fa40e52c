"""What ``doctor`` looks at outside the stores."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import datetime, timedelta

from dajing.kernel.manifest import PACKAGE
from dajing.kernel.settings import Settings
from dajing.kernel.supervisor.lock import held
from dajing.kernel.upkeep.findings import Check, Finding, State, finding

FREE_WARNING, FREE_BAD = 5 << 30, 1 << 30  # bytes
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def python(settings: Settings, now: datetime) -> Finding:
    """The interpreter's version."""
    version = sys.version.split()[0]
    state: State = "good" if sys.version_info >= (3, 12) else "bad"
    return finding(
        "python",
        state,
        f"Python {version}",
        f"Python {version}",
        cure_zh="安装 Python 3.12 或更高版本",
        cure_en="install Python 3.12 or newer",
    )


def sqlite(settings: Settings, now: datetime) -> Finding:
    """The library that opens rows.db."""
    from pysqlite3 import dbapi2

    version = dbapi2.sqlite_version
    state: State = "good" if dbapi2.sqlite_version_info >= (3, 51, 3) else "bad"
    return finding(
        "sqlite",
        state,
        f"SQLite {version}（经 pysqlite3）",
        f"SQLite {version} through pysqlite3",
        cure_zh="重新安装锁定的依赖：删除 .venv 后运行 ./dajing up",
        cure_en="install the locked packages again: remove .venv and run ./dajing up",
    )


def disk(settings: Settings, now: datetime) -> Finding:
    """Free space where the data are."""
    place = settings.data_dir
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    state: State = "good" if free > FREE_WARNING else "warning" if free > FREE_BAD else "bad"
    size = f"{free / (1 << 30):.1f} GiB"
    return finding(
        "disk",
        state,
        f"{place} 剩余 {size}",
        f"{size} free at {place}",
        cure_zh="清理磁盘，或用 --data 换到更大的磁盘",
        cure_en="free space, or move the data to a larger disk with --data",
    )


def directory(settings: Settings, now: datetime) -> Finding:
    """The data directory is complete and readable by its owner alone."""
    data = settings.data_dir
    if (data / "restoring").exists():
        cure = ("删除该目录并重新恢复", "remove the directory and restore again")
        text = (f"{data} 的恢复没有完成", f"the restore into {data} did not finish")
        return finding("directory", "bad", *text, cure_zh=cure[0], cure_en=cure[1])
    mode = data.stat().st_mode & 0o077 if data.exists() else 0
    state: State = "warning" if mode else "good"
    cure = (f"chmod 700 {data}", f"chmod 700 {data}")
    shared = ("可被其他用户读取", "is readable by other users") if mode else ("正常", "is in order")
    return finding("directory", state, f"{data} {shared[0]}", f"{data} {shared[1]}", cure_zh=cure[0], cure_en=cure[1])


def lock(settings: Settings, now: datetime) -> Finding:
    """Whether a centre runs on the data directory."""
    if settings.data_dir.exists() and held(data=settings.data_dir):
        return finding("lock", "good", "运行中", "the centre is running")
    return finding("lock", "good", "未运行", "the centre is not running")


def processes(settings: Settings, now: datetime) -> Finding:
    """While a centre runs, each of its processes runs and the pages answer."""
    from dajing.kernel.supervisor.up import CHILDREN, healthy

    path = settings.data_dir / CHILDREN
    if not (path.exists() and held(data=settings.data_dir)):
        return finding("processes", "good", "没有应运行的进程", "no process is meant to run")
    known = json.loads(path.read_text())
    answers = healthy(address=f"http://{settings.host}:{known['port']}")
    down = [child["name"] for child in known["children"] if child["pid"] is None] + ([] if answers else ["web"])
    crashes = sum(child["crashes"] for child in known["children"])
    state: State = "bad" if down else "warning" if crashes else "good"
    names = ", ".join(child["name"] for child in known["children"])
    return finding(
        "processes",
        state,
        f"{names}：{'未运行 ' + ', '.join(down) if down else '运行中'}，近期崩溃 {crashes} 次",
        f"{names}: {'down: ' + ', '.join(down) if down else 'running'}, {crashes} recent crashes",
        cure_zh="查看 up 的输出中 up.crashed 之前的错误",
        cure_en="read the error before up.crashed in the output of up",
    )


def clock(settings: Settings, now: datetime) -> Finding:
    """The clock must not be behind what has been written already."""
    data = settings.data_dir
    files = [path for path in (data / "rows.db", data / "rows.db-wal", data / "lock") if path.exists()]
    newest = max((path.stat().st_mtime for path in files), default=0.0)
    ahead = timedelta(seconds=newest - now.timestamp())
    state: State = "bad" if ahead > timedelta(minutes=5) else "good"
    return finding(
        "clock",
        state,
        f"系统时间 {now:%Y-%m-%d %H:%M} UTC",
        f"the system's time is {now:%Y-%m-%d %H:%M} UTC",
        cure_zh=f"数据比系统时间晚 {ahead}：请校正时钟（NTP）",
        cure_en=f"the data are {ahead} ahead of the clock: set it right (NTP)",
    )


def calendar(settings: Settings, now: datetime) -> Finding:
    """Gazetted holidays reach into the future; beyond them due dates are provisional."""
    from chinese_calendar import constants

    last = max(day.year for day in constants.holidays)
    state: State = "good" if last > now.year or (last == now.year and now.month < 11) else "warning"
    return finding(
        "calendar",
        state,
        f"法定节假日数据到 {last} 年",
        f"gazetted holidays reach to the end of {last}",
        cure_zh="国务院公布次年安排后升级 chinesecalendar；在此之前超出部分的期限标为“暂定”",
        cure_en="upgrade chinesecalendar when the next year is gazetted; until then later due dates are provisional",
    )


def front_end(settings: Settings, now: datetime) -> Finding:
    """Charts, maps and the Chinese font of PDF reports are built."""
    vendor = PACKAGE / "kernel/ui/static/vendor"
    absent = [n for n in ("echarts.mjs", "maplibre-gl.mjs", "NotoSansSC-Regular.ttf") if not (vendor / n).exists()]
    return finding(
        "front-end",
        "bad" if absent else "good",
        f"缺少 {', '.join(absent)}" if absent else "图表、地图与字体齐全",
        f"{', '.join(absent)} absent" if absent else "charts, maps and fonts are there",
        cure_zh="删除 .venv 后运行 ./dajing up 重新构建",
        cure_en="remove .venv and run ./dajing up to build them",
    )


def chromium(settings: Settings, now: datetime) -> Finding:
    """A browser for the journeys among the tests."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return finding(
        "chromium",
        "good" if found else "warning",
        f"测试用浏览器 {found}" if found else "没有 Chromium，浏览器测试会跳过",
        f"browser for tests {found}" if found else "no Chromium, browser tests are skipped",
        cure_zh="apt-get install chromium（仅开发需要）",
        cure_en="apt-get install chromium (needed for development only)",
    )


MACHINE: tuple[Check, ...] = (
    python, sqlite, disk, directory, lock, processes, clock, calendar, front_end, chromium,
)  # fmt: skip
