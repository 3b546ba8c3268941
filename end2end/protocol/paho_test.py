"""The hub as Eclipse Paho sees it: `python3 paho_test.py HOST PORT`, against the example `tcp_hub`.

Needs paho-mqtt 2 (PyPI). Prints each check; exits with 1 if one fails.
"""

import queue
import sys
import uuid

import paho.mqtt.client as mqtt

WAIT = 5  # seconds; everything here takes milliseconds
TYPING = '{"type":"typing"}'
HOST, PORT = sys.argv[1], int(sys.argv[2])


class Client:
    """One connection. What happens to it is put into queues, in its order."""

    def __init__(self, account=None, protocol=mqtt.MQTTv311, keepalive=60, will=None):
        self.account = account or str(uuid.uuid4())
        self.connected, self.messages, self.answers, self.ended = (queue.Queue() for _ in range(4))
        self.paho = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, protocol=protocol, reconnect_on_failure=False
        )
        self.paho.username_pw_set(self.account)
        if will:
            self.paho.will_set(*will)
        self.paho.on_connect = lambda c, u, flags, reason, p: self.connected.put((flags, reason))
        self.paho.on_message = lambda c, u, message: self.messages.put(message)
        self.paho.on_subscribe = lambda c, u, mid, reasons, p: self.answers.put(reasons)
        self.paho.on_unsubscribe = lambda c, u, mid, reasons, p: self.answers.put(reasons)
        self.paho.on_publish = lambda c, u, mid, reason, p: self.answers.put(reason)
        self.paho.on_disconnect = lambda c, u, flags, reason, p: self.ended.put(reason)
        self.paho.connect(HOST, PORT, keepalive)
        self.paho.loop_start()

    def welcome(self):
        flags, reason = self.connected.get(timeout=WAIT)
        assert reason == "Success" and not flags.session_present, reason
        return self

    def subscribe(self, *filters, qos=0):
        """The answers' codes: 0, 1, or 128 for a refusal."""
        self.paho.subscribe([(name, qos) for name in filters])
        return [reason.value for reason in self.answers.get(timeout=WAIT)]

    def is_open(self):
        """Whether the hub still answers it, and has sent it nothing."""
        assert self.subscribe(f"u/{self.account}/e") == [0]
        return self.ended.empty() and self.messages.empty()

    def is_cut(self):
        try:
            self.ended.get(timeout=WAIT)
        except queue.Empty:
            return False
        return True

    def close(self):
        self.paho.disconnect()
        self.paho.loop_stop()

    def __enter__(self):
        return self.welcome()

    def __exit__(self, *_):
        self.close()


def page():
    return f"p/{uuid.uuid4()}"


def qos_0_receives_in_order():
    received_in_order(0)


def qos_1_receives_in_order_and_acknowledges():
    received_in_order(1)


def received_in_order(qos):
    topic, count = f"{page()}/e", 1000
    with Client() as reader, Client("server") as server:
        assert reader.subscribe(topic, qos=qos) == [qos]
        for number in range(count):
            server.paho.publish(topic, f"{number:0300}", qos=qos)
        for number in range(count):
            message = reader.messages.get(timeout=WAIT)
            assert message.payload == b"%0300d" % number, (number, message.payload)
            assert (message.topic, message.qos, message.retain) == (topic, qos, False)


def qos_2_is_granted_as_1():
    with Client() as client:
        assert client.subscribe(f"{page()}/e", qos=2) == [1]


def another_page_is_not_heard():
    with Client() as client, Client("server") as server:
        assert client.subscribe(f"{page()}/e") == [0]
        server.paho.publish(f"{page()}/e", "x", qos=1).wait_for_publish(WAIT)
        assert client.is_open()


def after_unsubscribe_nothing_comes():
    topic = f"{page()}/e"
    with Client() as client, Client("server") as server:
        assert client.subscribe(topic) == [0]
        client.paho.unsubscribe(topic)
        client.answers.get(timeout=WAIT)
        server.paho.publish(topic, "x", qos=1).wait_for_publish(WAIT)
        assert client.is_open()


def version_5_is_refused_cleanly():
    client = Client(protocol=mqtt.MQTTv5)
    _, reason = client.connected.get(timeout=WAIT)
    assert reason == "Unsupported protocol version", reason
    assert client.is_cut()
    client.close()


def version_3_1_is_refused_cleanly():
    client = Client(protocol=mqtt.MQTTv31)
    _, reason = client.connected.get(timeout=WAIT)
    assert reason == "Unsupported protocol version", reason
    assert client.is_cut()
    client.close()


