"""What the market's slots hold, read without a call and unpacked by the layout that the contract states."""

from collections.abc import Container
from typing import Any

from tests.support.slots import Slots
from xmbl.storage.rings import Ring
from xmbl.storage.rules import Attendance, Challenge, Record


def _fields(word: int, *widths: int) -> list[int]:
    """The fields of a word, lowest bits first."""
    fields = []
    for width in widths:
        fields.append(word & (1 << width) - 1)
        word >>= width
    assert word == 0, "bits are set that no field has"
    return fields


def _words_of(periods: range) -> range:
    """The numbers of the words that these periods' bits lie in."""
    return range(periods[0] >> 7, (periods[-1] >> 7) + 1)


class DealSlots:
    """Records, rings, challenges and attendance of one market; a test may write their words too."""

    def __init__(self, deals: Any) -> None:
        self.records = Slots(deals, "records", "words")
        self.rings = Slots(deals, "rings", "words")
        self.challenges = Slots(deals, "challenges", "words")
        self.attendance = Slots(deals, "attendance", "words")

    def record(self, id_: bytes) -> Record:
        """What is kept of a deal."""
        *fields, exited = _fields(self.records[id_], 48, 48, 40, 26, 24, 24, 24, 4, 1)
        return Record(*fields, challenged=self.challenges[id_] != 0, exited=exited == 1)

    def challenge(self, id_: bytes) -> Challenge | None:
        """What is asked of a deal."""
        word = self.challenges[id_]
        return Challenge(*_fields(word, 32, 64)) if word else None

    def ring(self, operator: str) -> Ring:
        """An operator's ring."""
        return Ring(*_fields(self.rings[operator], 48, 48, 48, 48, 24, 40))

    def attendance_of(self, operator: str, periods: range) -> Attendance:
        """Which of these periods the operator proved, and which it declared."""
        words = {at: self.attendance[operator, at] for at in _words_of(periods)}
        return Attendance(
            {p for p in periods if words[p >> 7] >> (p & 127) & 1},
            {p for p in periods if words[p >> 7] >> (128 + (p & 127)) & 1},
        )

    def prove_all_but(self, operator: str, missed: Container[int], periods: range) -> None:
        """Make it as if the operator had proven all of these periods but some."""
        for at in _words_of(periods):
            bits = (p for p in periods if p >> 7 == at and p not in missed)
            self.attendance[operator, at] |= sum(1 << (p & 127) for p in bits)
