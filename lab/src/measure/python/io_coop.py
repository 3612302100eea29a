"""Fetching in tasks on one thread."""


class Coop(Fetching):
    """While one task waits for the network the others ask, all through one session."""

    def start(self):
        self.loop = asyncio.new_event_loop()
        self.session = self.loop.run_until_complete(AsyncSession.open(self.targets, self.workers))

    async def fetch(self, number):
        return await self.session.get(*self.request(number))

    async def fetch_all(self):
        return await asyncio.gather(*[self.fetch(number) for number in range(self.requests)])

    def round(self):
        return self.loop.run_until_complete(self.fetch_all())


serve(Coop)
