#!/bin/sh
# Prints every event as it comes: id, CloudEvents headers, the record as JSON.    apt-get install kcat
#   sh events.sh localhost:9092 dateline.events [more options of kcat, e.g. -e to end where the topic does]
brokers=$1 topic=$2
shift 2
exec kcat -C -q -u -b "$brokers" -t "$topic" -o beginning -X isolation.level=read_committed -f '%k\t%h\t%s\n' "$@"
