"""How XMBL comes onto a chain: the plan, and the checks before anybody pays for it.

The same plan runs from packaged artifacts through an outbox (`deploy`), and under Ape
(`scripts/deploy.py`): both only bring a `Creator`.
"""

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from xmbl.chain import deals, deployments
from xmbl.chain.artifacts import artifact
from xmbl.chain.call import Call, created_address
from xmbl.chain.client import Chain
from xmbl.chain.deals import StorageDeals
from xmbl.chain.deployments import CONTRACTS, Deployment
from xmbl.chain.outbox import Outbox
from xmbl.chain.payments import Payments
from xmbl.chain.staking import Staking
from xmbl.errors import ChainError, ConfigError, UsageError
from xmbl.units import STAKE_UNIT, WHOLE

_ZERO = "0x" + "00" * 20
_BLOCKS_CHECKED = 8
_STAKE_UNITS = 2**60
_BLOCKS = 2**32
_MOST_WEI = 2**112
_PERIODS = 2**23

# NUMBER PUSH0 MSTORE, NUMBER - 1 BLOCKHASH 0x20 MSTORE, RETURN: its number and the hash before it
_PROBE = bytes.fromhex("435f52" "6001430340602052" "60405ff3")  # fmt: skip


@dataclass(frozen=True)
class Parameters:
    """Every number of a deployment: `supply` of XMBL in wei, `delay` in blocks for which a revoked signer
    lives on, `leverage` of own stake over locks, `thaw` of stake in blocks, and the market's."""

    supply: int
    delay: int
    leverage: int
    thaw: int
    market: deals.Parameters


PRESETS = {
    "devnet": Parameters(
        supply=10**9 * WHOLE, delay=40, leverage=2, thaw=140,
        market=deals.Parameters(
            period=20, price_unit=10**12, rate=1, cover=50, limit=3, fee=200, window=40, bond=10**15
        ),
    ),
    "mainnet": Parameters(
        supply=10**9 * WHOLE, delay=7_200, leverage=2, thaw=100_800,
        market=deals.Parameters(
            period=7_200, price_unit=10**12, rate=1, cover=50, limit=10, fee=200, window=14_400, bond=WHOLE
        ),
    ),
}  # fmt: skip
"""Periods of four minutes at 12 s a block to try things out, and of a day for real."""


class Creator(Protocol):
    """Who deploys: an outbox here, an Ape account in `scripts/deploy.py`."""

    @property
    def account(self) -> str:
        """The deployer."""

    def next_nonce(self) -> int:
        """The nonce of the account's next transaction."""

    def create(self, name: str, data: bytes) -> str:
        """Create a contract and wait; its address."""


@dataclass(frozen=True)
class OutboxCreator:
    """Deploys by an outbox: what a crash interrupts isn't paid twice."""

    outbox: Outbox
    chain: Chain

    @property
    def account(self) -> str:
        """The deployer."""
        return self.outbox.account

    def next_nonce(self) -> int:
        """The nonce of the account's next transaction."""
        return self.chain.nonce(self.account, "pending")

    def create(self, name: str, data: bytes) -> str:
        """Create a contract and wait; its address. The same code is created once for an outbox."""
        call = Call(None, data, f"deploy_{name}", f"Deploy the contract {CONTRACTS[name]}.")
        receipt = self.outbox.send(call, f"deploy {name} {sha256(data).hexdigest()}")
        return str(receipt.created)


def arguments(
    name: str, parameters: Parameters, holder: str, addresses: Mapping[str, str]
) -> tuple[Any, ...]:
    """The constructor's arguments of a contract, by the addresses of those before it.

    `addresses["deals"]` must be known when `Staking` is made: it is predicted.
    """
    by_name: dict[str, Callable[[], tuple[Any, ...]]] = {
        "token": lambda: (holder, parameters.supply),
        "payments": lambda: (addresses["token"], parameters.delay),
        "registry": tuple,
        "staking": lambda: (
            addresses["token"], addresses["payments"], (addresses["deals"], _ZERO, _ZERO, _ZERO),
            parameters.leverage, parameters.thaw,
        ),
        "deals": lambda: (
            addresses["payments"], addresses["staking"], addresses["registry"], astuple(parameters.market),
        ),
    }  # fmt: skip
    return by_name[name]()


def run(
    chain: Chain, creator: Creator, parameters: Parameters, folder: Path, report: Callable[[str], None]
) -> Deployment:
    """Deploy what isn't there yet; the addresses file in `folder` is written after each contract.

    Running it again changes nothing. `ConfigError` when the file's contracts are others or were made with
    other numbers, `UsageError` for impossible numbers, `ChainError` for a chain on which proofs can't work.
    """
    check_parameters(parameters)
    check_chain(chain, creator.account)
    check_age(chain, parameters.market.period)
    known = _standing(chain, deployments.read(chain.chain_id, folder), creator)
    block = int(known.get("block", chain.block_number()))
    addresses = {name: str(known[name]) for name in CONTRACTS if name in known}
    for name in CONTRACTS:
        if name in addresses:
            continue
        predicted = {"deals": created_address(creator.account, creator.next_nonce() + 1)}
        made = arguments(name, parameters, creator.account, predicted | addresses)
        addresses[name] = creator.create(name, artifact(CONTRACTS[name]).creation(*made))
        deployments.save(folder, chain.chain_id, addresses | {"block": block})
        report(f"{CONTRACTS[name]} at {addresses[name]}")
    check_wiring(chain, addresses, parameters)
    check_chain(chain, creator.account)  # a chain that was new has blocks to look at only now
    return Deployment(chain_id=chain.chain_id, block=block, **addresses)


