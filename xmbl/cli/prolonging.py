"""`xmbl deal extend` and `terminate`: deals that end later or sooner than was agreed."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from xmbl.cli import deal_tables, storing
from xmbl.cli.foresight import about
from xmbl.cli.frame import sending
from xmbl.cli.narrator import Narrator
from xmbl.cli.output import Table, counted, leaving
from xmbl.cli.sending import Step, prepare, send
from xmbl.cli.session import Session
from xmbl.errors import Busy, Refused, UsageError
from xmbl.units import format_amount

if TYPE_CHECKING:
    from xmbl.storage.extending import Consent
    from xmbl.storage.manifest import Manifest
    from xmbl.storage.standing import DealStanding

EXTEND_GAS = 80_000
"""What extending one deal takes at most."""

PERIOD = click.IntRange(1, 2**24 - 2)


@click.command()
@click.argument("name")
@click.option("--periods", type=click.IntRange(1, 365), help="So many periods beyond the file's end.")
@click.option("--until", type=PERIOD, help="The first period that isn't covered any more.")
@sending
def extend(session: Session, name: str, periods: int | None, until: int | None) -> None:
    """Let the deals of NAME last longer, at their prices, where their operators agree.

    Each operator is asked first, and may refuse: the reasons are shown. Where some refuse, the others' deals
    are extended; without --periods or --until the command asks those that are behind again. Exit code 1 if a
    deal is left behind.
    """
    from xmbl.storage import extending

    if periods and until:
        raise UsageError("Say how long by --periods or by --until, not by both.")
    manifest = storing.load_own(session, name)
    end = until or manifest.end + (periods or 0)
    found = storing.standings(session, manifest)
    if not extending.behind(found, end):
        if not until and not periods:
            raise UsageError(
                f"No deal of {name} is behind; say by --periods or --until how long it shall last."
            )
        raise UsageError(
            f"No deal of {name} can be extended to period {end}; `xmbl deal show {name}` says why."
        )
    narrator = Narrator(session.out)
    with session.out.waiting("asking the operators"):
        consents = storing.run(session, narrator, lambda client: client.consents(name, end))
    agreed = [each for each in consents if not each.trouble]
    session.out.table(_consents(consents))
    if not agreed:
        raise Refused(f"No operator of {name} agrees; `xmbl deal put` stores it elsewhere in time.")
    cost = sum(each.cost for each in agreed)
    session.out.note(f"{counted(len(agreed), 'deal')} for {format_amount(cost)}; missed periods come back.")
    step = Step("deal_extend", f"Extend {counted(len(agreed), 'deal')}.", len(agreed) * EXTEND_GAS)
    document = {"name": name, "end_period": end, "cost_wei": cost, "deals": len(agreed)}
    transactions = storing.bring(session, cost, step, document)
    with leaving(f"`xmbl deal extend {name}` goes on."):
        done = storing.run(session, narrator, lambda client: client.extend(name, agreed))
    _finish(session, name, [*done, *(each for each in consents if each.trouble)], transactions)


@click.command()
@click.argument("name")
@click.option("--replica", type=click.IntRange(min=0), help="Only this one; by default all.")
@sending
def terminate(session: Session, name: str, replica: int | None) -> None:
    """End the deals of NAME early, after the agreed notice; what comes later is refunded.

    Until then the operators prove and are paid, and the file can be brought back.
    """
    manifest = storing.load_own(session, name)
    period = session.market().period()
    found = [
        each
        for each in storing.standings(session, manifest)
        if each.live and each.end > _end(manifest, each, period) and replica in (None, each.number)
    ]
    if not found:
        raise UsageError(
            f"No such deal of {name} would end sooner by that; `xmbl deal show {name}` says when."
        )
    session.out.table(_endings(manifest, found, period))
    before = session.payments().balance_of(session.address())
    calls = [session.deals().terminate(manifest.replica(each.number).promised()) for each in found]
    transactions = send(session, *calls)
    _remember(session, manifest, found, alone=replica is not None)
    refunded = session.payments().balance_of(session.address()) - before
    standings = storing.standings(session, storing.load(session, name))
    document = {
        "name": name,
        "refunded_wei": refunded,
        "deals": deal_tables.standings(standings)[0],
        "transactions": transactions,
    }
    session.out.result(
        document,
        f"Terminated {counted(len(found), 'deal')}; {format_amount(refunded)} came back into Payments.",
    )


def keeper(
    session: Session, manifest: "Manifest", budget: int | None, before: int, periods: int
) -> "Callable[[Sequence[DealStanding]], bool]":
    """What extends the deals of a file as they are about to expire, having asked once; it says whether it
    extended any. What couldn't be extended is tried again in another period."""
    from xmbl.storage.extending import Upkeep

    manifest.require_of(session.address())
    if budget is None:
        raise UsageError("Say with --budget what all extensions may cost.")
    upkeep, tried = Upkeep(before, periods, budget), {-1}
    session.out.note(
        f"Deals of {manifest.name} with {counted(before, 'period')} left get {counted(periods, 'period')}"
        f" more at a time, for {format_amount(budget)} in all, gas aside."
    )
    prepare(session, (), ())
    beyond = _once(session)

    def keep(found: "Sequence[DealStanding]") -> bool:
        beyond(_beyond(manifest.name, upkeep.beyond(found)))
        picked, period = upkeep.chosen(found), max((each.period for each in found), default=0)
        if not picked or period in tried:
            return False
        tried.add(period)
        with suppress(Busy):
            done = storing.run(
                session, Narrator(session.out), lambda client: client.keep_up(manifest.name, upkeep)
            )
            return any(not each.trouble for each in done)
        return False

    return keep


