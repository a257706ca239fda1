//! `containerd config dump`, as far as it says where images are unpacked.

use crate::error::Error;
use crate::print;

/// Runs a command line.
pub fn containerd(arguments: &[&str]) -> Result<(), Error> {
    match arguments {
        ["config", "dump"] => {
            for line in [
                "version = 3",
                "root = '/var/lib/containerd'",
                "[plugins]",
                "  [plugins.'io.containerd.cri.v1.images']",
                "    snapshotter = 'overlayfs'",
            ] {
                print::line(line);
            }
            Ok(())
        }
        ["--version" | "-v"] => {
            print::line("containerd stand-in v2.1.4");
            Ok(())
        }
        _ => Err(Error::Usage(format!("containerd {}", arguments.join(" ")))),
    }
}
