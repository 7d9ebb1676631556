//! A stretch of wire between clients and a real broker, which knows Kafka's requests by their kind: it stops at one that a
//! test names, refuses one in the broker's place, or lets every answer take its time.

use std::{
    collections::HashMap,
    io::{self, Read as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use self::call::{Call, Request};
use super::broker::{Broker, Turn, shared};

pub mod call;

/// What a test waits for on the wire comes within this time, or the test fails; far above what it takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// The largest request or answer; a test's are far smaller.
const MAX_FRAME_BYTES: usize = 64 * 1024 * 1024;

/// Before a request is passed on, or after the broker has answered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The broker never sees the request.
    Before,
    /// The broker has done what was asked, and the client never hears of it.
    After,
}

/// A request that is answered with an error, in the broker's place, so often.
#[derive(Debug, Clone, Copy)]
struct Refusal {
    call: Call,
    code: i16,
    times: u32,
}

/// What a test has asked of the wire.
#[derive(Debug, Default)]
struct Orders {
    trap: Option<(Call, Side, mpsc::SyncSender<()>)>,
    refusal: Option<Refusal>,
}

/// The wire; connections run in threads of their own until either end is closed.
#[derive(Debug)]
pub struct Wire {
    port: u16,
    broker: OnceLock<String>,
    orders: Mutex<Orders>,
    /// Milliseconds between a request and its answer, at least.
    round_trip: AtomicU64,
}

impl Wire {
    fn open() -> io::Result<(Arc<Self>, TcpListener)> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let wire = Self {
            port: listener.local_addr()?.port(),
            broker: OnceLock::new(),
            orders: Mutex::default(),
            round_trip: AtomicU64::new(0),
        };
        Ok((Arc::new(wire), listener))
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `host:port` of the end that clients see.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Stops at the next request of a kind; [`Caught::wait`] returns when one has come there.
    pub fn stop_at(&self, call: Call, side: Side) -> Caught {
        let (caught, came) = mpsc::sync_channel(1);
        self.orders().trap = Some((call, side, caught));
        Caught { came, call, side }
    }

    /// Answers the next requests of a kind with an error.
    pub fn refuse(&self, call: Call, code: i16, times: u32) {
        self.orders().refusal = Some(Refusal { call, code, times });
    }

    /// How many requests are still to be refused.
    pub fn left_to_refuse(&self) -> u32 {
        self.orders().refusal.map_or(0, |refusal| refusal.times)
    }

    /// From now on an answer comes no sooner than this after its request.
    pub fn slow_to(&self, round_trip: Duration) {
        let ms = u64::try_from(round_trip.as_millis()).expect("a short time");
        self.round_trip.store(ms, Ordering::Relaxed);
    }

    /// Takes the trap if it is set for this request.
    fn spring(&self, call: Call) -> Option<(Side, mpsc::SyncSender<()>)> {
        let trap = &mut self.orders().trap;
        let (_, side, caught) = trap.take_if(|(at, ..)| *at == call)?;
        Some((side, caught))
    }

    /// The error for this request, if it is to be refused.
    fn refusal_of(&self, call: Call) -> Option<i16> {
        let mut orders = self.orders();
        let refusal = orders.refusal.as_mut();
        let refusal = refusal.filter(|refusal| refusal.call == call && refusal.times > 0)?;
        refusal.times -= 1;
        Some(refusal.code)
    }

    fn connect(self: Arc<Self>, client: &TcpStream) {
        let broker = self.broker.get().expect("set before clients know the wire");
        // A broker that is away is a connection that ends.
        let Ok(broker) = TcpStream::connect(broker) else {
            return;
        };
        let both = client.try_clone().and_then(|client| {
            let broker_end = broker.try_clone()?;
            client.set_nodelay(true)?;
            broker.set_nodelay(true)?;
            Ok((client, broker_end))
        });
        let Ok((client_end, broker_end)) = both else {
            return;
        };
        let connection = Arc::new(Connection {
            wire: self,
            answers: Mutex::new(client_end),
            open: Mutex::default(),
        });
        let back = Arc::clone(&connection);
        thread::spawn(move || {
            back.pass_answers(&broker_end);
            drop(broker_end.shutdown(Shutdown::Both));
            drop(lock(&back.answers).shutdown(Shutdown::Both));
        });
        connection.pass_requests(client, &broker);
        drop(broker.shutdown(Shutdown::Both));
    }
}

/// A trap that is set.
#[derive(Debug)]
pub struct Caught {
    came: mpsc::Receiver<()>,
    call: Call,
    side: Side,
}

impl Caught {
    /// Waits until a request has come to the trap; its client waits for an answer that never comes.
    pub fn wait(self, said: impl FnOnce() -> String) {
        let came = self.came.recv_timeout(PATIENCE);
        assert!(
            came.is_ok(),
            "no request comes {:?} {:?}: {}",
            self.side,
            self.call,
            said()
        );
    }
}

/// A request that is on its way.
#[derive(Debug)]
struct OpenRequest {
    since: Instant,
    /// Who is told when its answer has come, which then goes no further.
    caught: Option<mpsc::SyncSender<()>>,
}

/// One client's connection.
struct Connection {
    wire: Arc<Wire>,
    answers: Mutex<TcpStream>,
    open: Mutex<HashMap<i32, OpenRequest>>,
}

impl Connection {
    fn pass_requests(&self, mut client: &TcpStream, mut broker: &TcpStream) {
        while let Ok(frame) = read_frame(client) {
            let request = Request::of(&frame);
            let trap = request.call.and_then(|call| self.wire.spring(call));
            let caught = match trap {
                Some((Side::Before, caught)) => {
                    // Whoever asked may be gone.
                    caught.send(()).ok();
                    // Nothing of this client goes any further.
                    io::copy(&mut client, &mut io::sink()).ok();
                    return;
                }
                Some((Side::After, caught)) => Some(caught),
                None => None,
            };
            let refusal = request
                .call
                .and_then(|call| Some((call, self.wire.refusal_of(call)?)));
            if let Some((call, code)) = refusal {
                let answer = call.refusal(&request, code);
                if write_frame(&mut &*lock(&self.answers), &answer).is_err() {
                    return;
                }
                continue;
            }
            let open = OpenRequest {
                since: Instant::now(),
                caught,
            };
            lock(&self.open).insert(request.number, open);
            if write_frame(&mut broker, &frame).is_err() {
                return;
            }
        }
    }

    fn pass_answers(&self, broker: &TcpStream) {
        while let Ok(frame) = read_frame(broker) {
            let number = call::number_of_answer(&frame);
            let open = lock(&self.open).remove(&number);
            if let Some(OpenRequest { since, caught }) = open {
                if let Some(caught) = caught {
                    caught.send(()).ok();
                    continue;
                }
                let round_trip = self.wire.round_trip.load(Ordering::Relaxed);
                let due = since + Duration::from_millis(round_trip);
                thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            if write_frame(&mut &*lock(&self.answers), &frame).is_err() {
                return;
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request or an answer, without its length.
fn read_frame(mut from: &TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    assert!(length <= MAX_FRAME_BYTES, "{length} bytes");
    let mut frame = vec![0; length];
    from.read_exact(&mut frame)?;
    Ok(frame)
}

fn write_frame(to: &mut impl io::Write, frame: &[u8]) -> io::Result<()> {
    let length = u32::try_from(frame.len()).expect("bounded above");
    let whole = [&length.to_be_bytes()[..], frame].concat();
    to.write_all(&whole)
}

/// A broker of its own that clients reach by a wire.
#[derive(Debug)]
pub struct Wired {
    pub wire: Arc<Wire>,
    pub broker: Broker,
}

/// A broker behind a wire, for one test after another; with it a turn at the shared ones, for such tests measure too.
pub fn wired() -> Option<(&'static Wired, Turn, MutexGuard<'static, ()>)> {
    static WIRED: OnceLock<Option<Wired>> = OnceLock::new();
    static ONE: Mutex<()> = Mutex::new(());
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, turn) = shared()?;
    let wired = WIRED.get_or_init(start_wired).as_ref()?;
    *wired.wire.orders() = Orders::default();
    wired.wire.slow_to(Duration::ZERO);
    Some((wired, turn, one))
}

fn start_wired() -> Option<Wired> {
    let (wire, listener) = Wire::open().expect("a loopback port");
    let environment = vec![("KAFKA_WIRE", wire.port.to_string())];
    let mut broker = Broker::start("wired", environment)?;
    let addresses = broker.address.clone();
    let (direct, behind) = addresses.split_once(' ').expect("two addresses");
    direct.clone_into(&mut broker.address);
    wire.broker.set(behind.to_owned()).expect("set once");
    let opened = Arc::clone(&wire);
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let wire = Arc::clone(&opened);
            thread::spawn(move || wire.connect(&client));
        }
    });
    Some(Wired { wire, broker })
}
