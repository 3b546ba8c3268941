//! Why bytes are no packet, or a packet cannot become bytes.

/// After any of these the stream cannot be trusted further: the connection is closed (§4.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A CONNECT of another version than 3.1.1. A server answers CONNACK 1 before it closes (§3.1.2.2).
    #[error("protocol level {0} is not 4")]
    ProtocolLevel(u8),
    #[error("the packet is larger than allowed")]
    TooLarge,
    #[error("unknown packet type")]
    PacketType,
    #[error("reserved flags are not as they must be")]
    Flags,
    #[error("the remaining length has more than four bytes")]
    RemainingLength,
    #[error("the packet ends before its fields do")]
    Truncated,
    #[error("the packet goes on after its fields")]
    Trailing,
    #[error("a text is not UTF-8, holds U+0000, or is longer than 65,535 bytes")]
    Text,
    #[error("not MQTT")]
    ProtocolName,
    #[error("a quality of service of 3")]
    QoS,
    #[error("a packet identifier of 0")]
    PacketId,
    #[error("not a topic name or topic filter")]
    Topic,
    #[error("the packet has no filters or codes")]
    Empty,
    #[error("unknown return code")]
    ReturnCode,
}
