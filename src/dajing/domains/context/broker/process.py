"""The broker as a child of ``dajing up``: tokens are always demanded, the data directory is the centre's."""

from __future__ import annotations

from datetime import UTC, datetime

from dajing.kernel.settings import settings
from dajing.kernel.supervisor.descent import die_with_parent, wait_for_go


def main() -> None:
    """Serve until SIGTERM."""
    die_with_parent()
    from dajing.domains.context.broker.serving import run
    from dajing.domains.context.store.schema import live_store

    own = settings()
    wait_for_go()
    run(
        host=own.machine_host, port=own.machine, path=live_store(settings=own), rows=own.data_dir / "rows.db",
        rows_url=own.rows, tokens=True, keep="observed", lenient=False, may_call=own.may_call, archived=True,
        clock=lambda: datetime.now(UTC),
    )  # fmt: skip


if __name__ == "__main__":
    main()
