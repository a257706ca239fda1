//! Nodes without the capability `SYS_RESOURCE`, for machines where an engine may not give it away.
//!
//! `--privileged` fails there as soon as the container starts. Without it, Docker leaves `/sys` and the control groups
//! read-only, which the node's own start cannot change: an entrypoint before the image's own does.
//!
//! **Differs from Azure:** containers of Pods keep the score that the kernel's out-of-memory killer gives them.

/// What runs before the image's own start. Only a remount of the bind itself is allowed; of the file system it is
/// refused as busy.
const SCRIPT: &str = r#"
while read -r _ _ _ _ point _; do
  case "$point" in
    /sys|/sys/fs/cgroup|/sys/fs/cgroup/*|/proc/sys)
      mount -o remount,rw,bind "$point" || echo "apimlab: $point stays read-only" ;;
  esac
done </proc/self/mountinfo
[ -e /dev/kmsg ] || mknod /dev/kmsg c 1 11 || echo "apimlab: no /dev/kmsg"
containerd=/etc/containerd/config.toml
if [ -f "$containerd" ]; then
  sed -i 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' "$containerd"
fi
exec "$@"
"#;

/// What an engine says that may not give all capabilities away, where it tries to start a privileged container.
const REFUSALS: &[&str] = &["unable to apply caps", "error setting capabilities", "can't set capabilities"];

/// The entrypoint, in front of the image's own start.
pub fn entrypoint() -> Vec<String> {
    ["/bin/sh", "-c", SCRIPT, "apimlab"].map(str::to_owned).to_vec()
}

/// A privileged container did not start because the engine itself lacks a capability.
pub fn is_refusal(message: &str) -> bool {
    REFUSALS.iter().any(|refusal| message.contains(refusal))
}
