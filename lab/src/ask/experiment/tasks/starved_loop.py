async def main():
    reader = asyncio.StreamReader()
    reader.feed_data(b"x" * SET["bytes"])
    neighbour = Neighbour()
    await neighbour.start()
    neighbour.watch()
    if SET["does"] == "reads":
        for _ in range(SET["bytes"]):
            await reader.readexactly(1)
    else:
        for _ in range(SET["steps"]):
            pi()
            if SET["does"] == "yields":
                await asyncio.sleep(0)
    say(neighbour.end())


asyncio.run(main())
