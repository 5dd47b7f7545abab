"""Signing transactions for one account on one chain."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from xmbl.chain.call import Call
from xmbl.chain.client import Chain, Header
from xmbl.chain.fees import Fees, suggested
from xmbl.chain.outbox_store import Attempt, Signer

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


@dataclass(frozen=True)
class Pen:
    """What an account signs with; it never offers more than `ceiling` wei per gas."""

    chain: Chain
    account: "LocalAccount"
    ceiling: int

    @property
    def address(self) -> str:
        """Whose signature it is."""
        return str(self.account.address)

    def fees(self, head: Header) -> Fees:
        """What to offer now; `FeeCeiling` when that is too dear."""
        return suggested(head.base_fee, self.chain.tip(), self.ceiling)

    def sign(self, call: Call, gas: int, fees: Fees, block: int) -> Signer:
        """Signs `call` for whatever nonce it gets; `block` is the newest one now."""
        fields: dict[str, Any] = {
            "type": 2, "chainId": self.chain.chain_id, "value": call.value, "data": call.data, "gas": gas,
            "maxFeePerGas": fees.max_fee, "maxPriorityFeePerGas": fees.tip,
        } | ({} if call.to is None else {"to": to_checksum_address(call.to)})  # fmt: skip

        def sign(nonce: int) -> Attempt:
            signed = self.account.sign_transaction(fields | {"nonce": nonce})
            return Attempt(bytes(signed.hash), bytes(signed.raw_transaction), fees, block)

        return sign
