"""A node's log lines: every amount has its unit."""

import pytest

from xmbl.cli.node_log import event_line
from xmbl.payments.events import VoucherHeld, VoucherLapsed, VouchersRedeemed
from xmbl.storage import events
from xmbl.units import WHOLE

AGENT = "0x" + "ab" * 20
ID = "0x" + "00" * 32


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            events.LowBalance(AGENT, WHOLE // 100, 19),
            f"LowBalance  account {AGENT}  balance 0.01 ETH  proofs 19",
        ),
        (
            events.Quoted(AGENT, 4096, 12, 40),
            f"Quoted  client {AGENT}  leaves 4096  a period 0.000012 XMBL  end 40",
        ),
        (
            events.DealSettled(bytes(32), 9, WHOLE, 5, 0, 1),
            f"DealSettled  id {ID}  cursor 9  paid 1 XMBL  fee 5 wei  refunded 0 XMBL  missed 1",
        ),
        (
            events.DealClosed(bytes(32), 10**9, 0),
            f"DealClosed  id {ID}  slashed 1 XMBL  unlocked 0 XMBL",
        ),
        (events.BytesServed(bytes(32), 2**20), f"BytesServed  root {ID}  length 1 MiB"),
        (
            VoucherHeld(AGENT, bytes(32), WHOLE, 5),
            f"VoucherHeld  payer {AGENT}  subject {ID}  cumulative 1 XMBL  amount 5 wei",
        ),
        (
            VouchersRedeemed(AGENT, 2, WHOLE, 50_000, "0x01"),
            f"VouchersRedeemed  payee {AGENT}  vouchers 2  paid 1 XMBL  gas 50000  transaction 0x01",
        ),
        (VoucherLapsed(AGENT, bytes(32), 7), f"VoucherLapsed  payer {AGENT}  subject {ID}  lost 7 wei"),
        (events.PeriodMissed(7), "PeriodMissed  period 7"),
        (events.EndMoved(bytes(32), 40, ""), f"EndMoved  id {ID}  end 40"),
    ],
)
def test_event_line__amounts__have_their_units(event, line):
    assert event_line(event.record(), lambda: 10**12) == line
