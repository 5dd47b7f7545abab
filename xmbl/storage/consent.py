"""The operator's word that an open deal may last longer at its price, signed by its agent.

The policy decides; the market's own rules are asked of the market: what it would refuse isn't signed.
"""

from typing import TYPE_CHECKING

from xmbl.crypto.typed_data import Extension, sign_digest
from xmbl.errors import Refused, Reverted
from xmbl.storage import policy
from xmbl.storage.desk import Desk
from xmbl.storage.journal import DealState, KnownDeal
from xmbl.storage.policy import Standing, StoragePolicy
from xmbl.storage.wire import ExtendRequest, SignedExtension

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


def consented(
    desk: Desk, signer: "LocalAccount", will: StoragePolicy, standing: Standing, request: ExtendRequest
) -> SignedExtension:
    """The signed extension; `Refused` with the operator's reason, `Reverted` with the market's. Reads the
    chain."""
    known = desk.journal.deal(request.deal)
    if known is None or known.state is not DealState.OPEN:
        raise Refused("I have no such deal; ask who opened it where it lies.")
    if not desk.holdings.has(known.deal.root):
        raise Refused("I have lost the bytes of this deal; store them elsewhere in time.")
    parameters = desk.market.parameters
    policy.check_extension(will, parameters, standing, known.deal.terms, request.end)
    if desk.market.staking.stake_of(desk.operator).free(desk.market.staking.leverage()) < 0:
        raise Refused("My stake doesn't cover even the deals that I have; ask again later.")
    old_end = desk.market.record(known.id).end
    if request.end <= old_end:
        raise Refused(f"The deal lasts until period {old_end} already; ask for a later end.")
    extension = Extension(known.id, old_end, request.end, standing.block + policy.patience(parameters))
    signature = sign_digest(signer, desk.market.digest(extension.hash()))
    _require_possible(desk, known, extension, signature)
    return SignedExtension(old_end, extension.deadline, signature)


def _require_possible(desk: Desk, known: KnownDeal, extension: Extension, signature: bytes) -> None:
    call = desk.market.deals.extend(known.deal, extension.new_end, extension.deadline, signature)
    try:
        desk.market.chain.simulate(call, known.deal.terms.client)
    except Reverted as refusal:
        # the client brings its money when it has the signature
        if not refusal.reason.startswith("payments:"):
            raise
