"""Fetching in a pool of threads."""
import threading
from concurrent.futures import ThreadPoolExecutor


class Threads(Fetching):
    """A thread gives the lock up while it waits for the network, so others can ask meanwhile."""

    def start(self):
        self.own = threading.local()
        self.all_are_up = threading.Barrier(self.workers)
        self.pool = ThreadPoolExecutor(max_workers=self.workers)
        list(self.pool.map(self.start_thread, range(self.workers)))

    def start_thread(self, _):
        try:
            # A session per thread: it is not made to be shared.
            self.own.session = Session(self.targets)
        finally:
            self.all_are_up.wait()

    def fetch(self, number):
        return self.own.session.get(*self.request(number))

    def round(self):
        return list(self.pool.map(self.fetch, range(self.requests)))


serve(Threads)