def deploy(
    outbox: Outbox, chain: Chain, parameters: Parameters, folder: Path, report: Callable[[str], None] = print
) -> Deployment:
    """Deploy by an outbox from packaged artifacts; see `run`."""
    return run(chain, OutboxCreator(outbox, chain), parameters, folder, report)


def check_parameters(parameters: Parameters) -> None:
    """`UsageError` for numbers that a constructor would refuse, or that leave clients without cover."""
    market = parameters.market
    cover = market.cover * market.price_unit * market.rate
    rules = {
        f"a supply from 1 to below {_STAKE_UNITS * STAKE_UNIT} wei":
            0 < parameters.supply < _STAKE_UNITS * STAKE_UNIT,
        "a period of 2 to 8,000 blocks": 2 <= market.period <= 8_000,
        "a limit of 2 to 15 misses": 2 <= market.limit <= 15,
        "a fee of at most 10,000 basis points": 0 <= market.fee <= 10_000,
        "cover x price unit x rate in whole stake units, at least one for each miss":
            cover % STAKE_UNIT == 0 and cover // STAKE_UNIT >= market.limit,
        "a window of at least two periods, so that an operator that is down for one can answer":
            2 * market.period <= market.window < _BLOCKS,
        "a bond of 0 wei or more": 0 <= market.bond < _MOST_WEI,
        "a thaw of at least limit + 2 periods and the window, so that nobody leaves before a slash":
            parameters.thaw >= (market.limit + 2) * market.period + market.window,
        f"a delay of 1 to {_BLOCKS - 1} blocks, in which a revoked signer's vouchers can be redeemed":
            0 < parameters.delay < _BLOCKS,
        "a leverage from 1 to below 2^60": 0 < parameters.leverage < _STAKE_UNITS,
        f"a thaw of fewer than {_BLOCKS} blocks, so that its end is a block": parameters.thaw < _BLOCKS,
    }  # fmt: skip
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        raise UsageError(f"These parameters can't be deployed; needed is {'; '.join(broken)}.")


def check_chain(chain: Chain, account: str) -> None:
    """`ChainError` where contracts see other block numbers or hashes than the headers have: on some
    rollups proofs would be drawn from seeds that nobody can check."""
    head = chain.block_number()
    for number in range(max(1, head + 1 - _BLOCKS_CHECKED), head + 1):
        seen = chain.simulate(
            Call(None, _PROBE, "probe", "Look at the chain's own numbers."), account, number
        )
        parent = chain.header(number - 1).hash
        if (int.from_bytes(seen[:32], "big"), seen[32:]) != (number, parent):
            raise ChainError(
                f"Contracts on chain {chain.chain_id} don't see its own block numbers and hashes "
                f"(looked at block {number}); XMBL can't be deployed here."
            )


def check_age(chain: Chain, period: int) -> None:
    """`UsageError` where a chain is so old that its periods would soon outgrow their 24 bits."""
    block = chain.block_number()
    if block // period >= _PERIODS:
        raise UsageError(
            f"At block {block} periods of {period} blocks are nearly used up; choose at least "
            f"{block // _PERIODS + 1} blocks."
        )


def check_wiring(chain: Chain, addresses: Mapping[str, str], parameters: Parameters) -> None:
    """`ConfigError` unless the contracts were made for each other and with these numbers."""
    payments, staking = Payments(chain, addresses["payments"]), Staking(chain, addresses["staking"])
    facts = {
        "Payments holds another token": payments.asset() == addresses["token"],
        "Payments has another delay": payments.delay() == parameters.delay,
        "Staking holds another token": staking.token() == addresses["token"],
        "Staking looks at another Payments": staking.payments() == addresses["payments"],
        "Staking has another leverage": staking.leverage() == parameters.leverage,
        "Staking has another thaw": staking.thaw_blocks() == parameters.thaw,
        "Staking doesn't know StorageDeals": staking.is_market(addresses["deals"]),
        "StorageDeals has other parameters":
            StorageDeals(chain, addresses["deals"]).parameters() == parameters.market,
    }  # fmt: skip
    wrong = [fact for fact, holds in facts.items() if not holds]
    if wrong:
        raise ConfigError(
            f"The deployment on chain {chain.chain_id} isn't this one: {'; '.join(wrong)}. "
            "Move its addresses file away to deploy anew."
        )


def _standing(chain: Chain, found: Mapping[str, Any], creator: Creator) -> dict[str, Any]:
    """What of an addresses file still counts: all of it, or nothing where the chain is a new one."""
    addresses = {name: found[name] for name in CONTRACTS if name in found}
    gone = deployments.foreign(chain, addresses)
    if gone and len(gone) < len(addresses):
        names = ", ".join(CONTRACTS[name] for name in gone)
        raise ConfigError(
            f"On chain {chain.chain_id}, {names} isn't this release's contract. Move the addresses file "
            "away to deploy anew beside it."
        )
    if gone:
        return {}
    if "staking" in addresses and "deals" not in addresses:
        # its market was to be the very next transaction; if something came between, it is of no use
        next_one = created_address(creator.account, creator.next_nonce())
        if not Staking(chain, addresses["staking"]).is_market(next_one):
            del addresses["staking"]
    return addresses | {"block": found["block"]} if addresses else {}
