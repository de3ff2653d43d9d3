//! The status as it changes.

use std::convert::Infallible;

use axum::Extension;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::Event;
use futures::Stream;
use rushlight_api as api;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::ask::{event, keep_alive};
use crate::app::App;
use crate::limits::Permit;

pub(crate) async fn events(
    State(app): State<App>,
    Extension(permit): Extension<Permit>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = app.service.subscribe();
    let reader = Reader {
        app,
        changes,
        last: None,
        _permit: permit,
    };
    let stream = futures::stream::unfold(reader, async |mut reader| {
        let status = reader.next().await?;
        Some((Ok(event("status", &status)), reader))
    });
    Sse::new(stream).keep_alive(keep_alive())
}

/// One client's view of the status.
struct Reader {
    app: App,
    changes: watch::Receiver<api::Status>,
    last: Option<(Instant, api::Status)>,
    _permit: Permit,
}

impl Reader {
    /// The status at once, and then whenever it is another, not more often than the limit; `None` when it is over.
    async fn next(&mut self) -> Option<api::Status> {
        while let Some((sent, _)) = self.last {
            let next = async {
                self.changes.changed().await.ok()?;
                sleep_until(sent + self.app.limits.status_interval).await;
                Some(())
            };
            tokio::select! {
                () = self.app.stopped() => return None,
                changed = next => changed?,
            }
            if self.is_new() {
                break;
            }
        }
        let status = self.changes.borrow_and_update().clone();
        self.last = Some((Instant::now(), status.clone()));
        Some(status)
    }

    /// False when it changed and changed back.
    fn is_new(&mut self) -> bool {
        let now = self.changes.borrow_and_update();
        self.last.as_ref().is_none_or(|(_, last)| *last != *now)
    }
}
