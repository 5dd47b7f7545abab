"""What a node file and a registration are made of: the agent's wallet, addresses, the cap of growth."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xmbl.cli.sending import Check
from xmbl.errors import ConfigError, UsageError
from xmbl.units import format_amount, parse_size

if TYPE_CHECKING:
    from xmbl.chain.call import Call
    from xmbl.cli.session import Session
    from xmbl.node.config import NodeConfig

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - nobody binds it here: it is what a registry mustn't hold


def settings_of(session: "Session", password_file: Path, options: dict[str, Any]) -> dict[str, Any]:
    """What a new node file says."""
    parse_size(options["capacity"])
    return {
        "network": session.network().name,
        "operator": session.address(),
        "agent": options["agent"],
        "password_file": str(password_file.absolute()),
        "listen": [options["listen"]],
        "announce": list(options["announce"]),
        "storage": {name: options[name] for name in ("capacity", "price", "egress")},
        "chain": _pace(session),
    }


def _pace(session: "Session") -> dict[str, Any]:
    """How deep and how often to look: a proof has half a period, however short periods are."""
    period = session.market().parameters.period
    return {"confirmations": max(1, min(12, period // 8)), "poll": 6 if period > 1_000 else 0.5}


def made_agent(session: "Session", name: str) -> str:
    """The agent's address; its wallet and the node key are made where they aren't there yet."""
    from xmbl.identity import node_key

    keystore, password = session.keystore(), session.password(name)
    if name in keystore.list():
        keystore.unlock(name, password)
    else:
        keystore.new(name, password)
    key = session.folders.config / "node.key"
    if key.exists():
        node_key.load(key, password)
    else:
        node_key.create(key, password)
    return keystore.address(name)


def require_dialable(settings: "NodeConfig", path: Path) -> None:
    """Refuse to register what would hold an address that leads nowhere."""
    if vague := undialable(settings.announce or settings.listen):
        raise ConfigError(
            f"Nobody can dial {vague[0]}, which means every address of the machine itself: say in {path}"
            ' where others reach it, like announce = ["/ip4/203.0.113.7/tcp/4001"].'
        )


def undialable(addresses: Iterable[str]) -> list[str]:
    """Those of the addresses that lead nobody anywhere."""
    from xmbl.network.addresses import parse_address

    return [each for each in addresses if parse_address(each).host in _EVERYWHERE]


def own(session: "Session", settings: "NodeConfig") -> Check:
    """The check that the wallet is the operator of the node file."""
    name = "the wallet is the node's operator"
    if session.address() == settings.operator:
        return Check(name, settings.operator)
    error = ConfigError(f"The node file is for {settings.operator}; choose that wallet with --wallet.")
    return Check(name, session.address(), error)


def registered(session: "Session") -> Check:
    """The check that the wallet is an operator's."""
    name, me = "the wallet is an operator", session.address()
    if int(session.registry().agent(me), 16):
        return Check(name, me)
    return Check(name, "no", UsageError(f"{me} is no operator; choose its wallet with --wallet."))


def price_units(session: "Session", amount: int) -> int:
    """An amount of wei as the market counts prices; `UsageError` for what it can't count."""
    from xmbl.storage.rules import MAX_PRICE

    unit = session.market().parameters.price_unit
    if amount % unit:
        raise UsageError(f"Prices are counted in steps of {format_amount(unit)}; round the amount to that.")
    if amount > MAX_PRICE * unit:
        most = format_amount(MAX_PRICE * unit)
        raise UsageError(f"A cap is at most {most} of income a period; {format_amount(amount)} is more.")
    return amount // unit


def whole_capacity(session: "Session", settings: "NodeConfig") -> int:
    """What all that the node would keep earns in a period, in price units, as far as a cap can say it."""
    from xmbl.crypto.merkle import leaf_count
    from xmbl.storage.policy import price_of
    from xmbl.storage.rules import MAX_PRICE

    earned = price_of(
        settings.storage.price, session.market().parameters, leaf_count(settings.storage.capacity)
    )
    return min(earned, MAX_PRICE)


def capping(session: "Session", units: int) -> "list[Call]":
    """What sets the cap to so many price units, if that isn't what it is."""
    if session.deals().ring(session.address()).cap == units:
        return []
    return [session.market().cap(units)]
