//! The flags of `quota list`, `alter` and `delete`.
//!
//! Pure.

use clap::{Args, Subcommand};

/// `quota …`.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  corelane quota list
  corelane quota alter --client-id loader --set producer_byte_rate=1048576
  corelane quota delete --client-id loader

A client is held to its nearest quota: that of its user and client id, of its user, of its client id, and of each of them the
own one before that of everybody else.")]
pub enum QuotaCommand {
    /// List quotas, all or those of some clients
    List(QuotaList),
    /// Set and remove quotas; they take effect at once and survive a restart
    Alter(QuotaAlter),
    /// Remove all quotas of some clients
    Delete(QuotaDelete),
}

/// Whom a quota is for.
#[derive(Args, Debug)]
pub struct QuotaOf {
    /// A user; ANONYMOUS is whoever has not authenticated
    #[arg(long, value_name = "NAME", conflicts_with_all = ["user_default", "ip", "ip_default"])]
    pub user: Option<String>,
    /// Every user without a quota of his own
    #[arg(long, conflicts_with_all = ["ip", "ip_default"])]
    pub user_default: bool,
    /// A client id
    #[arg(long, value_name = "ID", conflicts_with_all = ["client_id_default", "ip", "ip_default"])]
    pub client_id: Option<String>,
    /// Every client id without a quota of its own
    #[arg(long, conflicts_with_all = ["ip", "ip_default"])]
    pub client_id_default: bool,
    /// An address
    #[arg(long, value_name = "ADDRESS", conflicts_with = "ip_default")]
    pub ip: Option<String>,
    /// Every address without a quota of its own
    #[arg(long)]
    pub ip_default: bool,
}

/// `quota list`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane quota list
  corelane quota list --client-id loader --json")]
pub struct QuotaList {
    #[command(flatten)]
    pub of: QuotaOf,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// `quota alter`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane quota alter --client-id loader --set producer_byte_rate=1048576 --unset consumer_byte_rate
  corelane quota alter --user-default --client-id-default --set consumer_byte_rate=10485760 --dry-run
  corelane quota alter --ip 192.0.2.7 --set connection_creation_rate=10

Quotas of users and client ids: producer_byte_rate, consumer_byte_rate (bytes a second), controller_mutation_rate (partitions
created or deleted a second). Of addresses: connection_creation_rate (connections a second).")]
pub struct QuotaAlter {
    #[command(flatten)]
    pub of: QuotaOf,
    /// A quota to set; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// A quota to remove; may be given several times
    #[arg(long, value_name = "NAME")]
    pub unset: Vec<String>,
    /// Only ask whether the broker would do it
    #[arg(long)]
    pub dry_run: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

/// `quota delete`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane quota delete --client-id loader
  corelane quota delete --ip-default --dry-run")]
pub struct QuotaDelete {
    #[command(flatten)]
    pub of: QuotaOf,
    /// Only ask whether the broker would do it
    #[arg(long)]
    pub dry_run: bool,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}
