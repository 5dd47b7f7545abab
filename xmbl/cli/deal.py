"""`xmbl deal`: files stored with operators who prove that they keep them, and brought back."""

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from xmbl.cli import challenging, deal_tables, getting, paying, prolonging, sharing, storing
from xmbl.cli.frame import FILE, Seconds, Target, group, looking, opening, sending, unlocking_online
from xmbl.cli.narrator import Narrator
from xmbl.cli.output import Table, counted, leaving
from xmbl.cli.quoting import LEGEND, Question, bids, no_limit, parts_of, quoted
from xmbl.cli.sending import send
from xmbl.cli.session import Session
from xmbl.cli.standard_input import Interruptible
from xmbl.cli.watching import follow
from xmbl.errors import UsageError
from xmbl.units import Wei, format_amount, parse_amount, parse_size

if TYPE_CHECKING:
    from xmbl.storage.manifest import Manifest

COPIES = click.option(
    "--copies", default=3, type=click.IntRange(min=1), show_default=True,
    help="Replicas, each with another operator.",
)  # fmt: skip
PERIODS = click.option(
    "--periods", default=30, type=click.IntRange(1, 365), show_default=True,
    help="For how many periods to store.",
)  # fmt: skip
MAX_PRICE = click.option(
    "--max-price", type=parse_amount, default="1", show_default=True, metavar="AMOUNT",
    help="The most that a GiB may cost for a period, in XMBL.",
)  # fmt: skip


@group
def command() -> None:
    """Store files with operators and bring them back."""


@command.command()
@click.argument("size", metavar="FILE|SIZE")
@COPIES
@PERIODS
@click.option(
    "--max-price", type=parse_amount, metavar="AMOUNT", help="Leave out who asks more of a GiB a period."
)
@looking
def quote(session: Session, size: str, copies: int, periods: int, max_price: Wei | None) -> None:
    """Ask every operator what it takes for FILE or SIZE ("10 GiB"); nothing is sent.

    Beside each price stands what is behind it: how much of the operator's income the deal would be, what a
    client would be owed at least for lost bytes, and how often it failed to prove of late.
    """
    from xmbl.storage.backing import backings
    from xmbl.storage.sources import PART_PLAIN

    market = session.market()
    count = Path(size).stat().st_size if Path(size).is_file() else parse_size(size)
    question = Question(parts_of(count, PART_PLAIN), copies, periods)
    limit = no_limit(market.parameters) if max_price is None else max_price
    end = market.period() + 1 + periods
    found = storing.ask(session, *(storing.wanted(session, part, end, limit) for part in question.parts))
    offered = bids(question, found, partial(backings, market))
    document, table, sentence = quoted(question, offered, market.parameters)
    session.out.result({"bytes": count, **document}, table, sentence)
    if offered:
        session.out.note(LEGEND)


@command.command()
@click.argument("source", metavar="FILE|FOLDER|-")
@click.option("--name", help="What to call it; by default the file's name.")
@COPIES
@PERIODS
@MAX_PRICE
@sending
def put(
    session: Session, source: str, *, name: str | None, copies: int, periods: int, max_price: Wei
) -> None:
    """Store FILE, FOLDER or standard input (-): sealed here, so that no operator can read it.

    A put that was interrupted goes on with `xmbl deal repair NAME`.
    """
    from xmbl.storage.planning import Order, tidy

    session.out.note(
        f"Who asks more than {format_amount(max_price)} of a GiB a period isn't used (--max-price)."
    )
    order = Order(name or _named_after(source), copies, periods, max_price)
    origin = cast(BinaryIO, Interruptible()) if source == "-" else Path(source)
    with leaving("Nothing was sent."), session.out.waiting("preparing and asking the operators"):
        plan = storing.run(session, Narrator(session.out), lambda client: client.plan(origin, order))
    document, table = deal_tables.plan(plan, session.market().parameters.price_unit)
    session.out.table(table)
    try:
        transactions = storing.fund(session, plan.cost, len(plan.chosen()), document)
    except BaseException:
        # said no, or only looked: what was packed for it must not lie about
        tidy(storing.spool_of(session.folders), plan.manifest)
        raise
    with leaving(f"`xmbl deal repair {order.name}` goes on."), Narrator(session.out).telling() as narrator:
        manifest = storing.run(session, narrator, lambda client: client.put(plan))
    _finish(session, manifest, transactions)


