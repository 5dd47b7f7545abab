"""A transaction that somebody wants: what it says to the chain, and what it says to people."""

from dataclasses import dataclass

import rlp
from eth_utils import keccak, to_canonical_address, to_checksum_address


@dataclass(frozen=True)
class Call:
    """Made by the wrappers, sent only by the outbox.

    `action` is a snake name such as `deal_open`, for logs and gas reports; `sentence` says to a person
    what it will do; `value` is in wei. A call without `to` creates a contract.
    """

    to: str | None
    data: bytes
    action: str
    sentence: str
    value: int = 0


def created_address(creator: str, nonce: int) -> str:
    """The address of the contract that `creator`'s transaction of this nonce creates."""
    encoded = rlp.encode([to_canonical_address(creator), nonce])
    return to_checksum_address(keccak(encoded)[12:])
