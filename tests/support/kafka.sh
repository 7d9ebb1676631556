#!/usr/bin/env bash
# One real Apache Kafka (KRaft, broker and controller in one) for the tests, on free ports, under target/.
#
#   kafka.sh start   prints the bootstrap address as its last line
#   kafka.sh kill    ends the broker as `kill -9` would; `start` brings it back on the same ports with its data
#   kafka.sh stop    ends it cleanly; its data stays
#   kafka.sh clean   ends it and removes its data
#
# Where the broker comes from, in this order:
#   DATELINE_TEST_KAFKA=host:port   a broker that is there already; nothing is started
#   Java 17 and Maven               the published jars (54 MB, once), installed with apt where root may do so
#   docker or podman                the image apache/kafka
# Where none is possible it says so, and ends with status 2, or 3 when CI=true.
#
# KAFKA_FOR      a process: the broker ends, and its data goes, when that one has ended
# KAFKA_DIR      folder of this broker's own (default: target/kafka beside this checkout)
# KAFKA_TIMINGS  quick (default): dead transactions end within 1 s, no rebalance delay; late: the same, but the broker
#                ends dead transactions every ten minutes only; broker: Kafka's own defaults
# KAFKA_SECURE   a folder with server.p12, ca.p12 and the password `dateline`: adds the listeners TLS (where the client
#                shows no certificate), SSL (where it must) and SASL_SSL
# KAFKA_WIRE     a port: adds the listener WIRE, which says that it is reached at that port; its own address is printed too
# KAFKA_BESIDE   a broker's folder: this one joins its cluster as the second broker; both are given KAFKA_COPIES=2
# KAFKA_COPIES   copies of the broker's own topics (default: 1); with 2, leaders go where the list of copies begins
set -euo pipefail

VERSION=4.1.1
SCALA=2.13
LOG4J=2.24.3
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DIR=${KAFKA_DIR:-$ROOT/target/kafka}
LIBS=${KAFKA_LIBS:-$ROOT/target/kafka-libs-$VERSION}
CONF=$DIR/server.properties
PID=$DIR/kafka.pid
CONTAINER=dateline-test-kafka-$(printf %s "$DIR" | cksum | cut -d' ' -f1)

fail() {
  echo "NO KAFKA FOR THE TESTS: $1" >&2
  if [ "${CI:-}" = true ]; then exit 3; else exit 2; fi
}

free_port() { # of the kernel's choice
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null && return
  local port
  for port in $(shuf -i 20000-29999 -n 50); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

ports() { # chosen once a folder, so that a broker comes back where it was
  [ -f "$DIR/ports" ] || echo "$(free_port) $(free_port) $(free_port) $(free_port) $(free_port) $(free_port)" > "$DIR/ports"
  read -r PORT CONTROLLER TLS MUTUAL SASL WIRE < "$DIR/ports"
  ROLES=broker,controller NODE=1
  if [ -n "${KAFKA_BESIDE:-}" ]; then
    ROLES=broker NODE=2
    read -r _ CONTROLLER _ < "$KAFKA_BESIDE/ports"
  fi
}

have_jars() { [ -f "$LIBS/.complete" ]; }

fetch_jars() {
  have_jars && return 0
  mkdir -p "$LIBS"
  exec 9> "$LIBS.lock"
  flock 9
  have_jars && return 0
  cat > "$LIBS/pom.xml" <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dateline</groupId><artifactId>test-kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_$SCALA</artifactId><version>$VERSION</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$VERSION</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>$LOG4J</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-1.2-api</artifactId><version>$LOG4J</version></dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>$LOG4J</version></dependency>
  </dependencies>
</project>
XML
  mvn -B -q -f "$LIBS/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$LIBS" -Dmdep.useBaseVersion=true >&2 || return 1
  ls "$LIBS/kafka_$SCALA-$VERSION.jar" > /dev/null && touch "$LIBS/.complete"
}

java_there() {
  local major
  major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1)
  [ "${major:-0}" -ge 17 ]
}

