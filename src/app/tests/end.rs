use std::future::ready;

use super::*;

#[tokio::test]
async fn a_doorkeeper_that_ends_with_the_end_has_not_failed() {
    let shutdown = Shutdown::new();
    // On another thread: the end begins after it was looked at, and the doorkeeper heard of it.
    let doorkeeper = async { shutdown.begin() };
    assert!(until_the_end(&shutdown, doorkeeper).await.is_ok());
}

#[tokio::test]
async fn a_doorkeeper_that_ends_before_it_has_failed() {
    let ended = until_the_end(&Shutdown::new(), ready(())).await;
    assert!(matches!(ended, Err(ServeError::NobodyAnswers)));
}
