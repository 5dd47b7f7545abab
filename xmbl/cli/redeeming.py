"""What an operator that leaves does with the vouchers it holds: it redeems those that are worth their gas."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from xmbl.cli import paying
from xmbl.cli.output import counted
from xmbl.cli.sending import Step, transmit
from xmbl.errors import Reverted
from xmbl.units import format_amount

if TYPE_CHECKING:
    from xmbl.chain.call import Call
    from xmbl.cli.session import Session
    from xmbl.node.config import NodeConfig
    from xmbl.payments.policy import Due, Thrift


@dataclass(frozen=True)
class Remnant:
    """Vouchers that nobody redeemed, and the wei that they come to."""

    vouchers: int
    owed: int

    def document(self) -> dict[str, Any]:
        """For scripts."""
        return {"vouchers": self.vouchers, "owed_wei": self.owed}

    def sentence(self) -> str:
        """For people; empty where there is none."""
        if not self.vouchers:
            return ""
        return (
            f" Not redeemed: {counted(self.vouchers, 'voucher')} over {format_amount(self.owed)} in all,"
            " worth less than the gas; `xmbl pay voucher redeem` tries it all the same."
        )


def remnant(session: "Session") -> Remnant:
    """What the wallet holds and the chain hasn't paid."""
    from xmbl.payments.standings import collectable

    book = paying.book(session)
    collectable(paying.ledger(session), book, session.chain().block_number())
    held = book.open()
    return Remnant(len(held), sum(each.owed for each in held))


def later(session: "Session", when: str) -> list[Step]:
    """What is told beforehand of the vouchers that are held, and when they are redeemed."""
    held = remnant(session)
    if not held.vouchers:
        return []
    sentence = (
        f"{when}: redeem {counted(held.vouchers, 'voucher')}, if worth the gas, for"
        f" {format_amount(held.owed)} at most."
    )
    return [Step("redeem_many", sentence, 0)]


def redeem(session: "Session", thrift: "Thrift") -> list[dict[str, Any]]:
    """Redeem all that the wallet holds and that is worth its gas; what was mined, ready for JSON."""
    sent: list[dict[str, Any]] = []
    for call in _calls(session, thrift):
        try:
            sent += transmit(session, [call])
        except Reverted as refusal:
            # the node may have been first
            session.out.note(str(refusal))
    return sent


def thrift_of(settings: "NodeConfig | None") -> "Thrift":
    """When a voucher is worth its gas to somebody who leaves: once it brings as much, an ether being worth
    what the node file says, if there is one."""
    from xmbl.payments.policy import Thrift

    return replace(settings.payments.thrift if settings else Thrift(), ratio=1)


def _calls(session: "Session", thrift: "Thrift") -> "Iterator[Call]":
    from xmbl.payments.standings import collectable

    ledger, book = paying.ledger(session), paying.book(session)
    found = collectable(ledger, book, session.chain().block_number())
    fee = ledger.gas_price() if found else 0
    for payee in sorted({due.voucher.payee for due in found}):
        mine = [due for due in found if due.voucher.payee == payee]
        for batch in _batches(mine, fee, thrift):
            chosen = {due.voucher for due in batch}
            held = [each.signed for each in book.open() if each.signed.voucher in chosen]
            yield ledger.redeem(payee, held)


def _batches(dues: "Sequence[Due]", fee: int, thrift: "Thrift") -> "Iterator[list[Due]]":
    from xmbl.payments.policy import worthwhile

    rest = list(dues)
    while batch := worthwhile(rest, fee, thrift):
        yield batch
        rest = [due for due in rest if due not in batch]
