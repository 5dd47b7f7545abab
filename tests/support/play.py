"""One move of a random machine: the contract and its rules must agree, on the outcome or on the refusal."""

from collections.abc import Callable
from typing import Any, TypeVar

import boa

from xmbl.errors import Reverted

State = TypeVar("State")


def agree(state: State, call: Callable[[], Any], rule: Callable[[], State]) -> State:
    """Makes the call as the rule foresees and gives the state after it; `state` itself after a refusal."""
    try:
        after = rule()
    except Reverted as refusal:
        with boa.reverts(refusal.reason):
            call()
        return state
    call()
    return after
