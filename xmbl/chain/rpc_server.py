"""JSON-RPC over HTTP for the embedded chain, so that several processes share it as they would share anvil.

Run by `xmbl.chain.devnet` as a process of its own: `python -m xmbl.chain.rpc_server --port 8545`.
"""

import argparse
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from eth_utils import decode_hex

from xmbl.chain.embedded import EmbeddedChain
from xmbl.chain.rpc_methods import Methods, answer, failure

_BODY_LIMIT = 16 * 2**20


class RpcServer:
    """Serves one chain on 127.0.0.1; `block_time` in seconds mines by the clock, 0 mines each
    transaction as it comes, None mines only when asked (`evm_mine`)."""

    def __init__(self, chain: EmbeddedChain, port: int, block_time: float | None) -> None:
        self._methods = Methods(chain, automine=block_time == 0)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._block_time = block_time
        self._http = _server(port, self._answer)
        self.port = self._http.server_address[1]

    def serve(self) -> None:
        """Answer until `stop` is called from another thread."""
        if self._block_time:
            threading.Thread(target=self._tick, args=(self._block_time,), daemon=True).start()
        self._http.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Make `serve` return."""
        self._stopped.set()
        self._http.shutdown()
        self._http.server_close()

    def _answer(self, text: bytes) -> bytes:
        try:
            request = json.loads(text)
        except ValueError:
            return json.dumps(failure(None, (-32700, "parse error", None))).encode()
        with self._lock:
            response = answer(self._methods, request)
        return json.dumps(response).encode()

    def _tick(self, seconds: float) -> None:
        while not self._stopped.wait(seconds):
            with self._lock:
                self._methods.evm_mine()


def _server(port: int, answer_text: Callable[[bytes], bytes]) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else head and body wait for each other's acknowledgement
        wbufsize = -1

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > _BODY_LIMIT:
                self.send_error(413)
                return
            body = answer_text(self.rfile.read(length))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    return Server(("127.0.0.1", port), Handler)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="xmbl.chain.rpc_server", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--chain-id", type=int, required=True)
    parser.add_argument(
        "--block-time", type=float, help="seconds; 0: with each transaction; absent: on demand"
    )
    parser.add_argument(
        "--rich", action="append", default=[], metavar="ADDRESS", help="has ether from the start"
    )
    parser.add_argument("--balance", type=int, default=10_000 * 10**18, help="wei of each --rich address")
    return parser.parse_args()


def main() -> None:
    """Serve until terminated."""
    options = _arguments()
    balances = {decode_hex(each): options.balance for each in options.rich}
    RpcServer(EmbeddedChain(options.chain_id, balances), options.port, options.block_time).serve()


if __name__ == "__main__":
    main()
