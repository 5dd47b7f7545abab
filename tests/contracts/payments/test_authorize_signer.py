import boa
import pytest

from tests.support.boa_world import NOBODY, events
from tests.support.promises import FAR


def test_authorize_signer__a_key__may_sign_until_a_block(money, client, hot):
    money.payments.authorize_signer(hot.address, 500, sender=client)
    assert events(money.payments) == [("SignerSet", client, hot.address, 500)]
    assert money.payments.signer_until(client, hot.address) == 500


def test_authorize_signer__again__only_rises(money, client, hot):
    for asked, until in ((500, 500), (499, 500), (501, 501)):
        money.payments.authorize_signer(hot.address, asked, sender=client)
        assert events(money.payments) == [("SignerSet", client, hot.address, until)]
        assert money.payments.signer_until(client, hot.address) == until


def test_authorize_signer__by_one_payer__says_nothing_of_another(money, client, provider, hot):
    money.payments.authorize_signer(hot.address, 500, sender=client)
    assert money.payments.signer_until(provider, hot.address) == 0


def test_authorize_signer__the_last_block__fits(money, client, hot):
    money.payments.authorize_signer(hot.address, FAR, sender=client)
    assert money.payments.signer_until(client, hot.address) == FAR


@pytest.mark.parametrize("until", [2**64, 2**256 - 1])
def test_authorize_signer__a_block_beyond_its_field__is_refused(money, client, hot, until):
    with boa.reverts("payments: until"):
        money.payments.authorize_signer(hot.address, until, sender=client)


def test_authorize_signer__nobody__is_refused(money, client):
    with boa.reverts("payments: zero address"):
        money.payments.authorize_signer(NOBODY, 500, sender=client)
