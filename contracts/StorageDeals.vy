# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title StorageDeals
@license AGPL-3.0-only
@notice The market for kept bytes. A client opens a deal on terms that the operator's agent signed. Once a
        period the operator proves five leaves, which the hash of the period's first block draws from all
        its deals at once. Whoever likes settles: proven periods are paid less the fee, missed ones are
        refunded, and at the close each miss costs a part of the collateral. A client may ask for one leaf
        besides; if nobody shows it in time, the whole collateral is lost.
        Who may: a client opens and prolongs what was signed for it, challenges and leaves with notice; an
        operator leaves at a price and sets its cap; operator and agent keep the ring and declare
        maintenance; anyone proves, answers, settles, fails and clears for anyone.
        Nobody can stop it: there is no owner, no pause and no parameter to set.
@dev Period p is the blocks [p·L, (p + 1)·L). E(d, p) is the earlier of d's stored end and one past its
     LIMIT-th miss before p; d lives in p if first <= p < E(d, p). Invariants:
       Payments.balance_of(self) >= sum over open d of price·(end − cursor), equal without gifts
       Staking.lock_of(operator, self).locked = sum over open d of the operator of collateral
       paid + fees + refunded + price·(end − cursor) of d = what its client escrowed
       paid + fees of d = price · its proven periods, whatever ended it
       the places of an operator's deals in the ring of p are disjoint, and all that live in p are there
       neither these places nor E(d, p) change during p; what d pays doesn't depend on who settles when
       `end` rises by `extend` alone, while d lives and lies in the ring; nobody sets it to p or less
       a deal with an open challenge isn't closed; at most 2 of 32 periods are declared, none of them proven
