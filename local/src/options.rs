//! The command line.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

use anyhow::ensure;
use clap::{Parser, ValueEnum};

/// The whole system in one process: the API, its console, a sign-in and a database.
#[derive(Clone, Debug, Parser)]
#[command(name = "engine", version, max_term_width = 100)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub struct Options {
    /// The port to serve on; 0 takes any free one
    #[arg(long, value_name = "N", default_value_t = 3000)]
    pub port: u16,

    /// The port that files are sent to and fetched from; without it the one after --port
    #[arg(long, value_name = "N")]
    pub files_port: Option<u16>,

    /// The directory that keeps everything between runs
    #[arg(long, value_name = "DIR", default_value = ".engine")]
    pub data: PathBuf,

    /// Keep nothing: all ends with the process
    #[arg(long, conflicts_with = "data")]
    pub in_memory: bool,

    /// Use the DynamoDB engine at this URL; tables that are not there are made
    #[arg(long, value_name = "URL", value_parser = http_url)]
    pub dynamodb: Option<String>,

    /// Leave the audit log and webhooks to another process that uses the same tables
    #[arg(long, requires = "dynamodb")]
    pub without_relay: bool,

    /// What to begin with
    #[arg(long, value_enum, default_value_t = Seed::Demo)]
    pub seed: Seed,

    /// How many bad credentials an address may send in a minute before it is told to wait
    #[arg(long, value_name = "N")]
    pub failures_per_minute: Option<u32>,

    /// The origins whose pages may call the API, with commas between; without it every one
    #[arg(long, value_name = "ORIGINS")]
    pub allowed_origins: Option<String>,

    /// Let webhooks be sent to this machine and its network, and in the clear
    #[arg(long)]
    pub allow_private_webhooks: bool,

    /// How often a team may ask one host by its webhooks in a second: what is beyond waits
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub webhook_requests_per_second: Option<u32>,

    /// The address to serve on
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,

    /// Serve on an address that other machines reach, although anybody there can use what this system is given
    #[arg(long)]
    pub i_know: bool,
}

/// What a new system begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Seed {
    /// A team with contacts and a token
    Demo,
    /// Nothing
    None,
}

impl Options {
    /// Checks what the command line alone cannot.
    ///
    /// # Errors
    /// When other machines could reach the address and nobody said that they may.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.bind.is_loopback() || self.i_know,
            "other machines can reach {}, and this system is made for one: leave --bind out, or add --i-know",
            self.bind
        );
        Ok(())
    }
}

fn http_url(text: &str) -> Result<String, String> {
    let is_http = |url: &url::Url| ["http", "https"].contains(&url.scheme());
    match url::Url::parse(text).ok().filter(is_http) {
        Some(_) => Ok(text.trim_end_matches('/').to_owned()),
        None => Err("give an http:// or https:// URL, such as http://127.0.0.1:8000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &str) -> Result<Options, clap::Error> {
        Options::try_parse_from(format!("engine {arguments}").split_whitespace())
    }

    #[test]
    fn defaults_need_no_word() {
        let options = parse("").unwrap();
        assert_eq!((options.port, options.data.to_str(), options.seed), (3000, Some(".engine"), Seed::Demo));
        assert!(!options.in_memory && options.dynamodb.is_none());
        assert!(options.check().is_ok());
    }

    #[test]
    fn other_machines_are_let_in_only_knowingly() {
        for (arguments, is_fine) in [
            ("--bind 127.0.0.1", true),
            ("--bind 127.9.9.9", true),
            ("--bind ::1", true),
            ("--bind 0.0.0.0", false),
            ("--bind ::", false),
            ("--bind 192.168.1.2", false),
            ("--bind 0.0.0.0 --i-know", true),
        ] {
            assert_eq!(parse(arguments).unwrap().check().is_ok(), is_fine, "{arguments}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for arguments in [
            "--port 65536",
            "--port -1",
            "--bind localhost",
            "--seed all",
            "--dynamodb 127.0.0.1:8000",
            "--dynamodb ftp://a",
            "--without-relay",
            "--in-memory --data x",
            "extra",
        ] {
            assert!(parse(arguments).is_err(), "{arguments}");
        }
    }
}
