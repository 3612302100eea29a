"""A pool of processes that are up before it is used, and whose deaths are noticed.

`multiprocessing.Pool` starts another process for one that died and waits for ever for the answer
that it owed, and a worker outlives a parent that was killed. Neither is good for a measurement.
"""
import multiprocessing
import os
import threading


UP = b"\0"


class Workers(object):
    """`count` processes, each of which has called `initializer` with `arguments`."""

    def __init__(self, count, initializer=None, *arguments):
        # Forked, as on every Linux up to 3.13: from 3.14 on that has to be said.
        context = getattr(multiprocessing, "get_context", lambda _: multiprocessing)("fork")
        up, say_up = os.pipe()
        # Nobody ever writes into it: it ends when this process does.
        alive, keep_alive = os.pipe()
        ends = (say_up, alive, keep_alive)
        self.pool = context.Pool(count, begin_worker, (ends, initializer, arguments))
        said = b""
        while said != UP * count:
            said += os.read(up, 4096)
            if said.strip(UP):
                raise RuntimeError("a worker could not begin: " + said.strip(UP).decode("utf-8"))
        self.processes = self.list_processes()

    def map(self, function, inputs):
        """As Pool.map, but a worker that dies is an error."""
        answers = self.pool.map_async(function, inputs)
        while not answers.ready():
            answers.wait(1)
            died = self.processes - self.list_processes()
            if died:
                raise WorkerDied("worker %d ended before it answered" % min(died))
        return answers.get()

    def list_processes(self):
        return set(process.pid for process in multiprocessing.active_children())


def begin_worker(ends, initializer, arguments):
    say_up, alive, keep_alive = ends
    SOCKET.close()
    os.close(keep_alive)
    watch = threading.Thread(target=end_with_parent, args=(alive,))
    watch.daemon = True
    watch.start()
    try:
        if initializer:
            initializer(*arguments)
    except Exception as why:
        # Raised, it would end this worker, and the pool would start another, for ever.
        os.write(say_up, str(why).encode("utf-8"))
    os.write(say_up, UP)


def end_with_parent(alive):
    """Sleeps in one system call, without the lock, until the parent is gone."""
    os.read(alive, 1)
    os._exit(1)
