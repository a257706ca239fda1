//! Which engines are taken.

use super::*;

fn info(version: (&str, &str), options: &[&str], cgroup: SystemInfoCgroupVersionEnum) -> EngineInfo {
    let info = SystemInfo {
        security_options: Some(options.iter().map(|&option| option.to_owned()).collect()),
        cgroup_version: Some(cgroup),
        mem_total: Some(8 * 1024 * 1024 * 1024),
        ..SystemInfo::default()
    };
    describe("unix:///run/docker.sock", (version.0.to_owned(), version.1.to_owned(), false), info)
}

#[test]
fn old_and_unsuitable_engines_are_refused_with_a_reason() {
    use SystemInfoCgroupVersionEnum::{_1, _2};
    for (version, options, cgroup, refused) in [
        (("20.10.24", "1.41"), &["name=seccomp,profile=default"][..], _1, None),
        (("29.0.0", "1.52"), &["name=seccomp", "name=cgroupns"][..], _2, None),
        (("19.03.1", "1.40"), &[][..], _1, Some("too old")),
        (("?", ""), &[][..], _1, Some("too old")),
        (("20.10.24", "1.41"), &["name=rootless"][..], _2, None),
        (("20.10.24", "1.41"), &["name=rootless"][..], _1, Some("cgroup v2")),
    ] {
        let answer = suitable(info(version, options, cgroup));
        match refused {
            None => assert!(answer.is_ok(), "{version:?}: {answer:?}"),
            Some(part) => {
                let error = answer.expect_err("refused").to_string();
                assert!(error.contains(part), "{error}");
            }
        }
    }
    assert_eq!(info(("20.10.24", "1.41"), &["name=userns"], _1).memory, 8192);
    assert!(info(("20.10.24", "1.41"), &["name=userns"], _1).remaps_users);
}
