//! A disk that forgets, when power is lost, what was never synced; and that fails where it is told
//! to.
//!
//! It is a file system of its own, in memory, mounted by FUSE: what a store does to its files is
//! seen as the kernel sees it. It knows one folder. Processes that read and write through maps of
//! the file (SQLite's shared index) are served too.

mod files;
mod mount;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use fuser::{BackgroundSession, Config, MountOption};
use rand::rngs::StdRng;
use tempfile::TempDir;

pub use files::{Counts, Failure, Image, Loss, Operation, Reason};

use files::Files;
use mount::Mounted;

/// A mounted disk; it is unmounted when it is dropped.
pub struct Disk {
    files: Arc<Mutex<Files>>,
    // Unmounted before the folder is removed.
    session: Option<BackgroundSession>,
    folder: TempDir,
}

impl Disk {
    /// Mounts an empty disk. One that lies says that it has synced what it has not.
    ///
    /// # Errors
    /// Those of mounting, which takes root's rights or `fusermount`.
    pub fn new(lies: bool) -> io::Result<Self> {
        let mut disk = Self {
            files: Arc::new(Mutex::new(Files::new(lies))),
            session: None,
            folder: tempfile::tempdir()?,
        };
        disk.mount()?;
        Ok(disk)
    }

    /// The folder that the disk is mounted on.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What was asked of the disk since it was last told where to fail.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.with(|files| files.counts())
    }

    /// Tells the disk where to fail, and begins to count anew.
    pub fn fail(&self, failure: Option<Failure>) {
        self.with(|files| files.fail(failure));
    }

    /// The power goes and comes back. Nobody may have a file open.
    ///
    /// # Errors
    /// Those of mounting.
    pub fn lose_power(&mut self, loss: Loss, random: &mut StdRng) -> io::Result<()> {
        self.unmount()?;
        self.with(|files| files.lose(loss, random));
        self.mount()
    }

    /// All that lies on the disk now, as if it were synced.
    #[must_use]
    pub fn image(&self) -> Image {
        self.with(|files| files.image())
    }

    /// Puts back what an image holds, and nothing else. Nobody may have a file open.
    ///
    /// # Errors
    /// Those of mounting.
    pub fn restore(&mut self, image: &Image) -> io::Result<()> {
        self.unmount()?;
        self.with(|files| files.restore(image));
        self.mount()
    }

    fn with<T>(&self, work: impl FnOnce(&mut Files) -> T) -> T {
        work(&mut self.files.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn mount(&mut self) -> io::Result<()> {
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("forgetful".to_owned())];
        let mounted = Mounted(Arc::clone(&self.files));
        self.session = Some(fuser::spawn_mount(mounted, self.folder.path(), &config)?);
        Ok(())
    }

    /// The kernel forgets the pages that it kept of the files.
    fn unmount(&mut self) -> io::Result<()> {
        self.session
            .take()
            .map_or(Ok(()), BackgroundSession::umount_and_join)
    }
}
