//! Making files and folders of our own: what root makes for somebody else belongs to that one.
//!
//! Who runs one command as root must not lock out the user of the service, whose folder it is: the next night could read
//! nothing of what root left for itself. That user may also be a stranger to root, who puts a link where a file is to be
//! made. So a folder is opened once, and what is made in it is made below what was opened, whatever becomes of its name;
//! and only what is new is given away, never what was found.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

/// A folder in which something is made.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    heir: Option<Heir>,
}

/// Who gets what root makes, and the folder that tells so, which stays open.
#[derive(Debug)]
struct Heir {
    user: u32,
    group: u32,
    _folder: File,
}

impl Folder {
    /// The folder of this name; that in which one works where it has none.
    ///
    /// # Errors
    ///
    /// Where root makes something for somebody else, and the folder cannot be opened.
    pub fn of(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        if !is_root() || fs::metadata(path)?.uid() == 0 {
            return Ok(Self::as_it_is(path));
        }
        let folder = super::options().read(true).open(path)?;
        let owner = folder.metadata()?;
        Ok(Self::opened(folder, &owner))
    }

    fn opened(folder: File, owner: &Metadata) -> Self {
        let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()));
        let heir = Heir { user: owner.uid(), group: owner.gid(), _folder: folder };
        Self { path, heir: Some(heir) }
    }

    /// The folder of this name, in which all that is made stays one's own.
    pub fn as_it_is(path: &Path) -> Self {
        Self { path: path.to_owned(), heir: None }
    }

    /// The folder above a file.
    ///
    /// # Errors
    ///
    /// As [`Folder::of`].
    pub fn above(file: &Path) -> io::Result<Self> {
        Self::of(file.parent().unwrap_or(Path::new("")))
    }

    /// A folder in it. In a folder of somebody else no link is followed.
    ///
    /// # Errors
    ///
    /// As [`Folder::of`]; where it is such a link, or no folder (`InvalidInput`).
    pub fn inner(&self, name: &Path) -> io::Result<Self> {
        let path = self.path(name);
        if self.heir.is_none() {
            return Self::of(&path);
        }
        let folder = super::options().read(true).open(&path)?;
        let metadata = folder.metadata()?;
        if metadata.is_dir() && is_there(&metadata, &path)? {
            Ok(Self::opened(folder, &metadata))
        } else {
            Err(link())
        }
    }

    /// Whether root makes something in it for somebody else.
    pub fn is_anothers(&self) -> bool {
        self.heir.is_some()
    }

    /// What is called so in it. The path holds as long as the folder.
    pub fn path(&self, name: &Path) -> PathBuf {
        self.path.join(name.file_name().unwrap_or(name.as_os_str()))
    }

    /// The folder itself, as long as it holds.
    pub fn itself(&self) -> &Path {
        &self.path
    }

    /// Gives a file that was made in it to who is to have it. Where root may not even do that, it stays root's: what is
    /// written is worth more than who may read it.
    ///
    /// # Errors
    ///
    /// Where that fails for another reason.
    pub fn give(&self, made: &File) -> io::Result<()> {
        let Some(heir) = &self.heir else { return Ok(()) };
        match fchown(made, Some(heir.user), Some(heir.group)) {
            Err(e) if e.kind() != ErrorKind::PermissionDenied => Err(e),
            _ => Ok(()),
        }
    }

    /// Makes a folder in it that its owner alone can enter.
    fn make(&self, name: &Path) -> io::Result<()> {
        let path = self.path(name);
        DirBuilder::new().mode(0o700).create(&path)?;
        if self.heir.is_none() {
            return Ok(());
        }
        let made = super::options().read(true).open(&path)?;
        let metadata = made.metadata()?;
        // Whose folder it is may have put something else in the place of what root made.
        let is_ours = metadata.is_dir() && metadata.uid() == 0 && is_there(&metadata, &path)?;
        if is_ours { self.give(&made) } else { Ok(()) }
    }
}

