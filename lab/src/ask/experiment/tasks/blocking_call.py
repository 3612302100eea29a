import asyncio
from concurrent.futures import ThreadPoolExecutor

naps = {"now": 0, "most": 0}


async def nap(pool):
    naps["now"] += 1
    naps["most"] = max(naps["most"], naps["now"])
    if SET["how"] == "called":
        time.sleep(SET["nap_s"])
    elif SET["how"] == "awaited":
        await asyncio.sleep(SET["nap_s"])
    else:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(pool, time.sleep, SET["nap_s"])
    naps["now"] -= 1


async def main(pool):
    begun = now()
    await asyncio.gather(*(nap(pool) for _ in range(SET["naps"])))
    return now() - begun


with ThreadPoolExecutor(SET["naps"]) as pool:
    say({"wall_s": asyncio.run(main(pool)), "at_once_max": naps["most"]})
