"""Keeps the scene true: a thread that reads the chain's block and each operator's proofs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from xmbl.chain.deals import Opened
from xmbl.cli.demo.scene import Actor, Scene
from xmbl.errors import ChainError
from xmbl.storage.market import Market

_LOOK_SECONDS = 0.4


@contextmanager
def watched(scene: Scene, market: Market) -> Iterator[None]:
    """Read the chain into the scene while the block runs."""
    over = threading.Event()

    def look_again() -> None:
        while not over.wait(_LOOK_SECONDS):
            try:
                _look(scene, market)
            except ChainError:
                continue  # a busy chain answers the next time

    thread = threading.Thread(target=look_again, name="demo watcher", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _look(scene: Scene, market: Market) -> None:
    scene.block = market.block_number()
    scene.period = scene.block // market.parameters.period
    opened = list(market.deals.events(Opened, market.since))
    for actor in scene.actors:
        own = [event for event in opened if event.operator == actor.address]
        if own:
            actor.deal = own[-1].id.hex()[:8]
            actor.periods = _marks(market, actor, own, scene.period)


def _marks(market: Market, actor: Actor, deals: list[Opened], now: int) -> str:
    first = min(event.block for event in deals) // market.parameters.period + 1
    end = max(event.terms.end for event in deals)
    proven = market.proven(actor.address, first, min(now, end))
    marks = "".join("●" if period in proven else "✕" for period in range(first, min(now, end)))
    # the deal ended with the miss that reached the limit: what comes after is nobody's fault
    missed, upto = 0, len(marks)
    for place, mark in enumerate(marks):
        missed += mark == "✕"
        if missed == market.parameters.limit:
            upto = place + 1
            break
    return marks[:upto] + ("·" if first <= now < end and upto == len(marks) else "")
