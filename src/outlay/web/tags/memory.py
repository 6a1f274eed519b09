"""Undo and redo of edits that are not saved: the drafts before and after, kept in the form.

Nothing is kept on the server: what the form sends back is read like any other draft.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from typing import Any

from outlay.web.tags.draft import Draft, draft_data, read_draft

_MOST = 40
_LARGEST = 8 << 20


@dataclass(frozen=True)
class Memory:
    """Drafts in the order in which they were: `past`, `now` and `future`."""

    now: Draft
    past: tuple[Draft, ...] = ()
    future: tuple[Draft, ...] = ()

    def seen(self, draft: Draft) -> Memory:
        """With a draft as the newest; the same again is no step."""
        if draft == self.now:
            return Memory(draft, self.past, self.future)
        return Memory(draft, (*self.past, self.now)[-_MOST:])

    def undone(self) -> Memory:
        """One step back, if there is one."""
        if not self.past:
            return self
        return Memory(self.past[-1], self.past[:-1], (self.now, *self.future))

    def redone(self) -> Memory:
        """One step forward, if there is one."""
        if not self.future:
            return self
        return Memory(self.future[0], (*self.past, self.now), self.future[1:])

    def pack(self) -> str:
        """As one text, for a hidden field: drafts differ little, so that it stays short."""
        data = [
            [draft_data(draft) for draft in part] for part in ((self.now,), self.past, self.future)
        ]
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def unpack(text: str, now: Draft) -> Memory:
    """What `pack` wrote; a memory of `now` alone where it is none."""
    try:
        inflate = zlib.decompressobj()
        plain = inflate.decompress(base64.b64decode(text, validate=True), _LARGEST)
        data: Any = json.loads(plain)
        parts = [tuple(read_draft(one) for one in part[:_MOST]) for part in data]
        (newest,), past, future = parts
    except (ValueError, TypeError, AttributeError, RecursionError, zlib.error):
        return Memory(now)
    return Memory(newest, past, future)
