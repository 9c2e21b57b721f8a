//! What the person at the terminal sees: tables on the standard output, progress on the standard error.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    time::Duration,
};

/// A table in Markdown.
pub(crate) struct Table {
    text: String,
}

impl Table {
    /// A table with these column heads; all columns but the first are aligned to the right.
    pub(crate) fn new(title: &str, heads: &[impl AsRef<str>]) -> Self {
        let mut table = Self { text: format!("\n### {title}\n\n") };
        table.line(heads);
        let rules: Vec<&str> =
            heads.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "---:" }).collect();
        table.line(&rules);
        table
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: &[String]) {
        self.line(cells);
    }

    /// Prints the table and what has to be said about it.
    pub(crate) fn print(mut self, notes: &[&str]) -> io::Result<()> {
        for note in notes {
            // Writing to a text cannot fail.
            let _ = write!(self.text, "\n{note}\n");
        }
        write!(io::stdout(), "{}", self.text)
    }

    fn line(&mut self, cells: &[impl AsRef<str>]) {
        for cell in cells {
            let _ = write!(self.text, "| {} ", cell.as_ref().replace('|', "\\|"));
        }
        self.text.push_str("|\n");
    }
}

/// Prints a line of text into the report.
pub(crate) fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "\n{text}")
}

/// Tells what is being done.
pub(crate) fn progress(text: &str) {
    // A run is not worth ending because nobody can read its progress.
    let _ = writeln!(io::stderr(), "bench: {text}");
}

/// Milliseconds with two digits.
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

/// Megabytes with two digits.
#[expect(clippy::cast_precision_loss, reason = "sizes of programs are far below 2^52 bytes")]
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.2}", bytes as f64 / 1e6)
}

/// A ratio with two digits.
pub(crate) fn ratio(ratio: f64) -> String {
    format!("{ratio:.2}")
}

/// Seconds with one digit.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}

/// With a comma behind each three digits.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_threes() {
        assert_eq!([7, 1_000, 10_050_000].map(thousands), ["7", "1,000", "10,050,000"]);
    }
}
