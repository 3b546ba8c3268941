//! Everything has a limit; these are the hub's.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Limits {
    /// Queued and unsent for one client, in bytes; past it the client is cut.
    pub queue: usize,
    /// One packet from a client, in bytes.
    pub packet: usize,
    /// The payload of a signal, in bytes.
    pub signal: usize,
    pub subscriptions_per_client: usize,
    pub connections_per_account: usize,
    /// PUBLISH packets of a client: so many at once,
    pub signal_burst: u16,
    /// and so many a second on the average. Past it the connection is closed.
    pub signals_per_second: u16,
    /// Sent at quality of service 1 and not acknowledged yet; what follows waits in the queue.
    pub window: usize,
    /// From the start of the connection to CONNECT.
    pub connect: Duration,
    /// Without a word from a client that has asked for no keep-alive.
    pub silence: Duration,
    /// One write that does not end.
    pub stall: Duration,
    /// The goodbye of a transport; after that it is dropped.
    pub goodbye: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue: 1024 * 1024,
            packet: 64 * 1024,
            signal: 1024,
            subscriptions_per_client: 1000,
            connections_per_account: 100,
            signal_burst: 50,
            signals_per_second: 10,
            window: 256,
            connect: Duration::from_secs(10),
            silence: Duration::from_hours(1),
            stall: Duration::from_secs(15),
            goodbye: Duration::from_millis(250),
        }
    }
}
