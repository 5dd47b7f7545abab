from tests.support.boa_world import DELAY, block, events, mine
from tests.support.promises import FAR


def test_revoke_signer__a_live_one__dies_after_the_delay(money, client, hot):
    money.payments.authorize_signer(hot.address, FAR, sender=client)
    money.payments.revoke_signer(hot.address, sender=client)
    assert events(money.payments) == [("SignerSet", client, hot.address, block() + DELAY)]
    assert money.payments.signer_until(client, hot.address) == block() + DELAY


def test_revoke_signer__one_that_dies_sooner__changes_nothing(money, client, hot):
    until = block() + DELAY - 1
    money.payments.authorize_signer(hot.address, until, sender=client)
    money.payments.revoke_signer(hot.address, sender=client)
    assert money.payments.signer_until(client, hot.address) == until


def test_revoke_signer__twice__doesnt_prolong_it(money, client, hot):
    money.payments.authorize_signer(hot.address, FAR, sender=client)
    money.payments.revoke_signer(hot.address, sender=client)
    until = block() + DELAY
    mine(5)
    money.payments.revoke_signer(hot.address, sender=client)
    assert money.payments.signer_until(client, hot.address) == until


def test_revoke_signer__one_that_never_lived__stays_dead(money, client, hot):
    money.payments.revoke_signer(hot.address, sender=client)
    assert events(money.payments) == [("SignerSet", client, hot.address, 0)]
    assert money.payments.signer_until(client, hot.address) == 0


def test_revoke_signer__anothers__is_untouched(money, client, attacker, hot):
    money.payments.authorize_signer(hot.address, FAR, sender=client)
    money.payments.revoke_signer(hot.address, sender=attacker)
    assert money.payments.signer_until(client, hot.address) == FAR
