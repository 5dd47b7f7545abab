"""Where the contracts are: one file of addresses per chain, in the package or in the user's folder."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from xmbl.chain.artifacts import artifact
from xmbl.chain.client import Chain
from xmbl.config import write_text
from xmbl.errors import ConfigError

CONTRACTS = {
    "token": "Token",
    "payments": "Payments",
    "registry": "NodeRegistry",
    "staking": "Staking",
    "deals": "StorageDeals",
}
"""The contract of each address, in the order in which they are deployed."""


@dataclass(frozen=True)
class Deployment:
    """The addresses of XMBL on one chain; nothing of it happened before `block`."""

    chain_id: int
    token: str
    payments: str
    registry: str
    staking: str
    deals: str
    block: int

    def addresses(self) -> dict[str, str]:
        """The addresses by the names that network files use."""
        return {name: str(value) for name, value in asdict(self).items() if name in CONTRACTS}


def load(chain_id: int, folder: Path | None = None) -> Deployment:
    """The deployment on a chain: the user's in `folder`, else the package's; `ConfigError` without."""
    found = read(chain_id, folder)
    missing = [field.name for field in fields(Deployment) if field.name not in found]
    if not found:
        raise ConfigError(f"No addresses of XMBL are known on chain {chain_id}; join a network or deploy.")
    if missing:
        raise ConfigError(f"The deployment on chain {chain_id} lacks {', '.join(missing)}; run it again.")
    return Deployment(**found)  # type: ignore[arg-type]


def read(chain_id: int, folder: Path | None = None) -> dict[str, str | int]:
    """What the addresses file of a chain says, which may be unfinished; empty where there is none."""
    places: list[Traversable] = [] if folder is None else [folder / f"{chain_id}.json"]
    places.append(files("xmbl.chain").joinpath("deployments", f"{chain_id}.json"))
    for place in places:
        if place.is_file():
            return dict(json.loads(place.read_text(encoding="utf-8")))
    return {}


def save(folder: Path, chain_id: int, found: Mapping[str, str | int]) -> Path:
    """Write the addresses file of a chain, finished or not."""
    path = folder / f"{chain_id}.json"
    write_text(path, json.dumps({"chain_id": chain_id} | dict(found), indent=2) + "\n")
    return path


def foreign(chain: Chain, addresses: Mapping[str, str]) -> list[str]:
    """The names of those addresses at which another contract lies than ours, or none."""
    return [
        name
        for name, address in addresses.items()
        if not artifact(CONTRACTS[name]).matches(chain.code(address))
    ]
