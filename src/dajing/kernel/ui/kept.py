"""Parts of pages that depend only on stored state: rendered once and kept, so a page costs little over its frame."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

MOST = 256  # a part is some 30 KB

_kept: OrderedDict[Hashable, SafeString] = OrderedDict()
_lock = threading.Lock()


def part(
    *, template: str, key: tuple[Hashable, ...], context: Callable[[], dict[str, Any]], request: HttpRequest
) -> SafeString:
    """``template`` rendered for ``key`` in the visitor's language; ``context`` is asked only when it is not kept yet.

    ``key`` names everything that the part shows: the stored state, the choices in the address, what the visitor may
    see. A part must hold nothing of the visitor's own and no token. The least used parts are dropped first.
    """
    whole = (template, get_language(), *key)
    with _lock:
        if whole in _kept:
            _kept.move_to_end(whole)
            return _kept[whole]
    made = render_to_string(template, context(), request=request)
    with _lock:
        _kept[whole] = made
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return made
