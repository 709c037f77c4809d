//! The command line.

use std::path::{Path, PathBuf};

use clap::Parser;

/// Replays a month of a print shop: a PaperCut user list and a CUPS page log.
#[derive(Clone, Debug, Parser)]
#[command(version, about)]
pub struct Arguments {
    /// The users: PaperCut's tab-separated list.
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/data/users.tsv"))]
    pub users: PathBuf,

    /// The jobs: a page log in CUPS's default format.
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/data/page_log"))]
    pub log: PathBuf,

    /// The database; made if it is not there, with its keys and SQLite's files beside it.
    #[arg(long, value_name = "FILE", default_value = "print-shop.db")]
    pub db: PathBuf,

    /// Where to write the figures for programs.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// End with 1 if a line was malformed.
    #[arg(long)]
    pub strict: bool,
}

impl Arguments {
    /// The folder that the figures are to be written to, if it is not there.
    pub fn missing_folder(&self) -> Option<&Path> {
        let folder = self.json.as_ref()?.parent()?;
        (!folder.as_os_str().is_empty() && !folder.is_dir()).then_some(folder)
    }

    /// What the figures would overwrite, if anything.
    pub fn overwritten(&self) -> Option<&PathBuf> {
        let same = |path: &&PathBuf| {
            self.json.as_ref().is_some_and(|json| {
                json == *path
                    || json
                        .canonicalize()
                        .is_ok_and(|json| path.canonicalize().is_ok_and(|path| json == path))
            })
        };
        [&self.users, &self.log, &self.db].into_iter().find(same)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn without_arguments_the_shipped_month_is_replayed() {
        let arguments = Arguments::parse_from(["print-shop"]);
        assert!(arguments.users.is_file() && arguments.log.is_file());
        assert_eq!(arguments.db, PathBuf::from("print-shop.db"));
        assert!(arguments.json.is_none() && !arguments.strict);
    }

    #[test]
    fn a_folder_that_is_not_there_is_found_out_before_the_work() {
        for (json, missing) in [
            ("figures.json", None),
            (concat!(env!("CARGO_MANIFEST_DIR"), "/figures.json"), None),
            ("nowhere/figures.json", Some("nowhere")),
        ] {
            let arguments = Arguments::parse_from(["print-shop", "--json", json]);
            assert_eq!(arguments.missing_folder(), missing.map(Path::new));
        }
    }

    #[test]
    fn the_figures_do_not_overwrite_what_they_are_made_from() {
        let arguments = Arguments::parse_from(["print-shop", "--log", "a", "--json", "a"]);
        assert_eq!(arguments.overwritten(), Some(&PathBuf::from("a")));
        let arguments = Arguments::parse_from(["print-shop", "--log", "a", "--json", "b"]);
        assert_eq!(arguments.overwritten(), None);
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/src/../data/page_log");
        let arguments = Arguments::parse_from(["print-shop", "--json", here]);
        assert!(arguments.overwritten().is_some());
    }
}
