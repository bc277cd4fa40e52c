"""What ``doctor`` looks at in the city context."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import datetime

import apsw

from dajing.domains.context.store.schema import connect, live_store
from dajing.kernel.settings import Settings
from dajing.kernel.supervisor.lock import held
from dajing.kernel.supervisor.up import CHILDREN
from dajing.kernel.upkeep.findings import Check, Finding, finding


def broker(settings: Settings, now: datetime) -> Finding:
    """The broker answers while the centre runs."""
    address = f"http://{settings.machine_host}:{_port(settings)}/health"
    if not held(data=settings.data_dir):
        return finding("broker", "good", "城市感知平台未运行", "the broker is not running")
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            answers = answer.status == 200
    except (urllib.error.URLError, OSError):
        answers = False
    return finding(
        "broker",
        "good" if answers else "bad",
        f"城市感知平台 {address} {'正常' if answers else '无应答'}",
        f"the broker at {address} {'answers' if answers else 'does not answer'}",
        cure_zh="查看 up 的输出中 program=context 的错误",
        cure_en="read the errors of program=context in the output of up",
    )


def _port(settings: Settings) -> int:
    """The machine port of the centre that runs, which may have been started with another than the settings name."""
    try:
        return int(json.loads((settings.data_dir / CHILDREN).read_text())["machine"])
    except (OSError, ValueError, KeyError):
        return settings.machine


def live(settings: Settings, now: datetime) -> Finding:
    """SQLite's own quick check of live.db, and how much it holds."""
    path = live_store(settings=settings)
    if isinstance(path, str):
        return _server(path)
    if not path.exists():
        return finding("live", "good", "还没有 live.db", "there is no live.db yet")
    try:
        connection = connect(path=path)
        answer = str(connection.pragma("quick_check"))
        entities = connection.execute("SELECT count(*) FROM entity").get
        connection.close()
    except apsw.Error as error:
        answer, entities = str(error), 0
    sound = answer == "ok"
    return finding(
        "live",
        "good" if sound else "bad",
        f"live.db：{entities} 个实体" if sound else f"live.db：{answer}",
        f"live.db: {entities} entities" if sound else f"live.db: {answer}",
        cure_zh="立即停止，从最近的备份恢复：./dajing restore",
        cure_en="stop now and restore the last backup: ./dajing restore",
    )


def _server(url: str) -> Finding:
    """Whether the database of the live city answers, and how much it holds."""
    try:
        connection = connect(path=url)
        entities = connection.execute("SELECT count(*) FROM entity").get
        connection.close()
    except Exception as error:
        cause = str(error).splitlines()[0]
        return finding(
            "live", "bad", f"感知数据库：{cause}", f"the live city's database: {cause}",
            cure_zh="核对 DAJING_LIVE 的地址和口令，并确认数据库在运行",
            cure_en="check address and password in DAJING_LIVE, and that the database runs",
        )  # fmt: skip
    return finding("live", "good", f"感知数据库：{entities} 个实体", f"the live city's database: {entities} entities")


CHECKS: tuple[Check, ...] = (broker, live)
