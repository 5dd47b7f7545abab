"""The price of reads is hashed as eth-account hashes it, and every field of it is signed."""

from dataclasses import asdict, replace

import pytest
from eth_account.messages import encode_typed_data

from xmbl.crypto import typed_data
from xmbl.crypto.typed_data import ReadQuote

PARTY = "0x00000000000000000000000000000000DeaDBeef"
QUOTE = ReadQuote(PARTY, b"\1" * 32, PARTY, 10**15, 4 * 2**20, 500)


def test_hash__a_read_quote__equals_eth_accounts_struct_hash():
    members = typed_data.READ_QUOTE_TYPE.removeprefix("ReadQuote(").removesuffix(")").split(",")
    fields = [{"type": kind, "name": name} for kind, name in (member.split() for member in members)]
    domain = {"name": "any", "version": "1", "chainId": 1, "verifyingContract": PARTY}
    found = encode_typed_data(domain, {"ReadQuote": fields}, asdict(QUOTE))
    assert found.body == QUOTE.hash()


@pytest.mark.parametrize("field", QUOTE.__slots__)
def test_hash__one_field_changed__differs(field):
    changed = {"deal": b"\2" * 32, "operator": "0x" + "12" * 20, "payee": "0x" + "12" * 20}
    assert replace(QUOTE, **{field: changed.get(field, 99)}).hash() != QUOTE.hash()