def warner(session: Session, manifest: "Manifest") -> "Callable[[Sequence[DealStanding]], bool]":
    """What says once that deals of a file, if it is the wallet's own, are about to expire; it extends
    none."""
    from xmbl.storage.standing import Ending

    tell, is_own = _once(session), manifest.client == session.address()

    def warn(found: "Sequence[DealStanding]") -> bool:
        agreed = [each for each in found if each.live and each.ending is Ending.AGREED]
        near = [each for each in agreed if deal_tables.expiring(each.over, each.period)]
        if near and is_own:
            end = min(each.over for each in near)
            at = about(session, end * session.market().parameters.period)
            tell(
                f"{counted(len(near), 'deal')} of {manifest.name} will expire, the first in period {end}{at}:"
                f" `xmbl deal extend {manifest.name}`, or watch with --extend."
            )
        return False

    return warn


def _once(session: Session) -> "Callable[[str], None]":
    """Notes a sentence once."""
    told = {""}

    def tell(sentence: str) -> None:
        if sentence not in told:
            told.add(sentence)
            session.out.note(sentence)

    return tell


def _beyond(name: str, found: "Sequence[DealStanding]") -> str:
    if not found:
        return ""
    ends = ", ".join(f"replica {each.number} in period {each.over}" for each in found)
    return (
        f"The budget doesn't cover {counted(len(found), 'deal')}, which will expire ({ends}):"
        f" `xmbl deal extend {name}`, or watch with a larger --budget."
    )


def _end(manifest: "Manifest", standing: "DealStanding", period: int) -> int:
    """The first period that a deal terminated in this period doesn't cover."""
    return period + 1 + manifest.replica(standing.number).promised().terms.client_notice


def _endings(manifest: "Manifest", found: "list[DealStanding]", period: int) -> Table:
    ends = [_end(manifest, each, period) for each in found]
    rows = [
        (
            str(each.number),
            each.operator,
            f"period {end}, not {each.end}",
            format_amount(each.price * (end - period)),
            format_amount(each.price * (each.end - end)),
        )
        for each, end in zip(found, ends, strict=True)
    ]
    return Table(("REPLICA", "OPERATOR", "ENDS IN", "STILL COSTS UP TO", "COMES BACK NOW"), rows, "")


def _remember(session: Session, manifest: "Manifest", found: "list[DealStanding]", *, alone: bool) -> None:
    """What was terminated isn't to be repaired: a replica alone counts no more, a file ends sooner."""
    from xmbl.storage.manifest import ReplicaState

    ends = {each.number: session.market().record(each.id).end for each in found}
    manifests = storing.manifests(session)
    with manifests.locked(manifest.name):
        manifest = manifests.load(manifest.name)
        for number, end in ends.items():
            changed = replace(manifest.replica(number), end=end, terminated=True)
            manifest = manifest.with_replica(replace(changed, state=ReplicaState.LOST) if alone else changed)
        manifests.save(manifest if alone else replace(manifest, end=min(manifest.end, max(ends.values()))))


def _consents(consents: "list[Consent]") -> Table:
    rows = [
        (
            str(each.number),
            each.deal.operator,
            f"period {each.old_end}",
            each.trouble or f"period {each.new_end}",
            "-" if each.trouble else format_amount(each.cost),
        )
        for each in consents
    ]
    return Table(("REPLICA", "OPERATOR", "UNTIL", "THEN UNTIL", "COST"), rows, "")


def _finish(session: Session, name: str, done: "list[Consent]", transactions: list[dict[str, Any]]) -> None:
    failed = [each for each in done if each.trouble]
    found = storing.standings(session, storing.load(session, name))
    documents, table = deal_tables.standings(found)
    document = {
        "name": name,
        "extended": [each.number for each in done if not each.trouble],
        "refused": [{"number": each.number, "reason": each.trouble} for each in failed],
        "deals": documents,
        "transactions": transactions,
    }
    again = (
        f" {counted(len(failed), 'deal')} couldn't be; `xmbl deal extend {name}` asks again."
        if failed
        else ""
    )
    session.out.result(document, f"Extended {counted(len(done) - len(failed), 'deal')}.{again}", table)
    click.get_current_context().exit(1 if failed else 0)
