"""Why a file does not get into a register."""

from __future__ import annotations

from collections.abc import Sequence

from dajing.domains.network.register.cells import Fault
from dajing.kernel.text import Refusal, Text

SHOWN = 20


class RegisterRefused(Refusal):
    """The file has faults; nothing of it was loaded. ``faults`` holds all of them."""

    text = Text(
        zh="{file} 有 {count} 处问题，没有导入任何一行：\n{list_zh}",
        en="{file} has {count} faults; no row was loaded:\n{list_en}",
    )

    def __init__(self, *, file: str, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            file=file,
            count=len(faults),
            list_zh="\n".join(f.words.zh for f in faults[:SHOWN]),
            list_en="\n".join(f.words.en for f in faults[:SHOWN]),
        )

    def details(self) -> dict[str, object]:
        """Every fault for a caller over the API."""
        return {
            "faults": [
                {"row": f.row, "column": f.column, "message": f.message.en, "cure": f.cure.en} for f in self.faults
            ]
        }


class LoadedBackdated(Refusal):
    """A load that would be known before one already there."""

    text = Text(
        zh="台账版本不能早于已有版本（{known}）；请检查本机时钟",
        en="a version cannot be known before one that is there already ({known}); check this machine's clock",
    )


class DatumUnknown(Refusal):
    """Coordinates in a datum that nobody can convert."""

    text = Text(zh="没有坐标系 {id}；可选：{known}", en="there is no datum {id}; choose one of: {known}")


class RegisterUnknown(Refusal):
    """A register id that does not exist."""

    text = Text(zh="没有台账 {id}；已有：{known}", en="there is no register {id}; there are: {known}")
