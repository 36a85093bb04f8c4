#!/usr/bin/python3
"""A peer on uAMQP for Python: sends messages, or receives and accepts them, over TLS with SASL ANONYMOUS or PLAIN.

    uamqp_peer.py send|receive PORT CA ADDRESS COUNT [USER PASSWORD]

`send` sends COUNT messages of three kinds by turns: data, a value that is a map, two data sections. `receive` prints each message it
gets as a line of JSON. Either ends with an exit code other than 0 when it is not through within ten seconds.
"""
import json
import sys
import time

import uamqp
from uamqp import address, authentication, constants

HOST = 'localhost'
SECONDS = 10


class Source(address.Source):
    hostname = HOST         # what it is only asked for; on the wire the address is the one given


class Target(address.Target):
    hostname = HOST


def login(port, ca, account):
    if account:
        return authentication.SASLPlain(HOST, account[0], account[1], port=port, verify=ca)
    return authentication.SASLAnonymous(HOST, port=port, verify=ca)


def message(number):
    body = (b'data %d' % number, {b'number': number, b'list': [1, None, True]}, [b'part ', b'%d' % number])[number % 3]
    properties = uamqp.message.MessageProperties(message_id='id-%d' % number, subject='from uamqp')
    return uamqp.Message(body, properties=properties, application_properties={b'number': number, b'text': 'gr\u00fc\u00dfe'})


def send(auth, where, count):
    # Unless told so it asks for rcv-settle-mode second, and then waits for the receiver to settle first all the same.
    client = uamqp.SendClient(Target(where), auth=auth, receive_settle_mode=constants.ReceiverSettleMode.ReceiveAndDelete)
    client.queue_message(*[message(number) for number in range(count)])
    states = client.send_all_messages()
    failed = [state for state in states if state != constants.MessageState.SendComplete]
    print('%d messages sent, %d failed' % (len(states), len(failed)))
    return 0 if len(states) == count and not failed else 1


def plain(value):
    if isinstance(value, bytes): return value.decode()
    if isinstance(value, list): return [plain(item) for item in value]
    if isinstance(value, dict): return {plain(key): plain(item) for key, item in value.items()}
    return value


def receive(auth, where, count):
    client = uamqp.ReceiveClient(Source(where), auth=auth, prefetch=count)
    received = 0
    deadline = time.time() + SECONDS
    while received < count and time.time() < deadline:
        for one in client.receive_message_batch(max_batch_size=count - received, timeout=500):
            data = one.get_data()
            body = data if isinstance(data, (dict, str)) else [bytes(part) for part in data]
            print(json.dumps({
                'body': plain(body),
                'subject': plain(one.properties and one.properties.subject),
                'properties': plain(one.application_properties),
            }))
            one.accept()
            received += 1
    client.close()
    return 0 if received == count else 1


def main():
    what, port, ca, where, count = sys.argv[1:6]
    auth = login(int(port), ca, sys.argv[6:8])
    sys.exit({'send': send, 'receive': receive}[what](auth, where, int(count)))


main()
