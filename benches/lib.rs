//! The harness: yardstick and library in turn, several rounds, the median of the rounds' ratios.
//! No figure stands alone: a machine's speed changes from minute to minute, a ratio hardly.

#![expect(clippy::float_arithmetic, reason = "ratios of times are no money")]

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The bounds in force, by goal.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Bounds(BTreeMap<String, Bound>);

/// One goal's bound.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bound {
    at_most: Option<f64>,
    at_least: Option<f64>,
    about: String,
}

/// One measured goal.
#[derive(Debug, Serialize)]
pub struct Outcome {
    goal: String,
    ours: f64,
    yardstick: f64,
    ratio: f64,
    min: f64,
    max: f64,
    target: f64,
    met: bool,
    #[serde(skip)]
    about: String,
}

impl Bounds {
    /// Reads the bounds.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// The goals' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Judges a goal by the pairs (ours, yardstick) of its rounds.
    ///
    /// # Errors
    /// If there is no such goal, or no round.
    pub fn judge(&self, goal: &str, rounds: &[(f64, f64)]) -> Result<Outcome, String> {
        let bound = self
            .0
            .get(goal)
            .ok_or_else(|| format!("goals.toml has no `{goal}`"))?;
        let mut ratios: Vec<f64> = rounds
            .iter()
            .map(|(ours, yardstick)| ours / yardstick)
            .collect();
        let ratio = median(&mut ratios).ok_or_else(|| format!("`{goal}` has no rounds"))?;
        let (target, met) = match (bound.at_most, bound.at_least) {
            (Some(most), None) => (most, ratio <= most),
            (None, Some(least)) => (least, ratio >= least),
            _ => {
                return Err(format!(
                    "`{goal}` needs exactly one of `at_most` and `at_least`"
                ));
            }
        };
        let side = |pick: fn(&(f64, f64)) -> f64| {
            median(&mut rounds.iter().map(pick).collect::<Vec<f64>>()).unwrap_or(0.0)
        };
        Ok(Outcome {
            goal: goal.to_owned(),
            ours: side(|round| round.0),
            yardstick: side(|round| round.1),
            ratio,
            min: ratios.first().copied().unwrap_or(ratio),
            max: ratios.last().copied().unwrap_or(ratio),
            target,
            met,
            about: bound.about.clone(),
        })
    }
}

impl Outcome {
    /// Whether the bound was kept.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.met
    }

    /// One line for people.
    #[must_use]
    pub fn line(&self) -> String {
        let Self {
            goal,
            ours,
            yardstick,
            ratio,
            min,
            max,
            target,
            met,
            about,
        } = self;
        let verdict = if *met { "met" } else { "MISSED" };
        format!(
            "{goal:24} {ratio:7.2} [{min:.2}-{max:.2}]  bound {target:5.2}  {verdict:6}  ours {ours:12.3}  yardstick {yardstick:12.3}  ({about})"
        )
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
