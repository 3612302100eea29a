import multiprocessing
from multiprocessing.pool import ThreadPool

here = {"global": 0}
file = open(sys.executable, "rb")


def look_around(number):
    here["global"] += 10
    try:
        is_open = os.path.samestat(os.fstat(number), os.stat(sys.executable))
    except OSError:
        is_open = False
    return os.getpid(), here["global"], is_open


fork = multiprocessing.get_context("fork")
with fork.Pool(2) if SET["workers"] == "processes" else ThreadPool(2) as pool:
    seen = pool.map(look_around, [file.fileno()] * SET["jobs"], 1)
say({"global_here": here["global"], "global_there_max": max(number for _, number, _ in seen),
     "elsewhere": sum(pid != os.getpid() for pid, _, _ in seen),
     "file_is_open": sum(is_open for _, _, is_open in seen)})