"""


from contracts.interfaces import IStorageDeals
implements: IStorageDeals


from contracts.modules import numbers
initializes: numbers
from contracts.modules import escrow
initializes: escrow[numbers := numbers]
from contracts.modules import attendance
initializes: attendance
from contracts.modules import lifetime
initializes: lifetime[attendance := attendance]
from contracts.modules import records
initializes: records
from contracts.modules import rings
initializes: rings
from contracts.modules import places
initializes: places[lifetime := lifetime, records := records]
from contracts.modules import challenges
initializes: challenges
from contracts.modules import settlements
initializes: settlements[
    challenges := challenges, escrow := escrow, lifetime := lifetime, numbers := numbers, records := records
]
from contracts.modules import agents
from contracts.modules import deal_terms
from contracts.modules import proof_tree
from contracts.modules import seeds
from snekmate.utils import eip712_domain_separator as domain
initializes: domain


exports: (
    numbers.parameters,
    numbers.period,
    attendance.proven,
    attendance.declared,
    rings.ring,
    challenges.challenge_of,
    deal_terms.id_of,
)


_LEAVES: constant(uint256) = 5  # proven a period
_DRAWS: constant(uint256) = 128  # with those that fall in holes
_LOW_HALF: constant(uint256) = 2**128 - 1


_REGISTRY: immutable(agents.NodeRegistry)


@deploy
def __init__(
    payments: escrow.Payments,
    staking: escrow.Staking,
    registry: agents.NodeRegistry,
    parameters: IStorageDeals.Parameters,
):
    """
    @notice Freezes the market's numbers and the contracts that it relies on.
    @param payments Where the money rests.
    @param staking Where the collateral rests; the fees are its income.
    @param registry Who signs for an operator and who is paid for it.
    @param parameters The numbers.
    """
    domain.__init__("XMBL StorageDeals", "1")
    numbers.__init__(parameters)
    escrow.__init__(payments, staking)
    _REGISTRY = registry


# The client


@external
def open(deal: IStorageDeals.Deal, signature: Bytes[65]) -> bytes32:
    """
    @notice Opens a deal from the next period on: takes its price for the whole term out of the caller's
            account in Payments, which has allowed it, and locks the operator's collateral.
    @param deal What the operator's agent signed for the caller.
    @param signature The agent's signature of its typed data, r || s || v.
    @return bytes32 The deal's id.
    """
    now: uint256 = numbers._period()
    terms: IStorageDeals.Terms = deal.terms
    assert terms.client == msg.sender, "deals: client"
    deal_terms._check(terms, now, numbers.parameters.period, numbers.parameters.limit, numbers.LEAST)
    id: bytes32 = deal_terms._id_of(deal)
    digest: bytes32 = domain._hash_typed_data_v4(id)
    agents._check_terms_signed(_REGISTRY, deal.operator, terms.payee, digest, signature)
    assert records.words[id] == 0, "deals: opened"
    old: uint256 = rings.words[deal.operator]
    start: uint256 = rings._head(old)
    rings.words[deal.operator] = rings._longer(old, now, terms.price)
    records.words[id] = records._new(start, terms.price, terms.leaves, now + 1, terms.end)
    escrow._charge(msg.sender, terms.price, terms.end - now - 1)
    extcall escrow.STAKING.lock(deal.operator, terms.collateral, skip_contract_check=True)
    log IStorageDeals.Opened(
        operator=deal.operator, client=msg.sender, id=id, root=deal.root, terms=terms, start=start
    )
    return id


@external
def extend(deal: IStorageDeals.Deal, end: uint256, deadline: uint256, signature: Bytes[65]):
    """
    @notice Prolongs a living deal of the caller at its price, which is taken out of the caller's account in
            Payments, if the operator's stake isn't about to leave.
    @param deal The deal as it was opened.
    @param end The first period that it shall not cover.
    @param deadline The last block at which this can be done.
    @param signature The agent's signature of the extension's typed data, r || s || v.
    """
    assert deal.terms.client == msg.sender, "deals: client"
    now: uint256 = numbers._period()
    id: bytes32 = deal_terms._id_of(deal)
    old: uint256 = records.words[id]
    assert lifetime._is_live(deal.operator, old, now, numbers.parameters.limit), "deals: not live"
    deal_terms._check_extension(old, now, end, deadline)
    old_end: uint256 = records._end(old)
    digest: bytes32 = domain._hash_typed_data_v4(deal_terms._extension(id, old_end, end, deadline))
    agents._check_signed(_REGISTRY, deal.operator, digest, signature)
    records.words[id] = records._with_end(old, end)
    escrow._charge(msg.sender, deal.terms.price, end - old_end)
    extcall escrow.STAKING.lock(deal.operator, 0, skip_contract_check=True)
    log IStorageDeals.Extended(id=id, end=end)


@external
def challenge(deal: IStorageDeals.Deal, leaf: uint256):
    """
    @notice Asks for one leaf of a living deal of the caller. The bond goes from the caller's account in
            Payments to the deal's payee at once, whatever comes of it.
    @param deal The deal as it was opened.
    @param leaf Which leaf.
    """
    assert deal.terms.client == msg.sender, "deals: client"
    assert leaf < deal.terms.leaves, "deals: leaf"
    now: uint256 = numbers._period()
    id: bytes32 = deal_terms._id_of(deal)
    old: uint256 = records.words[id]
    assert lifetime._is_live(deal.operator, old, now, numbers.parameters.limit), "deals: not live"
    assert not attendance._is_declared(deal.operator, now), "deals: declared"
    due: uint256 = challenges._pose(id, leaf, numbers.parameters.window)
    escrow._bond(msg.sender, deal.terms.payee)
    log IStorageDeals.Challenged(id=id, leaf=leaf, due=due)


# The client or the operator


@external
def terminate(deal: IStorageDeals.Deal):
    """
    @notice Ends a deal early, after the caller's notice, and refunds what comes later. Its operator pays for
            it at the close, as the terms say.
    @param deal The deal as it was opened.
    """
    id: bytes32 = deal_terms._id_of(deal)
    old: uint256 = records.words[id]
    assert records._cursor(old) != 0, "deals: closed"
    end: uint256 = numbers._period() + 1
    if msg.sender == deal.terms.client:
        end += deal.terms.client_notice
    else:
        assert msg.sender == deal.operator, "deals: party"
        end += deal.terms.operator_notice
        old = records._left(old)
    assert end < records._end(old), "deals: sooner"
    records.words[id] = records._with_end(old, end)
    escrow._refund(deal.terms.client, deal.terms.price, records._end(old) - end)
    log IStorageDeals.Terminated(id=id, end=end, by=msg.sender)


# Anyone


@external
def prove(operator: address, plan: uint256, words: DynArray[bytes32, proof_tree.MAX_WORDS]):
    """
    @notice Proves the present period for all deals of an operator. Draws that fall in a deal that is over
            are passed by naming it; five others show their leaf.
    @param operator Whose deals.
    @param plan Bit d: draw d falls in another deal than the draw before it; bit 128 + d: draw d shows its
           leaf although its deal is over, which the last of its misses allows for one period.
    @param words Draw by draw: root and hash of terms if its bit of `plan` is set, then, unless the deal is
           over, eight words of leaf and the path bottom up.
    """
    now: uint256 = numbers._period()
    attendance._mark(operator, now)
    frozen: uint256 = rings._frozen(rings.words[operator], now)
    tail: uint256 = rings._tail(frozen)
    length: uint256 = unsafe_sub(rings._head(frozen), tail)  # no head is below its tail
    assert length != 0, "deals: empty"
    seed: bytes32 = seeds._seed(now * numbers.parameters.period, operator)
    limit: uint256 = numbers.parameters.limit
    place: places.Place = empty(places.Place)  # no position is in it
    at: uint256 = 0
    left: uint256 = _LEAVES
    for number: uint256 in range(_DRAWS):
        draw: uint256 = seeds._draw(seed, number)
        if (plan >> number) & 1 != 0:
            # no index that `words` has is near an overflow, nor is a position
            place = places._named(operator, words[at], words[unsafe_add(at, 1)], now, limit)
            at = unsafe_add(at, 2)
        position: uint256 = unsafe_add(tail, (draw & _LOW_HALF) % length)
        assert place.start <= position and position < place.stop, "deals: position"
        if place.over:
            shown: bool = (plan >> unsafe_add(number, _DRAWS)) & 1 != 0
            if not (shown and lifetime._is_spared(operator, place.record, now, limit)):
                continue
        leaves: uint256 = records._leaves(place.record)
        root: bytes32 = empty(bytes32)
        root, at = proof_tree._climb(words, at, (draw >> 128) % leaves, leaves)
        assert root == place.root, "deals: root"
        left = unsafe_sub(left, 1)
        if left == 0:
            break
    assert left == 0, "deals: draws"
    assert at == len(words), "deals: words"
    log IStorageDeals.Proven(operator=operator, period=now)


@external
def answer(deal: IStorageDeals.Deal, words: DynArray[bytes32, proof_tree.MAX_LEAF_WORDS]):
    """
    @notice Shows the leaf that the deal's client asked for.
    @param deal The deal as it was opened.
    @param words Eight words of leaf and the path bottom up.
    """
    id: bytes32 = deal_terms._id_of(deal)
    leaf: uint256 = challenges._take_in_time(id)
    root: bytes32 = empty(bytes32)
    end: uint256 = 0
    root, end = proof_tree._climb(words, 0, leaf, deal.terms.leaves)
    assert root == deal.root, "deals: root"
    assert end == len(words), "deals: words"
    log IStorageDeals.Answered(id=id)


@external
def settle(deal: IStorageDeals.Deal):
    """
    @notice Pays the proven and refunds the other periods that are over, and closes what is at its end.
    @param deal The deal as it was opened.
    """
    settlements._settle(deal, deal_terms._id_of(deal), False)


@external
def fail(deal: IStorageDeals.Deal):
    """
    @notice Settles a deal whose leaf nobody showed in time, takes its whole collateral and closes it.
    @param deal The deal as it was opened.
    """
    id: bytes32 = deal_terms._id_of(deal)
    challenges._take_overdue(id)
    settlements._settle(deal, id, True)
    log IStorageDeals.Failed(id=id)


@external
def clear(ids: DynArray[bytes32, 64]):
    """
    @notice Forgets deals that are closed and in the ring of no coming period.
    @param ids The deals.
    """
    now: uint256 = numbers._period()
    for id: bytes32 in ids:
        word: uint256 = records.words[id]
        if word != 0:  # else somebody was first
            assert records._start(word) == records.NOWHERE and records._moved(word) <= now, "deals: in the ring"
            assert records._cursor(word) == 0, "deals: unsettled"
            records.words[id] = 0
            log IStorageDeals.Cleared(id=id)


# The operator


@external
def set_cap(cap: uint256):
    """
    @notice Sets by how much the caller's ring may outgrow what it was at a period's first block.
    @param cap Price units, below 2^40; 0 opens nothing.
    """
    assert cap <= deal_terms.MAX_PRICE, "deals: cap"
    rings.words[msg.sender] = rings._with_cap(rings.words[msg.sender], cap)
    log IStorageDeals.CapSet(operator=msg.sender, cap=cap)


# The operator or its agent


@external
def rotate(operator: address, names: DynArray[IStorageDeals.Name, 64]):
    """
    @notice Takes deals from the tail of the ring, from the next period on: what still lives then goes to
            the head, the rest leaves.
    @param operator Whose ring.
    @param names The deals as they lie.
    """
    agents._check_keeper(_REGISTRY, operator)
    now: uint256 = numbers._period()
    old: uint256 = rings.words[operator]
    tail: uint256 = rings._tail(old)
    head: uint256 = rings._head(old)
    for name: IStorageDeals.Name in names:
        id: bytes32 = deal_terms._id(operator, name.root, name.terms)
        word: uint256 = records.words[id]
        assert word != 0 and records._start(word) == tail, "deals: tail"
        tail += records._price(word)
        if lifetime._lives_on(operator, word, now, numbers.parameters.limit):
            records.words[id] = records._moved_to(word, now, head)
            head += records._price(word)
        else:
            records.words[id] = records._moved_to(word, now, records.NOWHERE)
    new: uint256 = rings._with_bounds(old, now, tail, head)
    rings.words[operator] = new
    log IStorageDeals.Rotated(operator=operator, tail=rings._tail(new), head=rings._head(new))


@external
def truncate(operator: address, name: IStorageDeals.Name):
    """
    @notice Cuts a deal that doesn't live in the next period off the ring's head, from then on.
    @param operator Whose ring.
    @param name The last deal.
    """
    agents._check_keeper(_REGISTRY, operator)
    now: uint256 = numbers._period()
    old: uint256 = rings.words[operator]
    id: bytes32 = deal_terms._id(operator, name.root, name.terms)
    word: uint256 = records.words[id]
    start: uint256 = records._start(word)
    assert word != 0 and start + records._price(word) == rings._head(old), "deals: head"
    assert not lifetime._lives_on(operator, word, now, numbers.parameters.limit), "deals: live"
    records.words[id] = records._moved_to(word, now, records.NOWHERE)
    new: uint256 = rings._with_bounds(old, now, rings._tail(old), start)
    rings.words[operator] = new
    log IStorageDeals.Truncated(operator=operator, id=id, head=rings._head(new))


@external
def declare(operator: address, period: uint256):
    """
    @notice Declares maintenance in a coming period, for good: it isn't paid, costs nothing and can't be
            proven.
    @param operator Whose maintenance.
    @param period Which period.
    """
    agents._check_keeper(_REGISTRY, operator)
    assert period > numbers._period(), "deals: begun"
    attendance._declare(operator, period)
    log IStorageDeals.Declared(operator=operator, period=period)


# Views


@external
@view
@reentrant
def deal(id: bytes32) -> IStorageDeals.Record:
    """
    @notice What is kept of a deal.
    @param id The deal.
    @return Record Its record; all zero if there is none.
    """
    return records._unpacked(records.words[id], challenges._is_open(id))
