"""What a failed question means: only here are web3's and the nodes' many ways of failing told apart."""

from typing import Any

from eth_utils import ValidationError, decode_hex

from xmbl.chain.reverts import reason_of, reverted
from xmbl.errors import ChainError, InsufficientFunds

_RATE_LIMITED = (-32005, 429)
_TOO_MUCH = ("result", "range", "size")  # nodes say so with the code of a rate limit too
_BUSY = ("rate limit", "request limit", "too many requests")  # with codes of their own
_TOO_LARGE = 413


class Lagging(Exception):
    """Raised by a question: this endpoint doesn't have what it is asked about yet. The next may."""


class Unanswered(Exception):
    """This endpoint has no answer; the next may. `is_refused` if nobody even listens there."""

    def __init__(self, *, is_refused: bool = False) -> None:
        super().__init__()
        self.is_refused = is_refused


def meaning_of(error: Exception, sentence: str) -> Exception | None:
    """Our error for one of web3's or the node's; None for what is neither's."""
    from web3.exceptions import ContractLogicError, Web3Exception

    if _is_silence(error):
        return Unanswered(is_refused=_is_refused_connection(error))
    if isinstance(error, ContractLogicError):
        return reverted(_reason(error), sentence)
    text = _node_text(error)
    if type(error).__name__ == "TransactionFailed":  # eth-tester's own, raised in this process
        return reverted(_text_reason(text), sentence)
    if "insufficient funds" in text.lower():
        return InsufficientFunds(f"The account can't pay for this: {text}. Send it ether, then try again.")
    if isinstance(error, Web3Exception | ValidationError) or _is_refused_by_status(error):
        return ChainError(f"The node refused: {text}.")
    return None


def _node_text(error: Exception) -> str:
    """The node's own words: web3 prints the whole response instead."""
    return str(_refusal(error).get("message") or error)


def _refusal(error: Exception) -> dict[str, Any]:
    response = getattr(error, "rpc_response", None) or _body(error)
    refusal = response.get("error") if isinstance(response, dict) else None
    return refusal if isinstance(refusal, dict) else {}


def _body(error: Exception) -> Any:
    """What a node said beside the HTTP status of a bad request; None for what isn't one."""
    response = getattr(error, "response", None)
    try:
        return None if response is None or response.status_code not in (400, _TOO_LARGE) else response.json()
    except ValueError:
        return None


def _is_refused_by_status(error: Exception) -> bool:
    """Whether an HTTP status says that the node understood and won't; others tell of a broken way to it."""
    status = getattr(getattr(error, "response", None), "status_code", 0)
    return status == _TOO_LARGE or (status == 400 and bool(_refusal(error)))


def _is_silence(error: Exception) -> bool:
    from json import JSONDecodeError

    from requests.exceptions import RequestException
    from web3.exceptions import (
        BadResponseFormat,
        ProviderConnectionError,
        RequestTimedOut,
        TooManyRequests,
    )

    silent = (RequestException, OSError, JSONDecodeError, BadResponseFormat, ProviderConnectionError)
    if isinstance(error, (*silent, Lagging, RequestTimedOut, TooManyRequests)):
        return not _is_refused_by_status(error)
    refusal, text = _refusal(error), _node_text(error).lower()
    if refusal.get("code") in _RATE_LIMITED:
        return not any(word in text for word in _TOO_MUCH)
    return bool(refusal) and any(word in text for word in _BUSY)


def _is_refused_connection(error: Exception) -> bool:
    """Whether the other side, or the way to it, said at once that nothing listens there."""
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    cause = error.args[0] if error.args else None
    is_unmade = isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
    return is_unmade or isinstance(error, ConnectionRefusedError)


def _reason(error: Exception) -> str:
    data = getattr(error, "data", None)
    if isinstance(data, str) and data.startswith("0x"):
        return reason_of(decode_hex(data))
    return _text_reason(str(getattr(error, "message", "")))


def _text_reason(text: str) -> str:
    return text.partition("execution reverted: ")[2]
