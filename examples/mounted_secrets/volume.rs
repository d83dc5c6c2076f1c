//! A mounted secret in a folder, written as the kubelet of Kubernetes does it. For tests.
//!
//! ```text
//! keys     ─►  ..data/keys
//! ..data   ─►  ..2026_11_28_04_00_00.7      the only link that changes: by a rename, in one step
//! ..2026_11_28_04_00_00.7/keys
//! ```
//!
//! The steps are those of `AtomicWriter` in `pkg/volume/util/atomic_writer.go` of Kubernetes.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// Removed when it is dropped.
pub struct Volume {
    folder: PathBuf,
    version: u32,
}

impl Volume {
    /// A new volume, whose secret has the entry `keys`.
    pub fn mount(name: &str, keys: &str) -> Self {
        let folder = env::temp_dir().join(format!("mounted-{name}-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut volume = Self { folder, version: 0 };
        volume.update(keys);
        volume
    }

    /// What the process opens.
    pub fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    /// Replaces the content of `keys`.
    pub fn update(&mut self, keys: &str) {
        self.swap(|path| fs::write(path, keys).unwrap());
    }

    /// Replaces `keys` by what this function puts at the path.
    pub fn swap(&mut self, put: impl FnOnce(&Path)) {
        self.version += 1;
        let dated = format!("..2026_11_28_04_00_00.{}", self.version);
        fs::create_dir(self.folder.join(&dated)).unwrap();
        put(&self.folder.join(&dated).join("keys"));
        if self.version == 1 {
            symlink("..data/keys", self.keys()).unwrap();
        }
        let (data, next) = (self.folder.join("..data"), self.folder.join("..data_tmp"));
        let former = fs::read_link(&data);
        symlink(&dated, &next).unwrap();
        fs::rename(next, data).unwrap();
        if let Ok(former) = former {
            fs::remove_dir_all(self.folder.join(former)).unwrap();
        }
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
