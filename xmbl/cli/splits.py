"""The splits that this user knows: their shares can't be read from the chain, so they are remembered."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from xmbl.config import Folders, write_text
from xmbl.errors import ConfigError, UsageError

TOTAL = 10**6
"""What the weights of a split add up to."""

_MOST = 200
_PERCENT = TOTAL // 100


@dataclass(frozen=True)
class Split:
    """Recipients in ascending order, as Payments wants them, with their weights."""

    recipients: tuple[str, ...]
    weights: tuple[int, ...]

    def shares(self) -> list[tuple[str, str]]:
        """Each recipient with its share, for people."""
        return [
            (who, f"{weight / _PERCENT:g} %")
            for who, weight in zip(self.recipients, self.weights, strict=True)
        ]


def parse_split(shares: Sequence[tuple[str, str]]) -> Split:
    """The split of `(address, share)` pairs; all shares are percents, or all weights of 10^6."""
    weights = {int(who, 16): (who, _weight(share)) for who, share in shares}
    if len(weights) != len(shares):
        raise UsageError("A recipient is named twice; add its shares up.")
    if not 1 <= len(shares) <= _MOST:
        raise UsageError(f"A split has 1 to {_MOST} recipients, not {len(shares)}.")
    total = sum(weight for _, weight in weights.values())
    if total != TOTAL:
        raise UsageError(
            f"The shares add up to {total / _PERCENT:g} %; they must be 100 %, to the last digit."
        )
    ordered = [weights[number] for number in sorted(weights)]
    return Split(tuple(who for who, _ in ordered), tuple(weight for _, weight in ordered))


def known(folders: Folders) -> dict[str, Split]:
    """The remembered splits by address."""
    path = folders.config / "splits.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {at: Split(tuple(each["recipients"]), tuple(each["weights"])) for at, each in document.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(f"{path} is damaged; mend or delete it.") from None


def remember(folders: Folders, address: str, split: Split) -> None:
    """Keep `split` among the known ones."""
    every = {**known(folders), address: split}
    document = {
        at: {"recipients": each.recipients, "weights": each.weights} for at, each in sorted(every.items())
    }
    write_text(folders.config / "splits.json", json.dumps(document, indent=2) + "\n")


def _weight(share: str) -> int:
    """A weight of 10^6 from `"12.5%"` or `"125000"`."""
    number = share.removesuffix("%").strip()
    whole, _, fraction = number.partition(".")
    digits = len(str(_PERCENT)) - 1 if share.endswith("%") else 0
    if not (whole.isdecimal() and (not fraction or fraction.isdecimal()) and len(fraction) <= digits):
        raise UsageError(
            f"{share!r} is no share; write a percent with up to four decimals (12.5%) or a weight of 10^6."
        )
    weight = int(whole + fraction.ljust(digits, "0"))
    if weight == 0:
        raise UsageError("A share is more than nothing; leave the recipient out instead.")
    return weight
