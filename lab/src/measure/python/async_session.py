"""The client for asyncio: what lab/core/src/work/io/coop_session.rs is to ours, on asyncio's own streams.

All tasks share its connections. A task that finds none idle waits for its turn.
"""
import asyncio


class AsyncSession:
    """Connections that tasks share."""

    @classmethod
    async def open(cls, targets, limit):
        """Opens `limit` connections, at least one to each server."""
        self = cls()
        addresses = [target.address for target in targets]
        self.idle = {address: asyncio.LifoQueue() for address in addresses}
        for index in range(max(limit, len(addresses))):
            address = addresses[index % len(addresses)]
            self.idle[address].put_nowait(await asyncio.open_connection(*address))
        return self

    async def get(self, target, number):
        idle = self.idle[target.address]
        connection, kept = await idle.get(), None
        try:
            page, kept = await self.exchange(connection, target, number)
            return page
        finally:
            # None stands for a connection that is to be made anew.
            idle.put_nowait(kept)

    async def exchange(self, kept, target, number):
        """The page, and the connection if it may be used again."""
        try:
            connection = kept or await asyncio.open_connection(*target.address)
            return await self.ask(connection, target, number)
        except (OSError, EOFError):
            if kept is None:
                raise
        # The server may have closed a connection that it had kept; ask once more on a new one.
        kept[1].close()
        return await self.ask(await asyncio.open_connection(*target.address), target, number)

    async def ask(self, connection, target, number):
        reader, writer = connection
        writer.write((
            "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: trainyard\r\nAccept: */*\r\n"
            "X-Request-Id: %d\r\n\r\n" % (target.path, target.host, number)
        ).encode("ascii"))
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status = first.split(" ", 2)[:2]
        fields = dict(line.lower().split(":", 1) for line in lines if line)
        fields = {name: value.strip() for name, value in fields.items()}
        body = await self.body(reader, fields)
        page = check(target, number, int(status), fields.get("x-request-id"), body)
        is_framed = "content-length" in fields or "transfer-encoding" in fields
        if version == "HTTP/1.1" and is_framed and fields.get("connection") != "close":
            return page, connection
        writer.close()
        return page, None

    async def body(self, reader, fields):
        """As RFC 9112, 6.3 says: chunks, a length, or all that comes."""
        if fields.get("transfer-encoding") == "chunked":
            return await self.chunks(reader)
        if "content-length" in fields:
            return await reader.readexactly(int(fields["content-length"]))
        return await reader.read()

    async def chunks(self, reader):
        body = b""
        while True:
            length = int((await reader.readline()).split(b";")[0], 16)
            if length == 0:
                # What follows the last chunk ends with an empty line.
                while await reader.readline() not in (b"\r\n", b""):
                    pass
                return body
            body += await reader.readexactly(length)
            await reader.readline()
