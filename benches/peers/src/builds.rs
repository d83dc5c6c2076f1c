//! The builds of our program: a program has one provider of cryptography, and the flags of the
//! compiler apply to the whole program.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The build that ratios compare with.
pub const RING: &str = "ring";
/// The build of a user who sets no feature.
pub const DEFAULT: &str = "default";

/// A way to build the member `ours`.
pub struct Build {
    pub name: &'static str,
    feature: Option<&'static str>,
    rustflags: &'static str,
}

/// In the order of the table.
pub const BUILDS: [Build; 6] = [
    Build { name: DEFAULT, feature: None, rustflags: "" },
    Build { name: RING, feature: Some("ring"), rustflags: "" },
    Build { name: "aws-lc-rs", feature: Some("aws-lc-rs"), rustflags: "" },
    Build { name: "graviola", feature: Some("graviola"), rustflags: "" },
    Build { name: "native", feature: None, rustflags: "-C target-cpu=native" },
    Build { name: "soft", feature: None, rustflags: "--cfg poly1305_backend=\"soft\"" },
];

impl Build {
    /// Builds it in a separate directory beside this program, and returns the path of one of its
    /// programs.
    pub fn program(&self, name: &str) -> Result<PathBuf, Box<dyn Error>> {
        let target = target()?.join(format!("ours-{}", self.name));
        eprintln!("building sealed-session, {}", self.name);
        let mut cargo = cargo("ours", &target);
        cargo.args(self.feature.map(|feature| format!("--features={feature}")));
        // Set even if empty, so that no configuration adds to it.
        cargo.env_remove("CARGO_ENCODED_RUSTFLAGS").env("RUSTFLAGS", self.rustflags);
        built(&mut cargo, &target, name)
    }
}

/// Builds a program of the peers, as this one was built, and returns its path.
pub fn peers_program(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let target = target()?;
    built(&mut cargo("peers", &target), &target, name)
}

fn cargo(package: &str, target: &Path) -> Command {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--release", "--locked", "--package", package]);
    cargo.args(["--manifest-path", manifest, "--target-dir"]).arg(target);
    // What `cargo run` sets for this program: ring's build script runs again if one of them changes.
    for (name, _) in env::vars().filter(|(name, _)| is_of_a_package(name)) {
        cargo.env_remove(name);
    }
    cargo
}

fn is_of_a_package(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

fn built(cargo: &mut Command, target: &Path, name: &str) -> Result<PathBuf, Box<dyn Error>> {
    // Only this one: the contest itself is running, and some systems do not let it be replaced.
    if !cargo.args(["--bin", name]).status()?.success() {
        return Err(format!("{name} does not build").into());
    }
    Ok(target.join("release").join(name).with_extension(env::consts::EXE_EXTENSION))
}

/// The target directory of the workspace: this program is in its `release`.
fn target() -> Result<PathBuf, Box<dyn Error>> {
    let program = env::current_exe()?;
    let target =
        program.parent().and_then(Path::parent).ok_or("this program is in no target directory")?;
    Ok(target.to_owned())
}
