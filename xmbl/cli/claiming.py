"""What is a wallet's to claim of stake: as an operator, as a delegator, as a client whom a deal failed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xmbl.cli.delegating import BASIS, delegators
from xmbl.errors import Reverted

if TYPE_CHECKING:
    from xmbl.chain.call import Call
    from xmbl.cli.session import Session


@dataclass(frozen=True)
class Claim:
    """Something to be claimed: `amount` in wei, as far as it can be known."""

    what: str
    amount: int
    call: "Call"


def claims(session: "Session") -> Iterator[Claim]:
    """All that the wallet can claim: as an operator, as a delegator, as a client."""
    from xmbl.chain.staking import Delegated

    staking, wallet = session.staking(), session.address()
    if fees := staking.fees_of(wallet):
        yield Claim("fees of your own stake", fees, staking.claim())
    if owed := staking.owed(wallet):
        yield Claim("compensation for deals that failed you", owed, staking.collect())
    found = staking.history(Delegated, session.deployment().block, holder=wallet)
    for operator in dict.fromkeys(event.operator for event in found):
        yield from claim_of(session, operator)
    commission = staking.stake_of(wallet).commission
    for holder in delegators(session, wallet) if commission else []:
        if holder != wallet:
            yield from _commission(session, holder, commission)


def claim_of(session: "Session", operator: str) -> Iterator[Claim]:
    """What the wallet's delegation to one operator has earned, if anything."""
    staking, wallet = session.staking(), session.address()
    if fees := staking.delegation_of(operator, wallet).claimable:
        yield Claim(
            f"fees of what you delegated to {operator}", fees, staking.claim_delegated(operator, wallet)
        )


def _commission(session: "Session", holder: str, commission: int) -> Iterator[Claim]:
    wallet = session.address()
    call = session.staking().claim_delegated(wallet, holder)
    try:
        session.chain().simulate(call, wallet)
    except Reverted:
        return
    fees = session.staking().delegation_of(wallet, holder).claimable
    amount = fees * commission // (BASIS - commission) if commission < BASIS else 0
    yield Claim(f"commission on the fees of {holder}", amount, call)


def came(session: "Session", transactions: list[dict[str, Any]], first: int) -> tuple[int, int]:
    """What these transactions, all since block `first`, brought the wallet: fees, and compensation."""
    from xmbl.chain.staking import Claimed, Collected

    wallet, hashes = session.address(), {each["hash"] for each in transactions}
    kinds: tuple[type[Claimed | Collected], ...] = (Claimed, Collected)
    fees = compensation = 0
    for event in session.staking().all_events(kinds, first):
        if f"0x{event.transaction.hex()}" not in hashes:
            continue
        if isinstance(event, Collected):
            compensation += event.amount
        else:
            fees += event.amount * (event.holder == wallet) + event.commission * (event.operator == wallet)
    return fees, compensation
