import multiprocessing
from multiprocessing.pool import ThreadPool


def set_first(array):
    array[0] = 1
    return array[0]


array = bytearray(SET["bytes"])
threads = SET["worker"] == "thread"
took = []
with ThreadPool(1) if threads else multiprocessing.get_context("fork").Pool(1) as pool:
    for _ in range(SET["rounds"]):
        begun = now()
        pool.apply(set_first, (array,))
        took.append(now() - begun)
say({"changed": array[0], "round_trip_s": sorted(took)[(len(took) - 1) // 2]})
