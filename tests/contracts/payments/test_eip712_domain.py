from tests.support.boa_world import NOBODY
from tests.support.promises import Pen
from xmbl.crypto.typed_data import PAYMENTS_DOMAIN, VERSION


def test_eip712_domain__of_payments__names_the_chain_and_the_contract(money):
    fields, name, version, chain_id, contract, salt, extensions = money.payments.eip712Domain()
    assert (fields, name, version) == (b"\x0f", PAYMENTS_DOMAIN, VERSION)
    assert (contract, salt, extensions) == (money.payments.address, bytes(32), [])
    assert chain_id > 0


def test_nonces__of_a_stranger__begin_at_nothing(money):
    assert money.payments.nonces(NOBODY) == 0


def test_separator__of_another_contract__is_another(money):
    assert Pen(money.payments).separator() != Pen(money.token).separator()
