//! A cluster that lets in only who is known: its keys, its listeners, and what it grants.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use dateline::{
    config::{KafkaConfig, Secret},
    kafka::topics_plan,
};

use super::{
    broker::{ACLS, Broker, config, unique},
    skip,
};

/// The password that `kafka.sh` gives the user `dateline`; it must be in nothing that is printed.
pub(crate) const CANARY: &str = "canary-7f3a-secret";
/// The password of the worker's own key; neither must this.
pub(crate) const KEY_CANARY: &str = "canary-key-9c41";

/// The settings of a client, as `[kafka.client]` names them.
pub(crate) type Client = BTreeMap<&'static str, String>;

/// The running cluster.
pub(crate) struct Cluster {
    pub(crate) broker: Broker,
    keys: PathBuf,
    /// Where anybody may do anything.
    pub(crate) plain: String,
    /// TLS: who comes is nobody, and may do anything.
    pub(crate) tls: String,
    /// TLS for who shows a certificate.
    pub(crate) mutual: String,
    /// SASL over TLS.
    pub(crate) sasl: String,
    /// A prefix whose topics are there and granted to the user `dateline` and to the worker's certificate.
    pub(crate) prefix: String,
}

/// The cluster of this test binary, and the right to use it; `None` where none is possible, which is said loudly.
pub(crate) fn shared() -> Option<(&'static Cluster, MutexGuard<'static, ()>)> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    Some((CLUSTER.get_or_init(Cluster::start).as_ref()?, turn))
}

impl Cluster {
    fn start() -> Option<Self> {
        let keys = Broker::folder("secure").join("keys");
        std::fs::create_dir_all(&keys).expect("a folder of the tests' own");
        if !make_keys(&keys) {
            skip::skipped("openssl or keytool is missing, TLS and SASL are not tested");
            return None;
        }
        let secure = vec![("KAFKA_SECURE", keys.to_string_lossy().into_owned())];
        let broker = Broker::start("secure", secure)?;
        let addresses: Vec<String> = broker
            .address
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let [plain, tls, mutual, sasl] = addresses.try_into().expect("four listeners");
        let cluster = Self {
            broker,
            keys,
            plain,
            tls,
            mutual,
            sasl,
            prefix: unique("secure"),
        };
        let of_dateline = cluster.config(&cluster.sasl, &Client::new());
        cluster.follow_the_plan(
            &of_dateline,
            "dateline",
            &["kafka-topics.sh", "kafka-acls.sh"],
        );
        cluster.follow_the_plan(&of_dateline, "CN=worker", &["kafka-acls.sh"]);
        Some(cluster)
    }

    /// A file among the keys.
    pub(crate) fn key(&self, name: &str) -> String {
        self.keys.join(name).to_string_lossy().into_owned()
    }

    /// The authority that signed the broker's certificate.
    pub(crate) fn trusted(&self) -> (&'static str, String) {
        ("ssl.ca.location", self.key("ca.pem"))
    }

    /// A client that knows the authority.
    pub(crate) fn over_tls(&self) -> Client {
        let client = [("security.protocol", "SSL".to_owned()), self.trusted()];
        client.into()
    }

    /// A client that shows a certificate of a name, with the key in a file.
    pub(crate) fn showing(&self, name: &str, key: &str) -> Client {
        let mut client = self.over_tls();
        client.insert("ssl.certificate.location", self.key(name));
        client.insert("ssl.key.location", self.key(key));
        client
    }

    /// The worker with its certificate, whose key is under a password.
    pub(crate) fn with_certificate(&self) -> Client {
        let mut client = self.showing("worker.pem", "worker-locked.key");
        client.insert("ssl.key.password", KEY_CANARY.to_owned());
        client
    }

    /// The user `dateline` with its password.
    pub(crate) fn with_password(&self) -> Client {
        let mut client = self.over_tls();
        for (key, value) in [
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.username", "dateline"),
            ("sasl.password", CANARY),
        ] {
            client.insert(key, value.to_owned());
        }
        client
    }

