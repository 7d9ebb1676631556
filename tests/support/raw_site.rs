//! A site on loopback that sends what a test says, byte by byte, and counts who came.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use url::Url;

/// What a site does with a connection after it has read the head of a request.
pub(crate) enum Step {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Sends bytes again and again until the other side goes away.
    Forever(Vec<u8>),
    /// Sends bytes again and again with a pause before each.
    Drip(Vec<u8>, Duration),
    /// Says nothing more, and keeps the connection open.
    Hang,
}

/// From the head of a request to what is done.
type Script = dyn Fn(&str) -> Vec<Step> + Send + Sync;

/// A running site; it stops when dropped.
pub(crate) struct RawSite {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for RawSite {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl RawSite {
    /// Serves at an address (port 0 for any); the script is asked with the head of each request.
    /// Each connection ends after one answer.
    pub(crate) async fn serve(
        address: SocketAddr,
        script: impl Fn(&str) -> Vec<Step> + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (connections, heads) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let script: Arc<Script> = Arc::new(script);
        let task = tokio::spawn(accept(
            listener,
            script,
            connections.clone(),
            Arc::clone(&heads),
        ));
        Ok(Self {
            address,
            connections,
            heads,
            task,
        })
    }

    /// Serves at any port of a loopback address.
    pub(crate) async fn at(
        ip: [u8; 4],
        script: impl Fn(&str) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        Self::serve((IpAddr::from(ip), 0).into(), script)
            .await
            .expect("a free port on loopback")
    }

    /// Sends the same bytes to everybody.
    pub(crate) async fn saying(ip: [u8; 4], answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::at(ip, move |_| vec![Step::Send(answer.clone())]).await
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).expect("an address of the test")
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The heads of the requests so far, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

async fn accept(
    listener: TcpListener,
    script: Arc<Script>,
    connections: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
) {
    while let Ok((mut stream, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::SeqCst);
        let (script, heads) = (Arc::clone(&script), Arc::clone(&heads));
        tokio::spawn(async move {
            let head = head_of(&mut stream).await;
            heads
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(head.to_lowercase());
            for step in script(&head) {
                if run(step, &mut stream).await.is_err() {
                    return;
                }
            }
            // An answer without a length ends here; the other side reads to the end before it closes.
            stream.shutdown().await.ok();
            stream.read_to_end(&mut Vec::new()).await.ok();
        });
    }
}

async fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => head.extend_from_slice(&buffer[..count]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

async fn run(step: Step, stream: &mut TcpStream) -> std::io::Result<()> {
    match step {
        Step::Send(bytes) => stream.write_all(&bytes).await,
        Step::Forever(bytes) => loop {
            stream.write_all(&bytes).await?;
        },
        Step::Drip(bytes, pause) => loop {
            tokio::time::sleep(pause).await;
            stream.write_all(&bytes).await?;
        },
        Step::Hang => std::future::pending().await,
    }
}

/// An answer with a body and its length.
pub(crate) fn answer(status: &str, heads: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\n{heads}Content-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}