@command.command("list")
@opening
def list_(session: Session) -> None:
    """List what this wallet has stored or was given to read, and what expires soon."""
    found, period = storing.manifests(session), session.market().period()
    manifests = [found.load(name) for name in found.names()]
    documents, table = deal_tables.stored(manifests, session.address(), period)
    session.out.result({"stored": documents, "present_period": period}, table)


@command.command()
@click.argument("name")
@opening
def show(session: Session, name: str) -> None:
    """Show the deals of NAME: periods proven and missed, until when, how far they are settled."""
    _tell(session, storing.load(session, name))


@command.command()
@click.argument("name")
@click.option(
    "--every", default=2.0, type=Seconds(0.1, 3_600), show_default=True, help="Seconds between two looks."
)
@click.option(
    "--extend", is_flag=True, help="Extend what is about to expire, within --budget, without asking."
)
@click.option("--budget", type=parse_amount, metavar="AMOUNT", help="What all extensions of NAME may cost.")
@click.option(
    "--before", default=deal_tables.SOON, type=click.IntRange(1, 365), show_default=True,
    help="How many periods before its end a deal is extended.",
)  # fmt: skip
@click.option(
    "--periods", default=30, type=click.IntRange(1, 365), show_default=True,
    help="By how many periods a deal is extended at a time.",
)  # fmt: skip
@sending
def watch(
    session: Session, name: str, *, every: float, extend: bool, budget: Wei | None, before: int, periods: int
) -> None:
    """Follow the deals of NAME until all are over; Ctrl-C ends the watching, not the deals.

    With --extend each deal that is about to expire gets --periods more, if its operator agrees. All
    extensions of NAME, those made before included, never cost more than --budget; gas isn't counted.
    """
    if budget is not None and not extend:
        raise UsageError("--budget is for --extend: say both to have it extended, or neither.")
    manifest = storing.load(session, name)
    warner, keeper = prolonging.warner, prolonging.keeper
    tend = keeper(session, manifest, budget, before, periods) if extend else warner(session, manifest)

    def look() -> tuple[Table, bool]:
        found = storing.standings(session, manifest)
        if tend(found):
            found = storing.standings(session, storing.load(session, name))
        return deal_tables.watched(found), not any(each.live for each in found)

    with leaving(f"The deals of {name} go on."):
        follow(session.out, look, every)
    _tell(session, storing.load(session, name))


@command.command()
@click.argument("name")
@sending
def settle(session: Session, name: str) -> None:
    """Settle the deals of NAME: pay what was proven, refund what was missed, close what is over."""
    manifest = storing.load_own(session, name)
    due = [each for each in storing.standings(session, manifest) if each.is_due]
    if not due:
        raise UsageError(f"Nothing of {name} can be settled now; `xmbl deal show {name}` says how far it is.")
    before = session.payments().balance_of(session.address())
    calls = [session.deals().settle(manifest.replica(each.number).promised()) for each in due]
    transactions = send(session, *calls)
    refunded = session.payments().balance_of(session.address()) - before
    document = {"name": name, "refunded_wei": refunded, "transactions": transactions}
    session.out.result(
        document, f"Settled {counted(len(due), 'deal')}; {format_amount(refunded)} came back into Payments."
    )


