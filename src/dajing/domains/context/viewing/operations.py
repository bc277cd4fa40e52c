"""What each operation of the interface does, and the clause of ETSI GS CIM 009 V1.9.1 that defines it."""

from __future__ import annotations

import msgspec

from dajing.kernel.text import Text


class Operation(msgspec.Struct, frozen=True):
    """One operation: what it does, and its clause."""

    does: Text
    clause: str


def _of(clause: str, zh: str, en: str) -> Operation:
    return Operation(Text(zh=zh, en=en), clause)


# by verb and path below /ngsi-ld/v1, "*" for a variable segment
OPERATIONS = {
    "POST entities": _of("5.6.1", "新建一个实体", "Create an entity"),
    "GET entities": _of("5.7.2", "按类型、属性、位置查询实体", "Query entities by type, attributes, place"),
    "DELETE entities": _of("5.6.21", "删除符合条件的实体", "Purge the entities that match"),
    "GET entities/*": _of("5.7.1", "读取一个实体", "Retrieve an entity"),
    "PUT entities/*": _of("5.6.18", "整体替换一个实体", "Replace an entity"),
    "PATCH entities/*": _of("5.6.17", "合并进一个实体", "Merge into an entity"),
    "DELETE entities/*": _of("5.6.6", "删除一个实体", "Delete an entity"),
    "POST entities/*/attrs": _of("5.6.3", "追加或覆盖属性", "Append attributes, or overwrite them"),
    "PATCH entities/*/attrs": _of("5.6.2", "更新已有属性", "Update attributes that exist"),
    "PATCH entities/*/attrs/*": _of("5.6.4", "更新一个属性的部分内容", "Update parts of an attribute"),
    "PUT entities/*/attrs/*": _of("5.6.19", "替换一个属性", "Replace an attribute"),
    "DELETE entities/*/attrs/*": _of("5.6.5", "删除一个属性", "Delete an attribute"),
    "POST entityOperations/create": _of("5.6.7", "批量新建", "Create many"),
    "POST entityOperations/upsert": _of("5.6.8", "批量新建或更新", "Create or update many"),
    "POST entityOperations/update": _of("5.6.9", "批量更新", "Update many"),
    "POST entityOperations/merge": _of("5.6.20", "批量合并", "Merge into many"),
    "POST entityOperations/delete": _of("5.6.10", "批量删除", "Delete many"),
    "POST entityOperations/purge": _of("5.6.21", "删除符合查询的实体", "Purge the entities that a query matches"),
    "POST entityOperations/query": _of("5.7.2", "以请求体查询实体", "Query entities by a body"),
    "GET types": _of("5.7.5, 5.7.6", "有哪些实体类型", "The types of entities there are"),
    "GET types/*": _of("5.7.7", "一个类型的属性与数量", "Attributes and number of one type"),
    "GET attributes": _of("5.7.8, 5.7.9", "有哪些属性名", "The attribute names there are"),
    "GET attributes/*": _of("5.7.10", "一个属性名在哪些类型上", "The types that have one attribute name"),
    "POST subscriptions": _of("5.8.1", "新建订阅", "Create a subscription"),
    "GET subscriptions": _of("5.8.4", "列出订阅", "List subscriptions"),
    "GET subscriptions/*": _of("5.8.3", "读取订阅与送达情况", "Retrieve a subscription and how its deliveries go"),
    "PATCH subscriptions/*": _of("5.8.2", "修改订阅", "Update a subscription"),
    "DELETE subscriptions/*": _of("5.8.5", "删除订阅", "Delete a subscription"),
    "POST csourceRegistrations": _of("5.9.2", "登记其他数据源：暂不支持", "Register another source: not supported yet"),
    "GET csourceRegistrations": _of("5.10.2", "列出已登记的数据源：暂无", "List registered sources: none yet"),
    "POST csourceSubscriptions": _of(
        "5.11.2", "订阅数据源的变化：暂不支持", "Subscribe to changes of sources: not supported yet"
    ),
    "GET csourceSubscriptions": _of("5.11.5", "列出数据源订阅：暂无", "List subscriptions to sources: none"),
    "GET info/sourceIdentity": _of("5.15.1", "本机标识", "Identity of this source"),
    "POST jsonldContexts": _of("5.13.2", "托管一个 @context", "Host an @context"),
    "GET jsonldContexts": _of("5.13.3", "列出 @context", "List @contexts"),
    "GET jsonldContexts/*": _of("5.13.4", "读取一个 @context", "Serve an @context"),
    "DELETE jsonldContexts/*": _of("5.13.5", "删除或重新下载 @context", "Delete an @context, or load it again"),
    "POST temporal/entities": _of("5.6.11", "写入一个实体的历史", "Create or extend an entity's history"),
    "GET temporal/entities": _of("5.7.4", "查询历史与汇总值", "Query histories and their aggregates"),
    "GET temporal/entities/*": _of("5.7.3", "读取一个实体的历史", "Retrieve an entity's history"),
    "DELETE temporal/entities/*": _of("5.6.16", "删除一个实体的历史", "Delete an entity's history"),
    "POST temporal/entities/*/attrs": _of("5.6.12", "追加历史值", "Append instances to a history"),
    "DELETE temporal/entities/*/attrs/*": _of("5.6.13", "删除一个属性的历史", "Delete an attribute's history"),
    "PATCH temporal/entities/*/attrs/*/*": _of("5.6.14", "更正一个历史值", "Change one instance of a history"),
    "DELETE temporal/entities/*/attrs/*/*": _of("5.6.15", "删除一个历史值", "Delete one instance of a history"),
    "POST temporal/entityOperations/query": _of("5.7.4", "以请求体查询历史", "Query histories by a body"),
}


def operation(*, verb: str, segments: tuple[str, ...]) -> Operation:
    """The operation of a route of the broker's table."""
    return OPERATIONS[f"{verb} {'/'.join(segments)}"]
