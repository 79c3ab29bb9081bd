//! A watch as its events come in.

use std::pin::Pin;

use futures::{AsyncBufReadExt as _, TryStreamExt as _, io::AsyncBufRead};
use serde_json::Value;
use windlass_tests_support::PATIENCE;

use crate::Failure;

pub struct Watch(futures::io::Lines<Pin<Box<dyn AsyncBufRead + Send>>>);

impl Watch {
    /// Begins one of a collection; what is there already is told first.
    pub async fn of(client: &kube::Client, collection: &str, query: &str) -> Result<Self, Failure> {
        let request = http::Request::get(format!("{collection}?watch=true{query}")).body(Vec::new())?;
        let stream: Pin<Box<dyn AsyncBufRead + Send>> = Box::pin(client.request_stream(request).await?);
        Ok(Self(stream.lines()))
    }

    /// The next object that has changed; `None` once the server has ended the watch.
    pub async fn next(&mut self) -> Result<Option<Value>, Failure> {
        let Some(line) = self.0.try_next().await? else { return Ok(None) };
        let event: Value = serde_json::from_str(&line)?;
        Ok(event.get("object").cloned())
    }

    /// Waits for an object that passes the test.
    pub async fn until(&mut self, test: impl Fn(&Value) -> bool) -> Result<(), Failure> {
        let found = async {
            while let Some(object) = self.next().await? {
                if test(&object) {
                    return Ok(());
                }
            }
            Err("the watch has ended".into())
        };
        tokio::time::timeout(PATIENCE, found).await?
    }
}
