# pragma version 0.4.3
"""
@title Escrow
@license AGPL-3.0-only
@notice What a market for deals holds and gives back: prices in Payments, collateral in Staking. Mechanism
        only: who is owed what is the business of the contract that initializes it.
"""


from contracts.interfaces import IStorageDeals
from contracts.modules import numbers
uses: numbers


interface Payments:
    def transfer(to: address, amount: uint256): nonpayable
    def transfer_from(owner: address, to: address, amount: uint256): nonpayable
    def pay(a: address, to_a: uint256, b: address, to_b: uint256, c: address, to_c: uint256): nonpayable


interface Staking:
    def lock(operator: address, units: uint256): nonpayable
    def slash(operator: address, units: uint256, unlocked: uint256, beneficiary: address): nonpayable


# the constructor saw their code, which nothing can take away: no call has to look again
PAYMENTS: immutable(Payments)
STAKING: immutable(Staking)


@deploy
def __init__(payments: Payments, staking: Staking):
    """
    @notice Freezes where money and collateral rest.
    @param payments The ledger.
    @param staking The stakes; the fees are its income.
    """
    assert payments.address.is_contract and staking.address.is_contract, "deals: contracts"
    PAYMENTS = payments
    STAKING = staking


@internal
def _charge(client: address, price: uint256, periods: uint256):
    """
    @notice Takes what some periods of a deal cost.
    @param client Who pays.
    @param price The price of a period, in price units.
    @param periods How many.
    """
    amount: uint256 = price * numbers.parameters.price_unit * periods
    extcall PAYMENTS.transfer_from(client, self, amount, skip_contract_check=True)


@internal
def _refund(client: address, price: uint256, periods: uint256):
    """
    @notice Gives back what some periods of a deal cost.
    @param client Who is paid.
    @param price The price of a period, in price units.
    @param periods How many.
    """
    amount: uint256 = price * numbers.parameters.price_unit * periods
    extcall PAYMENTS.transfer(client, amount, skip_contract_check=True)


@internal
def _bond(client: address, payee: address):
    """
    @notice Hands over what a challenge costs, whatever comes of it.
    @param client Who asks.
    @param payee Who is paid for the answer.
    """
    extcall PAYMENTS.transfer_from(client, payee, numbers.parameters.bond, skip_contract_check=True)


@internal
def _pay(
    terms: IStorageDeals.Terms, id: bytes32, upto: uint256, paid: uint256, refunded: uint256, missed: uint256
):
    """
    @notice Pays and refunds periods of a deal.
    @param terms The deal's terms.
    @param id The deal.
    @param upto The first period that isn't settled now.
    @param paid How many periods were proven.
    @param refunded How many weren't, or won't be.
    @param missed The deal's misses so far.
    """
    price: uint256 = terms.price * numbers.parameters.price_unit
    fee: uint256 = numbers._fee(price) * paid
    income: uint256 = price * paid - fee
    refund: uint256 = price * refunded
    extcall PAYMENTS.pay(terms.payee, income, terms.client, refund, STAKING.address, fee, skip_contract_check=True)
    log IStorageDeals.Settled(id=id, cursor=upto, paid=income, fee=fee, refunded=refund, missed=missed)


@internal
@view
def _penalty(collateral: uint256, misses: uint256) -> uint256:
    """
    @notice What misses cost.
    @param collateral What was locked for the deal, in units.
    @param misses How many.
    @return uint256 Units of the collateral.
    """
    return min(collateral // numbers.parameters.limit * misses, collateral)


@internal
def _close(operator: address, terms: IStorageDeals.Terms, id: bytes32, penalty: uint256):
    """
    @notice Slashes a part of a deal's collateral and unlocks the rest.
    @param operator The deal's operator.
    @param terms The deal's terms.
    @param id The deal.
    @param penalty What is slashed, in units.
    """
    unlocked: uint256 = terms.collateral - penalty
    extcall STAKING.slash(operator, penalty, unlocked, terms.client, skip_contract_check=True)
    log IStorageDeals.Closed(id=id, slashed=penalty, unlocked=unlocked)
