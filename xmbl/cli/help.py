"""`xmbl help`: the things that no single command's help can hold."""

import click

from xmbl.cli.frame import local
from xmbl.cli.output import facts
from xmbl.cli.session import Session
from xmbl.errors import UsageError

TOPICS = {
    "exit-codes": (
        "What a command leaves with",
        """\
0    Done.
1    The world is broken: the chain, a peer, the disk, a password. The sentence says what to do.
     A bug ends with 1 too, and says where its traceback was written.
2    Bad input: an option, a file or an amount that can't be meant.
130  Interrupted by Ctrl-C; the sentence says what state that left. Nothing is lost that was begun.""",
    ),
    "json": (
        "What scripts can rely on",
        """\
With --json stdout is exactly one JSON document; notes, questions and progress go to stderr.
  {"ok": true, ...}                                                       done
  {"ok": false, "error": {"code", "message", "exit_code", "reason"?}}     not done
Amounts are integers of wei in fields that end in _wei (10^18 wei are 1 XMBL), but for the account of
`xmbl demo`, in which every amount is wei. `bytes` is a size, gas and blocks are plain integers.
`reason` is a contract's own refusal. What fails after its document was printed leaves with its exit
code and a sentence on stderr.
Commands that send ask first: a script says --yes, or --dry-run to see what would happen.""",
    ),
    "files": (
        "Where XMBL keeps things",
        """\
config  networks, wallets, known splits, defaults    ~/.config/xmbl        $XDG_CONFIG_HOME/xmbl
data    stored bytes and manifests                   ~/.local/share/xmbl   $XDG_DATA_HOME/xmbl
state   transactions under way, journals, crashes    ~/.local/state/xmbl   $XDG_STATE_HOME/xmbl
cache   what was read of chains; may be deleted      ~/.cache/xmbl         $XDG_CACHE_HOME/xmbl
XMBL_HOME=FOLDER puts all of them below one folder. `xmbl config path` prints them.
Back up the wallets and their passwords; `xmbl deal backup` saves what is needed to find files again.""",
    ),
    "environment": (
        "Variables that XMBL reads",
        """\
XMBL_HOME           one folder for everything, instead of those of `xmbl help files`
XMBL_NETWORK        the network where --network isn't given
XMBL_WALLET         the wallet where --wallet isn't given
XMBL_PASSWORD_FILE  the file with the wallet's password where --password-file isn't given
NO_COLOR            any value: no colours""",
    ),
    "amounts": (
        "How to write amounts and sizes",
        """\
1.5, "1.5 XMBL", "3 gwei", "10 wei"; without a unit an amount is in XMBL. Nothing is rounded: what
isn't a whole number of wei is refused. Sizes are "10 GiB", "500 MB" or bytes.""",
    ),
    "passwords": (
        "How a wallet is opened",
        """\
Keys rest in keystore v3 files, sealed by scrypt. The password is asked for without echo, or read
from the first line of --password-file FILE or $XMBL_PASSWORD_FILE. It is never an argument, so that
no history and no process list has it. Nobody can recover a lost password.""",
    ),
    "networks": (
        "How a machine enters a network",
        """\
A network is one TOML file: chain id, RPC addresses, contracts, peers to begin with. `xmbl config
join FILE|URL` adds one, `xmbl config use NAME` makes it the default, `xmbl devnet` writes one for the
chain that it starts. Several RPC addresses stand in for each other; each must serve the chain id.""",
    ),
}


@click.command(name="help")
@click.argument("topic", required=False)
@local
def command(session: Session, topic: str | None) -> None:
    """Explain TOPIC; without one, list the topics."""
    if topic is None:
        titles = {name: title for name, (title, _) in TOPICS.items()}
        session.out.result(
            {"topics": titles}, "xmbl help TOPIC explains one of these:\n", facts([*titles.items()])
        )
        return
    if topic not in TOPICS:
        raise UsageError(f"There is no topic {topic!r}; there are {', '.join(TOPICS)}.")
    title, text = TOPICS[topic]
    session.out.result({"topic": topic, "text": text}, f"{title}\n", text)
