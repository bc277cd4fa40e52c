"""An import-linter contract: another domain is entered only through its ``api`` module."""

from __future__ import annotations

from typing import Any

from importlinter import Contract, ContractCheck, fields, output


class DoorsContract(Contract):  # type: ignore[misc]
    """Reports every import from one domain into another that does not go through the door."""

    ancestor = fields.ModuleField()
    door = fields.StringField(required=False, default="api")

    def check(self, graph: Any, verbose: bool) -> ContractCheck:
        """Walk the imports between siblings below ``ancestor``."""
        root = self.ancestor.name
        depth = root.count(".") + 1
        broken = []
        for importer in sorted(graph.find_descendants(root)):
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                if not imported.startswith(root + "."):
                    continue
                here, there = importer.split(".")[depth], imported.split(".")[depth]
                if here != there and imported != f"{root}.{there}.{self.door}":
                    broken.append((importer, imported))
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each offending import."""
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} -> {imported}")
