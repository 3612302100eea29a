"""Computing in a pool of threads."""
import threading
from concurrent.futures import ThreadPoolExecutor


class Threads(Computing):
    """A thread runs a sum, and gives way when another has asked for the lock."""

    def start(self):
        self.pool = ThreadPoolExecutor(max_workers=self.workers)
        all_are_up = threading.Barrier(self.workers)
        list(self.pool.map(lambda _: all_are_up.wait(), range(self.workers)))

    def round(self):
        return list(self.pool.map(compute, self.inputs))


serve(Threads)
