//! Image names: <https://github.com/distribution/reference>.

/// A name with its registry and its tag: `docker.io/library/nginx:latest` for `nginx`.
pub fn full(name: &str) -> String {
    let (first, rest) = name.split_once('/').unwrap_or(("", name));
    let registry = first.contains(['.', ':']) || first == "localhost";
    let name = match (registry, first) {
        (true, "index.docker.io") => format!("docker.io/{rest}"),
        (true, _) => name.to_owned(),
        (false, "") => format!("docker.io/library/{rest}"),
        (false, _) => format!("docker.io/{name}"),
    };
    let last = name.rsplit('/').next().unwrap_or_default();
    if last.contains([':', '@']) { name } else { format!("{name}:latest") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_get_what_they_leave_out() {
        for (name, expected) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.27", "docker.io/library/nginx:1.27"),
            ("shop/cart:v2", "docker.io/shop/cart:v2"),
            ("localhost/cart", "localhost/cart:latest"),
            ("registry.example:5000/cart", "registry.example:5000/cart:latest"),
            ("docker.io/library/nginx:1.27", "docker.io/library/nginx:1.27"),
            ("quay.io/metallb/speaker@sha256:00", "quay.io/metallb/speaker@sha256:00"),
        ] {
            assert_eq!(full(name), expected);
        }
    }
}
