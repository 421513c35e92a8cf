//! A socket that asks the protocol's requests one by one.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use corelane_protocol::Request;
use corelane_protocol::frame::{decode_response, encode_request};
use corelane_protocol::messages::find_coordinator::FindCoordinatorRequest;

/// The longest wait for an answer: a rebalance takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the broker listens");
        stream.set_nodelay(true).expect("TCP has this option");
        let limit = Some(PATIENCE);
        stream.set_read_timeout(limit).expect("a limit above zero");
        Self {
            stream,
            answer: Vec::new(),
        }
    }

    pub fn ask<R: Request>(&mut self, version: i16, request: &R) -> R::Response {
        let frame = encode_request(request, version, 1, Some("figures"));
        let frame = frame.expect("what is asked has a place in this version");
        self.stream.write_all(&frame).expect("the broker reads");
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).expect("an answer");
        let length = u32::from_be_bytes(length) as usize;
        self.answer.resize(length, 0);
        let answer = &mut self.answer;
        self.stream.read_exact(answer).expect("all of an answer");
        let decoded = decode_response::<R>(Bytes::copy_from_slice(answer), version);
        decoded.expect("an answer of this version").1
    }

    pub fn await_coordinator(&mut self, group: &str) {
        for _ in 0..200 {
            let find = FindCoordinatorRequest {
                coordinator_keys: vec![group.to_owned()],
                ..FindCoordinatorRequest::default()
            };
            let found = self.ask(4, &find);
            if found.coordinators.iter().all(|one| one.error_code == 0) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("there is no coordinator");
    }
}
