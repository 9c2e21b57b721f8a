//! Work on many things at the same time, with a limit.

use tokio::task::JoinSet;

use base::error::Result;

/// Runs all of this, each in a task of its own and at most `at_once` of them at a time. Each ends, whatever becomes of the
/// others; the outcomes are in the order of the work. A task that panics is a 500.
pub async fn concurrent<T, F>(at_once: usize, work: impl IntoIterator<Item = F>) -> Vec<Result<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut work = work.into_iter();
    let (mut running, mut outcomes) = (JoinSet::new(), Vec::new());
    let mut indexes = Vec::new();
    loop {
        while running.len() < at_once
            && let Some(task) = work.next()
        {
            indexes.push(running.spawn(task).id());
            outcomes.push(None);
        }
        let Some(ended) = running.join_next_with_id().await else { break };
        let (id, outcome) = match ended {
            Ok((id, outcome)) => (id, outcome),
            Err(cause) => (cause.id(), Err(anyhow::Error::from(cause).into())),
        };
        if let Some(index) = indexes.iter().position(|one| *one == id) {
            outcomes[index] = Some(outcome);
        }
    }
    outcomes.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;
    use base::error::{Code, Error};

    #[tokio::test]
    async fn all_of_it_ends_in_order_and_no_more_than_the_limit_runs_at_a_time() {
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let task = |number: usize| {
            let (running, most) = (running.clone(), most.clone());
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                for _ in 0..(100 - number) {
                    tokio::task::yield_now().await;
                }
                running.fetch_sub(1, Ordering::SeqCst);
                if number == 7 { Err(Error::not_found("thing")) } else { Ok(number) }
            }
        };
        let outcomes = concurrent(8, (0..100).map(task)).await;
        let found: Vec<_> = outcomes.into_iter().map(|outcome| outcome.map_err(|error| error.code)).collect();
        let expected = (0..100).map(|number| if number == 7 { Err(Code::NotFound) } else { Ok(number) });
        assert_eq!(found, expected.collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 8);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_keeps_nothing_else_from_its_end() {
        let task = async |number: usize| {
            assert_ne!(number, 1, "meant");
            Ok(number)
        };
        let outcomes = concurrent(2, (0..3).map(task)).await;
        let found: Vec<_> = outcomes.into_iter().map(Result::ok).collect();
        assert_eq!(found, [Some(0), None, Some(2)]);
    }
}
