"""Where stake on its way out is: thawing, free to leave for a while, or to be thawed anew."""

from typing import TYPE_CHECKING

from xmbl.cli.foresight import about
from xmbl.cli.output import counted
from xmbl.cli.sending import Check
from xmbl.errors import UsageError

if TYPE_CHECKING:
    from xmbl.cli.session import Session


def progress(session: "Session", until: int, behind: str = "") -> str:
    """How far a thaw is that ends in block `until`, for people; `behind` names the operator to whom stake was
    delegated."""
    block, last = session.chain().block_number(), _last(session, until)
    if block < until:
        return f"for {counted(until - block, 'block')} more{about(session, until)}"
    if block <= last:
        return f"done: `xmbl stake withdraw{_option(behind)}` until block {last}{about(session, last)}"
    return f"lapsed: `xmbl stake thaw 0{_option(behind)}` begins anew"


def require_thawed(session: "Session", thawing: int, until: int, behind: str = "") -> Check:
    """Whether what thaws until that block, `thawing` of whatever unit, can leave in the next one."""
    block, last = session.chain().block_number() + 1, _last(session, until)
    if not thawing:
        return _no(f"Nothing thaws; `xmbl stake thaw AMOUNT{_option(behind)}` begins.")
    if block < until:
        left = counted(until - block, "block")
        return _no(f"The stake thaws for {left} more, until block {until}{about(session, until)}.")
    if block > last:
        return _no(f"It could leave until block {last}; `xmbl stake thaw 0{_option(behind)}` begins anew.")
    return Check("thawed", f"until block {last}")


def _option(behind: str) -> str:
    return f" --operator {behind}" if behind else ""


def _last(session: "Session", until: int) -> int:
    return until + session.staking().withdraw_blocks() - 1


def _no(reason: str) -> Check:
    return Check("thawed", "no", UsageError(reason))
