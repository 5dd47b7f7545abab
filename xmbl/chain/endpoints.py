"""Asking a node, and the next one when it doesn't answer."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from xmbl.chain.refusals import Unanswered, meaning_of
from xmbl.errors import RpcUnavailable, UsageError, WrongChain

if TYPE_CHECKING:
    from web3 import Web3

T = TypeVar("T")

Waiting = Callable[[str], AbstractContextManager[object]]
"""Entered, with what is waited for, while a question is open."""

_CONNECT_SECONDS = 3.05
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_REFUSED_PATIENCE = 1.5


class _Health(Enum):
    UNCHECKED = 1
    RIGHT_CHAIN = 2
    WRONG_CHAIN = 3


@dataclass
class Endpoint:
    """One node; `name` is fit for messages: it shows no key that a URL may hold."""

    name: str
    web3: "Web3"
    health: _Health = _Health.UNCHECKED
    other_chain: int = 0


def connect(url: str, timeout: float) -> Endpoint:
    """An endpoint for an http(s) URL; nothing is sent yet. `UsageError` for another kind of URL."""
    import requests
    from web3 import HTTPProvider, Web3

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            "An RPC URL starts with http:// or https:// and names a host; correct the network file."
        )
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=64))
    provider = HTTPProvider(
        url, {"timeout": (_CONNECT_SECONDS, timeout)}, session=session, exception_retry_configuration=None
    )
    port = f":{parts.port}" if parts.port else ""
    return Endpoint(f"{parts.scheme}://{parts.hostname}{port}", Web3(provider, middleware=[]))


class Endpoints:
    """Several nodes of one chain, asked in order from the last that answered. Thread-safe.

    `patience` in seconds bounds how long a question waits while none of them answers, less where nothing
    listens at any: what refuses a connection isn't merely slow.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        chain_id: int,
        patience: float,
        waiting: Waiting = nullcontext,
    ) -> None:
        if not endpoints:
            raise UsageError("A chain needs at least one RPC URL; add one to the network file.")
        self._endpoints = list(endpoints)
        self._chain_id = chain_id
        self._patience = patience
        self._waiting = waiting
        self._first = 0
        self._checking = threading.Lock()

    def ask(self, question: Callable[["Web3"], T], sentence: str = "") -> T:
        """The first answer. A refusal (`Reverted`, `InsufficientFunds`, `ChainError`) is an answer too."""
        with self._waiting(f"an answer of {self._names()}"):
            answer = self._first_answer(question, sentence)
        return answer  # noqa: RET504 - mypy believes that a context manager may swallow what fails in it

    def _names(self) -> str:
        return ", ".join(each.name for each in self._endpoints)

    def _first_answer(self, question: Callable[["Web3"], T], sentence: str) -> T:
        began, pauses = time.monotonic(), _pauses()
        while True:
            silent: list[Unanswered] = []
            for number in self._order():
                try:
                    return self._ask_one(number, question, sentence)
                except Unanswered as error:
                    silent.append(error)
            self._require_some_right()
            pause = next(pauses)
            if time.monotonic() + pause > began + self._patience_with(silent):
                raise RpcUnavailable(
                    f"No RPC endpoint answers ({self._names()}); check the network or add another."
                ) from silent[-1]
            time.sleep(pause)

    def _patience_with(self, silent: Sequence["Unanswered"]) -> float:
        """Seconds to go on asking all those that gave no answer."""
        nobody_listens = all(each.is_refused for each in silent)
        return min(self._patience, _REFUSED_PATIENCE) if nobody_listens else self._patience

    def turn_away(self) -> None:
        """Ask the next one first from now on: the present one answers, but with nothing new."""
        self._first = (self._first + 1) % len(self._endpoints)

    def _order(self) -> list[int]:
        count, first = len(self._endpoints), self._first
        order = ((first + offset) % count for offset in range(count))
        return [each for each in order if self._endpoints[each].health is not _Health.WRONG_CHAIN]

    def _ask_one(self, number: int, question: Callable[["Web3"], T], sentence: str) -> T:
        endpoint = self._endpoints[number]
        try:
            if endpoint.health is _Health.UNCHECKED:
                self._check(endpoint)
            answer = question(endpoint.web3)
        except Exception as error:
            meaning = meaning_of(error, sentence)
            if meaning is None:
                raise
            raise meaning from error
        self._first = number
        return answer

    def _check(self, endpoint: Endpoint) -> None:
        with self._checking:
            found = endpoint.web3.eth.chain_id
            endpoint.other_chain = found
            endpoint.health = _Health.RIGHT_CHAIN if found == self._chain_id else _Health.WRONG_CHAIN
        if found != self._chain_id:
            raise Unanswered

    def _require_some_right(self) -> None:
        wrong = [each for each in self._endpoints if each.health is _Health.WRONG_CHAIN]
        if len(wrong) == len(self._endpoints):
            found = ", ".join(f"{each.name} serves chain {each.other_chain}" for each in wrong)
            raise WrongChain(f"Chain {self._chain_id} is expected, but {found}; correct the RPC URL.")


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)