/// Makes a folder that its owner alone can enter, and those above it that are missing.
///
/// # Errors
///
/// Where one cannot be made.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    make_folder(path.parent().unwrap_or(Path::new("")))?;
    if path.is_dir() {
        // It leads back: `missing/..`.
        return Ok(());
    }
    match Folder::above(path)?.make(path) {
        // Another run was faster.
        Err(e) if e.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// Opens a file that stays, such as one to be locked, and makes it where it is missing.
///
/// # Errors
///
/// Where it can neither be opened nor made; where root would follow a link of somebody else (`InvalidInput`).
pub fn open_or_make(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let folder = Folder::above(path)?;
    let place = folder.path(path);
    let make = || {
        let made = options.clone().create_new(true).mode(0o600).open(&place)?;
        folder.give(&made).map(|()| made)
    };
    match options.open(&place) {
        Err(e) if e.kind() == ErrorKind::NotFound => make().or_else(|e| match e.kind() {
            // Another run was faster.
            ErrorKind::AlreadyExists => options.open(&place),
            _ => Err(e),
        }),
        Ok(there) if folder.is_anothers() && !is_there(&there.metadata()?, &place)? => Err(link()),
        there => there,
    }
}

fn link() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "it is a link in a folder of somebody else")
}

/// The user that we run as; nothing where the system does not tell.
pub fn user() -> Option<u32> {
    fs::metadata("/proc/self").ok().map(|own| own.uid())
}

/// Whether we are root.
pub fn is_root() -> bool {
    user() == Some(0)
}

/// Whether what was opened lies at a path itself, and no link there leads to it.
fn is_there(opened: &Metadata, path: &Path) -> io::Result<bool> {
    let there = fs::symlink_metadata(path)?;
    Ok((opened.dev(), opened.ino()) == (there.dev(), there.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{chown, symlink};

    /// A folder of somebody else, in one of ours; nothing where only root could make it.
    fn anothers() -> Option<(tempfile::TempDir, PathBuf)> {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("anothers");
        fs::create_dir(&place).expect("it is made");
        let owner = fs::metadata(&place).expect("there").uid();
        if owner != 0 || chown(&place, Some(65_534), Some(65_533)).is_err() {
            eprintln!("SKIPPED: only root makes files for others");
            return None;
        }
        Some((folder, place))
    }

    fn owner(path: &Path) -> (u32, u32) {
        let there = fs::symlink_metadata(path).expect("it is there");
        (there.uid(), there.gid())
    }

    #[test]
    fn t19_what_root_makes_belongs_to_the_owner_of_the_folder() {
        let Some((_folder, place)) = anothers() else { return };
        make_folder(&place.join("a/b")).expect("made");
        make_folder(&place.join("a/b")).expect("there already");
        let mut options = super::super::options();
        options.read(true).write(true);
        open_or_make(&place.join("a/b/lock"), &options).expect("made");
        open_or_make(&place.join("a/b/lock"), &options).expect("there already");
        for made in ["a", "a/b", "a/b/lock"] {
            assert_eq!(owner(&place.join(made)), (65_534, 65_533), "{made}");
        }
    }

    #[test]
    fn t18_nothing_behind_a_link_is_given_away() {
        let Some((folder, place)) = anothers() else { return };
        let (file, below) = (folder.path().join("file"), folder.path().join("folder"));
        fs::write(&file, "root's").expect("written");
        fs::create_dir(&below).expect("it is made");
        symlink(&file, place.join("lock")).expect("a link");
        symlink(folder.path().join("missing"), place.join("nowhere")).expect("a link");
        symlink(&below, place.join("below")).expect("a link");
        let mut options = super::super::options();
        options.read(true).write(true);
        for link in ["lock", "nowhere"] {
            assert!(open_or_make(&place.join(link), &options).is_err(), "{link}");
        }
        make_folder(&place.join("below/more")).expect("made");
        for of_root in [&file, &below, &below.join("more")] {
            assert_eq!(owner(of_root).0, 0, "{}", of_root.display());
        }
        assert!(!folder.path().join("missing").exists());
        let anothers = Folder::of(&place).expect("it is there");
        assert!(anothers.inner(Path::new("below")).is_err());
        fs::create_dir(place.join("real")).expect("it is made");
        let real = anothers.inner(Path::new("real")).expect("it is there");
        fs::rename(place.join("real"), place.join("elsewhere")).expect("moved");
        symlink(&below, place.join("real")).expect("a link");
        let seen = fs::read_dir(real.itself()).expect("it is open").count();
        assert_eq!(seen, 0, "what was opened, and not what its name leads to now");
    }

    #[test]
    fn a_folder_of_ours_is_named_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let ours = Folder::of(folder.path()).expect("there");
        assert_eq!(ours.path(Path::new("x/y")), folder.path().join("y"));
        assert_eq!(Folder::above(Path::new("y")).expect("there").itself(), Path::new("."));
    }
}
