"""Staking, where XMBL stands behind operators. Amounts are wei; stake counts in units of 10^9 wei."""

from dataclasses import dataclass

from xmbl.chain.call import Call
from xmbl.chain.client import Block
from xmbl.chain.contract import Contract, Logged
from xmbl.units import STAKE_UNIT, format_amount


@dataclass(frozen=True)
class Stake:
    """What stands behind an operator, in wei: `own` and `delegated`, both held by markets in part.

    The thawing part of `own` may leave from block `thaw_until` on; `commission` is in basis points.
    """

    own: int
    delegated: int
    locked: int
    thawing: int
    thaw_until: int
    delegated_thawing: int
    commission: int

    def free(self, leverage: int) -> int:
        """Wei that markets could still lock; below 0 where even what they hold is more than they could."""
        staying = self.own - self.thawing
        return min(staying + self.delegated - self.delegated_thawing, leverage * staying) - self.locked


@dataclass(frozen=True)
class Delegation:
    """What a delegator has with an operator: `shares` worth `value` wei, and `claimable` wei of fees.

    Of the shares, `thawing_shares` may leave from block `thaw_until` on, which is 0 where none thaws.
    """

    shares: int
    value: int
    thawing_shares: int
    thaw_until: int
    claimable: int


@dataclass(frozen=True)
class Pool:
    """What an operator's delegators share: the price of a share, times 2^63, which only a slash lowers.

    A slash that leaves next to nothing starts a new `generation`, in which older shares count nothing.
    """

    price: int
    generation: int
    thawing_shares: int

    def shares_worth(self, amount: int) -> int:
        """The fewest shares that are worth `amount` wei, which is a multiple of the stake unit."""
        return -(-(amount // STAKE_UNIT << 63) // self.price)


@dataclass(frozen=True)
class Lock:
    """What a market may and does hold of an operator's stake, and what of it waits to be burnt, in wei."""

    limit: int
    locked: int
    to_burn: int


@dataclass(frozen=True, kw_only=True)
class Staked(Logged):
    """An operator bonded more."""

    operator: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class CommissionSet(Logged):
    """An operator lowered its commission."""

    operator: str
    commission: int


@dataclass(frozen=True, kw_only=True)
class Delegated(Logged):
    """Somebody put stake behind an operator."""

    operator: str
    holder: str
    amount: int
    shares: int


@dataclass(frozen=True, kw_only=True)
class Authorized(Logged):
    """An operator set a market's limit."""

    operator: str
    market: str
    limit: int


@dataclass(frozen=True, kw_only=True)
class Thawing(Logged):
    """`amount` of an operator's own in all is on its way out until block `until`."""

    operator: str
    amount: int
    until: int


@dataclass(frozen=True, kw_only=True)
class ThawingDelegated(Logged):
    """`shares` of a delegator in all are on their way out until block `until`."""

    operator: str
    holder: str
    shares: int
    until: int


@dataclass(frozen=True, kw_only=True)
class Withdrawn(Logged):
    """An operator's own thawed stake left."""

    operator: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class WithdrawnDelegated(Logged):
    """What a delegator's thawed shares were worth left."""

    operator: str
    holder: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Claimed(Logged):
    """Fees came to a staker, and `commission` besides to the operator; both are one for own stake."""

    operator: str
    holder: str
    amount: int
    commission: int


@dataclass(frozen=True, kw_only=True)
class Slashed(Logged):
    """The stake behind an operator lost `amount`, `own` of it its own; the beneficiary may collect
    `compensation`."""

    operator: str
    market: str
    beneficiary: str
    amount: int
    compensation: int
    own: int


@dataclass(frozen=True, kw_only=True)
class Collected(Logged):
    """Who was wronged fetched what it was owed."""

    account: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Burnt(Logged):
    """Slashed stake was burnt."""

    operator: str
    market: str
    amount: int


class Staking(Contract):
    """The contract `Staking`."""

    name = "Staking"

    def token(self, block: Block = "latest") -> str:
        """The token that is staked."""
        return str(self._read("token", block=block))

    def payments(self, block: Block = "latest") -> str:
        """The ledger in which fees come in."""
        return str(self._read("payments", block=block))

    def leverage(self, block: Block = "latest") -> int:
        """How many wei of locks one wei of an operator's own stake may carry."""
        return int(self._read("leverage", block=block))

    def thaw_blocks(self, block: Block = "latest") -> int:
        """How long stake thaws before it can leave."""
        return int(self._read("thaw_blocks", block=block))

    def withdraw_blocks(self, block: Block = "latest") -> int:
        """For how many blocks stake that has thawed can leave; later it has to thaw anew."""
        return int(self._read("withdraw_blocks", block=block))

    def is_market(self, account: str, block: Block = "latest") -> bool:
        """Whether a contract may lock stake of operators that authorised it."""
        return bool(self._read("is_market", account, block=block))

    def stake_of(self, operator: str, block: Block = "latest") -> Stake:
        """What stands behind an operator."""
        return Stake(*self._read("stake_of", operator, block=block))

    def delegation_of(self, operator: str, holder: str, block: Block = "latest") -> Delegation:
        """What a delegator has with an operator."""
        return Delegation(*self._read("delegation_of", operator, holder, block=block))

    def pool_of(self, operator: str, block: Block = "latest") -> Pool:
        """What an operator's delegators share."""
        return Pool(*self._read("pool_of", operator, block=block))

    def fees_of(self, operator: str, block: Block = "latest") -> int:
        """What an operator's own stake has earned and `claim` would pay, in wei."""
        return int(self._read("fees_of", operator, block=block))

    def lock_of(self, operator: str, market: str, block: Block = "latest") -> Lock:
        """What a market may and does hold of it."""
        return Lock(*self._read("lock_of", operator, market, block=block))

    def owed(self, account: str, block: Block = "latest") -> int:
        """What an account can collect of slashed stake."""
        return int(self._read("owed", account, block=block))

    def total(self, block: Block = "latest") -> int:
        """All stake, own and delegated."""
        return int(self._read("total", block=block))

    def stake(self, amount: int, commission: int) -> Call:
        """Bond the caller's XMBL behind itself; the token must allow it first.

        The first time fixes its commission in basis points; later it has to be what it is.
        """
        return self._call(
            "stake", amount, commission, action="stake_add",
            sentence=f"Stake {format_amount(amount)} with a commission of {commission / 100:g}%.",
        )  # fmt: skip

    def set_commission(self, commission: int) -> Call:
        """Lower the caller's commission, also on fees that aren't claimed yet."""
        return self._call(
            "set_commission", commission, action="set_commission",
            sentence=f"Lower your commission to {commission / 100:g}%, for ever.",
        )  # fmt: skip

    def authorize(self, market: str, limit: int) -> Call:
        """Let a market lock up to `limit` of the stake behind the caller in all."""
        return self._call(
            "authorize", market, limit, action="stake_authorize",
            sentence=f"Let the market {market} lock up to {format_amount(limit)} of your stake, "
            "which a stolen agent key can lose.",
        )  # fmt: skip

    def thaw(self, amount: int) -> Call:
        """Start the way out for a part of the caller's own stake; another thaw, also of 0, restarts the
        clock."""
        return self._call(
            "thaw", amount, action="stake_thaw", sentence=f"Start to thaw {format_amount(amount)} of stake.",
        )  # fmt: skip

    def withdraw(self) -> Call:
        """Fetch all of the caller's own that has thawed, and its fees."""
        return self._call("withdraw", action="stake_withdraw", sentence="Withdraw all stake that has thawed.")

    def claim(self) -> Call:
        """Get what the caller's own stake has earned into its account in Payments."""
        return self._call("claim", action="claim", sentence="Claim the fees that your own stake has earned.")

    def delegate(self, operator: str, amount: int) -> Call:
        """Put the caller's XMBL behind an operator; the token must allow it first."""
        return self._call(
            "delegate", operator, amount, action="delegate",
            sentence=f"Delegate {format_amount(amount)} to {operator}, which can lose it.",
        )  # fmt: skip

    def thaw_delegated(self, operator: str, shares: int) -> Call:
        """Start the way out for some of the caller's shares; another thaw, also of 0, restarts the clock."""
        return self._call(
            "thaw_delegated", operator, shares, action="thaw_delegated",
            sentence=f"Start to thaw {shares:,} shares of what you delegated to {operator}.",
        )  # fmt: skip

    def withdraw_delegated(self, operator: str) -> Call:
        """Fetch what the caller's thawed shares are worth, and their fees."""
        return self._call(
            "withdraw_delegated", operator, action="withdraw_delegated",
            sentence=f"Withdraw all that has thawed of what you delegated to {operator}.",
        )  # fmt: skip

    def claim_delegated(self, operator: str, holder: str) -> Call:
        """Get a delegator's fees into its account in Payments; by it or by the operator."""
        return self._call(
            "claim_delegated", operator, holder, action="claim_delegated",
            sentence=f"Claim the fees of what {holder} delegated to {operator}.",
        )  # fmt: skip

    def collect(self) -> Call:
        """Fetch what the caller is owed of slashed stake."""
        return self._call(
            "collect", action="collect", sentence="Collect what you are owed of slashed stake."
        )  # fmt: skip

    def burn(self, operator: str, market: str) -> Call:
        """Burn what a market slashed of the stake behind an operator; anyone may."""
        return self._call(
            "burn", operator, market,
            action="stake_burn", sentence=f"Burn what {market} slashed of {operator}.",
        )  # fmt: skip

    def sync(self) -> Call:
        """Share out the fees that have come in; anyone may, nobody has to."""
        return self._call("sync", action="sync", sentence="Share out the fees that have come in.")
