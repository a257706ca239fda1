//! Where a node's containerd unpacks images: an import has to name the same snapshotter, or the kubelet unpacks again.
//! <https://github.com/containerd/containerd/blob/main/docs/cri/config.md>

/// What containerd uses unless it is told otherwise.
const DEFAULT: &str = "overlayfs";
/// The tables of configuration version 2, and of 3 and later.
const TABLES: [&str; 2] =
    ["plugins.io.containerd.grpc.v1.cri.containerd", "plugins.io.containerd.cri.v1.images"];

/// The snapshotter of a node, from its `containerd config dump`.
pub(super) fn snapshotter(dump: &str) -> &str {
    let mut inside = false;
    for line in dump.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let table = table.replace(['"', '\''], "");
            inside = TABLES.contains(&table.as_str());
        } else if inside
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "snapshotter"
        {
            let value = value.trim().trim_matches(['"', '\'']);
            return if is_plain(value) { value } else { DEFAULT };
        }
    }
    DEFAULT
}

fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_of_the_configuration_names_it() {
        let cases = [
            (
                "version = 2\n[plugins]\n  [plugins.\"io.containerd.grpc.v1.cri\".containerd]\n    snapshotter = \"native\"\n",
                "native",
            ),
            (
                "version = 3\n[plugins.'io.containerd.cri.v1.images']\n  snapshotter = 'fuse-overlayfs'\n",
                "fuse-overlayfs",
            ),
            ("[plugins.'io.containerd.cri.v1.images']\n[other]\nsnapshotter = 'zfs'\n", "overlayfs"),
            ("[plugins.'io.containerd.cri.v1.images']\nsnapshotter = '; rm'\n", "overlayfs"),
            ("", "overlayfs"),
        ];
        for (dump, expected) in cases {
            assert_eq!(snapshotter(dump), expected, "{dump}");
        }
    }
}
