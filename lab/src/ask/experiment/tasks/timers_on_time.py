import asyncio

fired = []


async def main():
    loop, apart = asyncio.get_running_loop(), SET["apart_ns"] / 1e9
    begin, done = loop.time(), loop.create_future()

    def fire(deadline):
        fired.append((deadline, loop.time() - begin))
        if len(fired) == SET["timers"]:
            done.set_result(None)

    for number in reversed(range(10, 10 + SET["timers"])):
        loop.call_at(begin + number * apart, fire, number * apart)
    await done


asyncio.run(main())
late = sorted(max(seen - deadline, 0.0) for deadline, seen in fired)
say({
    "early": sum(seen < deadline for deadline, seen in fired),
    "out_of_order": sum(one[0] > two[0] for one, two in zip(fired, fired[1:])),
    "late_p50_s": late[(len(late) - 1) // 2],
    "late_p95_s": late[(len(late) * 95 + 99) // 100 - 1],
})
