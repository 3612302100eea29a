"""Computing in tasks on one thread.

A task runs until it awaits, and a sum awaits nothing: the tasks run whole, one after another.
"""
import asyncio


class Coop(Computing):
    """A task for each sum."""

    def start(self):
        self.loop = asyncio.new_event_loop()

    async def compute(self, unit):
        return compute(unit)

    async def compute_all(self):
        return await asyncio.gather(*[self.compute(unit) for unit in self.inputs])

    def round(self):
        return self.loop.run_until_complete(self.compute_all())


serve(Coop)
