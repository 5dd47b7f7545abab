"""What vouchers would bring if they were redeemed now, and for how long each can be relied on. Pure."""

from collections.abc import Sequence

from xmbl.payments.book import Held
from xmbl.payments.policy import Due, Standing


def dues(standing: Standing, held: Sequence[Held]) -> list[Due]:
    """Of one payer's vouchers those that bring something, the ones that end first served first.

    Lanes pay before the free account does. Where both together are too little, whoever waits loses: then
    nothing can be relied on longer than the present block.
    """
    owed: dict[str, int] = {}
    for one in held:
        owed[one.signed.voucher.payee] = owed.get(one.signed.voucher.payee, 0) + one.owed
    sinking = standing.short(owed, standing.block) > 0
    left, free = {payee: lane.amount for payee, lane in standing.lanes.items()}, standing.free
    found: list[Due] = []
    for one in sorted(held, key=lambda one: _last(standing, one)):
        payee = one.signed.voucher.payee
        from_lane = min(one.owed, left.get(payee, 0))
        from_free = min(one.owed - from_lane, free)
        if _is_redeemable(standing, one) and from_lane + from_free:
            left[payee], free = left.get(payee, 0) - from_lane, free - from_free
            last = standing.block if sinking else _last(standing, one)
            found.append(Due(one.signed.voucher, from_lane + from_free, last))
    return found


def _last(standing: Standing, held: Held) -> int:
    """The last block in which nobody but the chain can stop the voucher from being paid."""
    voucher, ends = held.signed.voucher, [held.signed.voucher.expiry]
    if held.signer != voucher.payer:
        ends.append(standing.signers.get(held.signer, 0) - 1)
    lane = standing.lanes.get(voucher.payee)
    if lane and lane.amount:
        ends.append(lane.until - 1)
    return min(ends)


def _is_redeemable(standing: Standing, held: Held) -> bool:
    voucher = held.signed.voucher
    signs = held.signer == voucher.payer or standing.signers.get(held.signer, 0) > standing.block
    return signs and voucher.expiry >= standing.block