have_java() {
  if java_there && { have_jars || command -v mvn > /dev/null; }; then return 0; fi
  [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || return 1
  echo "installing Java and Maven with apt" >&2
  apt-get install -y -qq openjdk-17-jre-headless maven >&2 2>&1 || return 1
  java_there
}

jvm() { # small: two cores, one tiny broker
  java -Xms64m -Xmx256m -XX:+UseSerialGC -XX:MaxMetaspaceSize=128m -XX:TieredStopAtLevel=1 \
    -Djava.awt.headless=true -Dlog4j2.configurationFile="file:$DIR/log4j2.properties" -cp "$LIBS/*" "$@"
}

configure() {
  local listeners="PLAINTEXT://127.0.0.1:$PORT" protocols=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
  if [ -n "${KAFKA_SECURE:-}" ]; then
    listeners="$listeners,TLS://127.0.0.1:$TLS,SSL://127.0.0.1:$MUTUAL,SASL_SSL://127.0.0.1:$SASL"
    protocols="$protocols,TLS:SSL,SSL:SSL,SASL_SSL:SASL_SSL"
  fi
  local said=$listeners copies=${KAFKA_COPIES:-1}
  if [ -n "${KAFKA_WIRE:-}" ]; then
    said="$listeners,WIRE://127.0.0.1:$KAFKA_WIRE"
    listeners="$listeners,WIRE://127.0.0.1:$WIRE"
    protocols="$protocols,WIRE:PLAINTEXT"
  fi
  if [ "$NODE" = 1 ]; then listeners="$listeners,CONTROLLER://127.0.0.1:$CONTROLLER"; fi
  cat > "$CONF" <<P
process.roles=$ROLES
node.id=$NODE
controller.quorum.voters=1@127.0.0.1:$CONTROLLER
listeners=$listeners
advertised.listeners=$said
listener.security.protocol.map=$protocols
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$DIR/data
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=$copies
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=2
background.threads=2
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.backoff.ms=1000
log.initial.task.delay.ms=500
P
  if [ "$copies" = 2 ]; then
    printf '%s\n' leader.imbalance.check.interval.seconds=1 leader.imbalance.per.broker.percentage=0 \
      broker.session.timeout.ms=6000 broker.heartbeat.interval.ms=1000 >> "$CONF"
  fi
  if [ "${KAFKA_TIMINGS:-quick}" != broker ]; then
    local cleanup=1000
    if [ "${KAFKA_TIMINGS:-quick}" = late ]; then cleanup=600000; fi
    cat >> "$CONF" <<P
group.initial.rebalance.delay.ms=0
transaction.abort.timed.out.transaction.cleanup.interval.ms=$cleanup
P
  fi
  if [ -n "${KAFKA_SECURE:-}" ]; then
    cat >> "$CONF" <<P
ssl.keystore.location=$KAFKA_SECURE/server.p12
ssl.keystore.password=dateline
ssl.keystore.type=PKCS12
ssl.truststore.location=$KAFKA_SECURE/ca.p12
ssl.truststore.password=dateline
ssl.truststore.type=PKCS12
listener.name.tls.ssl.client.auth=none
listener.name.ssl.ssl.client.auth=required
sasl.enabled.mechanisms=SCRAM-SHA-512,OAUTHBEARER
listener.name.sasl_ssl.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=false
P
  fi
  cat > "$DIR/log4j2.properties" <<P
status=error
appender.f.type=File
appender.f.name=F
appender.f.fileName=$DIR/logs/server.log
appender.f.layout.type=PatternLayout
appender.f.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=INFO
rootLogger.appenderRef.f.ref=F
P
}

running() { [ -f "$PID" ] && kill -0 "$(cat "$PID")" 2> /dev/null; }

answers() { grep -q 'Kafka Server started' "$DIR/logs/stdout.log" "$DIR/logs/server.log" 2> /dev/null; }

start_jvm() {
  if [ ! -f "$DIR/data/meta.properties" ]; then
    local extra=()
    [ -z "${KAFKA_SECURE:-}" ] || extra=(--add-scram 'SCRAM-SHA-512=[name=dateline,password=canary-7f3a-secret]')
    local cluster
    if [ "$NODE" = 2 ]; then
      cluster=$(sed -n 's/^cluster.id=//p' "$KAFKA_BESIDE/data/meta.properties")
    else
      cluster=$(jvm kafka.tools.StorageTool random-uuid | tail -1)
    fi
    jvm kafka.tools.StorageTool format -t "$cluster" -c "$CONF" "${extra[@]}" >&2
  fi
  : > "$DIR/logs/server.log"
  : > "$DIR/logs/stdout.log"
  nohup java -Xms64m -Xmx256m -XX:+UseSerialGC -XX:MaxMetaspaceSize=128m -XX:MaxDirectMemorySize=64m \
    -XX:TieredStopAtLevel=1 -Djava.awt.headless=true -Dlog4j2.configurationFile="file:$DIR/log4j2.properties" \
    -cp "$LIBS/*" kafka.Kafka "$CONF" > "$DIR/logs/stdout.log" 2>&1 < /dev/null 9>&- &
  echo $! > "$PID"
  local tenth
  for tenth in $(seq 1 900); do
    answers && return 0
    running || { tail -20 "$DIR/logs/stdout.log" "$DIR/logs/server.log" >&2; return 1; }
    sleep 0.1
  done
  return 1
}

engine() {
  local name
  for name in docker podman; do
    if command -v $name > /dev/null && $name info > /dev/null 2>&1; then echo $name; return 0; fi
  done
  return 1
}

start_container() {
  local engine=$1
  $engine run -d --rm --name "$CONTAINER" -p "127.0.0.1:$PORT:9092" \
    -e KAFKA_NODE_ID=1 -e KAFKA_PROCESS_ROLES=broker,controller -e KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:9093 \
    -e KAFKA_LISTENERS=PLAINTEXT://:9092,CONTROLLER://:9093 -e KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER \
    -e KAFKA_ADVERTISED_LISTENERS="PLAINTEXT://127.0.0.1:$PORT" \
    -e KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1 -e KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1 \
    -e KAFKA_TRANSACTION_STATE_LOG_MIN_ISR=1 -e KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS=0 \
    -e KAFKA_TRANSACTION_ABORT_TIMED_OUT_TRANSACTION_CLEANUP_INTERVAL_MS=1000 \
    "apache/kafka:$VERSION" > "$DIR/container" || return 1
  local second
  for second in $(seq 1 60); do
    if $engine logs "$CONTAINER" 2>&1 | grep -q 'Kafka Server started'; then return 0; fi
    sleep 1
  done
  return 1
}

start() {
  if [ -n "${DATELINE_TEST_KAFKA:-}" ]; then echo "$DATELINE_TEST_KAFKA"; return 0; fi
  mkdir -p "$DIR/logs"
  ports
  if running; then bootstrap; return 0; fi
  local name
  watch
  if have_java && fetch_jars; then
    configure
    start_jvm || fail "the broker did not start; see $DIR/logs"
  elif name=$(engine); then
    [ -z "${KAFKA_SECURE:-}" ] || fail "the tests of TLS and SASL need Java and keytool"
    start_container "$name" || fail "the container did not start"
  else
    fail "neither Java 17 with Maven (apt install openjdk-17-jre-headless maven) nor a container engine is here; or set DATELINE_TEST_KAFKA=host:port"
  fi
  bootstrap
}

bootstrap() { # with TLS also the addresses of the listeners TLS, SSL and SASL_SSL; then that of WIRE
  echo "127.0.0.1:$PORT${KAFKA_WIRE:+ 127.0.0.1:$WIRE}${KAFKA_SECURE:+ 127.0.0.1:$TLS 127.0.0.1:$MUTUAL 127.0.0.1:$SASL}"
}

watch() { # ends the broker with the process it is for
  [ -n "${KAFKA_FOR:-}" ] && [ ! -f "$DIR/watched" ] || return 0
  touch "$DIR/watched"
  nohup bash -c 'while kill -0 "$1" 2> /dev/null; do sleep 1; done; KAFKA_FOR= KAFKA_DIR="$2" "$3" clean' \
    watch "$KAFKA_FOR" "$DIR" "${BASH_SOURCE[0]}" > /dev/null 2>&1 < /dev/null &
}

halt() { # halt <signal>
  local name
  if [ -f "$DIR/container" ] && name=$(engine); then
    if [ "$1" = KILL ]; then $name kill "$CONTAINER"; else $name stop "$CONTAINER"; fi > /dev/null 2>&1 || true
    rm -f "$DIR/container"
  fi
  [ -f "$PID" ] || return 0
  local pid tenth
  pid=$(cat "$PID")
  kill -s "$1" "$pid" 2> /dev/null || true
  for tenth in $(seq 1 300); do
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.1
  done
  kill -9 "$pid" 2> /dev/null || true
  rm -f "$PID"
}

case "${1:-}" in
  start) start ;;
  stop) halt TERM ;;
  kill) halt KILL ;;
  clean) halt KILL; rm -rf "$DIR" ;;
  tool) shift; mkdir -p "$DIR/logs"; jvm "$@" ;;
  *) echo "usage: $0 start | stop | kill | clean | tool CLASS ARGUMENTS" >&2; exit 64 ;;
esac
