#!/usr/bin/env python3
"""Prints every event as it comes.    pip install confluent-kafka==2.16.1
   python3 events.py localhost:9092 dateline.events [GROUP]"""
import json
import sys

from confluent_kafka import Consumer

brokers, topic = sys.argv[1:3]
consumer = Consumer({
    "bootstrap.servers": brokers,
    "group.id": sys.argv[3] if len(sys.argv) > 3 else "my-events",
    "auto.offset.reset": "earliest",        # a new group begins with the oldest event kept
    "isolation.level": "read_committed",    # librdkafka's default, said aloud: each event exactly once
})
consumer.subscribe([topic])
while True:
    message = consumer.poll(1.0)
    if message is None:
        continue
    if message.error():
        sys.exit(str(message.error()))
    event = json.loads(message.value())     # `dateline schema event` says what is in it
    who = [", ".join(party["text"] or "nobody named" for party in event[side]) for side in ("actors", "recipients")]
    print(event["id"], event["revision"], event["status"], event["type"], *who, sep="\t", flush=True)
