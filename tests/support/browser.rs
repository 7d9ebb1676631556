//! A real browser, headless, driven over WebDriver (W3C): pages are looked at as a person's browser shows them.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{skip, tools};

/// What is waited for comes within this, or the test fails; far above what it takes.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// A browser with one page.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    /// A browser of its own; `None`, said, where there is none.
    pub fn start() -> Option<Self> {
        // Only Debian has both as packages; elsewhere a browser is the user's to bring.
        let debian =
            fs::read_to_string("/etc/os-release").is_ok_and(|text| text.contains("\nID=debian\n"));
        if !debian && !has("chromedriver") {
            skip::left_out("chromedriver is not here");
            return None;
        }
        let driver = tools::tool("chromedriver", "chromium-driver")?;
        let binary = tools::tool("chromium", "chromium")?;
        let mut driver = Command::new(driver)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let said = BufReader::new(driver.stdout.take().expect("piped"));
        let port = said.lines().map_while(Result::ok).find_map(|line| {
            let rest = line.split("successfully on port ").nth(1)?;
            rest.trim_end_matches('.').parse().ok()
        });
        let mut browser = Self {
            driver,
            port: port.expect("it names its port"),
            session: String::new(),
        };
        let options = json!({
            "binary": binary,
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900", "--hide-scrollbars"],
        });
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let made = browser.call("POST", "", &wanted);
        made["sessionId"]
            .as_str()
            .expect("a session")
            .clone_into(&mut browser.session);
        Some(browser)
    }

    /// One command; its value.
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let session = if self.session.is_empty() {
            String::new()
        } else {
            format!("/{}", self.session)
        };
        let body = if method == "GET" {
            String::new()
        } else {
            body.to_string()
        };
        let request = format!(
            "{method} /session{session}{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream =
            TcpStream::connect(("127.0.0.1", self.port)).expect("chromedriver listens");
        stream.write_all(request.as_bytes()).expect("it reads");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("a time that is not zero");
        let mut value: Value = serde_json::from_slice(&read_body(stream)).expect("JSON");
        let value = value["value"].take();
        assert!(value["error"].is_null(), "{method} {path}: {value}");
        value
    }

    /// Opens an address.
    pub fn open(&self, url: &str) {
        self.call("POST", "/url", &json!({ "url": url }));
    }

    /// What an expression of JavaScript gives.
    pub fn read(&self, expression: &str) -> Value {
        let script = format!("return ({expression})");
        self.call(
            "POST",
            "/execute/sync",
            &json!({ "script": script, "args": [] }),
        )
    }

    /// Waits until an expression gives something that is so; what it gave.
    pub fn until(&self, expression: &str) -> Value {
        let begun = Instant::now();
        loop {
            let value = self.read(expression);
            if !matches!(value, Value::Null | Value::Bool(false)) {
                return value;
            }
            let shown = || self.read("document.body.innerText.slice(0, 2000)");
            assert!(
                begun.elapsed() < PATIENCE,
                "waited for {expression}: {}",
                shown()
            );
            std::thread::sleep(LOOK);
        }
    }

    /// Presses keys, one after another.
    pub fn press(&self, keys: &str) {
        let press = |key: char| {
            let key = key.to_string();
            [
                json!({"type": "keyDown", "value": key}),
                json!({"type": "keyUp", "value": key}),
            ]
        };
        let actions: Vec<Value> = keys.chars().flat_map(press).collect();
        let all = json!({"actions": [{"type": "key", "id": "keys", "actions": actions}]});
        self.call("POST", "/actions", &all);
    }

    /// Sets how the page is shown: its width, light or dark.
    pub fn show_as(&self, width: u32, scheme: &str) {
        let size =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.tell_chromium("Emulation.setDeviceMetricsOverride", &size);
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.tell_chromium("Emulation.setEmulatedMedia", &media);
    }

    fn tell_chromium(&self, command: &str, parameters: &Value) {
        let body = json!({"cmd": command, "params": parameters});
        self.call("POST", "/goog/cdp/execute", &body);
    }

    /// Keeps a picture of what is shown under `target/console`.
    pub fn keep_picture(&self, name: &str) {
        let picture = self.call("GET", "/screenshot", &Value::Null);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/console");
        fs::create_dir_all(&folder).expect("a folder");
        let bytes = decode_base64(picture.as_str().expect("a picture"));
        fs::write(folder.join(name), bytes).expect("a file");
    }

    /// What the page's own console complained of.
    pub fn complaints(&self) -> Vec<String> {
        let lines = self.call("POST", "/se/log", &json!({"type": "browser"}));
        let lines = lines.as_array().expect("a list").iter();
        let bad = lines.filter(|line| line["level"] == "SEVERE" || line["level"] == "WARNING");
        bad.map(Value::to_string).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.call("DELETE", "", &json!({}));
        }
        // It may have ended already.
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

/// The body of a reply, by its length: chromedriver says that it closes the connection, and leaves it open.
fn read_body(stream: TcpStream) -> Vec<u8> {
    let mut reply = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reply.read_line(&mut line).expect("it answers in time");
        if line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().expect("a number");
        }
    }
    let mut body = vec![0; length];
    reply.read_exact(&mut body).expect("it answers in time");
    body
}

fn has(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Base64 of RFC 4648 section 4.
fn decode_base64(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|letter| *letter != b'=').collect();
    let mut bytes = Vec::with_capacity(letters.len() * 3 / 4);
    for four in letters.chunks(4) {
        let bits = four
            .iter()
            .fold(0_u32, |bits, letter| bits << 6 | u32::from(value(*letter)));
        let bits = bits << (6 * (4 - four.len()));
        bytes.extend(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}
