"""Computing in a pool of processes."""


class Procs(Computing):
    """A process runs a sum; nothing is shared, so nothing need be locked."""

    def start(self):
        self.pool = Workers(self.workers)

    def round(self):
        return self.pool.map(compute, self.inputs)


serve(Procs)
