//! Handlers that describe for the documents what they take and what they answer.

use std::future::Future;

use axum::handler::Handler;

use crate::openapi::{Input, Operation, Output};
use base::error::Result;

/// A handler of a route: an async function of up to six [`Input`]s that answers a [`Result`] of an [`Output`].
pub trait RouteHandler<T, S>: Handler<T, S> {
    /// Whether it looks at the query.
    const READS_QUERY: bool;
    /// Whether it reads the body.
    const READS_BODY: bool;

    /// Tells the document what it takes and answers.
    fn describe(operation: &mut Operation);
}

/// The last input may be the body, which axum marks by `M`.
macro_rules! route_handler {
    ($marks:ty; $($input:ident)*) => {
        impl<F, Fut, R, S, M, $($input,)*> RouteHandler<$marks, S> for F
        where
            F: Handler<$marks, S> + FnOnce($($input,)*) -> Fut,
            Fut: Future<Output = Result<R>>,
            R: Output,
            $($input: Input,)*
        {
            const READS_QUERY: bool = false $(|| $input::READS_QUERY)*;
            const READS_BODY: bool = false $(|| $input::READS_BODY)*;

            fn describe(operation: &mut Operation) {
                $($input::describe(operation);)*
                R::describe(operation);
            }
        }
    };
}

impl<F, Fut, R, S> RouteHandler<((),), S> for F
where
    F: Handler<((),), S> + FnOnce() -> Fut,
    Fut: Future<Output = Result<R>>,
    R: Output,
{
    const READS_QUERY: bool = false;
    const READS_BODY: bool = false;

    fn describe(operation: &mut Operation) {
        R::describe(operation);
    }
}

route_handler!((M, A,); A);
route_handler!((M, A, B,); A B);
route_handler!((M, A, B, C,); A B C);
route_handler!((M, A, B, C, D,); A B C D);
route_handler!((M, A, B, C, D, E,); A B C D E);
route_handler!((M, A, B, C, D, E, G,); A B C D E G);
