"""Where stake on its way out is: thawing, free to leave for a while, or to be thawed anew."""

from typing import TYPE_CHECKING

from xmbl.cli.sending import Check
from xmbl.errors import UsageError

if TYPE_CHECKING:
    from xmbl.cli.session import Session


def progress(session: "Session", until: int) -> str:
    """How far a thaw is that ends in block `until`, for people."""
    block, last = session.chain().block_number(), _last(session, until)
    if block < until:
        return f"for {until - block} blocks more"
    if block <= last:
        return f"done: `xmbl stake withdraw` until block {last}"
    return "lapsed: `xmbl stake thaw 0` begins anew"


def require_thawed(session: "Session", until: int) -> Check:
    """Whether what thawed until that block can leave in the next one."""
    block, last = session.chain().block_number() + 1, _last(session, until)
    if block < until:
        return _no(f"The stake thaws for {until - block} blocks more, until block {until}.")
    if block > last:
        return _no(f"It could leave until block {last}; `xmbl stake thaw 0` begins anew.")
    return Check("thawed", f"until block {last}")


def _last(session: "Session", until: int) -> int:
    return until + session.staking().withdraw_blocks() - 1


def _no(reason: str) -> Check:
    return Check("thawed", "no", UsageError(reason))
