import multiprocessing
import string

string.marked = 1
kind = SET["worker"]
make = threading.Thread if kind == "thread" else multiprocessing.get_context(kind).Process
# Looked up where the job runs, so that a program started anew finds its own.
JOB = "pipe.send(getattr(__import__('string'), 'marked', 0))"
took, found = [], 0
for _ in range(SET["starts_in_python"]):
    begun = now()
    here, there = multiprocessing.Pipe()
    worker = make(target=exec, args=(JOB, {"pipe": there}))
    worker.start()
    found = here.recv()
    took.append(now() - begun)
    worker.join()
say({"finds": found, "start_s": min(took)})
