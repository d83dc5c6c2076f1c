//! The README's table of defaults.

use std::time::Duration;

/// The README.
pub const README: &str = include_str!("../../../README.md");

/// The default of a setting that the README gives in days.
pub fn default_days(setting: &str) -> Duration {
    let row =
        README.lines().find_map(|line| line.strip_prefix(&format!("| `{setting}` | "))).unwrap();
    let days: u64 = row.split_once(" days |").unwrap().0.parse().unwrap();
    Duration::from_secs(days * 24 * 60 * 60)
}
