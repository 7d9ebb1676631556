// Prints every event as it comes. One file, no build: with kafka-clients, jackson-databind and slf4j-api on the class path
//   java -cp 'libs/*' Events.java localhost:9092 dateline.events [GROUP]
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Events {
  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("group.id", args.length > 2 ? args[2] : "my-events");
    settings.put("auto.offset.reset", "earliest"); // a new group begins with the oldest event kept
    // The Java client reads uncommitted records by default: what a worker wrote before it died, and writes again when it
    // is back, would come twice. With this each event comes exactly once.
    settings.put("isolation.level", "read_committed");
    ObjectMapper json = new ObjectMapper();
    try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(args[1]));
      while (true) {
        for (var record : consumer.poll(Duration.ofSeconds(1))) {
          JsonNode event = json.readTree(record.value()); // `dateline schema event` says what is in it
          System.out.println(String.join("\t", record.key(), event.get("revision").asText(),
              event.get("status").asText(), event.get("type").asText()));
        }
      }
    }
  }
}
