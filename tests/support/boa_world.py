"""The money contracts in titanoboa: compiled once a process, deployed as often as a test likes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boa
from boa.contracts.vyper.vyper_contract import VyperContract
from boa.vm import py_evm

CONTRACTS = Path(__file__).parents[2] / "contracts"
NOBODY = "0x" + "00" * 20
ANY = 2**256 - 1
UNIT = 10**9
"""Wei in a unit of stake."""

WHOLE = 10**18
XMBL = WHOLE // UNIT
"""Units of stake in one token."""

SUPPLY = 10**9 * WHOLE
THAW_BLOCKS = 100
DELAY = 40
"""Blocks that a revoked signer of vouchers lives on."""

LEVERAGE = 2


def _short_repr(contract: VyperContract) -> str:
    return f"<{contract.compiler_data.contract_path} at {contract.address}>"


# the original dumps the whole storage into every revert
VyperContract.__repr__ = _short_repr  # type: ignore[method-assign]


_RELAYER = bytes(19) + b"\x07"
_Context = py_evm.BaseTransactionContext


def _relayed(origin: bytes, gas_price: int) -> Any:
    return _Context(origin=_RELAYER, gas_price=gas_price)


# every transaction is a stranger's, as from a contract wallet: nobody may be known by tx.origin
py_evm.BaseTransactionContext = _relayed  # type: ignore[misc,assignment]


def load(path: str) -> Any:
    """The deployer of `contracts/<path>`; call it once, at module level, since it compiles."""
    return boa.load_partial(str(CONTRACTS / path))


TOKEN = load("Token.vy")
PAYMENTS = load("Payments.vy")
STAKING = load("Staking.vy")
REGISTRY = load("NodeRegistry.vy")
ODD_TOKEN = load("mocks/OddToken.vy")
SILENT_TOKEN = load("mocks/SilentToken.vy")
CONTRACT_WALLET = load("mocks/ContractWallet.vy")


def person(role: str) -> str:
    """A fresh account that plays `role`."""
    return boa.env.generate_address(role)


def mine(blocks: int) -> None:
    """Lets blocks pass."""
    boa.env.evm.patch.block_number += blocks


def block() -> int:
    """The number of the block in which the next call happens."""
    return boa.env.evm.patch.block_number


def events(contract: Any) -> list[tuple[Any, ...]]:
    """Everything that the last call of `contract` logged, in any contract: `(event, value, …)` each."""
    return [(type(log).__name__, *log[1:]) for log in contract.get_logs()]


@dataclass(frozen=True)
class Money:
    """The four contracts on which every market stands, and who holds the supply."""

    treasurer: str
    token: Any
    payments: Any
    staking: Any
    registry: Any

    def give(self, account: str, amount: int) -> None:
        """Tokens for an account, with both contracts allowed to pull them."""
        self.token.transfer(account, amount, sender=self.treasurer)
        self.token.approve(self.payments.address, ANY, sender=account)
        self.token.approve(self.staking.address, ANY, sender=account)

    def fund(self, account: str, amount: int) -> None:
        """A balance in Payments."""
        self.give(account, amount)
        self.payments.deposit(amount, sender=account)

    def bond(self, operator: str, amount: int, market: str, limit: int) -> None:
        """Stake behind an operator, with a market allowed to lock some of it."""
        self.give(operator, amount)
        self.staking.stake(amount, 0, sender=operator)
        self.staking.authorize(market, limit, sender=operator)


def deploy_money(markets: Sequence[str] = (), thaw_blocks: int = THAW_BLOCKS) -> Money:
    """Token, Payments on it, Staking for up to four `markets`, and NodeRegistry."""
    treasurer = person("treasurer")
    token = TOKEN.deploy(treasurer, SUPPLY)
    four = [*markets, *[NOBODY] * (4 - len(markets))]
    payments = PAYMENTS.deploy(token.address, DELAY)
    return Money(
        treasurer=treasurer,
        token=token,
        payments=payments,
        staking=STAKING.deploy(token.address, payments.address, four, LEVERAGE, thaw_blocks),
        registry=REGISTRY.deploy(),
    )