def a_will_is_refused():
    client = Client(will=("anything", "gone"))
    _, reason = client.connected.get(timeout=WAIT)
    assert reason == "Not authorized", reason
    assert client.is_cut()
    client.close()


def filters_of_another_form_are_refused():
    mine = page()
    filters = ["#", "+", "p/#", "p/+/e", "$SYS/#", "$SYS/broker/uptime", f"$share/g/{mine}/e"]
    filters += [f"{mine}/#", f"{mine}/+", f"{mine}/s/#", f"{mine}/e/", f"u/{uuid.uuid4()}/e", "x"]
    with Client() as client:
        assert client.subscribe(*filters) == [128] * len(filters)
        assert client.subscribe(f"{mine}/e", "#", f"{mine}/s/+", qos=1) == [1, 128, 1]
        assert client.is_open()


def a_signal_reaches_those_who_listen():
    mine = page()
    with Client() as writer, Client() as reader:
        assert reader.subscribe(f"{mine}/s/+") == [0]
        topic = f"{mine}/s/{writer.account}"
        writer.paho.publish(topic, TYPING, qos=0)
        writer.paho.publish(topic, '{"type":"stopped"}', qos=1).wait_for_publish(WAIT)
        got = [reader.messages.get(timeout=WAIT) for _ in range(2)]
        assert [message.topic for message in got] == [topic, topic]
        assert got[0].payload == TYPING.encode()


def forbidden(what):
    """`what(client)` publishes something; the connection must end, and nobody hears it."""
    mine = page()
    with Client() as reader, Client() as client:
        assert reader.subscribe(f"{mine}/s/+", f"{mine}/e") == [0, 0]
        what(client, mine)
        assert client.is_cut(), "still connected"
        assert reader.is_open(), "somebody heard it"


def a_retained_message_ends_the_connection():
    forbidden(lambda c, p: c.paho.publish(f"{p}/s/{c.account}", TYPING, retain=True))


def qos_2_ends_the_connection():
    forbidden(lambda c, p: c.paho.publish(f"{p}/s/{c.account}", TYPING, qos=2))


def writing_a_pages_events_ends_the_connection():
    forbidden(lambda c, p: c.paho.publish(f"{p}/e", TYPING))


def writing_for_another_member_ends_the_connection():
    forbidden(lambda c, p: c.paho.publish(f"{p}/s/{uuid.uuid4()}", TYPING))


def writing_to_sys_ends_the_connection():
    forbidden(lambda c, p: c.paho.publish("$SYS/broker/uptime", TYPING))


def what_is_no_signal_ends_the_connection():
    forbidden(lambda c, p: c.paho.publish(f"{p}/s/{c.account}", '{"type":"reboot"}'))


def an_oversize_packet_ends_the_connection():
    forbidden(lambda c, p: c.paho.publish(f"{p}/s/{c.account}", b" " * 70_000))


def a_flood_ends_the_connection():
    def flood(client, _):
        for _ in range(500):
            client.paho.publish(f"{page()}/s/{client.account}", TYPING)

    forbidden(flood)


def pings_keep_a_quiet_connection():
    with Client(keepalive=1) as client:
        try:
            raise AssertionError(client.ended.get(timeout=4))
        except queue.Empty:
            assert client.is_open()


CHECKS = [
    qos_0_receives_in_order,
    qos_1_receives_in_order_and_acknowledges,
    qos_2_is_granted_as_1,
    another_page_is_not_heard,
    after_unsubscribe_nothing_comes,
    version_5_is_refused_cleanly,
    version_3_1_is_refused_cleanly,
    a_will_is_refused,
    filters_of_another_form_are_refused,
    a_signal_reaches_those_who_listen,
    a_retained_message_ends_the_connection,
    qos_2_ends_the_connection,
    writing_a_pages_events_ends_the_connection,
    writing_for_another_member_ends_the_connection,
    writing_to_sys_ends_the_connection,
    what_is_no_signal_ends_the_connection,
    an_oversize_packet_ends_the_connection,
    a_flood_ends_the_connection,
    pings_keep_a_quiet_connection,
]

failed = 0
for check in CHECKS:
    try:
        check()
        print(f"ok      {check.__name__}", flush=True)
    except Exception as error:  # the next check runs whatever this one did
        failed += 1
        print(f"FAILED  {check.__name__}: {type(error).__name__} {error}", flush=True)
print(f"paho: {len(CHECKS) - failed} of {len(CHECKS)} checks passed")
sys.exit(1 if failed else 0)
