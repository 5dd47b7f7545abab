# pragma version 0.4.3
"""
@title DealTermsHarness
@license AGPL-3.0-only
@notice Lets tests call the functions of `deal_terms`.
"""


from contracts.interfaces import IStorageDeals
from contracts.modules import deal_terms


exports: deal_terms.id_of


@external
@pure
def id(operator: address, root: bytes32, terms: bytes32) -> bytes32:
    return deal_terms._id(operator, root, terms)


@external
@view
def check(terms: IStorageDeals.Terms, period: uint256, length: uint256, limit: uint256, least: uint256):
    deal_terms._check(terms, period, length, limit, least)
