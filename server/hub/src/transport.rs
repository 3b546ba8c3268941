//! A stream of bytes under MQTT. A `WebSocket` is one in `server`; sockets and in-memory pipes are here.

use std::{
    future::poll_fn,
    io,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

pub trait Transport: Send + 'static {
    /// Some bytes, as they come; `None` at the end. Cancel safe: a dropped call loses nothing.
    fn receive(&mut self) -> impl Future<Output = Option<io::Result<Bytes>>> + Send;

    /// All of them, in one write as far as that is possible. A dropped call leaves the stream unusable.
    fn send(&mut self, bytes: Bytes) -> impl Future<Output = io::Result<()>> + Send;

    /// Says goodbye where the protocol underneath has one. May be dropped at any time.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// Anything that reads and writes: `TcpStream` (set `TCP_NODELAY`), `DuplexStream`.
pub struct ByteStream<S>(S);

impl<S> ByteStream<S> {
    pub fn new(stream: S) -> Self {
        Self(stream)
    }
}

impl<S: AsyncRead + Unpin> ByteStream<S> {
    /// The buffer is on the stack of this call: a connection that waits owns none.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let mut chunk = [const { MaybeUninit::uninit() }; 4096];
        let mut buffer = ReadBuf::uninit(&mut chunk);
        let read = ready!(Pin::new(&mut self.0).poll_read(cx, &mut buffer));
        Poll::Ready(match read {
            Ok(()) if buffer.filled().is_empty() => None,
            Ok(()) => Some(Ok(Bytes::copy_from_slice(buffer.filled()))),
            Err(error) => Some(Err(error)),
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Transport for ByteStream<S> {
    async fn receive(&mut self) -> Option<io::Result<Bytes>> {
        poll_fn(|cx| self.poll_receive(cx)).await
    }

    async fn send(&mut self, bytes: Bytes) -> io::Result<()> {
        self.0.write_all(&bytes).await
    }

    async fn close(&mut self) {
        // A stream that is broken already is as closed as it gets.
        let _ = self.0.shutdown().await;
    }
}
