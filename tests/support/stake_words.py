"""The slots of `Staking` as its modules lay them out, low bits first: written anew, not read from them."""

from xmbl.payments.bonds import Lock, Stake
from xmbl.payments.fee_index import FeeIndex
from xmbl.payments.shares import Delegation, Exit, Pool


def stake_word(stake: Stake, pool: Pool) -> int:
    """What stands behind an operator."""
    own = stake.own | stake.delegated << 60 | stake.locked << 120 | stake.thawing << 180
    return own | bool(pool.thawing) << 240


def mark_word(stake: Stake) -> int:
    """Up to where an operator's own was paid, and when what thaws of it may leave."""
    return stake.paid | stake.thaw_until << 112


def lock_word(lock: Lock) -> int:
    """What a market may and does hold."""
    return lock.limit | lock.locked << 60 | lock.to_burn << 120


def pool_word(pool: Pool) -> int:
    """What an operator's delegators share."""
    return pool.price | pool.thawing << 64 | pool.generation << 136 | pool.commission << 168


def delegation_word(held: Delegation) -> int:
    """A delegator's shares."""
    return held.shares | held.generation << 72 | held.paid << 104


def exit_word(leaving: Exit) -> int:
    """A delegator's shares that thaw."""
    return leaving.shares | leaving.generation << 72 | leaving.until << 104


def fee_word(fees: FeeIndex, total: int) -> int:
    """The fee index."""
    return fees.accounted | total << 84 | fees.index << 144
