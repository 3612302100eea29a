import asyncio

x = 0


async def add(lock):
    global x
    for _ in range(SET["turns"]):
        if SET["await"] == "after":
            x = x + 1
            await asyncio.sleep(0)
        elif SET["await"] == "middle":
            value = x
            await asyncio.sleep(0)
            x = value + 1
        else:
            async with lock:
                value = x
                await asyncio.sleep(0)
                x = value + 1


async def main():
    lock = asyncio.Lock()
    await asyncio.gather(add(lock), add(lock))


asyncio.run(main())
expected = 2 * SET["turns"]
say({"x": x, "lost": expected - x, "lost_share": (expected - x) / expected})
