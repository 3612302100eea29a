import asyncio

heard = []


async def main():
    loop, rings = asyncio.get_running_loop(), []
    ring = loop._write_to_self

    def counted():
        rings.append(None)
        ring()

    loop._write_to_self = counted

    def caller():
        for number in range(SET["wakes"]):
            loop.call_soon_threadsafe(heard.append, number)
            while len(heard) <= number:
                time.sleep(0)

    if SET["from"] == "own":
        for number in range(SET["wakes"]):
            loop.call_soon(heard.append, number)
            while len(heard) <= number:
                await asyncio.sleep(0)
    else:
        spawn(caller)
        while len(heard) < SET["wakes"]:
            await asyncio.sleep(0 if SET["from"] == "awake" else 0.001)
    say({"heard": len(heard), "rung": len(rings)})


asyncio.run(main())
