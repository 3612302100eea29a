import multiprocessing
import tempfile
from multiprocessing.pool import ThreadPool

# Looked up where the job runs, so that a program started anew finds its own.
TAKE = "__import__('tempfile')._once_lock.acquire(True, {})".format(SET["patience_s"])

held, started = threading.Event(), threading.Event()


def own():
    with tempfile._once_lock:
        held.set()
        started.wait()
        time.sleep(SET["held_s"])


spawn(own)
held.wait()
kind = SET["worker"]
pool = ThreadPool(1) if kind == "thread" else multiprocessing.get_context(kind).Pool(1)
started.set()
begun = now()
got_it = pool.apply(eval, (TAKE,))
waited = now() - begun
pool.terminate()
say({"hung": 0, "waited_s": waited} if got_it else {"hung": 1})
