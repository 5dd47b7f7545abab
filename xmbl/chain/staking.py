"""Staking, where XMBL stands behind operators. Amounts are wei; stake counts in units of 10^9 wei."""

from dataclasses import dataclass

from xmbl.chain.call import Call
from xmbl.chain.client import Block
from xmbl.chain.contract import Contract, Logged
from xmbl.units import format_amount


@dataclass(frozen=True)
class Stake:
    """What stands behind an operator, in wei; the thawing part may leave from block `thaw_until` on."""

    own: int
    locked: int
    thawing: int
    thaw_until: int


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
class Authorized(Logged):
    """An operator set a market's limit."""

    operator: str
    market: str
    limit: int


@dataclass(frozen=True, kw_only=True)
class Thawing(Logged):
    """`amount` in all is on its way out until block `until`."""

    operator: str
    amount: int
    until: int


@dataclass(frozen=True, kw_only=True)
class Withdrawn(Logged):
    """Thawed stake left."""

    operator: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Slashed(Logged):
    """An operator lost `amount`, of which the beneficiary may claim `compensation`."""

    operator: str
    market: str
    beneficiary: str
    amount: int
    compensation: int


@dataclass(frozen=True, kw_only=True)
class Claimed(Logged):
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

    def thaw_blocks(self, block: Block = "latest") -> int:
        """How long stake thaws before it can leave."""
        return int(self._read("thaw_blocks", block=block))

    def is_market(self, account: str, block: Block = "latest") -> bool:
        """Whether a contract may lock stake of operators that authorised it."""
        return bool(self._read("is_market", account, block=block))

    def stake_of(self, operator: str, block: Block = "latest") -> Stake:
        """What stands behind an operator."""
        return Stake(*self._read("stake_of", operator, block=block))

    def lock_of(self, operator: str, market: str, block: Block = "latest") -> Lock:
        """What a market may and does hold of it."""
        return Lock(*self._read("lock_of", operator, market, block=block))

    def owed(self, account: str, block: Block = "latest") -> int:
        """What an account can claim of slashed stake."""
        return int(self._read("owed", account, block=block))

    def total(self, block: Block = "latest") -> int:
        """The stake of all operators."""
        return int(self._read("total", block=block))

    def stake(self, amount: int) -> Call:
        """Bond the caller's XMBL behind itself; the token must allow it first."""
        return self._call(
            "stake", amount, action="stake_add", sentence=f"Stake {format_amount(amount)}."
        )  # fmt: skip

    def authorize(self, market: str, limit: int) -> Call:
        """Let a market lock up to `limit` of the caller's stake in all."""
        return self._call(
            "authorize", market, limit, action="stake_authorize",
            sentence=f"Let the market {market} lock up to {format_amount(limit)} of your stake, "
            "which a stolen agent key can lose.",
        )  # fmt: skip

    def thaw(self, amount: int) -> Call:
        """Start the way out for a part of the caller's stake; a second thaw restarts the clock."""
        return self._call(
            "thaw",
            amount,
            action="stake_thaw",
            sentence=f"Start to thaw {format_amount(amount)} of stake.",
        )

    def withdraw(self) -> Call:
        """Fetch all that has thawed."""
        return self._call("withdraw", action="stake_withdraw", sentence="Withdraw all stake that has thawed.")

    def claim(self) -> Call:
        """Fetch what the caller is owed of slashed stake."""
        return self._call("claim", action="stake_claim", sentence="Claim what you are owed of slashed stake.")

    def burn(self, operator: str, market: str) -> Call:
        """Burn what a market slashed of an operator's stake; anyone may."""
        return self._call(
            "burn", operator, market,
            action="stake_burn", sentence=f"Burn what {market} slashed of {operator}.",
        )  # fmt: skip
