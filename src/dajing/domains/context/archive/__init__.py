"""History beyond the hot tail: instances move from live.db through the kernel's series to Iceberg, and are read back.

The broker says up to which row it will change nothing in place (``sealing`` in live.db); the worker appends those rows
to the stream with its position in one transaction of rows.db; the broker then removes old rows before the position.
"""
