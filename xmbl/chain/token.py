"""XMBL, the token: an ERC-20 of fixed supply. Amounts are wei."""

from dataclasses import dataclass

from xmbl.chain.call import Call
from xmbl.chain.client import Block
from xmbl.chain.contract import Contract, Logged
from xmbl.units import format_amount


@dataclass(frozen=True, kw_only=True)
class Transfer(Logged):
    """Tokens moved; from the zero address when they were minted, to it when they were burnt."""

    sender: str
    receiver: str
    value: int


class Token(Contract):
    """The contract `Token`."""

    name = "Token"

    def balance_of(self, account: str, block: Block = "latest") -> int:
        """What an account owns."""
        return int(self._read("balanceOf", account, block=block))

    def allowance(self, owner: str, spender: str, block: Block = "latest") -> int:
        """What `spender` may still take of the owner's."""
        return int(self._read("allowance", owner, spender, block=block))

    def total_supply(self, block: Block = "latest") -> int:
        """All there is; it only ever falls, by burning."""
        return int(self._read("totalSupply", block=block))

    def transfer(self, to: str, amount: int) -> Call:
        """Send tokens."""
        return self._call(
            "transfer", to, amount,
            action="token_transfer", sentence=f"Send {format_amount(amount)} to {to}.",
        )  # fmt: skip

    def approve(self, spender: str, amount: int) -> Call:
        """Set what `spender` may take."""
        return self._call(
            "approve", spender, amount,
            action="token_approve", sentence=f"Let {spender} take up to {format_amount(amount)}.",
        )  # fmt: skip

    def burn(self, amount: int) -> Call:
        """Destroy tokens of the caller for ever."""
        return self._call("burn", amount, action="token_burn", sentence=f"Burn {format_amount(amount)}.")
