"""What a person or a client may be allowed to do with the city's context."""

from __future__ import annotations

from dajing.kernel.text import Text

READ, WRITE = "context.read", "context.write"

ROLES = {
    READ: Text(zh="读取城市感知数据", en="Read the city context"),
    WRITE: Text(zh="写入城市感知数据", en="Write the city context"),
}
