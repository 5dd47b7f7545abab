"""The demo's client: a process of its own that tells its story as lines of JSON on stdout.

`python -m xmbl.cli.demo.client FILE` works for the wallet of `XMBL_HOME`. A line has one or more of `step`
(a new line of the story), `tell` (the same line, more exactly), and facts that the director needs.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import trio

from xmbl.chain.outbox import Receipt
from xmbl.cli import storing
from xmbl.cli.choices import Choices
from xmbl.cli.demo.stage import CLIENT, NETWORK, PASSWORD
from xmbl.cli.session import Session
from xmbl.config import folders
from xmbl.errors import NetworkError, Reverted, XmblError
from xmbl.events import Event
from xmbl.storage.client import StorageClient
from xmbl.storage.client_events import Downloading, Uploading
from xmbl.storage.planning import Order, Plan
from xmbl.storage.standing import DealStanding
from xmbl.units import WHOLE, format_amount, format_size

NAME = "demo"
COPIES, OPERATORS = 3, 4
PERIODS = 9
_PROVEN_FIRST = 2
_PER_GIB = 100 * WHOLE
_LOOK_SECONDS = 0.3


def main(file: Path) -> int:
    """Play the client's part; the exit code."""
    session = Session(Choices(network=NETWORK, wallet=CLIENT, password_file=str(_password_file())))
    try:
        storing.run(session, _tell_event, lambda client: Story(session, client, file).tell())
    except (XmblError, BaseExceptionGroup) as error:
        first = _first(error)
        if not isinstance(first, XmblError):
            raise
        _say(error=str(first))
        return 1
    return 0


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _say(**line: Any) -> None:
    print(json.dumps(line), flush=True)


def _password_file() -> Path:
    return folders().config.parent / PASSWORD


def _tell_event(event: Event) -> None:
    if isinstance(event, Uploading) and event.sent == event.size:
        _say(tell=f"Replica {event.number} ({format_size(event.size)}) is with {event.operator}")
    if isinstance(event, Downloading) and event.done == event.size:
        _say(tell=f"{format_size(event.done)} came back, at last from {event.operator}")


class Story:
    """What the client does, one scene a method."""

    def __init__(self, session: Session, client: StorageClient, file: Path) -> None:
        self._session = session
        self._client = client
        self._file = file

    async def tell(self) -> None:
        """The whole story."""
        lost = await self._store()
        await self._until_proven()
        _say(step=f"{lost} loses its power; its misses are counted", lose=lost)
        await self._until_ended(lost)
        await self._be_compensated()
        await self._repair()
        await self._fetch()
        await self._until_settled()

    async def _store(self) -> str:
        _say(step="Waiting for four operators' quotes")
        plan = await self._offered()
        _say(running=True, step=f"{format_amount(plan.cost)} are deposited for three deals")
        await self._client.fund(plan.cost)
        _say(step=f"{self._file.name} is sealed into {COPIES} replicas, sent, and {COPIES} deals open")
        await self._client.put(plan)
        return plan.chosen()[-1].candidate.operator

    async def _offered(self) -> Plan:
        while True:
            try:
                plan = await self._client.plan(self._file, Order(NAME, COPIES, PERIODS, _PER_GIB))
            except NetworkError:
                plan = None  # nodes are still starting
            if plan and len(plan.offers[0]) == OPERATORS:
                return plan
            await trio.sleep(_LOOK_SECONDS)

    async def _until_proven(self) -> None:
        _say(step=f"Three operators prove, period by period, until {_PROVEN_FIRST} are done")
        while not all(len(one.proven) >= _PROVEN_FIRST for one in await self._standing()):
            await trio.sleep(_LOOK_SECONDS)

    async def _until_ended(self, lost: str) -> None:
        limit, told = self._session.market().parameters.limit, 0
        while True:
            deal = next(one for one in await self._standing() if one.operator == lost)
            if deal.ended_early:
                return
            if len(deal.missed) > told:
                told = len(deal.missed)
                _say(tell=f"{lost} lost its power: {told} of {limit} misses")
            await trio.sleep(_LOOK_SECONDS)

    async def _be_compensated(self) -> None:
        _say(step="The deal has ended at the limit: it is settled, slashed, and the client claims its half")
        await self._settle()
        owed = await trio.to_thread.run_sync(self._claim)
        _say(tell=f"The deal ended at the limit; the client claimed {format_amount(owed)}", compensation=owed)

    def _claim(self) -> int:
        staking = self._session.staking()
        owed = staking.owed(self._session.address())
        self._session.outbox().send(staking.collect(), f"demo:claim:{owed}")
        return owed

    async def _repair(self) -> None:
        _say(step="The lost replica is sealed anew and goes to the fourth operator")
        # what the first deals left of the allowance isn't enough where they opened at once
        await self._client.fund(await self._client.cost_to_mend(NAME))
        await self._client.repair(NAME)

    async def _fetch(self) -> None:
        _say(step="The file is fetched back from whoever answers")
        target = self._session.folders.data / f"restored-{self._file.name}"
        await self._client.get(NAME, target)
        sent, restored = _sha256(self._file), _sha256(target)
        words = "byte for byte the same" if sent == restored else "NOT the same"
        _say(tell=f"The file came back {words}", sha256=sent, restored_sha256=restored)

    async def _until_settled(self) -> None:
        _say(step="The deals run to their end and are settled")
        while not all(one.closed for one in await self._standing()):
            if any(one.over <= one.period and not one.closed for one in await self._standing()):
                await self._settle()
            await trio.sleep(_LOOK_SECONDS)

    async def _settle(self) -> list[Receipt]:
        try:
            return await self._client.settle(NAME)
        except Reverted:
            return []  # an operator was first

    async def _standing(self) -> list[DealStanding]:
        return await self._client.show(NAME)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
