import select
import tempfile


def errno_of(file):
    try:
        select.epoll().register(file, select.EPOLLIN)
    except OSError as error:
        return error.errno
    return 0


def read_often(file):
    for _ in range(SET["times"]):
        file.seek(0)
        while file.read(64 * 1024):
            pass


async def main(file):
    neighbour = Neighbour()
    await neighbour.start()
    neighbour.watch()
    begun = now()
    if SET["what"] == "called":
        read_often(file)
    else:
        await asyncio.get_running_loop().run_in_executor(None, read_often, file)
    read_s = now() - begun
    return dict(neighbour.end(), read_s=read_s)


with tempfile.TemporaryFile(buffering=0) as file:
    if SET["what"] == "file":
        say({"errno": errno_of(file)})
    elif SET["what"] == "pipe":
        say({"errno": errno_of(os.pipe()[0])})
    else:
        for _ in range(SET["mebibytes"]):
            file.write(b"x" * (1 << 20))
        say(asyncio.run(main(file)))
