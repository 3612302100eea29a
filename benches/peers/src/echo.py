"""The twin of echo.rs: one thread that echoes, beside threads that compute.

Usage: echo.py INTERVAL_SECONDS CPU_THREADS
"""

import os
import socket
import sys
import threading


def compute():
    n = 0
    while True:
        n += 1
        n -= 1


def main():
    interval, cpu_threads = float(sys.argv[1]), int(sys.argv[2])
    sys.setswitchinterval(interval)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(cpu_threads):
        threading.Thread(target=compute, daemon=True).start()
    while byte := connection.recv(1):
        connection.sendall(byte)
    # The threads that compute would be asked to end at a check point, one interval each.
    os._exit(0)


main()
