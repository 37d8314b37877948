"""A headless Chromium, told what to do through the pipe of its DevTools protocol."""

import json
import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FREE = 10  # descriptors from here on do not clash with the two that Chromium expects, 3 and 4
FLAGS = (
    "--headless",
    "--no-sandbox",  # it also runs where everything runs as root, as in a container
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # no network
    "--remote-debugging-pipe",
    "--no-first-run",
)


def find_chromium():
    """Return the path of Chromium or Chrome; None if there is none, or not these pipes."""
    if os.name != "posix":
        return None
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One tab of a browser; a context manager that ends it.

    Parameters
    ----------
    program : str
        The path of Chromium.
    profile : path-like
        An empty folder for what it stores.
    """

    def __init__(self, program, profile):
        commands, self._write = pipe()
        self._read, answers = pipe()

        def connect():
            os.dup2(commands, 3)
            os.dup2(answers, 4)

        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}"],
            preexec_fn=connect,
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._received, self._events, self._count, self._session = b"", [], 0, None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._process.terminate()
        self._process.wait(timeout=30)
        os.close(self._read)
        os.close(self._write)

    def call(self, method, **parameters):
        """Return the answer to a command of the protocol."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._count:
            self._events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _receive(self):
        """Return the next message of the browser."""
        while b"\0" not in self._received:
            part = os.read(self._read, 1 << 16)
            if not part:
                raise RuntimeError("the browser has ended")
            self._received += part
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    def resize(self, width, height=900):
        """Set the width of the window in CSS pixels; below 600, it is a phone."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)

    def open(self, url):
        """Load a page, and return when all that it loads has come."""
        self._events.clear()
        self.call("Page.navigate", url=url)
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._events.append(self._receive())

    def evaluate(self, expression):
        """Return the value of a JavaScript expression, or of what it promises."""
        options = {"returnByValue": True, "awaitPromise": True}
        answer = self.call("Runtime.evaluate", expression=expression, **options)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def errors(self):
        """Return what the console has told of as errors since the page was opened."""
        return list(filter(None, map(error_of, self._events)))


def pipe():
    """Return descriptors to read from and to write to, from `FREE` on."""
    import fcntl  # not on Windows

    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, FREE) for end in ends]
    for end in ends:
        os.close(end)
    return moved


def error_of(event):
    """Return the text of an event that tells of an error, else None."""
    told = event["params"]
    if event["method"] == "Runtime.exceptionThrown":
        details = told["exceptionDetails"]
        return details.get("exception", {}).get("description", details["text"])
    if event["method"] == "Runtime.consoleAPICalled" and told["type"] in ("error", "assert"):
        return " ".join(str(part.get("value", part.get("description"))) for part in told["args"])
    if event["method"] == "Log.entryAdded" and told["entry"]["level"] == "error":
        return f"{told['entry']['text']} {told['entry'].get('url', '')}"
    return None
