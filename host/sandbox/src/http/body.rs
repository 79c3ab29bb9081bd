//! The body of an answer: bytes at hand, or frames that are made while it is read.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// Never fails: a stream that cannot go on simply ends.
pub type Never = std::convert::Infallible;

pub enum ReplyBody {
    Whole(Option<Bytes>),
    Stream(Frames),
}

/// A body that its writer goes on with whenever the reader wants more: nothing is queued, and the writer is dropped
/// with the body.
pub struct Frames {
    writer: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    next: Sink,
}

/// Where the writer of a body puts its next frame.
#[derive(Clone, Default)]
pub struct Sink(Arc<Mutex<Option<Bytes>>>);

impl Frames {
    pub fn of<W>(writer: impl FnOnce(Sink) -> W) -> Self
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let next = Sink::default();
        Frames { writer: Some(Box::pin(writer(next.clone()))), next }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(writer) = &mut self.writer else { return Poll::Ready(None) };
        let ended = writer.as_mut().poll(cx).is_ready();
        if ended {
            self.writer = None;
        }
        match self.next.take() {
            Some(frame) => Poll::Ready(Some(frame)),
            None if ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl Sink {
    /// Puts a frame, and waits until the reader comes for the next one.
    pub async fn put(&self, frame: Bytes) {
        let mut frame = Some(frame);
        std::future::poll_fn(|_| match frame.take() {
            // The reader takes it at once; it polls again when it wants more.
            Some(frame) => {
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(frame);
                Poll::Pending
            }
            None => Poll::Ready(()),
        })
        .await;
    }

    fn take(&self) -> Option<Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ReplyBody {
    /// What a writer goes on with.
    pub fn stream<W>(writer: impl FnOnce(Sink) -> W) -> Self
    where
        W: Future<Output = ()> + Send + 'static,
    {
        ReplyBody::Stream(Frames::of(writer))
    }
}

impl From<Vec<u8>> for ReplyBody {
    fn from(bytes: Vec<u8>) -> Self {
        ReplyBody::Whole(Some(bytes.into()))
    }
}

impl From<Bytes> for ReplyBody {
    fn from(bytes: Bytes) -> Self {
        ReplyBody::Whole(Some(bytes))
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Never;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Never>>> {
        match &mut *self {
            ReplyBody::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            ReplyBody::Stream(frames) => frames.poll(cx).map(|frame| frame.map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, ReplyBody::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ReplyBody::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            ReplyBody::Stream(_) => SizeHint::default(),
        }
    }
}
