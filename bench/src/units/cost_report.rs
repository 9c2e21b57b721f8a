//! What one request cost in the database: round trips and capacity units, by what they were for.

use anyhow::Context as _;
use serde_json::Value;

use crate::{proxy::Call, stats::Samples};

/// Calls and what they were charged.
#[derive(Clone, Copy, Default, Debug, PartialEq)]
pub(crate) struct Cost {
    /// Calls.
    pub(crate) calls: usize,
    /// The longest row of calls of which each waited for the one before.
    pub(crate) round_trips: usize,
    /// Read units.
    pub(crate) reads: f64,
    /// Write units.
    pub(crate) writes: f64,
}

/// The cost of one request by purpose.
#[derive(Clone, Copy, Default)]
pub(crate) struct CostReport {
    /// Who is asking, and may they?
    pub(crate) gate: Cost,
    /// What was asked for.
    pub(crate) work: Cost,
    /// The note of when a token was last used: once a minute, a round trip more before the answer.
    pub(crate) last_used: Cost,
    /// The record that lets an answer be repeated: only with `Idempotency-Key`.
    pub(crate) idempotency: Cost,
}

impl CostReport {
    /// Sorts the calls by their tables: only the gate reads identities, only the last use is written to them, and
    /// records of idempotency share a table only with the audit log, which alone is read by queries and many at once.
    /// What the relay does about the change before is no part of any request.
    pub(crate) fn of(calls: &[Call]) -> anyhow::Result<Self> {
        let mut parts: [Vec<&Call>; 4] = Default::default();
        for call in calls.iter().filter(|call| !is_of_relay(call)) {
            let request: Value = serde_json::from_slice(&call.request).context("reading a recorded call")?;
            let tables = tables(&request);
            let part = match call.operation.as_str() {
                "UpdateItem" if tables.contains("identity") => 2,
                _ if tables.contains("identity") => 0,
                "Query" | "BatchGetItem" => 1,
                _ if tables.contains("activity") => 3,
                _ => 1,
            };
            parts[part].push(call);
        }
        let [gate, work, last_used, idempotency] = parts.map(|calls| Cost::of(&calls));
        Ok(Self { gate: gate?, work: work?, last_used: last_used?, idempotency: idempotency? })
    }
}

/// Whether only the relay asks so: for webhooks, for names one by one, for uses of files, and to write an entry or such a use.
fn is_of_relay(call: &Call) -> bool {
    let request = String::from_utf8_lossy(&call.request);
    match call.operation.as_str() {
        "Query" => request.contains("\"WEBHOOK#\"") || request.contains("\"REF#\""),
        "GetItem" => request.contains("\"identity\""),
        "PutItem" => request.contains("\"AUDIT#") || request.contains("\"REF#"),
        _ => false,
    }
}

impl CostReport {
    /// The median of each number on its own.
    pub(crate) fn median(bills: &[Self]) -> anyhow::Result<Self> {
        let part = |part: fn(&Self) -> Cost| Cost::median(&bills.iter().map(part).collect::<Vec<_>>());
        Ok(Self {
            gate: part(|costs| costs.gate)?,
            work: part(|costs| costs.work)?,
            last_used: part(|costs| costs.last_used)?,
            idempotency: part(|costs| costs.idempotency)?,
        })
    }
}

impl Cost {
    fn median(costs: &[Self]) -> anyhow::Result<Self> {
        Ok(Self {
            calls: Samples::new(costs.iter().map(|cost| cost.calls))?.median(),
            round_trips: Samples::new(costs.iter().map(|cost| cost.round_trips))?.median(),
            reads: Samples::new(costs.iter().map(|cost| cost.reads))?.median(),
            writes: Samples::new(costs.iter().map(|cost| cost.writes))?.median(),
        })
    }

    fn of(calls: &[&Call]) -> anyhow::Result<Self> {
        let mut cost = Self { calls: calls.len(), round_trips: round_trips(calls), ..Self::default() };
        for call in calls {
            let answer: Value = serde_json::from_slice(&call.answer).context("reading a recorded answer")?;
            let (reads, writes) = charged(&call.operation, &answer["ConsumedCapacity"]);
            cost.reads += reads;
            cost.writes += writes;
        }
        Ok(cost)
    }
}

