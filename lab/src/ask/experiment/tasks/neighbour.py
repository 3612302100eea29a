import asyncio


class Neighbour:
    """A task that only counts its turns."""

    def __init__(self):
        self.over, self.turns, self.last, self.longest = False, 0, now(), 0.0

    def turn(self):
        waited, self.last = now() - self.last, now()
        self.longest = max(self.longest, waited)
        self.turns += 1

    async def count(self):
        while not self.over:
            self.turn()
            await asyncio.sleep(0)

    async def start(self):
        self.task = asyncio.ensure_future(self.count())
        await asyncio.sleep(0)

    def watch(self):
        self.turns, self.last, self.longest = 0, now(), 0.0

    def end(self):
        turns, self.over = self.turns, True
        self.turn()
        return {"turns": turns, "longest_s": self.longest}
