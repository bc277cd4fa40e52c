"""Why facts are not taken, with what to do."""

from __future__ import annotations

from dajing.kernel.text import Refusal, Text


class StreamUnknown(Refusal):
    """Nobody declared the stream."""

    text = Text(
        zh="没有名为 {stream} 的事实流；请在所属模块的 streams.py 中用 declare 声明。已声明：{known}",
        en="There is no fact stream named {stream}; declare it in its slice's streams.py. Declared are: {known}",
    )


class StreamMisdeclared(Refusal):
    """A declaration that cannot be kept."""

    text = Text(
        zh="事实流 {stream} 的声明有误：{problem}；请改正 streams.py",
        en="The declaration of fact stream {stream} is wrong: {problem}; correct streams.py",
    )


class FactMalformed(Refusal):
    """One fact does not fit its stream; none of the batch was stored."""

    text = Text(
        zh="{stream} 第 {row} 条事实的 {column} 列：{zh}；整批未写入，请改正后重新提交",
        en="{stream}, fact {row}, column {column}: {en}; nothing of the batch was stored, correct it and send again",
    )


class KnownTooEarly(Refusal):
    """A live fact says that it was known before facts that are already in the stream."""

    text = Text(
        zh="{stream} 已有 {newest} 获知的事实，不能再写入 {known_at} 获知的事实："
        "请检查服务器时钟；补录历史请使用补录方式",
        en="{stream} already holds facts known at {newest}; one known at {known_at} would change answers already "
        "given: check the server's clock, or load history as a backfill",
    )


class TimeNaive(Refusal):
    """A time without a zone."""

    text = Text(
        zh="{stream} 的 known_at 没有时区：请传入带时区的时间（UTC）",
        en="The known_at for {stream} has no zone: pass an aware time (UTC)",
    )


class StreamChanged(Refusal):
    """A column has another type than the history already written."""

    text = Text(
        zh="事实流 {stream} 的 {column} 列历史类型为 {old}，现声明为 {new}：请改回原类型，或用新列名声明",
        en="Column {column} of fact stream {stream} is {old} in history but now declared {new}: declare it as it was, "
        "or under a new name",
    )


class FlushRunning(Refusal):
    """Two flushes or compactions of one stream at once."""

    text = Text(
        zh="事实流 {stream} 正由另一进程归档：请等它结束后重试",
        en="Another process is moving fact stream {stream} to history: wait for it to end, then try again",
    )
