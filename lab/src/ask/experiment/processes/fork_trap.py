import multiprocessing
import tempfile

kind = SET["worker"]
make = threading.Thread if kind == "thread" else multiprocessing.get_context(kind).Process
# Looked up where the job runs, so that a program started anew finds its own.
JOB = """
import tempfile, time
begun = time.monotonic()
got_it = tempfile._once_lock.acquire(True, {})
pipe.send((got_it, time.monotonic() - begun))
""".format(SET["patience_s"])

held, started = threading.Event(), threading.Event()


def own():
    with tempfile._once_lock:
        held.set()
        started.wait()
        time.sleep(SET["held_s"])


here, there = multiprocessing.Pipe()
worker = make(target=exec, args=(JOB, {"pipe": there}))
spawn(own)
held.wait()
worker.start()
started.set()
got_it, waited = here.recv()
say({"hung": 0, "waited_s": waited} if got_it else {"hung": 1})
# In a thread the lock may be held for long: nobody waits for that.
os._exit(0)
