"""Deploy XMBL with Ape: `ape run deploy --network ethereum:local:foundry --preset devnet`.

Any network of Ape's will do: a local one, an http node, a live one with `--account NAME`. The plan and
its checks are `xmbl.chain.deploy`'s; contracts that stand already are left alone, so it can be run again.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import click
from ape import accounts, networks
from ape.api import AccountAPI
from ape.cli import ConnectedProviderCommand

from xmbl.chain.client import Chain
from xmbl.chain.deploy import PRESETS, Parameters, run
from xmbl.chain.deployments import CONTRACTS
from xmbl.config import folders
from xmbl.errors import XmblError

_KNOWN_CHAINS = {1, 11155111, 560048, 31337, 1337}
"""Ethereum, its test networks, and throw-away chains: elsewhere --yes says that it is meant."""


@dataclass(frozen=True)
class ApeCreator:
    """Deploys by an account of Ape's."""

    signer: AccountAPI
    chain_id: int

    @property
    def account(self) -> str:
        """The deployer."""
        return str(self.signer.address)

    def next_nonce(self) -> int:
        """The nonce of the account's next transaction."""
        return int(self.signer.nonce)

    def create(self, name: str, data: bytes) -> str:
        """Create a contract and wait; its address."""
        wanted = networks.ethereum.create_transaction(data=data, value=0, sender=self.account)
        prepared = self.signer.prepare_transaction(wanted)
        # behind an http node of its network "local" Ape would sign for 1337
        prepared.chain_id = self.chain_id
        signed = self.signer.sign_transaction(prepared)
        if signed is None:
            raise click.Abort
        receipt = networks.provider.send_transaction(signed)
        if not receipt.contract_address:
            raise click.ClickException(f"{CONTRACTS[name]} wasn't created; look at {receipt.txn_hash}.")
        return str(receipt.contract_address)


def require_meant(chain_id: int, yes: bool) -> None:
    """`UsageError` on a chain that nobody here has heard of, unless --yes was said."""
    if not (yes or networks.provider.network.is_local or chain_id in _KNOWN_CHAINS):
        raise click.UsageError(f"Chain {chain_id} is none that I know; repeat with --yes if it is meant.")


def parameters(preset: str | None, bond: int | None = None) -> Parameters:
    """The numbers to deploy with; `UsageError` on a live network where none were chosen."""
    if preset is None and not networks.provider.network.is_local:
        raise click.UsageError(f"Say which numbers: --preset {' or '.join(sorted(PRESETS))}.")
    numbers = PRESETS[preset or "devnet"]
    return numbers if bond is None else replace(numbers, market=replace(numbers.market, bond=bond))


def signer(alias: str | None, yes: bool) -> AccountAPI:
    """Who pays; `UsageError` on a live network where nobody was named."""
    if alias is None and networks.provider.network.is_local:
        return accounts.test_accounts[0]
    if alias is None:
        raise click.UsageError("Say who pays: --account NAME, one of `ape accounts list`.")
    try:
        account = accounts.load(alias)
    except KeyError:
        raise click.UsageError(f"Ape has no account {alias!r}; see `ape accounts list`.") from None
    if yes:
        account.set_autosign(True)
    return account


@click.command(cls=ConnectedProviderCommand)
@click.option(
    "--preset", type=click.Choice(sorted(PRESETS)), help="The numbers; devnet's on a local network."
)
@click.option(
    "--bond",
    type=click.IntRange(min=0),
    help="What a spot challenge costs, in wei of the asset; three times the gas of an answer.",
)
@click.option("--account", "alias", help="The Ape account that pays; on a local network a test account.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the addresses file goes.")
@click.option("--yes", is_flag=True, help="Don't ask, not even on a chain that isn't known here.")
def cli(preset: str | None, bond: int | None, alias: str | None, folder: Path | None, yes: bool) -> None:
    """Deploy what isn't deployed yet, and write the addresses."""
    chain = Chain.from_web3(networks.provider.web3)
    require_meant(chain.chain_id, yes)
    numbers, place = parameters(preset, bond), folder or folders().config / "deployments"
    creator = ApeCreator(signer(alias, yes), chain.chain_id)
    try:
        deployment = run(chain, creator, numbers, place, click.echo)
    except XmblError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Addresses: {place / f'{deployment.chain_id}.json'}")
