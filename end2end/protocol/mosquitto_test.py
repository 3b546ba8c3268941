"""The hub as Mosquitto's clients see it: `python3 mosquitto_test.py HOST PORT`, against the example `tcp_hub`.

Needs mosquitto_sub and mosquitto_pub on the PATH. Prints each check; exits with 1 if one fails.
"""

import os
import pty
import subprocess
import sys
import uuid

WAIT = 10  # seconds; everything here takes milliseconds
TYPING = '{"type":"typing"}'
HOST, PORT = sys.argv[1], sys.argv[2]


def command(program, *args, account=None, version="mqttv311"):
    who = ["-u", account or str(uuid.uuid4())]
    return [program, "-h", HOST, "-p", PORT, "-V", version, *who, *args]


class Subscriber:
    """mosquitto_sub in the background, subscribed when this returns; it leaves after `count` messages."""

    def __init__(self, *filters, qos=0, count=1):
        flags = ["-d", "-q", str(qos), "-C", str(count), "-W", str(WAIT), "-F", "%q %r %t %p"]
        for name in filters:
            flags += ["-t", name]
        # Into a pipe it would say that it has subscribed only when its buffer is full; a terminal is told line by line.
        ours, theirs = pty.openpty()
        self.process = subprocess.Popen(command("mosquitto_sub", *flags), stdout=theirs, stderr=theirs)
        os.close(theirs)
        self.terminal = os.fdopen(ours, "rb", buffering=0)
        self.output = b""
        while b"Subscribed" not in self.output:
            assert self.read(), f"mosquitto_sub did not subscribe: {self.output}"
        while not self.output.endswith(b"\n"):
            self.read()
        self.granted = self.lines("Subscribed")[0].rsplit(":", 1)[1].strip()

    def read(self):
        try:
            more = self.terminal.read(4096)
        except OSError:  # a terminal whose other end has closed
            more = b""
        self.output += more
        return more

    def lines(self, *starts):
        return [line for line in self.output.decode().splitlines() if line.startswith(starts)]

    def messages(self):
        """`QoS retained topic payload`, line by line."""
        while self.read():
            pass
        self.terminal.close()
        assert self.process.wait(WAIT) == 0, self.output
        # With -d it tells everything; messages begin with their quality of service.
        return self.lines("0 ", "1 ", "2 ")


def run(program, *args, given=None, **who):
    done = subprocess.run(
        command(program, *args, **who),
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=WAIT,
    )
    return done.returncode, done.stdout


def publish_as_server(topic, *lines, qos=0):
    """One message a line."""
    flags = ["-q", str(qos), "-t", topic, "-l"]
    code, out = run("mosquitto_pub", *flags, given="\n".join(lines) + "\n", account="server")
    assert code == 0, out


def page():
    return f"p/{uuid.uuid4()}"


def received(qos):
    topic, count = f"{page()}/e", 200
    subscriber = Subscriber(topic, qos=qos, count=count)
    assert subscriber.granted == str(qos), subscriber.granted
    lines = [f"message {number}" for number in range(count)]
    publish_as_server(topic, *lines, qos=qos)
    assert subscriber.messages() == [f"{qos} 0 {topic} {line}" for line in lines]


def qos_0_receives_in_order():
    received(0)


def qos_1_receives_in_order():
    received(1)


def qos_2_is_granted_as_1():
    topic = f"{page()}/e"
    subscriber = Subscriber(topic, qos=2)
    assert subscriber.granted == "1", subscriber.granted
    publish_as_server(topic, "x", qos=1)
    assert subscriber.messages() == [f"1 0 {topic} x"]


def a_signal_reaches_those_who_listen():
    mine, me = page(), str(uuid.uuid4())
    subscriber = Subscriber(f"{mine}/s/+", qos=1)
    topic = f"{mine}/s/{me}"
    code, out = run("mosquitto_pub", "-q", "1", "-t", topic, "-m", TYPING, account=me)
    assert code == 0, out
    assert subscriber.messages() == [f"1 0 {topic} {TYPING}"]


def version_5_is_refused_cleanly():
    code, out = run("mosquitto_sub", "-t", f"{page()}/e", "-W", "3", version="mqttv5")
    assert code != 0 and "protocol version" in out.lower(), (code, out)


def a_will_is_refused():
    will = ["--will-topic", "x", "--will-payload", "y"]
    code, out = run("mosquitto_sub", "-t", f"{page()}/e", "-W", "3", *will)
    assert code != 0 and "not authorised" in out.lower(), (code, out)


def filters_of_another_form_are_refused():
    mine = page()
    for name in ["#", "p/+/e", "$SYS/#", f"$share/g/{mine}/e", f"{mine}/#", f"u/{uuid.uuid4()}/e"]:
        code, out = run("mosquitto_sub", "-d", "-q", "1", "-t", name, "-W", "2")
        assert "Subscribed (mid: 1): 128" in out, (name, code, out)
        assert "denied" in out, (name, out)


def forbidden(topic, account, *flags):
    subscriber = Subscriber(topic, qos=0)
    # Above quality of service 0 the client waits for an answer that does not come.
    code, out = run("mosquitto_pub", "-t", topic, "-m", TYPING, *flags, account=account)
    assert code != 0 and "lost" in out.lower(), (code, out)
    publish_as_server(topic, "after")
    assert subscriber.messages() == [f"0 0 {topic} after"]


def a_retained_message_ends_the_connection():
    me = str(uuid.uuid4())
    forbidden(f"{page()}/s/{me}", me, "-q", "1", "-r")


def qos_2_ends_the_connection():
    me = str(uuid.uuid4())
    forbidden(f"{page()}/s/{me}", me, "-q", "2")


def writing_a_pages_events_ends_the_connection():
    forbidden(f"{page()}/e", str(uuid.uuid4()), "-q", "1")


def writing_for_another_member_ends_the_connection():
    forbidden(f"{page()}/s/{uuid.uuid4()}", str(uuid.uuid4()), "-q", "1")


CHECKS = [
    qos_0_receives_in_order,
    qos_1_receives_in_order,
    qos_2_is_granted_as_1,
    a_signal_reaches_those_who_listen,
    version_5_is_refused_cleanly,
    a_will_is_refused,
    filters_of_another_form_are_refused,
    a_retained_message_ends_the_connection,
    qos_2_ends_the_connection,
    writing_a_pages_events_ends_the_connection,
    writing_for_another_member_ends_the_connection,
]

failed = 0
for check in CHECKS:
    try:
        check()
        print(f"ok      {check.__name__}", flush=True)
    except Exception as error:  # the next check runs whatever this one did
        failed += 1
        print(f"FAILED  {check.__name__}: {type(error).__name__} {error}", flush=True)
print(f"mosquitto: {len(CHECKS) - failed} of {len(CHECKS)} checks passed")
sys.exit(1 if failed else 0)
