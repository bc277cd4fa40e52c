"""What ``doctor`` looks at in the city context."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import datetime

import apsw

from dajing.domains.context.store.schema import connect
from dajing.kernel.settings import Settings
from dajing.kernel.supervisor.lock import held
from dajing.kernel.upkeep.findings import Check, Finding, finding


def broker(settings: Settings, now: datetime) -> Finding:
    """The broker answers while the centre runs."""
    address = f"http://{settings.machine_host}:{settings.machine}/health"
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


def live(settings: Settings, now: datetime) -> Finding:
    """SQLite's own quick check of live.db, and how much it holds."""
    path = settings.data_dir / "live.db"
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


CHECKS: tuple[Check, ...] = (broker, live)
