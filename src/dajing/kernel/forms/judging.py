"""Whether answers satisfy a form, in words for each field; one engine judges, on the server."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import msgspec
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from referencing import Registry

from dajing.kernel.forms.definition import Form
from dajing.kernel.text import Text


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one field; ``field`` is empty for the form as a whole."""

    field: str
    message: Text


FORMATS = FormatChecker(formats=())


@FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or (len(value) == 10 and bool(date.fromisoformat(value)))


@FORMATS.checks("email")
def _is_mail(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", value) is not None


FORMAT_WORDS = {
    "date": Text(zh="应是日期，如 2018-06-30", en="must be a date such as 2018-06-30"),
    "email": Text(zh="应是邮箱地址，如 name@example.cn", en="must be an e-mail address such as name@example.cn"),
}


def judge(*, form: Form, answers: dict[str, Any]) -> list[Fault]:
    """Everything that is wrong, in the order of the form; empty when it may be sent.

    Nothing is fetched: a schema can refer to nothing outside itself.
    """
    validator = Draft202012Validator(form.strict(), format_checker=FORMATS, registry=Registry())
    found: dict[str, Fault] = {}
    for error in sorted(validator.iter_errors(answers), key=lambda e: e.validator != "required"):
        for fault in _faults(form, error):
            found.setdefault(fault.field, fault)
    order = [field for section in form.layout.sections for field in section.fields]
    return sorted(found.values(), key=lambda f: order.index(f.field) if f.field in order else -1)


def _faults(form: Form, error: ValidationError) -> list[Fault]:
    if error.validator in ("required", "dependentRequired"):
        missing = [name for name in form.layout.fields if f"'{name}' is" in error.message.split(" of ")[0]]
        return [Fault(name, _said(form, name, Text(zh="为必填项", en="is needed"))) for name in missing]
    if error.validator in ("then", "else", "allOf", "anyOf", "oneOf", "if") and error.context:
        return [fault for inner in error.context for fault in _faults(form, inner)]
    field = str(error.absolute_path[0]) if error.absolute_path else ""
    if field not in form.layout.fields:
        return [
            Fault("", Text(zh="表单含有未知内容；请刷新后重填。", en="The form holds something unknown; reload it."))
        ]
    return [Fault(field, _said(form, field, _words(error)))]


def _said(form: Form, field: str, words: Text) -> Text:
    label = form.layout.fields[field].label
    return Text(zh=f"“{label.zh}”{words.zh}。", en=f"“{label.en}” {words.en}.")


def _words(error: ValidationError) -> Text:
    wanted = error.validator_value
    match error.validator:
        case "type":
            return TYPES.get(str(wanted), WRONG)
        case "format":
            return FORMAT_WORDS.get(str(wanted), WRONG)
        case name if name in LIMITS:
            return LIMITS[name].format(n=wanted)
    return WRONG


WRONG = Text(zh="不符合要求，请核对", en="is not as it should be; check it")
TYPES = {
    "integer": Text(zh="应是整数", en="must be a whole number"),
    "number": Text(zh="应是数字", en="must be a number"),
}
LIMITS = {
    "minLength": Text(zh="至少 {n} 个字", en="needs at least {n} characters"),
    "maxLength": Text(zh="不能超过 {n} 个字", en="may have at most {n} characters"),
    "minimum": Text(zh="不能小于 {n}", en="may not be less than {n}"),
    "maximum": Text(zh="不能大于 {n}", en="may not be more than {n}"),
    "minItems": Text(zh="至少 {n} 项", en="needs at least {n}"),
    "maxItems": Text(zh="最多 {n} 项", en="may have at most {n}"),
    "enum": Text(zh="请从列表中选择", en="must be chosen from the list"),
}
