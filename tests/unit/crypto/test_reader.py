"""A secret for one reader opens for that wallet alone, and a reader is who its address says."""

from dataclasses import replace

import pytest
from eth_account import Account

from xmbl.crypto.envelope import new_key, seal_secret
from xmbl.crypto.reader import is_for_reader, open_for, parse_reader, reader_of, seal_for
from xmbl.errors import Corrupt, UsageError

READER = Account.from_key(b"\1" * 32)
ATTACKER = Account.from_key(b"\2" * 32)


def test_seal_for__its_reader__opens_it():
    sealed = seal_for(reader_of(READER), b"the place")
    assert is_for_reader(sealed)
    assert open_for(READER, sealed) == b"the place"
    assert b"the place" not in sealed
    assert seal_for(reader_of(READER), b"the place") != sealed


def test_open_for__another_wallet__is_refused():
    with pytest.raises(Corrupt, match="for another reader than this wallet"):
        open_for(ATTACKER, seal_for(reader_of(READER), b"the place"))


@pytest.mark.parametrize("at", [8, 60, 100, 130, -1])
def test_open_for__a_changed_byte__is_refused(at):
    sealed = bytearray(seal_for(reader_of(READER), b"the place"))
    sealed[at] ^= 1
    with pytest.raises(Corrupt):
        open_for(READER, bytes(sealed))


def test_open_for__a_box_with_another_secret__is_refused():
    sealed = seal_for(reader_of(READER), b"the place")
    with pytest.raises(Corrupt):
        open_for(READER, sealed[:88] + seal_secret(new_key(), b"another"))


def test_is_for_reader__other_bytes__is_false():
    assert not is_for_reader(seal_secret(new_key(), b""))


def test_parse_reader__its_text__is_the_same():
    assert parse_reader(f" {reader_of(READER).text()}\n") == reader_of(READER)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "xmbl-reader-",
        "xmbl-reader-é",
        reader_of(READER).text()[:-4],
        reader_of(READER).text().replace("xmbl-reader-", "xmbl-reader-A", 1),
        replace(reader_of(READER), key=reader_of(ATTACKER).key).text(),
        replace(reader_of(ATTACKER), address=READER.address).text(),
    ],
)
def test_parse_reader__mistyped_or_not_its_addresses__is_refused(text):
    with pytest.raises(UsageError, match="This is no reader"):
        parse_reader(text)
