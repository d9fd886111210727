//! The attacks: what a hostile client says, and how fast.

use std::time::Duration;

/// What a hostile client does to its connection. All but the last two never close it themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// Connects and says nothing.
    Silent,
    /// Sends the head of a request a byte at a time, for ever (the "slow loris").
    SlowHead,
    /// Sends a head that does not end, as fast as it is taken.
    EndlessHead,
    /// Sends a body a byte at a time.
    SlowBody,
    /// Announces a body of a gigabyte, and sends it.
    DeclaredTooLong,
    /// Sends a body in chunks, without an end.
    EndlessBody,
    /// Sends what is no HTTP.
    NoHttp,
    /// Sends many requests before it reads any answer.
    Pipeline,
    /// Asks for a large answer again and again, and reads none.
    NeverReads,
    /// Checks out, and is gone before the answer comes.
    EarlyDisconnect,
    /// Is gone in the middle of a checkout's body.
    CutOff,
}

/// What is said in one piece, and how long the client waits before it says more.
pub struct Speech {
    /// Said at once.
    pub opening: Vec<u8>,
    /// Said again and again after that; empty for nothing more.
    pub refrain: Vec<u8>,
    /// The wait before each refrain.
    pub every: Duration,
}

/// Requests of one pipeline.
pub const PIPELINED: usize = 64;

impl Attack {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Silent,
        Self::SlowHead,
        Self::EndlessHead,
        Self::SlowBody,
        Self::DeclaredTooLong,
        Self::EndlessBody,
        Self::NoHttp,
        Self::Pipeline,
        Self::NeverReads,
        Self::EarlyDisconnect,
        Self::CutOff,
    ];

    /// Whether the client reads what is answered.
    #[must_use]
    pub fn reads(self) -> bool {
        self != Self::NeverReads
    }

    /// How long after its opening the client closes its connection, at most; `None` when it never does.
    #[must_use]
    pub fn leaves_within(self) -> Option<Duration> {
        matches!(self, Self::EarlyDisconnect | Self::CutOff).then_some(Duration::from_millis(40))
    }

    /// What the client of this number says.
    #[must_use]
    pub fn speech(self, number: u32) -> Speech {
        const SLOWLY: Duration = Duration::from_millis(250);
        const FAST: Duration = Duration::from_millis(1);
        let kilobyte = vec![b'a'; 1_024];
        let said = |opening: Vec<u8>, refrain: Vec<u8>, every| Speech { opening, refrain, every };
        let once = |opening: Vec<u8>| said(opening, Vec::new(), SLOWLY);
        match self {
            Self::Silent => once(Vec::new()),
            Self::SlowHead => said(checkout_head(number, "x-slow: "), b"a".to_vec(), SLOWLY),
            Self::EndlessHead => said(checkout_head(number, "x-endless: "), kilobyte, FAST),
            Self::SlowBody => said(checkout_head(number, "content-length: 200\r\n\r\n{"), b" ".to_vec(), SLOWLY),
            Self::DeclaredTooLong => said(checkout_head(number, "content-length: 1073741824\r\n\r\n"), kilobyte, FAST),
            Self::EndlessBody => {
                let chunk = [b"400\r\n", &kilobyte[..], b"\r\n"].concat();
                said(checkout_head(number, "transfer-encoding: chunked\r\n\r\n"), chunk, FAST)
            }
            Self::NoHttp => once(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no HTTP at all \r\n\r\n".to_vec()),
            Self::Pipeline => once(
                // Of two kinds in turns: whoever mixes up their order shows it.
                [
                    &b"GET /nowhere HTTP/1.1\r\nhost: shop\r\n\r\n"[..],
                    b"DELETE /v1/checkouts HTTP/1.1\r\nhost: shop\r\n\r\n",
                ]
                .concat()
                .repeat(PIPELINED / 2),
            ),
            Self::NeverReads => {
                let request = b"GET /openapi.json HTTP/1.1\r\nhost: shop\r\n\r\n".to_vec();
                said(request.clone(), request, FAST)
            }
            Self::EarlyDisconnect => once(checkout(number)),
            Self::CutOff => {
                let mut half = checkout(number);
                half.truncate(half.len() - 20);
                once(half)
            }
        }
    }
}

fn checkout_head(number: u32, rest: &str) -> Vec<u8> {
    format!(
        "POST /v1/checkouts HTTP/1.1\r\nhost: shop\r\nx-shopper-id: hostile-{number}\r\nidempotency-key: k\r\n\
         content-type: application/json\r\n{rest}"
    )
    .into_bytes()
}

fn checkout(number: u32) -> Vec<u8> {
    let body = r#"{"sku":"DOORBUSTER-TV","quantity":1,"payment_method":"pm_card_visa"}"#;
    checkout_head(number, &format!("content-length: {}\r\n\r\n{body}", body.len()))
}
