//! A bar while the log is replayed.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar of so many jobs on stderr; nothing if that is no terminal.
pub fn bar(jobs: usize) -> ProgressBar {
    let length = u64::try_from(jobs).ok();
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{wide_bar} {pos}/{len} jobs  {per_sec}  {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
