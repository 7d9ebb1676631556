//! The requests of a transaction as Kafka's protocol writes them, and answers to them that are errors.

use std::collections::BTreeMap;

/// A kind of request that a transaction makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    InitProducerId,
    AddPartitions,
    Produce,
    AddOffsets,
    CommitOffsets,
    EndTransaction,
}

/// Every kind, in the order in which a transaction makes them.
pub const CALLS: [Call; 6] = [
    Call::InitProducerId,
    Call::AddPartitions,
    Call::Produce,
    Call::AddOffsets,
    Call::CommitOffsets,
    Call::EndTransaction,
];

impl Call {
    /// By its number in the protocol.
    fn of_key(key: i16) -> Option<Self> {
        Some(match key {
            0 => Self::Produce,
            22 => Self::InitProducerId,
            24 => Self::AddPartitions,
            25 => Self::AddOffsets,
            26 => Self::EndTransaction,
            28 => Self::CommitOffsets,
            _ => return None,
        })
    }

    /// The answer that a broker gives which refuses all that a request asks for.
    pub fn refusal(self, request: &Request<'_>, code: i16) -> Vec<u8> {
        let mut answer = Vec::new();
        put(&mut answer, &request.number.to_be_bytes());
        match (self, request.version) {
            (Self::AddOffsets | Self::EndTransaction, 0..=2) => {
                put(&mut answer, &[0; 4]); // throttle
                put(&mut answer, &code.to_be_bytes());
            }
            (Self::AddPartitions, 0..=2) => refuse_partitions(request, code, &mut answer),
            (Self::Produce, 9..=10) => refuse_records(request, code, &mut answer),
            (Self::CommitOffsets, 3) => refuse_offsets(request, code, &mut answer),
            (_, version) => panic!("the library asks {self:?} by version {version}"),
        }
        answer
    }
}

/// The head of a request.
#[derive(Debug)]
pub struct Request<'a> {
    /// None where it is of no kind that a transaction makes.
    pub call: Option<Call>,
    pub version: i16,
    /// The number that its answer carries.
    pub number: i32,
    /// All after the name of the client.
    body: &'a [u8],
}

impl<'a> Request<'a> {
    pub fn of(frame: &'a [u8]) -> Self {
        let mut reader = Reader(frame);
        let call = Call::of_key(reader.i16());
        let (version, number) = (reader.i16(), reader.i32());
        reader.text();
        Self {
            call,
            version,
            number,
            body: reader.0,
        }
    }
}

pub fn number_of_answer(frame: &[u8]) -> i32 {
    Reader(frame).i32()
}

/// Partitions by topic.
type Places<'a> = BTreeMap<&'a [u8], Vec<i32>>;

/// `AddPartitionsToTxn` 0 to 2: lists with a length of four bytes.
fn refuse_partitions(request: &Request<'_>, code: i16, answer: &mut Vec<u8>) {
    let mut reader = Reader(request.body);
    reader.text();
    reader.take(8 + 2); // producer's id and epoch
    let mut places = Places::new();
    for _ in 0..reader.i32() {
        let topic = reader.text();
        let count = reader.i32();
        places.insert(topic, (0..count).map(|_| reader.i32()).collect());
    }
    put(answer, &[0; 4]); // throttle
    put(answer, &length(places.len()).to_be_bytes());
    for (topic, partitions) in places {
        let name = i16::try_from(topic.len()).expect("a topic's name");
        put(answer, &name.to_be_bytes());
        put(answer, topic);
        put(answer, &length(partitions.len()).to_be_bytes());
        for partition in partitions {
            put(answer, &partition.to_be_bytes());
            put(answer, &code.to_be_bytes());
        }
    }
}

