"""What everything on a client's side works with."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from xmbl.chain.call import Call
from xmbl.chain.outbox import Outbox, Receipt
from xmbl.events import Emit
from xmbl.payments.client import Purse
from xmbl.storage.manifest import Manifests
from xmbl.storage.market import Market

if TYPE_CHECKING:
    from xmbl.network.host import Host


@dataclass(frozen=True)
class Wallet:
    """One client's account, market, transactions, network and manifests; `spool` is a folder for streams,
    packed folders and repairs on their way; without a purse nothing is paid for reads."""

    address: str
    market: Market
    outbox: Outbox
    host: "Host"
    manifests: Manifests
    spool: Path
    emit: Emit
    purse: Purse | None = None

    async def send(self, call: Call, key: str) -> Receipt:
        """Send once under `key` and wait until it is mined; `Reverted` where the chain refuses."""

        def send() -> Receipt:
            return self.outbox.send(call, key)

        # it is in the outbox: whoever stops waiting loses nothing (the stubs are older than trio)
        return await trio.to_thread.run_sync(send, abandon_on_cancel=True)  # type: ignore[call-arg]
