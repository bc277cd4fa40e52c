"""What ``doctor`` looks at in the stores; Django is up."""

from __future__ import annotations

from datetime import datetime, timedelta

from dajing.kernel.settings import Settings
from dajing.kernel.upkeep.findings import Check, Finding, finding


def migrations(settings: Settings, now: datetime) -> Finding:
    """The tables are those of this program."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    due = executor.migration_plan(executor.loader.graph.leaf_nodes())
    names = ", ".join(f"{m.app_label}.{m.name}" for m, _ in due[:5])
    return finding(
        "migrations",
        "bad" if due else "good",
        f"{len(due)} 个迁移未执行：{names}" if due else "数据结构是最新的",
        f"{len(due)} migrations are due: {names}" if due else "the tables are up to date",
        cure_zh="停止后运行 ./dajing upgrade",
        cure_en="stop the centre and run ./dajing upgrade",
    )


def integrity(settings: Settings, now: datetime) -> Finding:
    """SQLite's own quick check of rows.db."""
    from django.db import connection

    if connection.vendor != "sqlite":
        return finding("integrity", "good", "业务数据在 PostgreSQL 上", "rows are on PostgreSQL")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check")
        answer = str(cursor.fetchone()[0])
    return finding(
        "integrity",
        "good" if answer == "ok" else "bad",
        f"rows.db：{answer}",
        f"rows.db: {answer}",
        cure_zh="立即停止，从最近的备份恢复：./dajing restore",
        cure_en="stop now and restore the last backup: ./dajing restore",
    )


def dead_letters(settings: Settings, now: datetime) -> Finding:
    """Events that a consumer failed on for good."""
    from dajing.kernel.bus.models import DeadLetter

    rows = list(DeadLetter.objects.values_list("consumer", "topic").distinct()[:5])
    count = DeadLetter.objects.count()
    names = ", ".join(f"{consumer} ({topic})" for consumer, topic in rows)
    return finding(
        "dead-letters",
        "bad" if count else "good",
        f"{count} 个事件处理失败：{names}" if count else "没有处理失败的事件",
        f"{count} events could not be digested: {names}" if count else "no event was given up",
        cure_zh="./dajing bus letters 查看原因，修复后 ./dajing bus retry",
        cure_en="see why with ./dajing bus letters, then ./dajing bus retry",
    )


def consumers(settings: Settings, now: datetime) -> Finding:
    """Consumers that fail at present or lag."""
    from dajing.kernel.bus.models import Position

    failing = Position.objects.filter(failures__gt=0).values_list("name", "failures")
    names = ", ".join(f"{name} ×{failures}" for name, failures in failing)
    return finding(
        "consumers",
        "warning" if names else "good",
        f"正在重试：{names}" if names else "事件处理正常",
        f"being retried: {names}" if names else "all consumers work",
        cure_zh="./dajing bus letters 显示最近的错误",
        cure_en="./dajing bus letters shows the last error",
    )


def jobs(settings: Settings, now: datetime) -> Finding:
    """Background jobs that failed for good within a week."""
    from dajing.kernel.jobs.models import Job

    failed = Job.objects.filter(status="FAILED", finished_at__gte=now - timedelta(days=7))
    names = ", ".join(sorted({name.rsplit(".", 1)[-1] for name in failed.values_list("task", flat=True)})[:5])
    return finding(
        "jobs",
        "warning" if names else "good",
        f"一周内失败的后台任务：{names}" if names else "一周内没有失败的后台任务",
        f"jobs that failed within a week: {names}" if names else "no job failed within a week",
        cure_zh="./dajing jobs --all 查看原因",
        cure_en="see why with ./dajing jobs --all",
    )


def ledger(settings: Settings, now: datetime) -> Finding:
    """The ledger verifies from its first entry to its head."""
    from dajing.kernel.ledger import api

    result = api.verify()
    broken = "; ".join(str(f.message.en) for f in result.findings[:3])
    return finding(
        "ledger",
        "bad" if result.findings else "good",
        f"台账 {result.size} 条，{'校验不通过' if broken else '校验无误'}",
        f"{result.size} entries of the ledger: {broken or 'verified'}",
        cure_zh="保留现场，用 ./dajing ledger verify 查看位置，并与最近的备份比较",
        cure_en="change nothing, see the place with ./dajing ledger verify, and compare with the last backup",
    )


STORES: tuple[Check, ...] = (migrations, integrity, dead_letters, consumers, jobs, ledger)
