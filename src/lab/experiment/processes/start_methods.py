import multiprocessing
import string
from multiprocessing.pool import ThreadPool

# Looked up where the job runs, so that a program started anew finds its own.
FIND = "getattr(__import__('string'), 'marked', 0)"
string.marked = 1
kind = SET["worker"]
make = ThreadPool if kind == "thread" else multiprocessing.get_context(kind).Pool
took, found = [], 0
for _ in range(SET["starts_in_python"]):
    begun = now()
    pool = make(1)
    found = pool.apply(eval, (FIND,))
    took.append(now() - begun)
    pool.terminate()
say({"finds": found, "start_s": sorted(took)[(len(took) - 1) // 2]})
