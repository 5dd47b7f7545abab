"""A shared file carries what a reader needs and no more; what a stranger wrote is believed where it fits."""

import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from xmbl.crypto.envelope import sealed_size
from xmbl.crypto.merkle import leaf_count
from xmbl.crypto.typed_data import Deal, Terms
from xmbl.errors import Corrupt, UsageError
from xmbl.storage.manifest import Manifest, Part, Replica, ReplicaState, decode
from xmbl.storage.sharing import shared, taken_in

CLIENT, OPERATOR, DEALS = ("0x" + digit * 40 for digit in "123")
LEAVES = leaf_count(sealed_size(1000))
DEAL = Deal(OPERATOR, b"\7" * 32, Terms(CLIENT, OPERATOR, LEAVES, 10, 500, 30, 2, 14, 3, 100, 2**62))
OPEN = Replica(1, 0, ReplicaState.OPEN, DEAL, b"\2" * 65, 4, b"\3" * 16, "bafy")
MANIFEST = Manifest(
    "file", 31337, DEALS, CLIENT, b"\1" * 32, 30, 10**15, False, "/home/client/diary", 1000,
    (Part(0, 0, 1000, "ab" * 32),),
    (replace(OPEN, number=0, state=ReplicaState.LOST), OPEN, Replica(2, 0)),
    (OPERATOR,),
)  # fmt: skip
FIRST = 6


def market(first: int = FIRST, chain_id: int = 31337) -> Any:
    return SimpleNamespace(
        chain=SimpleNamespace(chain_id=chain_id),
        deals=SimpleNamespace(address=DEALS),
        first_period=lambda _: first,
    )


def test_taken_in__what_was_shared__has_the_places_and_the_key():
    found = taken_in(shared(MANIFEST), market(), None)
    assert (found.name, found.key, found.size, found.parts) == ("file", MANIFEST.key, 1000, MANIFEST.parts)
    assert found.replicas == (replace(OPEN, signature=b"", first=FIRST),)
    assert found.replica_key(found.replicas[0]) == MANIFEST.replica_key(OPEN)


def test_shared__what_is_the_clients_alone__is_left_out():
    assert b"diary" not in shared(MANIFEST)
    found = decode(shared(MANIFEST))
    assert (found.source, found.per_gib, found.shunned) == ("", 0, ())
    assert [one.number for one in found.replicas] == [1]


def test_shared__a_part_without_an_open_deal__is_refused():
    with pytest.raises(UsageError, match="`xmbl deal repair file` first"):
        shared(MANIFEST.without(1))


def test_taken_in__another_name__is_what_it_is_called():
    assert taken_in(shared(MANIFEST), market(), "theirs").name == "theirs"


@pytest.mark.parametrize("name", ["../file", "", "A"])
def test_taken_in__a_name_that_cannot_be__is_refused(name):
    with pytest.raises(Corrupt, match="isn't a whole shared file"):
        taken_in(shared(replace(MANIFEST, name=name)), market(), None)


def test_taken_in__another_networks__is_refused():
    with pytest.raises(UsageError, match="choose that network"):
        taken_in(shared(MANIFEST), market(chain_id=1), None)


def test_taken_in__a_deal_that_the_chain_does_not_know__is_refused():
    with pytest.raises(Corrupt, match="chain doesn't know a deal"):
        taken_in(shared(MANIFEST), market(first=0), None)


def test_taken_in__another_version__is_refused():
    with pytest.raises(Corrupt, match="another version of XMBL"):
        taken_in(shared(MANIFEST).replace(b'"version": 3', b'"version": 99'), market(), None)


def _part(**changed: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["parts"][0].update(changed)


def _replica(**changed: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["replicas"][0].update(changed)


def _terms(**changed: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["replicas"][0]["deal"]["terms"].update(changed)


def _twice(document: dict[str, Any]) -> None:
    document["replicas"] *= 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda document: document.pop("key"),
        lambda document: document.update(more=1),
        lambda document: document.update(key="ab"),
        lambda document: document.update(key=None),
        lambda document: document.update(folder=1),
        lambda document: document.update(end="30"),
        lambda document: document.update(end=10**400),
        lambda document: document.update(size=1001),
        lambda document: document.update(parts=[], size=0),
        lambda document: document.update(replicas=[]),
        lambda document: document.update(name=["file"]),
        _part(index=1),
        _part(offset=-1),
        _part(size=-1000),
        _part(size=True),
        _part(size=2**40),
        _part(sha256="ab"),
        _part(sha256=3),
        _replica(part=-1),
        _replica(part=1),
        _replica(number=-1),
        _replica(number="1"),
        _replica(number=2**64),
        _replica(state=2),
        _replica(deal=None),
        _replica(salt="ab"),
        _replica(cid=1),
        _replica(end="30"),
        _replica(terminated=0),
        _terms(client=OPERATOR),
        _terms(leaves=LEAVES + 1),
        _terms(price=-1),
        _terms(payee="0x12"),
        # these have the same id as what they stand for
        _terms(payee=int(OPERATOR, 16)),
        _terms(deadline=f"0x{100:040x}"),
        _terms(price=True),
        _twice,
    ],
)
def test_taken_in__what_shared_did_not_write__is_refused(damage):
    document = json.loads(shared(MANIFEST))
    damage(document)
    with pytest.raises(Corrupt, match="isn't a whole shared file"):
        taken_in(json.dumps(document).encode(), market(), None)


@pytest.mark.parametrize("plain", [b"", b"[]", b"3", b"\xff", b"{}", b"[" * 2_000])
def test_taken_in__no_manifest_at_all__is_refused(plain):
    with pytest.raises(Corrupt, match="isn't a whole shared file"):
        taken_in(plain, market(), None)
