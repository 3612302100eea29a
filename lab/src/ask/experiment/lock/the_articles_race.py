from concurrent.futures import ThreadPoolExecutor

counter = 0


def increments(number):
    global counter
    begun = now()
    for _ in range(number):
        counter += 1
    return now() - begun


def race():
    tasks, number = SET["tasks"], SET["increments_in_python"]
    with ThreadPoolExecutor(max_workers=SET["tasks"]) as pool:
        took = sorted(pool.map(increments, [number] * tasks))
    lost = tasks * number - counter
    return {
        "lost": lost,
        "lost_share": float(lost) / (tasks * number),
        "task_p50_s": took[(len(took) - 1) // 2],
        "task_max_s": took[-1],
    }


say(race())