    /// A configuration for a listener.
    pub(crate) fn config(&self, address: &str, client: &Client) -> KafkaConfig {
        let secret =
            |(key, value): (&&str, &String)| ((*key).to_owned(), Secret::new(value.clone()));
        let client: BTreeMap<String, Secret> = client.iter().map(secret).collect();
        KafkaConfig {
            client,
            ..config(address, &self.prefix)
        }
    }

    /// Does what `dateline kafka topics` prints for these programs.
    pub(crate) fn follow_the_plan(&self, config: &KafkaConfig, user: &str, programs: &[&str]) {
        let config = KafkaConfig {
            brokers: self.plain.clone(),
            ..config.clone()
        };
        let plan = topics_plan(&config, user).expect("a plan");
        let wanted = |line: &&String| {
            let program = line.split_whitespace().next();
            program.is_some_and(|program| programs.contains(&program))
                && !line.contains("--cluster")
        };
        let lines: Vec<&String> = plan.iter().filter(wanted).collect();
        // A Java process each: two at once.
        std::thread::scope(|scope| {
            for half in lines.chunks(lines.len().div_ceil(2).max(1)) {
                scope.spawn(|| half.iter().for_each(|line| self.broker.run_printed(line)));
            }
        });
    }

    /// Does what is said while a user lacks one grant.
    pub(crate) fn without<T>(&self, missing: Grant<'_>, then: impl FnOnce() -> T) -> T {
        self.grant("--remove", missing);
        let done = then();
        self.grant("--add", missing);
        done
    }

    fn grant(&self, what: &str, grant: Grant<'_>) {
        let user = format!("User:{}", grant.user);
        let mut arguments = vec!["--bootstrap-server", &self.plain, what];
        if what == "--remove" {
            arguments.push("--force");
        }
        arguments.extend(["--allow-principal", &user, "--operation", grant.operation]);
        arguments.extend([grant.kind, grant.name]);
        assert!(self.broker.tool(ACLS, &arguments), "{arguments:?}");
    }
}

/// What a user may do with one thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant<'a> {
    pub(crate) user: &'a str,
    pub(crate) operation: &'a str,
    /// `--topic` or `--group`.
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
}

fn run(folder: &Path, program: &str, arguments: &str) -> bool {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .args(arguments.split_whitespace());
    let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    done.is_ok_and(|status| status.success())
}

/// An authority, a certificate of the broker for 127.0.0.1 and one of a worker; and an authority that nobody here trusts,
/// with a certificate of the same worker. Whether the tools for it are there.
fn make_keys(folder: &Path) -> bool {
    std::fs::write(folder.join("san"), "subjectAltName=IP:127.0.0.1").expect("a file");
    let openssl = |arguments: &str| run(folder, "openssl", arguments);
    let authority = |name: &str| {
        openssl(&format!(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem"
        ))
    };
    let signed = |file: &str, name: &str, by: &str| {
        openssl(&format!(
            "req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {file}.key -out {file}.csr"
        )) && openssl(&format!(
            "x509 -req -in {file}.csr -CA {by}.pem -CAkey {by}.key -CAcreateserial -days 2 -extfile san -out {file}.pem"
        ))
    };
    let lock =
        format!("rsa -aes256 -in worker.key -passout pass:{KEY_CANARY} -out worker-locked.key");
    let store =
        "pkcs12 -export -in server.pem -inkey server.key -passout pass:dateline -out server.p12";
    let trust = "-importcert -noprompt -alias ca -file ca.pem -keystore ca.p12 -storetype PKCS12 -storepass dateline";
    authority("ca")
        && authority("stranger")
        && signed("server", "server", "ca")
        && signed("worker", "worker", "ca")
        && signed("strange-worker", "worker", "stranger")
        && openssl(&lock)
        && openssl(store)
        && run(folder, "keytool", trust)
}