/// The names of the tables that a call is about, in one text.
fn tables(request: &Value) -> String {
    let one = request["TableName"].as_str().map(str::to_owned);
    let batch = request["RequestItems"].as_object().into_iter().flatten().map(|(table, _)| table.clone());
    let parts = request["TransactItems"].as_array().into_iter().flatten();
    let parts = parts.flat_map(|part| part.as_object().into_iter().flatten());
    let transaction = parts.filter_map(|(_, part)| part["TableName"].as_str().map(str::to_owned));
    one.into_iter().chain(batch).chain(transaction).collect::<Vec<_>>().join(" ")
}

/// Read and write units of an answer: one charge, or a list of them.
fn charged(operation: &str, consumed: &Value) -> (f64, f64) {
    let charges = consumed.as_array().map_or_else(|| std::slice::from_ref(consumed), Vec::as_slice);
    charges.iter().fold((0.0, 0.0), |(reads, writes), charge| {
        let [read, written] = ["ReadCapacityUnits", "WriteCapacityUnits"].map(|kind| charge[kind].as_f64());
        let all = charge["CapacityUnits"].as_f64().unwrap_or_default();
        let is_read = matches!(operation, "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems");
        match (read, written) {
            (None, None) if is_read => (reads + all, writes),
            (None, None) => (reads, writes + all),
            (read, written) => (reads + read.unwrap_or_default(), writes + written.unwrap_or_default()),
        }
    })
}

/// The most calls of which none overlaps another.
fn round_trips(calls: &[&Call]) -> usize {
    let mut by_end: Vec<_> = calls.iter().map(|call| (call.ended, call.started)).collect();
    by_end.sort_unstable();
    let mut free_from = None;
    by_end.retain(|(ended, started)| {
        let is_after = free_from.is_none_or(|end| *started >= end);
        if is_after {
            free_from = Some(*ended);
        }
        is_after
    });
    by_end.len()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::json;

    use super::*;

    fn call(operation: &str, table: &str, (from, to): (u64, u64), units: f64) -> Call {
        let start = Instant::now();
        Call {
            started: start + Duration::from_secs(from),
            ended: start + Duration::from_secs(to),
            operation: operation.to_owned(),
            request: json!({ "TableName": table }).to_string().into(),
            answer: json!({ "ConsumedCapacity": { "CapacityUnits": units } }).to_string().into(),
            is_done: true,
        }
    }

    #[test]
    fn calls_at_the_same_time_are_one_round_trip() {
        let calls = [
            call("GetItem", "objects", (0, 10), 1.0),
            call("Query", "objects", (2, 8), 2.0),
            call("PutItem", "objects", (11, 12), 3.0),
        ];
        let CostReport { work, gate, .. } = CostReport::of(&calls).unwrap();
        assert_eq!(work, Cost { calls: 3, round_trips: 2, reads: 3.0, writes: 3.0 });
        assert_eq!(gate, Cost::default());
    }

    #[test]
    fn the_gate_the_last_use_and_the_record_are_counted_apart() {
        let calls = [
            call("BatchGetItem", "identity", (0, 1), 2.0),
            call("UpdateItem", "identity", (1, 2), 1.0),
            call("PutItem", "activity", (1, 2), 4.0),
        ];
        let costs = CostReport::of(&calls).unwrap();
        let counted = |reads, writes| Cost { calls: 1, round_trips: 1, reads, writes };
        assert_eq!(costs.gate, counted(2.0, 0.0));
        assert_eq!(costs.last_used, counted(0.0, 1.0));
        assert_eq!(costs.idempotency, counted(0.0, 4.0));
        assert_eq!(costs.work, Cost::default());
    }

    #[test]
    fn reading_the_audit_log_is_work() {
        let calls = [call("Query", "activity", (0, 1), 2.5), call("BatchGetItem", "activity", (1, 2), 25.0)];
        let costs = CostReport::of(&calls).unwrap();
        assert_eq!(costs.work, Cost { calls: 2, round_trips: 2, reads: 27.5, writes: 0.0 });
        assert_eq!(costs.idempotency, Cost::default());
    }

    #[test]
    fn a_transaction_may_read_and_write() {
        let charges = json!([{ "CapacityUnits": 6.0, "ReadCapacityUnits": 2.0, "WriteCapacityUnits": 4.0 }, { "CapacityUnits": 1.0 }]);
        assert_eq!(format!("{:?}", charged("TransactWriteItems", &charges)), "(2.0, 5.0)");
    }
}
