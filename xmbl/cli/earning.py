"""An operator's earnings as people, scripts and spreadsheets read them."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from xmbl.cli.output import Table, counted
from xmbl.units import format_amount

if TYPE_CHECKING:
    from xmbl.storage.earnings import Amounts, Booking

_LATEST = 14
"""Periods that the table for people shows."""

_COLUMNS = ("block", "time", "period", "event", "deal", "client", "income_wei", "fee_wei", "slashed_wei")


def csv_text(found: "Sequence[Booking]") -> str:
    """One line a booking, under headings that name the unit; times are UTC, as ISO 8601 writes them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_row(booking) for booking in found)
    return text.getvalue()


def document(found: "Sequence[Booking]") -> dict[str, Any]:
    """Every booking, and the sums by deal, by period and in all."""
    from xmbl.storage.earnings import by_deal, by_period, total

    return {
        **_wei(total(found)),
        "deals": [{"deal": _hex(deal), **_wei(sums)} for deal, sums in by_deal(found).items()],
        "periods": [{"period": period, **_wei(sums)} for period, sums in by_period(found).items()],
        "bookings": [_row(booking) for booking in found],
    }


def tables(found: "Sequence[Booking]") -> list[Table | str]:
    """The sums by deal, and by period for the latest ones, and a sentence with the total."""
    from xmbl.storage.earnings import by_deal, by_period, total

    deals = [(_hex(deal)[:10] or "stake", *_amounts(sums)) for deal, sums in by_deal(found).items()]
    periods = [(str(period), *_amounts(sums)) for period, sums in by_period(found).items()]
    earned, fee, slashed = _amounts(total(found))
    sentence = f"\nEarned {earned}, after {fee} of fees; {slashed} of collateral were slashed."
    if len(periods) > _LATEST:
        sentence += f" Left out: {counted(len(periods) - _LATEST, 'older period')}; --csv has them all."
    headings = ("INCOME", "FEE", "SLASHED")
    shown: list[Table | str] = [Table(("DEAL", *headings), deals, "Nothing was earned yet.")]
    if periods:
        shown += ["", Table(("PERIOD", *headings), periods[-_LATEST:], "")]
    return [*shown, sentence]


def _row(booking: "Booking") -> dict[str, Any]:
    return {
        "block": booking.block, "time": datetime.fromtimestamp(booking.time, UTC).isoformat(),
        "period": booking.period, "event": booking.event.lower(), "deal": _hex(booking.deal),
        "client": booking.client, **_wei(booking.amounts),
    }  # fmt: skip


def _wei(sums: "Amounts") -> dict[str, int]:
    return {"income_wei": sums.income, "fee_wei": sums.fee, "slashed_wei": sums.slashed}


def _amounts(sums: "Amounts") -> tuple[str, str, str]:
    return format_amount(sums.income), format_amount(sums.fee), format_amount(sums.slashed)


def _hex(deal: bytes) -> str:
    return f"0x{deal.hex()}" if deal else ""
