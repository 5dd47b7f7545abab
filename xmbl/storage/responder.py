"""Answers spot challenges, before the agent does anything else: a deal's whole collateral is at stake.

A challenge is taken from its event as soon as a block has it, without waiting for confirmations, and after a
start from the deals themselves too, whatever became of the journal. It stays in the journal until the chain
asks no more; the outbox sends its answer, tried without cost before, under a key with deal and last block.
"""

from collections.abc import Iterator

from xmbl.chain.deals import Challenged
from xmbl.chain.outbox import Receipt
from xmbl.crypto.typed_data import Deal
from xmbl.errors import BytesError, FeeCeiling, InsufficientFunds, NotMined, Reverted
from xmbl.storage import events
from xmbl.storage.desk import Desk
from xmbl.storage.follower import Follower
from xmbl.storage.journal import Asked, DealState
from xmbl.storage.prover import AT_ONCE, ATTEMPTS
from xmbl.storage.proving import leaf_words

READ = 16
"""Deals that are looked at in one step."""


class Responder:
    """Shows what the clients of `operator` ask for."""

    def __init__(self, desk: Desk, follower: Follower) -> None:
        self._desk = desk
        self._follower = follower
        self._read: set[bytes] = set()
        self._seen: set[Asked] = set()
        self._shown: set[Asked] = set()
        self._told: dict[Asked, str] = {}

    @property
    def open(self) -> list[events.LeafAsked]:
        """The challenges that aren't answered yet."""
        return [events.LeafAsked(each.id, each.leaf, each.due) for each in self._desk.journal.asked()]

    def respond(self, head: int) -> None:
        """Answer what is asked up to block `head`, the newest."""
        for asked in (*self._logged(head), *self._standing()):
            # as long as a reorg can ask anew, also what was answered is looked at again
            self._desk.journal.ask(asked)
            if asked not in self._seen:
                self._seen.add(asked)
                self._desk.emit(events.LeafAsked(asked.id, asked.leaf, asked.due))
        for asked in self._desk.journal.asked():
            self._tried(asked)

    def _logged(self, head: int) -> Iterator[Asked]:
        """What is asked by the blocks that no reorg can take back no more, and those that one still can."""
        for event in self._desk.market.deals.events(Challenged, self._follower.scanned() + 1, head):
            if self._desk.journal.deal(event.id):
                yield Asked(event.id, event.leaf, event.due)

    def _standing(self) -> Iterator[Asked]:
        """What the deals themselves say, each once: the journal may be new, a lagging node hide events."""
        known = (deal_id for deal_id, _ in self._desk.journal.records(DealState.OPEN))
        some = [deal_id for deal_id in known if deal_id not in self._read][:READ]
        self._read.update(some)
        for deal_id in some:
            found = self._desk.market.deals.challenge_of(deal_id)
            if found.due:
                yield Asked(deal_id, found.leaf, found.due)

    def _tried(self, asked: Asked) -> None:
        try:
            self._answer(asked)
        except NotMined:
            return
        except (BytesError, Reverted, FeeCeiling, InsufficientFunds) as error:
            if self._told.get(asked) != str(error):
                self._told[asked] = str(error)
                self._desk.emit(events.ActionDelayed("deal_answer", str(error)))

    def _answer(self, asked: Asked) -> None:
        """Send the answer, or see what came of it; the chain's own word decides whether one is needed."""
        is_open = self._desk.market.deals.challenge_of(asked.id).due == asked.due
        try:
            receipt = self._desk.outbox.wait(self._key(asked), AT_ONCE)
            self._tell(asked, receipt)
        except KeyError:
            if is_open:
                self._send(asked)
        except Reverted:
            # another may have answered first; what is still asked is tried under another key
            if is_open:
                self._desk.journal.retry(asked)
                raise
        if not is_open:
            self._desk.journal.answered(asked)

    def _tell(self, asked: Asked, receipt: Receipt) -> None:
        if asked not in self._shown:
            self._shown.add(asked)
            self._desk.emit(events.LeafShown(asked.id, receipt.gas_used, receipt.hash))

    def _send(self, asked: Asked) -> None:
        if asked.attempt >= ATTEMPTS:
            raise Reverted(f"{asked.attempt} answers to a challenge failed on chain; look at the node's log.")
        deal = self._deal(asked.id)
        words = leaf_words(*self._desk.holdings.leaf(deal.root, asked.leaf))
        call = self._desk.market.deals.answer(deal, words)
        # what would fail costs nothing here
        self._desk.market.chain.simulate(call, self._desk.outbox.account)
        self._desk.outbox.submit(call, self._key(asked))

    def _deal(self, deal_id: bytes) -> Deal:
        known = self._desk.journal.deal(deal_id)
        if known is None:
            raise Reverted("A challenged deal isn't in the journal yet; it is read from the chain.")
        return known.deal

    def _key(self, asked: Asked) -> str:
        return self._desk.key("answer", asked.id.hex(), asked.due, asked.attempt)
