"""What the market's slots hold, read without a call and unpacked by the layout that the contract states."""

from typing import Any

from tests.support.slots import Slots
from xmbl.storage.rules import Record, Ring


def _fields(word: int, *widths: int) -> list[int]:
    """The fields of a word, lowest bits first."""
    fields = []
    for width in widths:
        fields.append(word & (1 << width) - 1)
        word >>= width
    assert word == 0, "bits are set that no field has"
    return fields


class DealSlots:
    """Records, rings and attendance of one market; a test may write their words too."""

    def __init__(self, deals: Any) -> None:
        self.records = Slots(deals, "records", "words")
        self.rings = Slots(deals, "rings", "words")
        self.attendance = Slots(deals, "attendance", "proven")

    def record(self, id_: bytes) -> Record:
        """What is kept of a deal."""
        return Record(*_fields(self.records[id_], 48, 48, 40, 26, 24, 24, 24, 4))

    def ring(self, operator: str) -> Ring:
        """An operator's ring."""
        return Ring(*_fields(self.rings[operator], 48, 48, 48, 48, 24, 40))

    def proven(self, operator: str, periods: range) -> set[int]:
        """Which of these periods the operator proved."""
        return {p for p in periods if self.attendance[operator, p >> 8] >> (p & 255) & 1}
