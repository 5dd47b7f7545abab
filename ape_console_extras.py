"""What `ape console` knows besides Ape: the whole set, deployed or found.

It is the set that `ape run deploy` wrote down, else that of a joined network's file, as `xmbl devnet` writes
one, if it really lies on the chain; where none does, a local network gets one with the devnet's numbers.
`token`, `payments`, `registry`, `staking` and `deals` are Ape contracts with their NatSpec
(`staking.stake.info`), and `typed` has the Python wrappers of the same names:
`typed.staking.stake_of(operator)`. Ape looks for this file in the project's top folder and nowhere else.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from ape import Contract, accounts, networks
from ape.logging import logger
from ethpm_types import ContractType

from scripts.deploy import ApeCreator
from xmbl.chain.client import Chain
from xmbl.chain.deals import StorageDeals
from xmbl.chain.deploy import PRESETS, run
from xmbl.chain.deployments import CONTRACTS, Deployment, foreign, load
from xmbl.chain.payments import Payments
from xmbl.chain.registry import NodeRegistry
from xmbl.chain.staking import Staking
from xmbl.chain.token import Token
from xmbl.config import folders, load_network, network_names
from xmbl.errors import ConfigError

_WRAPPERS = {
    "token": Token,
    "payments": Payments,
    "registry": NodeRegistry,
    "staking": Staking,
    "deals": StorageDeals,
}


def ape_init_extras() -> dict[str, Any]:
    """The contracts by their names, and `typed` with their wrappers."""
    chain = Chain.from_web3(networks.provider.web3)
    found = _deployment(chain)
    if found is None:
        logger.warning(
            f"XMBL isn't on chain {chain.chain_id}, as far as is known here, so there is no token, payments,"
            " registry, staking, deals or typed: deploy it by `ape run deploy`, or `xmbl config join` its"
            " network's file."
        )
        return {}
    addresses = found.addresses()
    typed = {name: wrapper(chain, addresses[name]) for name, wrapper in _WRAPPERS.items()}
    return _contracts(addresses) | {"typed": SimpleNamespace(chain=chain, **typed)}


def _contracts(addresses: dict[str, str]) -> dict[str, Any]:
    return {
        name: Contract(address, contract_type=_type(CONTRACTS[name])) for name, address in addresses.items()
    }


def _type(contract: str) -> ContractType:
    """What Ape knows of a contract: its functions, and their NatSpec for `staking.stake.info`."""
    text = files("xmbl.chain").joinpath("artifacts", f"{contract}.json").read_text(encoding="utf-8")
    found = json.loads(text)
    return ContractType(
        contractName=contract, abi=found["abi"], userdoc=found["userdoc"], devdoc=found["devdoc"]
    )


def _deployment(chain: Chain) -> Deployment | None:
    for place, known in _known(chain.chain_id):
        if not foreign(chain, known.addresses()):
            logger.info(f"The set of {place}")
            return known
    return _deployed(chain) if networks.provider.network.is_local else None


def _known(chain_id: int) -> Iterator[tuple[str, Deployment]]:
    """The sets that this user has heard of on a chain, and from where."""
    with suppress(ConfigError):
        yield "`ape run deploy`", load(chain_id, folders().config / "deployments")
    for name in network_names(folders()):
        # a file that can't be read is no reason to have no console
        with suppress(ConfigError):
            network = load_network(folders(), name)
            if network.chain_id == chain_id and network.contracts:
                yield f"the network {name}", Deployment(chain_id, **network.contracts, block=network.block)


def _deployed(chain: Chain) -> Deployment:
    logger.info("No set is known here: one with the numbers of the devnet is deployed")
    creator = ApeCreator(accounts.test_accounts[0], chain.chain_id)
    with TemporaryDirectory() as folder:
        return run(chain, creator, PRESETS["devnet"], Path(folder), lambda _: None)
