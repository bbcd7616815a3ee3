#!/usr/bin/env python3
"""Two named pipes as both ends of exec:.

    ipcbench-contrib run exec:./pipes.py pipe unix
"""

import os

import ipcbench

end = ipcbench.open()
paths = [os.path.join(end.dir, name) for name in ("there", "back")]
for path in paths:
    try:
        os.mkfifo(path, 0o600)
    except FileExistsError:
        pass  # the other end was first
if end.producer:  # each open waits for the other end's, so both have the same order
    out = os.open(paths[0], os.O_WRONLY)
    into = os.open(paths[1], os.O_RDONLY)
else:
    into = os.open(paths[0], os.O_RDONLY)
    out = os.open(paths[1], os.O_WRONLY)


def put(message):
    while message:
        message = message[os.write(out, message) :]


def get():
    parts, left = [], end.size
    while left:
        part = os.read(into, left)
        if not part:
            raise SystemExit(3)  # the other end is gone, and knows more about why
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


end.run(put, get)
