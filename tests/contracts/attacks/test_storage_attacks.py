"""Every attack of the report on storage that touches what is built, tried again: each must fail.

Names are those of the report (C1 …) and of the flaws that the prototype's random play found. Here the
attacker runs a node, signs with its agent's key and is its own client too, unless a test says otherwise.
"""

from collections.abc import Sequence
from dataclasses import replace

import boa
import pytest
from eth_keys.datatypes import PrivateKey

from tests.support.boa_world import NOBODY, UNIT, WHOLE, block, mine, person
from tests.support.deals_world import (
    AGENT,
    CAP,
    PARAMETERS,
    Proof,
    SmallTree,
    UniformTree,
    World,
    deploy_world,
    hash_of,
)
from xmbl.crypto.typed_data import Deal
from xmbl.errors import Reverted
from xmbl.storage import drawing, rules

LIMIT = PARAMETERS.limit


@pytest.fixture(scope="session")
def deployed() -> World:
    """A market of its own for the attacks."""
    world = deploy_world()
    world.next_period(10)
    return world


@pytest.fixture(scope="session")
def victim(deployed: World) -> str:
    """An honest client."""
    return deployed.client("victim")


@pytest.fixture(scope="session")
def operator(deployed: World) -> str:
    """The attacker's node."""
    return deployed.operator("attacking provider")


@pytest.fixture(scope="session")
def accomplice(deployed: World) -> str:
    """The attacker's second account, a client of its own node."""
    return deployed.client("accomplice")


@pytest.fixture
def world(deployed: World, victim: str, operator: str, accomplice: str) -> World:
    return replace(deployed, opened={})


def shown(proof: Proof, place: int) -> int:
    """How many leaves of a place a proof shows."""
    return sum(step.place == place and step.leaf is not None for step in proof.steps)


def proof_from(world: World, deal: Deal, operator: str) -> Proof:
    """A proof that answers all draws out of one deal, whatever they hit."""
    tree = world.opened[deal.id()][1]
    tail, head = world.ring(operator).bounds_in(world.period())
    words = [deal.root, deal.terms.hash()]
    for _, (_, pick) in zip(range(5), drawing.draws(world.seed(operator), tail, head), strict=False):
        words += tree.words(pick % tree.leaves)
    return Proof(operator, 1, words, [])


def refused(world: World, proof: Proof, reason: str) -> None:
    with boa.reverts(reason):
        world.deals.prove(*proof.arguments())


# C1, dilution


def test_c1_dilution__giant_free_data__is_drawn_by_its_price_not_its_size(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    world.open(victim, operator, SmallTree(13), periods=300)
    giant = world.open(accomplice, operator, UniformTree(25), periods=300, price=1)
    in_giant = 0
    for _ in range(40):
        world.next_period()
        in_giant += shown(world.proof(operator), 1)
        refused(world, proof_from(world, giant, operator), "deals: position")
        world.prove(operator)
    assert in_giant <= 3  # of 200 draws


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"price": 0, "collateral": 0}, "deals: price"), ({"collateral": 0}, "deals: collateral")],
)
def test_c1_dilution__weight_that_costs_nothing__is_refused(
    world: World, operator: str, accomplice: str, changes: dict[str, int], reason: str
) -> None:
    with boa.reverts(reason):
        world.open(accomplice, operator, **changes)


# C2, looting


def test_c2_self_slash__operator_and_client_in_one_hand__lose_half(
    world: World, operator: str, accomplice: str
) -> None:
    deal = world.open(accomplice, operator)
    world.next_period(1 + LIMIT)
    world.settle(deal)
    slashed = deal.terms.collateral // LIMIT * LIMIT
    assert world.money.staking.stake_of(operator)[0] == 1_000 * WHOLE - slashed * UNIT
    assert world.money.staking.owed(accomplice) == slashed // 2 * UNIT


# C3, the fee comes home


def test_c3_fee__wash_trading__pays_all_stakers_alike(world: World, operator: str, accomplice: str) -> None:
    deal = world.open(accomplice, operator, periods=4)
    before = world.balance(accomplice) + 4 * 1_000 * PARAMETERS.price_unit
    for _ in range(3):
        world.next_period()
        world.prove(operator)
    world.next_period(2)
    world.settle(deal)
    fees = 3 * PARAMETERS.fee_of(1_000)
    assert world.balance(world.money.staking.address) == fees
    own = world.balance(accomplice) + world.balance(deal.terms.payee) + world.balance(operator)
    assert own == before - fees
    assert world.money.staking.owed(operator) == 0


