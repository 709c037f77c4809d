//! What the kernel asks, put to the files.

use std::ffi::OsStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use super::files::{Files, ROOT, Reason, Refusal};

/// How long the kernel may remember what it was told of a file: nobody else changes it.
const REMEMBERED: Duration = Duration::from_secs(3_600);

/// Bits of a mode that are the file's permissions.
const PERMISSIONS: u32 = 0o7777;

pub(super) struct Mounted(pub(super) Arc<Mutex<Files>>);

impl Mounted {
    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn number(error: Refusal) -> Errno {
    match error {
        Refusal::Missing => Errno::ENOENT,
        Refusal::Exists => Errno::EEXIST,
        Refusal::Failed(Reason::Broken) => Errno::EIO,
        Refusal::Failed(Reason::Full) => Errno::ENOSPC,
    }
}

/// A place or length in a file; one that does not fit is beyond every file.
fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn attributes(files: &Files, inode: u64) -> Result<FileAttr, Refusal> {
    let (kind, size, links, perm, owner) = if inode == ROOT {
        (FileType::Directory, 0, 2, 0o700, (0, 0))
    } else {
        let file = files.file(inode)?;
        let links = files.links(inode);
        (
            FileType::RegularFile,
            file.content.len(),
            links,
            file.mode,
            file.owner,
        )
    };
    let time = SystemTime::UNIX_EPOCH;
    Ok(FileAttr {
        ino: INodeNo(inode),
        size: size as u64,
        blocks: size.div_ceil(512) as u64,
        atime: time,
        mtime: time,
        ctime: time,
        crtime: time,
        kind,
        perm,
        nlink: u32::try_from(links).unwrap_or(u32::MAX),
        uid: owner.0,
        gid: owner.1,
        rdev: 0,
        blksize: 4_096,
        flags: 0,
    })
}

/// Answers a request that has nothing to tell.
fn empty(done: Result<(), Refusal>, reply: ReplyEmpty) {
    match done {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(number(error)),
    }
}

fn entry(found: Result<FileAttr, Refusal>, reply: ReplyEntry) {
    match found {
        Ok(found) => reply.entry(&REMEMBERED, &found, Generation(0)),
        Err(error) => reply.error(number(error)),
    }
}

fn attr(found: Result<FileAttr, Refusal>, reply: ReplyAttr) {
    match found {
        Ok(found) => reply.attr(&REMEMBERED, &found),
        Err(error) => reply.error(number(error)),
    }
}

impl Filesystem for Mounted {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let files = self.files();
        entry(
            files.find(name).and_then(|inode| attributes(&files, inode)),
            reply,
        );
    }

    fn getattr(&self, _: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        attr(attributes(&self.files(), inode.0), reply);
    }

    fn setattr(
        &self,
        _: &Request,
        inode: INodeNo,
        mode: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut files = self.files();
        let sized = size.map_or(Ok(()), |size| files.resize(inode.0, place(size)));
        let changed = sized.and_then(|()| {
            if let (Some(mode), Ok(file)) = (mode, files.file_mut(inode.0)) {
                file.mode = u16::try_from(mode & PERMISSIONS).unwrap_or(file.mode);
            }
            attributes(&files, inode.0)
        });
        attr(changed, reply);
    }

    fn create(
        &self,
        request: &Request,
        _: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        let mut files = self.files();
        let mode = u16::try_from(mode & !umask & PERMISSIONS).unwrap_or_default();
        let made = files.create(name, mode, (request.uid(), request.gid()));
        match made.and_then(|inode| attributes(&files, inode)) {
            Ok(made) => reply.created(
                &REMEMBERED,
                &made,
                Generation(0),
                FileHandle(0),
                FopenFlags::empty(),
            ),
            Err(error) => reply.error(number(error)),
        }
    }

    fn link(&self, _: &Request, inode: INodeNo, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let mut files = self.files();
        let linked = files.link(inode.0, name);
        entry(linked.and_then(|()| attributes(&files, inode.0)), reply);
    }

    fn unlink(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(self.files().unlink(name), reply);
    }

    fn rename(
        &self,
        _: &Request,
        _: INodeNo,
        name: &OsStr,
        _: INodeNo,
        new_name: &OsStr,
        _: RenameFlags,
        reply: ReplyEmpty,
    ) {
        empty(self.files().rename(name, new_name), reply);
    }

    fn read(
        &self,
        _: &Request,
        inode: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let mut files = self.files();
        match files.read(inode.0, place(offset), place(size.into())) {
            Ok(bytes) => reply.data(bytes),
            Err(error) => reply.error(number(error)),
        }
    }

    fn write(
        &self,
        _: &Request,
        inode: INodeNo,
        _: FileHandle,
        offset: u64,
        bytes: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.files().write(inode.0, place(offset), bytes) {
            Ok(()) => reply.written(u32::try_from(bytes.len()).unwrap_or(u32::MAX)),
            Err(error) => reply.error(number(error)),
        }
    }

    /// Closing a file promises nothing.
    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, inode: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        empty(self.files().sync(inode.0), reply);
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        empty(self.files().sync(ROOT), reply);
    }

    fn readdir(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let files = self.files();
        for (place, (name, inode)) in (1..).zip(files.names()).skip(place(offset)) {
            if reply.add(INodeNo(inode), place, FileType::RegularFile, name) {
                break;
            }
        }
        reply.ok();
    }
}
