"""What the pages of a form show: fields with their widgets, values and faults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dajing.kernel.forms.definition import Form
from dajing.kernel.forms.judging import Fault
from dajing.kernel.forms.models import Attachment
from dajing.kernel.forms.reading import is_file
from dajing.kernel.text import Text

LONG = 200  # characters from which a text is asked in a box
YES = Text(zh="是", en="Yes")


def widget(*, form: Form, field: str) -> str:
    """How a field is asked, where the layout leaves it open."""
    about, asked = form.property(field=field), form.layout.fields[field]
    if is_file(about=about):
        return "file"
    if asked.widget:
        return asked.widget
    if about["type"] == "array":
        return "checkboxes"
    if about["type"] == "boolean":
        return "yes"
    if form.choices(field=field):
        return "select"
    if about.get("format") == "date":
        return "date"
    return "textarea" if about.get("maxLength", 0) > LONG else "text"


def asked_fields(
    *, form: Form, answers: dict[str, Any], faults: Sequence[Fault], held: Sequence[Attachment]
) -> list[dict[str, Any]]:
    """The sections with their fields, ready for the template."""
    wrong = {fault.field: fault.message for fault in reversed(faults)}
    return [
        {
            "title": section.title,
            "help": section.help,
            "fields": [_field(form, field, answers, wrong, held) for field in section.fields],
        }
        for section in form.layout.sections
    ]


def _field(
    form: Form, field: str, answers: dict[str, Any], wrong: dict[str, Text], held: Sequence[Attachment]
) -> dict[str, Any]:
    about, asked, value = form.property(field=field), form.layout.fields[field], answers.get(field, "")
    chosen = {str(one) for one in value} if isinstance(value, list) else {str(value)}
    sort = about["type"]
    return {
        "id": f"f-{field}",
        "name": field,
        "widget": widget(form=form, field=field),
        "label": asked.label,
        "help": asked.help,
        "suffix": asked.suffix,
        "autocomplete": asked.autocomplete,
        "required": form.required(field=field),
        "value": "" if isinstance(value, list) else value,
        "checked": value is True,
        "inputmode": {"integer": "numeric", "number": "decimal"}.get(sort, ""),
        "type": {"email": "email"}.get(about.get("format", ""), "text"),
        "maxlength": about.get("maxLength", ""),
        "options": [(key, title, key in chosen) for key, title in form.choices(field=field)],
        "error": wrong.get(field),
        "files": [row for row in held if row.field == field],
    }


def said_fields(*, form: Form, answers: dict[str, Any]) -> list[tuple[Text, str]]:
    """Labels and answers in words, as they were sent; attachments are shown apart."""
    found = []
    for section in form.layout.sections:
        for field in section.fields:
            value = answers.get(field)
            if value in (None, "", []) or is_file(about=form.property(field=field)):
                continue
            words = dict(form.choices(field=field))
            values = value if isinstance(value, list) else [value]
            said = "、".join(str(words.get(str(one), YES if one is True else one)) for one in values)
            found.append((form.layout.fields[field].label, said))
    return found
