//! The user as whom the service of the nights runs: root finds logs that this one cannot read.

use super::look::{Found, below, group};
use crate::own;
use serde::Deserialize;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// As whom the unit that ships lets it run.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunsAs {
    pub user: String,
    pub groups: Vec<String>,
}

/// The same on the machine that is looked at, by number.
pub(super) struct Service<'a> {
    runs_as: &'a RunsAs,
    root: &'a Path,
    /// Nothing where there is no such user yet.
    user: Option<u32>,
    groups: Vec<u32>,
}

/// Bits of a mode, of one class of users.
const READ: u32 = 4;
const ENTER: u32 = 1;

impl<'a> Service<'a> {
    pub fn on(root: &'a Path, runs_as: &'a RunsAs) -> Self {
        let lines = |path| own::text(&below(root, path), own::MACHINE).unwrap_or_default();
        let (passwd, group) = (lines("/etc/passwd"), lines("/etc/group"));
        let entry = passwd.lines().map(fields).find(|fields| fields.first() == Some(&runs_as.user.as_str()));
        let number = |at: usize| entry.as_ref()?.get(at)?.parse().ok();
        let is_in = |fields: &[&str]| {
            let mut members = fields.get(3).map_or("", |members| *members).split(',');
            fields.first().is_some_and(|name| runs_as.groups.iter().any(|group| group == name))
                || members.any(|member| member == runs_as.user)
        };
        let of_groups = group.lines().map(fields).filter(|fields| is_in(fields));
        let groups = of_groups.filter_map(|fields| fields.get(2)?.parse().ok());
        let groups = groups.chain(number(3)).collect();
        Self { runs_as, root, user: number(2), groups }
    }

    /// What it cannot read of a log, and what helps.
    pub fn kept_out(&self, log: &Found) -> Vec<String> {
        let files = log.files.iter().filter_map(|file| file.strip_prefix(self.root).ok());
        files.filter_map(|file| self.kept_out_of(file)).collect()
    }

    /// Why it cannot read a file, told from the root on; nothing where it can.
    fn kept_out_of(&self, file: &Path) -> Option<String> {
        let RunsAs { user, groups } = self.runs_as;
        let who = format!("the service's user `{user}`, in the group `{}`,", groups.join("`, `"));
        let folders: Vec<&Path> = file.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty()).collect();
        for folder in folders.iter().rev() {
            // What a pattern matches is told by the folder itself.
            let bits = if file.parent() == Some(folder) { READ | ENTER } else { ENTER };
            if let Some(help) = self.refused(folder, bits, "rx") {
                return Some(format!(
                    "/{}: {who} cannot enter the folder /{}; {help}",
                    file.display(),
                    folder.display()
                ));
            }
        }
        let help = self.refused(file, READ, "r")?;
        Some(format!("/{}: {who} cannot read it; {help}", file.display()))
    }

    /// What helps where it may not do this with what lies at a path; nothing where it may.
    fn refused(&self, path: &Path, bits: u32, letters: &str) -> Option<String> {
        let metadata = fs::metadata(self.root.join(path)).ok()?;
        if self.may(&metadata, bits) {
            return None;
        }
        let group = group(self.root, metadata.gid()).filter(|group| group != "root");
        if let Some(group) = group.filter(|_| metadata.mode() >> 3 & bits == bits) {
            return Some(format!("its group `{group}` may: name that in `SupplementaryGroups=` of the unit"));
        }
        let group = self.runs_as.groups.first().unwrap_or(&self.runs_as.user);
        let path = path.display();
        Some(format!(
            "chgrp {group} /{path} && chmod g+{letters} /{path}, and the same where it is rotated (`create 0640 root {group}`), or let \
             the service run as root (docs/nightly.md)"
        ))
    }

    /// What the mode says; root's own files are not the service's, whatever it is called.
    fn may(&self, metadata: &Metadata, bits: u32) -> bool {
        let class = match () {
            () if self.user == Some(metadata.uid()) => 6,
            () if self.groups.contains(&metadata.gid()) => 3,
            () => 0,
        };
        metadata.mode() >> class & bits == bits
    }
}

/// The fields of a line of `/etc/passwd` or `/etc/group` (passwd(5), group(5)).
pub(super) fn fields(line: &str) -> Vec<&str> {
    line.split(':').collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::Assets;

    #[test]
    fn it_runs_as_the_unit_says() {
        let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/systemd/mailtrail-nightly.service");
        let unit = fs::read_to_string(unit).expect("it is there");
        let says = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key)).expect(key).to_owned();
        let places = super::super::places(&Assets { folders: Vec::new() }).expect("they are read");
        assert_eq!(places.service.user, says("User="));
        assert_eq!(places.service.groups.join(" "), says("SupplementaryGroups="));
    }
}
