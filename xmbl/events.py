"""What every feature's events share: a frozen fact that can be told, and whom it is told to.

A subscriber is a plain callable that takes an event; logs, progress bars and metrics only subscribe.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    def record(self) -> dict[str, Any]:
        """The event as plain data, ready for JSON; bytes become hexadecimal."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {"event": type(self).__name__, **{name: _plain(value) for name, value in values.items()}}


Emit = Callable[[Event], None]
"""A subscriber."""


def _plain(value: Any) -> Any:
    return "0x" + value.hex() if isinstance(value, bytes) else value
