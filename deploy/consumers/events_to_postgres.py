#!/usr/bin/env python3
"""Keeps the latest revision of every event in PostgreSQL.    pip install confluent-kafka==2.16.1 'psycopg[binary]==3.3.9'
   python3 events_to_postgres.py localhost:9092 dateline.events 'host=localhost dbname=news' [GROUP]
   SELECT event_date, actor, type, recipient, place FROM standing_events;"""
import sys

import psycopg
from confluent_kafka import Consumer

# Consumers that start together make the table one after the other.
TABLES = """
SELECT pg_advisory_xact_lock(hashtext('dateline.events'));
CREATE TABLE IF NOT EXISTS events (id text PRIMARY KEY, revision integer NOT NULL, status text NOT NULL, event jsonb NOT NULL);
CREATE OR REPLACE VIEW standing_events AS SELECT id, revision, event ->> 'type' AS type,
  coalesce(event #>> '{actors,0,name}', event #>> '{actors,0,text}') AS actor,
  coalesce(event #>> '{recipients,0,name}', event #>> '{recipients,0,text}') AS recipient,
  event #>> '{location,name}' AS place, (event #>> '{date,start}')::date AS event_date, event
FROM events WHERE status <> 'retracted'"""
# A record that comes again, or late, changes nothing: its revision is not higher.
UPSERT = """
INSERT INTO events SELECT e ->> 'id', (e ->> 'revision')::integer, e ->> 'status', e FROM (SELECT %s::jsonb AS e) AS r
ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, status = excluded.status, event = excluded.event
WHERE events.revision < excluded.revision"""

brokers, topic, database = sys.argv[1:4]
consumer = Consumer({
    "bootstrap.servers": brokers,
    "group.id": sys.argv[4] if len(sys.argv) > 4 else "postgres",
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,            # the group's place moves only after the table has the events
    "isolation.level": "read_committed",
})
consumer.subscribe([topic])
with psycopg.connect(database, autocommit=True) as connection:
    connection.execute(TABLES)
    while True:
        messages = consumer.consume(500, timeout=1.0)
        for message in messages:
            if message.error():
                sys.exit(str(message.error()))
        if not messages:
            continue
        with connection.transaction(), connection.cursor() as cursor:
            # NUL is legal in JSON and not in PostgreSQL's text.
            cursor.executemany(UPSERT, [(m.value().decode().replace("\\u0000", "\\ufffd"),) for m in messages])
        consumer.commit(asynchronous=False)
