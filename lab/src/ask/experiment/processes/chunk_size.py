import multiprocessing


def square(number):
    if SET["takes_s"]:
        time.sleep(SET["takes_s"])
    return os.getpid(), number * number


jobs, chunk = SET["jobs"], SET["chunk"]
with multiprocessing.get_context("fork").Pool(2) as pool:
    pool.map(square, range(2))
    begun = now()
    answers = pool.map(square, range(jobs), chunk) if chunk else [square(n) for n in range(jobs)]
    took = now() - begun
say({"job_s": took / jobs, "messages": -(-jobs // chunk) if chunk else 0,
     "workers": len(set(pid for pid, _ in answers))})
