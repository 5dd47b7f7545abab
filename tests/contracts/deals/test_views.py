"""What the market tells of itself: `parameters`, `period`, `id_of`, `deal`,
`challenge_of`, `ring`, `proven`, `declared`."""

from tests.support.boa_world import block, mine
from tests.support.deals_world import PARAMETERS, World
from xmbl.storage.rings import Ring
from xmbl.storage.rules import Challenge, Parameters, Record


def test_parameters__always__are_those_of_the_deployment(world: World) -> None:
    assert Parameters(*world.deals.parameters()) == PARAMETERS


def test_period__from_its_first_block_to_its_last__is_the_same(world: World) -> None:
    now = world.next_period(offset=0)
    assert (block() % PARAMETERS.period, world.deals.period()) == (0, now)
    mine(PARAMETERS.period - 1)
    assert world.deals.period() == now
    mine(1)
    assert world.deals.period() == now + 1


def test_id_of__a_deal__is_the_struct_hash_that_agents_sign(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider)
    assert world.deals.id_of(deal.as_tuple()) == deal.id()


def test_views__what_never_was__is_zero(world: World, stranger: str) -> None:
    assert Record(*world.deals.deal(bytes(32))) == Record(0, 0, 0, 0, 0, 0, 0, 0)
    assert Challenge(*world.deals.challenge_of(bytes(32))) == Challenge(0, 0)
    assert world.ring(stranger) == Ring()
    assert world.deals.proven(stranger, 0) == world.deals.declared(stranger, 0) == 0


def test_views__bits_on_either_side_of_a_word__are_those_of_their_periods(
    world: World, client: str, provider: str
) -> None:
    world.next_period(126 - world.period())
    world.open(client, provider, periods=300)
    world.next_period()
    world.prove(provider)
    world.declare(provider, 128)
    world.declare(provider, 255)
    world.declare(provider, 256)
    world.next_period(2)
    world.prove(provider)
    assert world.deals.proven(provider, 0) == 1 << 127 | 1 << 129
    assert world.deals.declared(provider, 0) == 1 << 128 | 1 << 255
    assert world.deals.declared(provider, 1) == 1
