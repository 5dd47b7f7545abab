"""What `ape console` knows besides Ape: the whole set, deployed or found.

On a local network the set is deployed afresh with the devnet's numbers; elsewhere it is what
`ape run deploy` wrote down. `token`, `payments`, `registry`, `staking` and `deals` are Ape contracts, and
`typed` has the Python wrappers of the same names: `typed.staking.stake_of(operator)`. Ape looks for this
file in the project's top folder and nowhere else.
"""

import json
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from ape import Contract, accounts, networks

from scripts.deploy import ApeCreator
from xmbl.chain.client import Chain
from xmbl.chain.deals import StorageDeals
from xmbl.chain.deploy import PRESETS, run
from xmbl.chain.deployments import CONTRACTS, Deployment, load
from xmbl.chain.payments import Payments
from xmbl.chain.registry import NodeRegistry
from xmbl.chain.staking import Staking
from xmbl.chain.token import Token
from xmbl.config import folders

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
    addresses = _deployment(chain).addresses()
    typed = {name: wrapper(chain, addresses[name]) for name, wrapper in _WRAPPERS.items()}
    return _contracts(addresses) | {"typed": SimpleNamespace(chain=chain, **typed)}


def _contracts(addresses: dict[str, str]) -> dict[str, Any]:
    return {name: Contract(address, abi=_abi(CONTRACTS[name])) for name, address in addresses.items()}


def _abi(contract: str) -> list[Any]:
    text = files("xmbl.chain").joinpath("artifacts", f"{contract}.json").read_text(encoding="utf-8")
    return list(json.loads(text)["abi"])


def _deployment(chain: Chain) -> Deployment:
    if not networks.provider.network.is_local:
        return load(chain.chain_id, folders().config / "deployments")
    creator = ApeCreator(accounts.test_accounts[0], chain.chain_id)
    with TemporaryDirectory() as folder:
        return run(chain, creator, PRESETS["devnet"], Path(folder), lambda _: None)