@command.command()
@click.argument("name")
@click.option(
    "--misses", type=click.IntRange(min=1), help="Also replace replicas that missed so many periods."
)
@click.option(
    "--max-cost", type=parse_amount, default="0", show_default=True, metavar="AMOUNT",
    help="What reading the file back may cost, where it isn't on this machine any more.",
)  # fmt: skip
@sending
def repair(session: Session, name: str, misses: int | None, max_cost: Wei) -> None:
    """Replace the lost replicas of NAME with other operators, and go on with an interrupted put.

    A replica is lost when misses or a failed challenge ended its deal, when its operator leaves, and when its
    deal is over before the file's end since its operator didn't extend it.
    """
    from xmbl.storage.pricing import fair

    manifest = storing.load_own(session, name)
    lost = [each for each in storing.standings(session, manifest) if each.is_lost(misses)]
    if not lost and manifest.complete():
        raise UsageError(f"No replica of {name} is lost or waiting; nothing has to be repaired.")
    if lost:
        session.out.table(deal_tables.standings(lost)[1])
    deals, cost = storing.cost_of_repair(session, manifest, lost)
    transactions = storing.fund(session, cost, deals, {"name": name, "deals": deals, "cost_wei": cost})
    with leaving(f"`xmbl deal repair {name}` goes on."), Narrator(session.out).telling() as narrator:
        purse = paying.purse(session, max_cost, narrator)
        purse.bound(max_cost, fair(manifest, max_cost))
        manifest = storing.run(session, narrator, lambda client: client.repair(name, misses), purse)
    _finish(session, manifest, transactions)


@command.command()
@click.argument("name")
@click.option(
    "--leaves", default=8, type=click.IntRange(1, 1_000), show_default=True,
    help="How many leaves of 256 bytes to ask each for.",
)  # fmt: skip
@opening
def verify(session: Session, name: str, leaves: int) -> None:
    """Ask every operator of NAME for random leaves and check them; exit code 1 unless all fit.

    An operator that strangers crowd is asked again for a while. Where it stays busy, that proves no loss:
    "healthy" is null then, not false.
    """
    storing.load(session, name)
    with session.out.waiting("asking the operators"):
        found = storing.run(session, Narrator(session.out), lambda client: client.verify(name, leaves))
    documents, table = deal_tables.checked(found)
    healthy = deal_tables.healthy(found)
    session.out.result({"name": name, "healthy": healthy, "replicas": documents}, table)
    if any(each.busy for each in found):
        session.out.note("Who is busy may well have all; ask again later.")
    click.get_current_context().exit(0 if healthy else 1)


@command.command()
@click.argument("name")
@click.argument("file", type=Target())
@unlocking_online
def backup(session: Session, name: str, file: Path) -> None:
    """Copy the sealed manifest of NAME to FILE; FILE and the wallet bring it back anywhere."""
    if file.exists() and not session.agreed(f"Overwrite {file}?"):
        raise UsageError(f"{file} exists; name another file or say --yes to overwrite it.")
    storing.manifests(session).backup(name, file)
    session.out.result(
        {"name": name, "path": str(file)}, f"{file} holds {name}'s manifest, sealed to this wallet."
    )


@command.command()
@click.argument("file", type=FILE)
@opening
def restore(session: Session, file: Path) -> None:
    """Take a manifest's backup in, so that its file can be brought back and repaired."""
    sharing.require_backup(file)
    manifest = storing.manifests(session).restore(file)
    known = f"{manifest.name} is known again; `xmbl deal get {manifest.name}` fetches it."
    session.out.result(deal_tables.summary(manifest), known)


for _each in (
    getting.get,
    sharing.share,
    sharing.import_,
    sharing.reader,
    prolonging.extend,
    prolonging.terminate,
    challenging.challenge,
    challenging.fail,
):
    command.add_command(_each)


def _named_after(source: str) -> str:
    """A name that a manifest can have, after the file's."""
    if source == "-":
        raise UsageError("Standard input has no name; give one with --name.")
    name = re.sub(r"[^a-z0-9_-]+", "-", Path(source).absolute().name.lower()).strip("-_")[:32]
    if not name:
        raise UsageError(f"{source} gives no name to store it by; give one with --name.")
    return name


def _tell(session: Session, manifest: "Manifest", **more: Any) -> None:
    found = storing.standings(session, manifest)
    documents, table = deal_tables.standings(found)
    document = {**deal_tables.summary(manifest), "deals": documents, **more}
    session.out.result(document, deal_tables.title(manifest, found, session.market().period()), table)


def _finish(session: Session, manifest: "Manifest", transactions: list[dict[str, Any]]) -> None:
    _tell(session, manifest, transactions=transactions)
    session.out.note(
        f"`xmbl deal backup {manifest.name} FILE` saves what another machine needs to get it back."
    )
