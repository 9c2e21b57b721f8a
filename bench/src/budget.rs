//! The budgets, what was measured, and whether they hold.

use std::io;

use crate::report::Table;

/// One budget and what was measured for it.
pub(crate) struct BudgetResult {
    what: String,
    budget: String,
    measured: String,
    holds: bool,
}

impl BudgetResult {
    /// A budget that holds or not.
    pub(crate) fn new(
        what: impl Into<String>,
        budget: impl Into<String>,
        measured: impl Into<String>,
        holds: bool,
    ) -> Self {
        Self { what: what.into(), budget: budget.into(), measured: measured.into(), holds }
    }
}

/// Prints all budgets.
pub(crate) fn print(results: &[BudgetResult]) -> io::Result<()> {
    let mut table = Table::new("Budgets", &["what", "budget", "measured", "holds"]);
    for BudgetResult { what, budget, measured, holds } in results {
        table.row(&[what.clone(), budget.clone(), measured.clone(), word(*holds).to_owned()]);
    }
    table.print(&[])
}

/// Whether all of them hold.
pub(crate) fn hold(results: &[BudgetResult]) -> bool {
    results.iter().all(|result| result.holds)
}

/// How a table says it.
pub(crate) fn word(holds: bool) -> &'static str {
    if holds { "yes" } else { "**no**" }
}
