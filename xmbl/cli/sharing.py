"""`xmbl deal share`, `import` and `reader`: a stored file handed to another person."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xmbl import files
from xmbl.cli import deal_tables, storing
from xmbl.cli.frame import FILE, Target, opening_here, unlocking_online
from xmbl.cli.passwords import ask_new_passphrase, ask_passphrase
from xmbl.cli.session import Session
from xmbl.errors import UsageError

if TYPE_CHECKING:
    from xmbl.storage.manifest import Manifest

PASSPHRASE_FILE = click.option(
    "--passphrase-file",
    type=FILE,
    help="Where the passphrase of the shared file is, else a hidden prompt.",
)


@click.command()
@click.argument("name")
@click.option("-o", "--output", type=Target(), help="Where to; by default NAME.share.")
@click.option("--to", metavar="READER", help="Who alone may open it: what their `xmbl deal reader` prints.")
@PASSPHRASE_FILE
@unlocking_online
def share(
    session: Session, name: str, output: Path | None, to: str | None, passphrase_file: Path | None
) -> None:
    """Hand NAME to another person: its places and key, sealed to them or to a passphrase.

    Whoever opens it can read the file for as long as an operator keeps it, and hand it on; it can't be taken
    back. They also see its name, size and hash, its operators, and its deals' terms with your address; only
    you can challenge, extend or end the deals. After a repair, share it again: the places are others.
    """
    from xmbl.crypto.envelope import seal_with_password
    from xmbl.crypto.reader import parse_reader, seal_for
    from xmbl.storage.sharing import shared

    if to and passphrase_file:
        raise UsageError("Seal it to a reader or to a passphrase, not to both.")
    reader = parse_reader(to) if to else None
    target = output or Path(f"{name}.share")
    plain = shared(storing.manifests(session).load(name))
    if target.exists() and not session.agreed(f"Overwrite {target}?"):
        raise UsageError(f"{target} exists; name another file or say --yes to overwrite it.")
    sealed = (
        seal_for(reader, plain)
        if reader
        else seal_with_password(ask_new_passphrase(session.out, passphrase_file), plain)
    )
    files.write_whole(target, [sealed], mode=0o600)
    who = f"the wallet {reader.address}" if reader else "whoever knows the passphrase"
    session.out.result(
        {"name": name, "path": str(target.absolute()), "reader": reader and reader.address},
        f"{target} gives {name} to {who}: `xmbl deal import {target.name}`. It can't be taken back.",
    )


@click.command("import")
@click.argument("file", type=FILE)
@click.option("--name", help="What to call it here; by default as its client does.")
@PASSPHRASE_FILE
@unlocking_online
def import_(session: Session, file: Path, name: str | None, passphrase_file: Path | None) -> None:
    """Take in what somebody shared, so that it can be brought back, looked at and verified.

    What is stored here under its name stays, unless it is an older share of the same file.
    """
    from xmbl.config import checked_name
    from xmbl.storage.sharing import taken_in

    sealed = file.read_bytes()
    _require_share(file, sealed)
    if name:
        checked_name(name, "stored file")
    # what can be wrong without a secret is told before anybody types one
    market = session.market()
    plain = _opened(session, sealed, passphrase_file)
    with session.out.waiting("looking for its deals on the chain"):
        manifest = taken_in(plain, market, name)
    if manifest.client == session.address():
        raise UsageError("You are this file's client; `xmbl deal restore` takes your own backup in.")
    _keep(session, manifest)
    found = storing.standings(session, manifest)
    document = {**deal_tables.summary(manifest), "deals": deal_tables.standings(found)[0]}
    live = sum(each.live for each in found)
    session.out.result(
        document,
        f"{manifest.name}, shared by {manifest.client}: {live} of {len(found)} deals are live."
        f" `xmbl deal get {manifest.name}` fetches it.",
    )


@click.command()
@opening_here
def reader(session: Session) -> None:
    """Print what others need to share files with this wallet; it is no secret.

    Whoever shares by it is told this wallet's address: compare the two.
    """
    from xmbl.crypto.reader import reader_of

    found = reader_of(session.account())
    session.out.result({"address": found.address, "reader": found.text()}, found.text())
    session.out.note(f"Who shares with it is told {found.address}.")


def require_backup(file: Path) -> None:
    """`UsageError` for a file that `xmbl deal backup` didn't write, as far as that shows without a key."""
    from xmbl.crypto.envelope import is_secret

    sealed = file.read_bytes()
    if not is_secret(sealed):
        hint = (
            "it was shared: `xmbl deal import` takes it in" if _is_share(sealed) else "look for the right one"
        )
        raise UsageError(f"{file} is no backup by `xmbl deal backup`; {hint}.")


def _require_share(file: Path, sealed: bytes) -> None:
    from xmbl.crypto.envelope import is_secret

    if not _is_share(sealed):
        whole = "it is a backup: `xmbl deal restore` takes it in" if is_secret(sealed) else "ask for it again"
        raise UsageError(f"{file} is no file that `xmbl deal share` wrote, or not all of it; {whole}.")


def _is_share(sealed: bytes) -> bool:
    from xmbl.crypto.envelope import is_under_password
    from xmbl.crypto.reader import is_for_reader

    return is_for_reader(sealed) or is_under_password(sealed)


def _opened(session: Session, sealed: bytes, passphrase_file: Path | None) -> bytes:
    from xmbl.crypto.envelope import open_with_password
    from xmbl.crypto.reader import is_for_reader, open_for

    if is_for_reader(sealed):
        return open_for(session.account(), sealed)
    return open_with_password(ask_passphrase(session.out, passphrase_file), sealed)


def _keep(session: Session, manifest: "Manifest") -> None:
    manifests = storing.manifests(session)
    with manifests.locked(manifest.name):
        if manifest.name in manifests.names():
            known = manifests.load(manifest.name)
            older = known.key == manifest.key and known.client == manifest.client
            question = f"{manifest.name} is here already; take these places instead of those known?"
            if known != manifest and not (older and session.agreed(question)):
                raise UsageError(
                    f"Something else is stored as {manifest.name} here; give this another --name"
                    f"{', or say --yes if it is newer' if older else ''}."
                )
        manifests.save(manifest)
