//! The token of OAUTHBEARER: read from a file or from what a command prints.

use std::{
    error::Error,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::mpsc,
    time::Duration,
};

use jiff::Timestamp;
use rdkafka::client::OAuthToken;
use serde::Deserialize;

use crate::config::KafkaConfig;

/// A token without a date of its own is fetched again after this.
const TOKEN_LIFE: Duration = Duration::from_secs(300);
/// A command may take this long.
// The thread that asks serves the group meanwhile, whose session lasts a second more.
const COMMAND: Duration = Duration::from_secs(5);
/// What a command that was ended said is there after this time, or never.
const ENDED: Duration = Duration::from_millis(200);
/// Of what a command that failed said, this much is reported.
// It goes into one line of a log.
const SAID_BYTES: usize = 200;

/// Where tokens come from.
#[derive(Debug, Clone)]
pub(in crate::kafka) struct Tokens {
    file: Option<PathBuf>,
    command: Option<String>,
}

impl Tokens {
    pub(in crate::kafka) fn from_config(config: &KafkaConfig) -> Self {
        Self {
            file: config.token_file.clone(),
            command: config.token_command.clone(),
        }
    }

    /// Reads the token anew: whoever issues it may have replaced it.
    pub(in crate::kafka) fn next(&self) -> Result<OAuthToken, Box<dyn Error>> {
        let token = self.read_token()?;
        let claims = read_claims(&token);
        let now = Timestamp::now().as_millisecond();
        let life = i64::try_from(TOKEN_LIFE.as_millis()).unwrap_or(i64::MAX);
        Ok(OAuthToken {
            lifetime_ms: claims
                .exp
                .map_or(now + life, |seconds| (seconds * 1000.0) as i64),
            principal_name: claims.sub.unwrap_or_else(|| "dateline".to_owned()),
            token,
        })
    }

    fn read_token(&self) -> Result<String, Box<dyn Error>> {
        if let Some(path) = &self.file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("kafka.token_path {}: {error}", path.display()))?;
            return Ok(text.trim().to_owned());
        }
        let command = self.command.as_deref();
        let command = command.ok_or("OAUTHBEARER needs kafka.token_path or kafka.token_command")?;
        let (output, in_time) =
            run_command(command).map_err(|error| format!("kafka.token_command: {error}"))?;
        let said = output.as_ref().map(last_stderr_words).unwrap_or_default();
        match output {
            Some(output) if in_time && output.status.success() => {
                Ok(String::from_utf8(output.stdout)?.trim().to_owned())
            }
            Some(output) if in_time => {
                Err(format!("kafka.token_command ended with {}{said}", output.status).into())
            }
            _ => Err(format!(
                "kafka.token_command did not end within {} s{said}",
                COMMAND.as_secs()
            )
            .into()),
        }
    }
}

/// Runs a command with all that it starts, and whether it ended in time; of one that did not, what it said till then.
fn run_command(command: &str) -> std::io::Result<(Option<Output>, bool)> {
    let child = Command::new("sh")
        .args(["-c", command])
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let group = child.id();
    let (done, ended) = mpsc::sync_channel(1);
    // Ends with the command, which is ended below at the latest.
    std::thread::spawn(move || drop(done.send(child.wait_with_output())));
    if let Ok(output) = ended.recv_timeout(COMMAND) {
        return Ok((Some(output?), true));
    }
    // By a shell: the standard library ends a child, not its group, and `unsafe` is banned here.
    Command::new("sh")
        .args(["-c", &format!("kill -KILL -{group}")])
        .status()?;
    Ok((ended.recv_timeout(ENDED).ok().transpose()?, false))
}

/// The end of what a command said on stderr; its stdout may hold a token.
fn last_stderr_words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let text = text.trim();
    let from = text.ceil_char_boundary(text.len().saturating_sub(SAID_BYTES));
    let end: String = text[from..]
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if end.is_empty() {
        end
    } else {
        format!(": {end}")
    }
}

/// What a JSON Web Token says of itself (RFC 7519 section 4.1).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenClaims {
    sub: Option<String>,
    exp: Option<f64>,
}

/// The claims of a token; none where it is not a JSON Web Token.
fn read_claims(token: &str) -> TokenClaims {
    let payload = token.split('.').nth(1).and_then(decode_base64url);
    payload
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// RFC 4648 section 5, without padding.
fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(value)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// The token that a command prints, and whose it is.
    fn of(command: &str) -> Result<(String, String), String> {
        let tokens = Tokens {
            file: None,
            command: Some(command.to_owned()),
        };
        let token = tokens.next().map_err(|error| error.to_string())?;
        Ok((token.token, token.principal_name))
    }

    #[test]
    fn a_token_tells_whose_it_is_and_until_when() {
        // {"sub":"news","exp":2000000000.5} in base64url between two dots.
        let token = "e30.eyJzdWIiOiJuZXdzIiwiZXhwIjoyMDAwMDAwMDAwLjV9.x";
        let claims = read_claims(token);
        assert_eq!(
            (claims.sub.as_deref(), claims.exp),
            (Some("news"), Some(2_000_000_000.5))
        );
        let token = of("printf canary").expect("the command prints one");
        assert_eq!(token, ("canary".to_owned(), "dateline".to_owned()));
    }

    #[test]
    fn a_command_that_fails_is_told_with_what_it_said_and_without_a_token() {
        let error = of("printf canary; echo 'no such\trealm' >&2; exit 3").expect_err("it fails");
        assert_eq!(
            error,
            "kafka.token_command ended with exit status: 3: no such realm"
        );
    }

    #[test]
    fn a_command_that_does_not_end_is_ended_with_all_that_it_started() {
        let begun = Instant::now();
        let error = of("printf canary; echo asking >&2; sleep 61; true").expect_err("it hangs");
        assert_eq!(error, "kafka.token_command did not end within 5 s: asking");
        assert!(begun.elapsed() < Duration::from_secs(8), "{begun:?}");
    }
}