/// `Produce` 9 and 10: compact lists, and fields by tags, of which there are none.
fn refuse_records(request: &Request<'_>, code: i16, answer: &mut Vec<u8>) {
    let mut reader = Reader(request.body);
    reader.tags();
    reader.compact_text();
    reader.take(2 + 4); // acknowledgements and time-out
    let places = compact_places(&mut reader, |reader| {
        reader.compact_text(); // the records
    });
    put(answer, &[0]); // no tags
    put_compact_places(answer, &places, |answer| {
        put(answer, &code.to_be_bytes());
        put(answer, &[0xff; 8 + 8 + 8]); // no offset, no time, no first offset
        put(answer, &[1, 0]); // no record by itself, no message
    });
    put(answer, &[0; 4]); // throttle
    put(answer, &[0]); // no tags
}

/// `TxnOffsetCommit` 3: likewise.
fn refuse_offsets(request: &Request<'_>, code: i16, answer: &mut Vec<u8>) {
    let mut reader = Reader(request.body);
    reader.tags();
    reader.compact_text(); // transactional id
    reader.compact_text(); // group
    reader.take(8 + 2 + 4); // producer's id and epoch, generation of the group
    reader.compact_text(); // member
    reader.compact_text(); // its own name
    let places = compact_places(&mut reader, |reader| {
        reader.take(8 + 4); // offset and epoch of the leader
        reader.compact_text(); // metadata
    });
    put(answer, &[0]); // no tags
    put(answer, &[0; 4]); // throttle
    put_compact_places(answer, &places, |answer| put(answer, &code.to_be_bytes()));
    put(answer, &[0]); // no tags
}

/// Topics with their partitions; `rest` reads what follows a partition's number.
fn compact_places<'a>(reader: &mut Reader<'a>, rest: impl Fn(&mut Reader<'a>)) -> Places<'a> {
    let mut places = Places::new();
    for _ in 1..reader.varint() {
        let topic = reader.compact_text();
        let mut partitions = Vec::new();
        for _ in 1..reader.varint() {
            partitions.push(reader.i32());
            rest(reader);
            reader.tags();
        }
        reader.tags();
        places.insert(topic, partitions);
    }
    places
}

fn put_compact_places(answer: &mut Vec<u8>, places: &Places<'_>, rest: impl Fn(&mut Vec<u8>)) {
    put_varint(answer, places.len() + 1);
    for (topic, partitions) in places {
        put_varint(answer, topic.len() + 1);
        put(answer, topic);
        put_varint(answer, partitions.len() + 1);
        for partition in partitions {
            put(answer, &partition.to_be_bytes());
            rest(answer);
            put(answer, &[0]); // no tags
        }
        put(answer, &[0]); // no tags
    }
}

fn put(answer: &mut Vec<u8>, bytes: &[u8]) {
    answer.extend_from_slice(bytes);
}

fn put_varint(answer: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        answer.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    answer.push(number as u8);
}

fn length(count: usize) -> i32 {
    i32::try_from(count).expect("a short list")
}

/// What is left of a request.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, left) = self.0.split_at(count);
        self.0 = left;
        taken
    }

    fn i16(&mut self) -> i16 {
        i16::from_be_bytes(self.take(2).try_into().expect("two bytes"))
    }

    fn i32(&mut self) -> i32 {
        i32::from_be_bytes(self.take(4).try_into().expect("four bytes"))
    }

    /// Seven bits a byte, the lowest first.
    fn varint(&mut self) -> usize {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.take(1)[0];
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return number;
            }
            shift += 7;
        }
    }

    /// A text with a length of two bytes, -1 for none.
    fn text(&mut self) -> &'a [u8] {
        let length = usize::try_from(self.i16()).unwrap_or(0);
        self.take(length)
    }

    /// A text or bytes with a length of one more, 0 for none.
    fn compact_text(&mut self) -> &'a [u8] {
        let length = self.varint().saturating_sub(1);
        self.take(length)
    }

    fn tags(&mut self) {
        for _ in 0..self.varint() {
            self.varint();
            let length = self.varint();
            self.take(length);
        }
    }
}
