"""The waiting room of the embedded chain: which transactions it takes, and who is served first."""

from typing import Any

from eth.constants import GAS_TX
from eth.vm.forks import PragueVM
from eth.vm.forks.prague.constants import TOTAL_COST_FLOOR_PER_TOKEN

BUILDER = PragueVM.get_transaction_builder()
"""Makes and decodes transactions."""

GAS_LIMIT = 30_000_000
"""Gas in a block, and the most that one call may use."""

_BUMP = 110  # per cent of the old fee that a replacement must offer, as public nodes ask


class Rejected(Exception):
    """The pool or a call refuses; the message is the text that public nodes use."""


class Pool:
    """Waiting transactions of one chain, by sender and nonce."""

    def __init__(self, chain_id: int) -> None:
        self._chain_id = chain_id
        self._senders: dict[bytes, dict[int, Any]] = {}

    def get(self, sender: bytes, nonce: int) -> Any | None:
        """What waits with this nonce."""
        return self._senders.get(sender, {}).get(nonce)

    def find(self, transaction_hash: bytes) -> Any | None:
        """What waits under this hash."""
        every = (each for queue in self._senders.values() for each in queue.values())
        return next((each for each in every if each.hash == transaction_hash), None)

    def put(self, transaction: Any, state: Any) -> None:
        """Let a transaction wait; `Rejected` unless `state`, the newest, lets it be mined one day."""
        self._require_sound(transaction, state)
        old = self.get(transaction.sender, transaction.nonce)
        if old and not _outbids(transaction, old):
            raise Rejected("replacement transaction underpriced")
        self._senders.setdefault(transaction.sender, {})[transaction.nonce] = transaction

    def drop(self, transaction: Any) -> None:
        """Let it go, mined or not."""
        self._senders[transaction.sender].pop(transaction.nonce, None)

    def next_nonce(self, sender: bytes, nonce: int) -> int:
        """The first nonce from `nonce` on with which nothing waits."""
        while self.get(sender, nonce):
            nonce += 1
        return nonce

    def by_tip(self, state: Any) -> list[bytes]:
        """The senders, who offers most for its next transaction first."""
        heads = ((sender, self.get(sender, state.get_nonce(sender))) for sender in self._senders)
        offers = [(head.max_priority_fee_per_gas, sender) for sender, head in heads if head]
        return [sender for _, sender in sorted(offers, key=lambda offer: -offer[0])]

    def _require_sound(self, transaction: Any, state: Any) -> None:
        if transaction.chain_id not in (None, self._chain_id):
            raise Rejected("invalid chain id for signer")
        if transaction.nonce < state.get_nonce(transaction.sender):
            raise Rejected("nonce too low")
        if transaction.gas > GAS_LIMIT:
            raise Rejected("exceeds block gas limit")
        if transaction.gas < max(transaction.intrinsic_gas, gas_floor(transaction)):
            raise Rejected("intrinsic gas too low")
        cost = transaction.gas * transaction.max_fee_per_gas + transaction.value
        if state.get_balance(transaction.sender) < cost:
            raise Rejected("insufficient funds for gas * price + value")


def decoded(raw: bytes) -> Any:
    """The transaction of a stranger's bytes; `Rejected` for whatever isn't one."""
    try:
        transaction = BUILDER.decode(raw)
        transaction.validate()
        transaction.check_signature_validity()
    except Exception as error:
        raise Rejected(f"invalid transaction: {error}") from error
    return transaction


def gas_floor(transaction: Any) -> int:
    """The least gas of a transaction by its bytes (EIP-7623), which py-evm charges but doesn't ask for."""
    tokens = 4 * len(transaction.data) - 3 * transaction.data.count(0)
    return int(GAS_TX + TOTAL_COST_FLOOR_PER_TOKEN * tokens)


def fits(transaction: Any, header: Any) -> bool:
    """Whether a block of this header has room for it, at a price that it offers."""
    affordable = transaction.max_fee_per_gas >= header.base_fee_per_gas
    return bool(affordable and header.gas_used + transaction.gas <= header.gas_limit)


def _outbids(new: Any, old: Any) -> bool:
    return bool(
        new.max_fee_per_gas * 100 >= old.max_fee_per_gas * _BUMP
        and new.max_priority_fee_per_gas * 100 >= old.max_priority_fee_per_gas * _BUMP
    )
