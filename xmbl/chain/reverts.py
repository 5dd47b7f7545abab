"""Why a contract refused: its own text, and what that means to a person."""

from eth_abi import decode
from eth_abi.exceptions import DecodingError

from xmbl.errors import Reverted

_ERROR = bytes.fromhex("08c379a0")  # Error(string)

_MEANING = {
    "payments: balance": "The account in Payments holds too little; deposit first with `xmbl pay deposit`.",
    "payments: allowance": "The allowance in Payments is too small; raise it with `xmbl pay approve`.",
}


def reason_of(output: bytes) -> str:
    """The text that a contract reverted with; empty where it gave none."""
    if output[:4] != _ERROR:
        return ""
    try:
        return str(decode(["string"], output[4:])[0])
    except DecodingError:
        return ""


def reverted(reason: str, sentence: str = "") -> Reverted:
    """The error for a refusal: what was wanted, what the contract means, and its own words."""
    what = f"{sentence} was refused." if sentence else "The contract refused."
    if not reason:
        return Reverted(f"{what} It gave no reason: out of gas, an overflow, or no contract there.")
    meaning = _MEANING.get(reason)
    return Reverted(f"{what} {meaning} ({reason})" if meaning else f"{what} Its reason: {reason}.", reason)
