"""Reading what strangers write: as many bytes as were asked for, and never too many."""

from libp2p.io.abc import ReadWriteCloser
from libp2p.io.exceptions import IncompleteReadError

_CHUNK = 262_144


class Socket(ReadWriteCloser):
    """A TCP stream that answers a read in full, with few system calls.

    libp2p gives a message up that arrives in more than a hundred segments, as it may over a slow line.
    """

    def __init__(self, stream: ReadWriteCloser) -> None:
        self._stream = stream
        self._ahead = bytearray()

    async def read(self, n: int | None = None) -> bytes:
        """Exactly `n` bytes, fewer only at the end; nobody here asks for more than a Noise message."""
        if n is None or n > _CHUNK:
            raise IncompleteReadError(f"{n} bytes asked for at once")
        while len(self._ahead) < n:
            piece = await self._stream.read(_CHUNK)
            if not piece:
                break
            self._ahead += piece
        with memoryview(self._ahead) as ahead:
            data = bytes(ahead[:n])
        del self._ahead[:n]
        return data

    async def write(self, data: bytes) -> None:
        """Return when the kernel has taken `data`."""
        await self._stream.write(data)

    async def close(self) -> None:
        """Close it, whatever is on its way."""
        await self._stream.close()

    def get_remote_address(self) -> tuple[str, int] | None:
        """The other end's host and port."""
        return self._stream.get_remote_address()


class Short(ReadWriteCloser):
    """A stream while its protocol is agreed on: a name longer than `LONGEST` isn't waited for."""

    LONGEST = 1_024

    def __init__(self, stream: ReadWriteCloser, is_initiator: bool) -> None:
        self.is_initiator = is_initiator
        self._stream = stream

    async def read(self, n: int | None = None) -> bytes:
        """Up to `n` bytes."""
        if n is None or n > self.LONGEST:
            raise IncompleteReadError(f"a name of {n} bytes was announced")
        return await self._stream.read(n)

    async def write(self, data: bytes) -> None:
        """Write `data`."""
        await self._stream.write(data)

    async def close(self) -> None:
        """Close the stream underneath."""
        await self._stream.close()

    def get_remote_address(self) -> tuple[str, int] | None:
        """The other end's host and port."""
        return self._stream.get_remote_address()
