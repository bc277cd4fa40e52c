"""A form as two files: ``schema.json`` (JSON Schema 2020-12) says what is true, ``layout.toml`` how it is asked."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from dajing.kernel.areas.api import units
from dajing.kernel.identity.roles import known_roles
from dajing.kernel.packs.api import departments
from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.toml import TomlFile
from dajing.kernel.settings import settings
from dajing.kernel.text import Text

Widget = Literal["", "text", "textarea", "select", "radio", "checkboxes", "date", "file"]
MOST_CHARACTERS = 20_000
FILE = "attachment"  # format of the items of an array that holds files
FIX = Text(zh="按说明改正表单文件", en="mend the files of the form")


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one field is asked. ``options`` names a list of the city instead of an ``enum``; ``titles`` are its words."""

    label: Text
    help: Text | None = None
    widget: Widget = ""
    options: Literal["", "departments", "areas"] = ""
    titles: dict[str, Text] = {}
    autocomplete: str = ""
    suffix: str = ""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields under one heading, in their order."""

    title: Text
    fields: tuple[str, ...]
    help: Text | None = None


class Opens(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The case that a sent form opens: its kind, and the fields that give title, text, area and department."""

    kind: str
    title: str
    text: str = ""
    area: str = ""
    department: str


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``layout.toml``: ``roles`` may fill the form; ``keeps`` are the days that a draft waits."""

    title: Text
    intro: Text | None = None
    roles: tuple[str, ...]
    sections: tuple[Section, ...]
    fields: dict[str, Asked]
    keeps: int = 30
    opens: Opens | None = None


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """One form; ``digest`` is the SHA-256 of both files and so names this wording for ever."""

    id: str
    schema: dict[str, Any]
    layout: Layout
    digest: str

    def property(self, *, field: str) -> dict[str, Any]:
        """What the schema says of one field."""
        found: dict[str, Any] = self.schema["properties"][field]
        return found

    def required(self, *, field: str) -> bool:
        """Whether the field must always be there."""
        return field in self.schema.get("required", [])

    def choices(self, *, field: str) -> list[tuple[str, Text]]:
        """What can be chosen for a field, with its words; empty where it is free."""
        asked = self.layout.fields[field]
        if asked.options == "departments":
            return [(one.id, one.name) for one in departments() if one.valid_to is None]
        if asked.options == "areas":
            return [(unit.code, unit.name) for unit in units(hierarchy="reporting")]
        about = self.property(field=field)
        values = about.get("enum") or about.get("items", {}).get("enum") or []
        return [(str(value), asked.titles.get(str(value), Text(zh=str(value), en=str(value)))) for value in values]

    def strict(self) -> dict[str, Any]:
        """The schema with the city's lists filled in and nothing else allowed."""
        properties = dict(self.schema["properties"])
        for field, asked in self.layout.fields.items():
            if asked.options:
                properties[field] = properties[field] | {"enum": [key for key, _ in self.choices(field=field)]}
        return self.schema | {"properties": properties, "unevaluatedProperties": False}


def read_form(*, folder: Path, problems: Problems) -> Form | None:
    """The form in ``folder``, or None with every fault in ``problems``."""
    path, place = folder / "schema.json", folder / "layout.toml"
    file = TomlFile(path=place, problems=problems)
    layout = file.table(Layout)
    try:
        schema = json.loads(path.read_bytes())
        Draft202012Validator.check_schema(schema)
    except (OSError, ValueError, SchemaError) as error:
        told = str(error).splitlines()[0][:200]
        problems.add(
            file=path, line=0, message=Text(zh=f"不是 JSON Schema：{told}", en=f"no JSON Schema: {told}"), fix=FIX
        )
        return None
    if layout is None:
        return None
    faults = [*_schema_faults(schema), *_layout_faults(schema, layout)]
    for fault in faults:
        problems.add(file=place, line=0, message=fault, fix=FIX)
    digest = hashlib.sha256(path.read_bytes() + b"\0" + place.read_bytes()).hexdigest()
    return None if faults else Form(id=folder.name, schema=schema, layout=layout, digest=digest)


def _schema_faults(schema: Any) -> list[Text]:
    if not isinstance(schema, dict) or schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        return [Text(zh="最外层应是带 properties 的 object", en="the schema must be an object with properties")]
    found = []
    if "$ref" in json.dumps(schema):
        found.append(Text(zh="不支持 $ref", en="$ref is not supported"))
    for name, about in schema["properties"].items():
        sort = about.get("type") if isinstance(about, dict) else None
        listed = sort == "array" and isinstance(about.get("items"), dict) and "maxItems" in about
        if sort not in ("string", "integer", "number", "boolean") and not listed:
            found.append(Text(zh=f"{name}：类型无法填写", en=f"{name}: a form cannot ask for this type"))
        if sort == "string" and not 0 < about.get("maxLength", 0) <= MOST_CHARACTERS and "enum" not in about:
            found.append(Text(zh=f"{name}：缺少 maxLength", en=f"{name}: maxLength is missing"))
    return found


def _layout_faults(schema: Any, layout: Layout) -> list[Text]:
    names = set(schema.get("properties", {})) if isinstance(schema, dict) else set()
    placed = [field for section in layout.sections for field in section.fields]
    found = [
        Text(zh=f"{name}：应恰好放在一处并有标签", en=f"{name}: place it once and give it a label")
        for name in sorted(names | set(placed) | set(layout.fields))
        if placed.count(name) != 1 or name not in layout.fields or name not in names
    ]
    unknown = sorted(set(layout.roles) - set(known_roles()))
    found += [Text(zh=f"没有角色 {role}", en=f"there is no role {role}") for role in unknown]
    opens = layout.opens
    used = (opens.title, opens.text, opens.area, opens.department) if opens else ()
    lost = [name for name in used if name and name not in names]
    found += [Text(zh=f"opens 用到不存在的字段 {name}", en=f"opens names no field {name}") for name in lost]
    return found


def forms() -> dict[str, Form]:
    """The city's forms by id. Raises ``PackInvalid`` with every fault of every file."""
    return _forms(settings().city_dir)


@functools.cache
def _forms(folder: Path) -> dict[str, Form]:
    problems = Problems(root=folder.parent)
    found = [read_form(folder=place, problems=problems) for place in folders(city=folder)]
    problems.refuse()
    return {form.id: form for form in found if form is not None}


def folders(*, city: Path) -> list[Path]:
    """The folders of forms in a city pack."""
    return sorted(path.parent for path in (city / "forms").glob("*/layout.toml"))