def test_c3_fee__deal_ended_by_its_misses__still_paid_for_what_was_proven(
    world: World, operator: str, accomplice: str
) -> None:
    deal = world.open(accomplice, operator, periods=300)
    world.next_period()
    world.prove(operator)
    world.next_period(1 + LIMIT)
    world.settle(deal)
    assert world.balance(world.money.staking.address) == PARAMETERS.fee_of(1_000)


# C4, holes


def test_c4a_holes__draws_that_run_out__never_pass(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    world.open(victim, operator, periods=30, price=1)
    hole = world.open(accomplice, operator, periods=1, price=10**6)
    world.next_period(2)
    name = [hole.root, hole.terms.hash()]
    refused(world, Proof(operator, 1, name, []), "deals: draws")
    refused(world, Proof(operator, 1, name * 2, []), "deals: draws")
    for plan in (0, 2**128 - 1, 2**256 - 1):
        with boa.reverts():
            world.deals.prove(operator, plan, name * 128)
    assert world.proven(operator) == set()


def test_c4b_end_after_the_seed__whatever_is_called__draws_the_same_leaves(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    deals = [world.open(victim, operator, periods=30), world.open(accomplice, operator, periods=LIMIT)]
    deals += [world.open(accomplice, operator, periods=30)]
    world.next_period(LIMIT)  # all are one miss from their end
    proof = world.proof(operator)
    for deal in deals:
        world.settle(deal)
    with boa.reverts("deals: live"):
        world.deals.truncate(operator, world.name(deals[2]), sender=operator)
    world.deals.rotate(operator, [world.name(deal) for deal in deals[:2]], sender=operator)
    world.open(accomplice, operator, price=10**6)
    assert world.proof(operator).arguments() == proof.arguments()
    world.deals.prove(*proof.arguments())


def test_c4c_dead_and_unsettled__proven_as_live__is_refused(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    dead = world.open(accomplice, operator, UniformTree(20), periods=300, price=10**6)
    world.next_period(1 + LIMIT)
    world.open(victim, operator, periods=300, price=1)
    world.next_period()
    assert world.record(dead).end > world.period()
    assert world.record(dead).missed == 0
    refused(world, proof_from(world, dead, operator), "deals: draws")


def test_c4c_dead_and_unsettled__among_the_living__is_a_hole(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    world.open(accomplice, operator, periods=300)
    world.next_period(1 + LIMIT)
    world.open(victim, operator, periods=300)
    world.next_period()
    proof = world.proof(operator)
    assert (shown(proof, 0), shown(proof, 1)) == (0, 5)
    world.prove(operator)


# C5, the upkeep rule that bricks


def test_c5_giant_hole__taken_out_before_it_opens__leaves_a_ring_that_can_be_proven(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    giant = world.open(accomplice, operator, periods=1, price=10**6)
    world.open(victim, operator, periods=30, price=1)
    world.next_period()
    assert world.proven(operator) == set()  # upkeep doesn't wait for the proof
    world.deals.rotate(operator, [world.name(giant)], sender=operator)
    world.prove(operator)
    world.next_period()
    assert shown(world.proof(operator), 0) == 5
    world.prove(operator)


def test_c5_giant_hole__seen_too_late__costs_one_period_only(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    giant = world.open(accomplice, operator, periods=1, price=10**6)
    world.open(victim, operator, periods=30, price=1)
    world.next_period(2)
    with pytest.raises(Reverted, match="full of holes"):
        world.proof(operator)
    world.deals.rotate(operator, [world.name(giant)], sender=operator)
    world.next_period()
    world.prove(operator)


def test_c5_giant_hole__made_by_the_last_miss__stands_in_with_its_bytes_for_one_period(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    """Nobody can foresee a miss, so upkeep comes too late: one outage would take every deal down in turn."""
    giant = world.open(accomplice, operator, SmallTree(5), periods=300, price=10**6)
    world.next_period(LIMIT)
    young = world.open(victim, operator, periods=300, price=1)
    world.next_period()
    assert rules.ends(world.record(giant), world.proven(operator), world.period(), LIMIT)[0] == world.period()
    with pytest.raises(Reverted, match="full of holes"):
        world.proof(operator, held=False)
    world.prove(operator)
    assert world.proven(operator) == {world.period()}
    world.deals.rotate(operator, [world.name(giant)], sender=operator)
    world.next_period()
    world.prove(operator)
    world.settle(giant)
    assert rules.ends(world.record(young), world.proven(operator), world.period(), LIMIT)[1] == 0


@pytest.mark.parametrize("settled", [False, True])
def test_c5_giant_hole__that_its_last_miss_made__stands_in_no_second_period(
    world: World, victim: str, operator: str, accomplice: str, settled: bool
) -> None:
    giant = world.open(accomplice, operator, SmallTree(5), periods=300, price=10**6)
    world.next_period(LIMIT)
    world.open(victim, operator, periods=300, price=1)
    world.next_period()
    spared = world.proof(operator)
    assert spared.plan >> drawing.DRAWS
    world.next_period()
    if settled:
        world.settle(giant)
    proof = proof_from(world, giant, operator)
    refused(world, replace(proof, plan=proof.plan | (2**drawing.DRAWS - 1) << drawing.DRAWS), "deals: draws")


def test_c5_giant_hole__settled_at_once__stands_in_all_the_same(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    giant = world.open(accomplice, operator, SmallTree(5), periods=300, price=10**6)
    world.next_period(LIMIT)
    world.open(victim, operator, periods=300, price=1)
    world.next_period()
    world.settle(giant)
    world.prove(operator)
    assert world.proven(operator) == {world.period()}


def test_c4a_holes__of_a_term_that_ran_out__never_stand_in(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    """Its end was known: a self-deal that ends would dilute a period for nothing."""
    ended = world.open(accomplice, operator, periods=1, price=10**6)
    world.open(victim, operator, periods=300, price=1)
    world.next_period()
    world.prove(operator)
    world.next_period()
    assert world.record(ended).end == world.period()
    proof = proof_from(world, ended, operator)
    refused(world, replace(proof, plan=proof.plan | (2**drawing.DRAWS - 1) << drawing.DRAWS), "deals: draws")


# C6, return of the dead


def test_c6_return__a_deal_that_left_the_ring__never_lives_again(
    world: World, operator: str, accomplice: str
) -> None:
    deal = world.open(accomplice, operator, periods=1)
    world.next_period()
    world.deals.rotate(operator, [world.name(deal)], sender=operator)
    world.next_period()
    for call, arguments in (
        (world.deals.rotate, (operator, [world.name(deal)])),
        (world.deals.truncate, (operator, world.name(deal))),
    ):
        with boa.reverts():
            call(*arguments, sender=operator)
    with boa.reverts():
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)
    refused(world, Proof(operator, 1, [], []), "deals: empty")


# C7, the zero signer


@pytest.mark.parametrize("signature", [b"", b"\x1b", bytes(63), bytes(64), bytes(65)])
def test_c7_empty_signature__for_an_operator_without_an_agent__is_refused(
    world: World, accomplice: str, signature: bytes
) -> None:
    target = person("provider with stake and no agent")
    world.money.bond(target, 100 * WHOLE, world.deals.address, 100 * WHOLE)
    world.deals.set_cap(CAP, sender=target)
    deal = Deal(target, SmallTree(5).root, world.terms(accomplice, target))
    assert (deal.terms.payee, world.money.registry.agent(target)) == (NOBODY, NOBODY)
    with boa.reverts("deals: agent"):
        world.deals.open(deal.as_tuple(), signature, sender=accomplice)


@pytest.mark.parametrize("signature", [b"", b"\x1b", bytes(63), bytes(64), bytes(65)])
def test_c7_empty_signature__for_a_registered_operator__is_refused(
    world: World, operator: str, accomplice: str, signature: bytes
) -> None:
    deal = Deal(operator, SmallTree(5).root, world.terms(accomplice, operator))
    with boa.reverts():
        world.deals.open(deal.as_tuple(), signature, sender=accomplice)


# H1, grouping


@pytest.mark.parametrize("misses", [(), (2,), (0, 3, 5), (7, 8, 9), (0, 1, 2)])
@pytest.mark.parametrize("settled_after", [(), (3,), (1, 2, 3, 4, 5, 6, 7, 8, 9), (4, 9)])
def test_h1_grouping__whenever_it_is_settled__the_sums_are_the_same(
    world: World, victim: str, operator: str, misses: Sequence[int], settled_after: Sequence[int]
) -> None:
    deal = world.open(victim, operator, periods=12)
    for period in range(12):
        world.next_period()
        if period in settled_after and world.record(deal).cursor:
            world.settle(deal)
        if period not in misses and sum(miss < period for miss in misses) < LIMIT:
            world.prove(operator)
    world.next_period()
    if world.record(deal).cursor:
        world.settle(deal)
    lived = misses[LIMIT - 1] + 1 if len(misses) == LIMIT else 12
    kept = lived - len(misses)
    unit = 1_000 * PARAMETERS.price_unit
    assert world.balance(deal.terms.payee) == kept * (unit - PARAMETERS.fee_of(1_000))
    assert world.money.staking.owed(victim) == deal.terms.collateral // LIMIT * len(misses) // 2 * UNIT
    assert world.record(deal).end == deal.terms.end - 12 + lived
    assert world.balance(world.deals.address) == 0


# H9, the seed


def test_h9_seed__nobody_touched_the_period__is_there_in_its_last_block(
    world: World, victim: str, operator: str
) -> None:
    world.open(victim, operator)
    world.next_period()
    mine((world.period() + 1) * PARAMETERS.period - 1 - block())
    world.prove(operator)


def test_h9_seed__asked_in_its_own_block__is_refused(world: World, victim: str, operator: str) -> None:
    world.open(victim, operator)
    world.next_period(offset=0)
    refused(world, world.proof(operator), "deals: seed")


def test_h9_seed__a_chain_that_answers_zero__is_refused(world: World, victim: str, operator: str) -> None:
    world.open(victim, operator)
    world.next_period()
    boa.env.evm.patch.prev_hashes = [bytes(32)] * 256
    refused(world, world.proof(operator), "deals: seed")


# M1, terms twice


def test_m1_terms__a_cleared_deal__does_not_open_again(world: World, operator: str, accomplice: str) -> None:
    deal = world.open(accomplice, operator, periods=1, deadline=(world.period() + 2) * PARAMETERS.period - 1)
    world.next_period()
    world.deals.rotate(operator, [world.name(deal)], sender=operator)
    mine((world.period() + 1) * PARAMETERS.period - 1 - block())
    assert block() == deal.terms.deadline
    with boa.reverts("deals: in the ring"):
        world.deals.clear([deal.id()])
    with boa.reverts():
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)
    mine(1)
    world.settle(deal)
    world.deals.clear([deal.id()])
    with boa.reverts():
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)


def test_m1_terms__opened_in_the_period_after_the_signature__still_open_once(
    world: World, operator: str, accomplice: str
) -> None:
    deal = Deal(operator, SmallTree(5).root, world.terms(accomplice, operator, periods=5))
    world.next_period()
    world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)
    with boa.reverts("deals: opened"):
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)


# M2, the freeze boundary


def test_m2_boundary__opened_in_the_first_block__counts_from_the_next_period(
    world: World, victim: str, operator: str
) -> None:
    world.next_period(offset=0)
    deal = world.open(victim, operator, periods=2)
    mine(1)
    refused(world, proof_from_nothing(operator), "deals: empty")
    assert world.record(deal).cursor == world.period() + 1
    world.next_period()
    world.prove(operator)


def test_m2_boundary__opened_in_the_last_block__is_drawn_by_a_hash_yet_to_come(
    world: World, victim: str, operator: str
) -> None:
    mine((world.period() + 1) * PARAMETERS.period - 1 - block())
    world.open(victim, operator)
    opened_in = block()
    mine(2)
    assert world.period() * PARAMETERS.period == opened_in + 1
    world.prove(operator)


def proof_from_nothing(operator: str) -> Proof:
    return Proof(operator, 1, [], [])


# M3, the shape of the tree


def test_m3_shape__a_node_for_a_leaf__is_refused(world: World, victim: str, operator: str) -> None:
    """Two nodes and six words of nothing, with the path of a tree that is one level lower."""
    tree = UniformTree(3)
    world.open(victim, operator, tree)
    world.next_period()
    proof = world.proof(operator)
    forged = [*proof.words[:2]]
    for _ in range(5):
        forged += [tree.path[0]] * 2 + [bytes(32)] * 6 + tree.path[1:]
    with boa.reverts():
        world.deals.prove(operator, 1, forged)
    refused(world, Proof(operator, 1, forged + [bytes(32)] * 5, []), "deals: root")


@pytest.mark.parametrize("leaves", [2, 3, 4, 6, 7])
def test_m3_shape__terms_with_another_count__are_proven_by_no_path(
    world: World, victim: str, operator: str, leaves: int
) -> None:
    """Whoever gets a client to sign for the root of five leaves with another count gains nothing."""
    tree = SmallTree(5)
    deal = Deal(operator, tree.root, world.terms(victim, operator, leaves=leaves))
    world.deals.open(deal.as_tuple(), world.sign(deal), sender=victim)
    world.opened[deal.id()] = deal, tree
    picks = [0]
    while all(pick < 4 for pick in picks):  # the first four leaves of five, six and seven have one path
        world.next_period()
        tail, head = world.ring(operator).bounds_in(world.period())
        draws = drawing.draws(world.seed(operator), tail, head)
        picks = [pick % leaves for _, (_, pick) in zip(range(5), draws, strict=False)]
        if leaves < 5:
            break
    words = [deal.root, deal.terms.hash()]
    for pick in picks:
        words += tree.words(pick % 5)
    with boa.reverts():
        world.deals.prove(operator, 1, words)


# M5, gifts


def test_m5_gift__to_the_market__changes_no_deal(world: World, victim: str, operator: str) -> None:
    deal = world.open(victim, operator, periods=1)
    world.money.payments.transfer(world.deals.address, 7, sender=victim)
    world.next_period()
    world.prove(operator)
    world.next_period()
    world.settle(deal)
    assert world.balance(world.deals.address) == 7


# M7, fee by call


@pytest.fixture
def coarse() -> World:
    """A market whose asset has few decimals, so that the fee of a period is rounded."""
    return deploy_world(replace(PARAMETERS, price_unit=51, rate=10**9))


@pytest.mark.parametrize("every", [1, 7, 20])
def test_m7_fee__settled_often_or_once__is_the_same(coarse: World, every: int) -> None:
    operator, client = coarse.operator(), coarse.client()
    deal = coarse.open(client, operator, periods=20, price=1)
    coarse.next_period()
    for period in range(1, 21):
        coarse.prove(operator)
        coarse.next_period()
        if period % every == 0 or period == 20:
            coarse.settle(deal)
    assert coarse.balance(coarse.money.staking.address) == 20 * 2  # ceil(1.02) each


# flaws of the prototype


def test_flaw3_positions_twice__after_a_cut__only_the_old_deal_answers(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    world.open(victim, operator, periods=30, price=1)
    old = world.open(victim, operator, SmallTree(8), periods=1)
    world.next_period()
    proof = world.proof(operator)
    world.deals.truncate(operator, world.name(old), sender=operator)
    new = world.open(accomplice, operator, UniformTree(3), periods=30)
    assert world.record(new).start == 1 == world.record(old).start_in(world.period())
    refused(world, proof_from(world, new, operator), "deals: position")
    world.deals.prove(*proof.arguments())
    world.next_period()
    refused(world, proof_from(world, old, operator), "deals: position")
    world.prove(operator)


def test_flaw5_turning__by_a_stranger__spends_no_positions(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    deal = world.open(victim, operator)
    world.next_period()
    for outsider in (victim, accomplice, person("stranger")):
        with boa.reverts("deals: sender"):
            world.deals.rotate(operator, [world.name(deal)], sender=outsider)
    assert world.ring(operator).head == 1_000


def test_flaw5_turning__by_a_stolen_agent_key__goes_once_round_a_period(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator)
    world.next_period()
    world.deals.rotate(operator, [world.name(deal)], sender=AGENT)
    with boa.reverts("deals: moved"):
        world.deals.rotate(operator, [world.name(deal)], sender=AGENT)


def test_flaw6_stolen_agent_key__in_a_period__locks_at_most_what_the_cap_allows(
    world: World, operator: str, accomplice: str
) -> None:
    world.deals.set_cap(10_000, sender=operator)
    most = 2 * PARAMETERS.least_collateral(10_000)
    for price in (9_000, 900, 100):
        world.open(accomplice, operator, price=price, collateral=2 * PARAMETERS.least_collateral(price))
    with boa.reverts("deals: cap"):
        world.open(accomplice, operator, price=1)
    assert world.locked(operator) == most
    world.deals.set_cap(2**39, sender=AGENT)  # sets the agent's own
    with boa.reverts("deals: cap"):
        world.open(accomplice, operator, price=1)
    world.next_period()
    world.open(accomplice, operator, price=10_000)
    with boa.reverts("deals: cap"):
        world.open(accomplice, operator, price=1)


def test_flaw6_stolen_agent_key__a_cap_of_nothing__leaves_no_room_that_a_deal_left(
    world: World, operator: str, accomplice: str
) -> None:
    ended = world.open(accomplice, operator, periods=1, price=10_000)
    world.next_period()
    world.deals.set_cap(0, sender=operator)
    world.deals.truncate(operator, world.name(ended), sender=AGENT)
    with boa.reverts("deals: cap"):
        world.open(accomplice, operator, price=1)


def test_flaw6_stolen_agent_key__room_that_deals_left__grows_the_ring_by_the_cap_only(
    world: World, operator: str, accomplice: str
) -> None:
    """What a stolen key can lose is bounded by the limit in Staking; the cap says how fast the ring grows."""
    world.deals.set_cap(1_000, sender=operator)
    gone = world.open(accomplice, operator, periods=1, price=1_000)
    world.next_period()
    world.deals.truncate(operator, world.name(gone), sender=AGENT)
    world.open(accomplice, operator, price=1_000 + 1_000)
    with boa.reverts("deals: cap"):
        world.open(accomplice, operator, price=1)
    ring = world.ring(operator)
    assert (ring.head - ring.tail) - (ring.frozen_head - ring.frozen_tail) == 1_000


def test_flaw6_stolen_agent_key__after_it_was_changed__opens_nothing(
    world: World, operator: str, accomplice: str
) -> None:
    new_key = b"\x22" * 32
    world.money.registry.set_agent(PrivateKey(new_key).public_key.to_checksum_address(), sender=operator)
    deal = Deal(operator, SmallTree(5).root, world.terms(accomplice, operator))
    with boa.reverts("deals: signature"):
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)
    world.deals.open(deal.as_tuple(), world.sign(deal, new_key), sender=accomplice)


# low


def test_l2_copied_proof__sent_by_another_first__only_does_the_work(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator, periods=1)
    world.next_period()
    proof = world.proof(operator)
    world.deals.prove(*proof.arguments(), sender=person("front runner"))
    refused(world, proof, "deals: proven")
    world.next_period()
    world.settle(deal)
    assert world.balance(deal.terms.payee) == 1_000 * PARAMETERS.price_unit - PARAMETERS.fee_of(1_000)


def test_l3_reorg__another_first_block__refuses_the_proof_in_flight(
    world: World, victim: str, operator: str
) -> None:
    for leaves in (8, 13):
        world.open(victim, operator, SmallTree(leaves, seed=b"l3"))
    world.next_period()
    proof = world.proof(operator)
    boa.env.evm.patch.prev_hashes = [hash_of(1_000_000 + depth) for depth in range(256)]
    with boa.reverts():
        world.deals.prove(*proof.arguments())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"leaves": 0}, "deals: leaves"),
        ({"price": 0, "collateral": 0}, "deals: price"),
        ({"periods": 0}, "deals: end"),
        ({"periods": 367}, "deals: end"),
    ],
)
def test_l4_zeros__of_any_kind__are_refused(
    world: World, operator: str, accomplice: str, changes: dict[str, int], reason: str
) -> None:
    periods = changes.get("periods", 10)
    others = {field: value for field, value in changes.items() if field != "periods"}
    deal = Deal(operator, SmallTree(5).root, world.terms(accomplice, operator, periods, **others))
    with boa.reverts(reason):
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)


def test_l4_zeros__an_empty_ring__is_refused_before_the_modulo(world: World, operator: str) -> None:
    refused(world, proof_from_nothing(operator), "deals: empty")


# D12, one party is silent for ever


def test_d12_silence__of_operator_and_client__leaves_no_money_behind(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator, periods=366)
    world.next_period(400)
    world.settle(deal, sender=person("stranger"))
    assert (world.record(deal).cursor, world.locked(operator)) == (0, 0)
    assert world.balance(world.deals.address) == 0
