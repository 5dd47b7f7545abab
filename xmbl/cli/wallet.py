"""`xmbl wallet`: keys and what they own."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xmbl.cli import passwords, splits
from xmbl.cli.amounts import parse_some
from xmbl.cli.frame import FILE, group, local, looking, owning, sealing, sending, unlocking
from xmbl.cli.output import Table, facts
from xmbl.cli.sending import ETHER, Check, enough, send
from xmbl.cli.session import Session
from xmbl.config import write_text
from xmbl.errors import UsageError
from xmbl.units import Wei, format_amount

if TYPE_CHECKING:
    from xmbl.chain.call import Call


@group
def command() -> None:
    """Make and keep keys, see balances, send XMBL."""


@command.command()
@click.argument("name")
@sealing
def new(session: Session, name: str) -> None:
    """Make a wallet NAME: a fresh key, sealed under a password that nobody can recover."""
    keystore = session.keystore()
    keystore.require_free(name)
    _made(session, name, keystore.new(name, session.new_password(name)))


@command.command("import")
@click.argument("name")
@click.option("--from", "file", type=FILE, help="A file with the private key in hex, or a keystore v3 file.")
@sealing
def import_(session: Session, name: str, file: Path | None) -> None:
    """Keep an existing key as wallet NAME; without --from the key is asked for without echo."""
    keystore = session.keystore()
    keystore.require_free(name)
    secret = (
        file.read_text(encoding="utf-8", errors="replace").strip()
        if file
        else passwords.ask_secret("Private key (hex)")
    )
    if secret.startswith("{"):
        address = keystore.import_file(name, secret, session.password(name))
    else:
        address = keystore.import_key(name, secret, session.new_password(name))
    _made(session, name, address)


@command.command("list")
@local
def list_(session: Session) -> None:
    """List the wallets of this machine."""
    keystore = session.keystore()
    wallets = [(name, keystore.address(name)) for name in keystore.list()]
    document = {"wallets": [{"name": name, "address": address} for name, address in wallets]}
    session.out.result(
        document, Table(("NAME", "ADDRESS"), wallets, "No wallets yet: `xmbl wallet new NAME`.")
    )


@command.command()
@owning
def show(session: Session) -> None:
    """Show the wallet's address and where its key rests."""
    name = session.wallet()
    document = {"name": name, "address": session.address(), "path": str(session.keystore().path(name))}
    session.out.result(document, facts([*document.items()]))


@command.command()
@looking
def balance(session: Session) -> None:
    """Show what the wallet owns: XMBL, its account in Payments, ether for gas."""
    address = session.address()
    held = {
        "xmbl_wei": session.token().balance_of(address),
        "payments_wei": session.payments().balance_of(address),
        "ether_wei": session.chain().balance(address),
    }
    shown = [
        ("wallet", f"{session.wallet()}  {address}"),
        ("in the wallet", format_amount(held["xmbl_wei"])),
        ("in Payments", format_amount(held["payments_wei"])),
        ("for gas", format_amount(held["ether_wei"], ETHER)),
    ]
    session.out.result({"wallet": session.wallet(), "address": address, **held}, facts(shown))


@command.command("send")
@click.argument("to")
@click.argument("amount", type=parse_some)
@click.option("--ether", is_flag=True, help="Send ether, which pays for gas, instead of XMBL.")
@sending
def send_(session: Session, to: str, amount: Wei, ether: bool) -> None:
    """Send AMOUNT of XMBL to TO: an address, or the name of a wallet here."""
    target = session.resolve(to)
    _require_receiver(session, target)
    call, check = _ether(session, target, amount) if ether else _xmbl(session, target, amount)
    transactions = send(session, call, checks=[check])
    unit = ETHER if ether else "XMBL"
    document = {"to": target, "amount_wei": amount, "unit": unit, "transactions": transactions}
    session.out.result(document, f"Sent {format_amount(amount, unit)} to {target}.")


@command.command()
@click.option("--to", "file", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
@click.option("--reveal", is_flag=True, help="Give the bare private key instead of the sealed keystore file.")
@unlocking
def export(session: Session, file: Path | None, reveal: bool) -> None:
    """Give out the wallet's key: the sealed keystore v3 file, or with --reveal the bare key."""
    name = session.wallet()
    if reveal and not session.agreed(f"Whoever sees the bare key of {name} owns all that it owns. Show it?"):
        raise UsageError("Nothing was shown; say --yes to reveal the key without being asked.")
    text = "0x" + bytes(session.account().key).hex() if reveal else session.keystore().export(name)
    if file is None:
        field = "private_key" if reveal else "keystore"
        session.out.result({"name": name, field: text}, text)
        return
    if file.exists() and not session.agreed(f"Overwrite {file}?"):
        raise UsageError(f"{file} exists; name another file or say --yes to overwrite it.")
    write_text(file, text + "\n")
    session.out.result({"name": name, "path": str(file)}, f"Written to {file}, readable by you only.")


def _made(session: Session, name: str, address: str) -> None:
    path = session.keystore().path(name)
    session.out.result({"name": name, "address": address, "path": str(path)}, f"{name}  {address}")
    session.out.note(f"The key rests in {path}. Back it up with its password: nobody can recover either.")


def _require_receiver(session: Session, target: str) -> None:
    """Refuse where XMBL would be lost: a split exists only inside Payments, a contract keeps what it gets."""
    if target in splits.known(session.folders):
        raise UsageError(
            f"{target} is a split, which exists only inside Payments: tokens sent to it are lost."
            " Pay it with `xmbl pay transfer` instead."
        )
    if session.chain().code(target) and target in _contracts(session):
        raise UsageError(f"{target} is a contract of XMBL: what is sent to it can't come back.")


def _contracts(session: Session) -> set[str]:
    deployed = session.deployment()
    return {deployed.token, deployed.payments, deployed.staking, deployed.registry, deployed.deals}


def _xmbl(session: Session, target: str, amount: int) -> tuple["Call", Check]:
    held = session.token().balance_of(session.address())
    check = enough("balance of XMBL", held, amount, "What is in Payments comes back by `xmbl pay withdraw`.")
    return session.token().transfer(target, amount), check


def _ether(session: Session, target: str, amount: int) -> tuple["Call", Check]:
    from xmbl.chain.call import Call

    held = session.chain().balance(session.address())
    check = enough("balance of ether", held, amount, "Send less: gas has to be paid too.", ETHER)
    sentence = f"Send {format_amount(amount, ETHER)} to {target}."
    return Call(to=target, data=b"", action="ether_send", sentence=sentence, value=amount), check
