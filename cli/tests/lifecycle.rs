//! The built program, from outside: starting, finding, stopping and cleaning up, and how it ends when something is
//! wrong.
#![cfg(test)]

mod tests {
    use std::net::TcpListener;
    use std::path::Path;
    use std::process::{Command, Output, Stdio};

    use serde_json::Value;

    /// Runs the program on a state folder; ends the sandbox with the test.
    struct World {
        directory: tempfile::TempDir,
    }

    impl World {
        fn new() -> Self {
            Self { directory: tempfile::tempdir().expect("a directory") }
        }

        fn state(&self) -> std::path::PathBuf {
            self.directory.path().join("state")
        }

        fn command(&self, arguments: &[&str]) -> Command {
            let mut command = Command::new(env!("CARGO_BIN_EXE_apimlab"));
            command.arg("--state-dir").arg(self.state()).args(arguments);
            command.env("NO_COLOR", "1").env_remove("APIMLAB_PORTS").stdin(Stdio::null());
            command
        }

        fn run(&self, arguments: &[&str]) -> Output {
            self.command(arguments).output().expect("the program runs")
        }

        /// Runs the program and expects an exit code; gives what it printed and said.
        fn check(&self, arguments: &[&str], code: i32) -> (String, String) {
            let output = self.run(arguments);
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{printed}{said}");
            (printed, said)
        }

        fn pid(&self) -> u64 {
            let (printed, _) = self.check(&["status", "-o", "json"], 0);
            let status: Value = serde_json::from_str(&printed).expect("JSON");
            assert_eq!((&status["schemaVersion"], &status["kind"]), (&1.into(), &"Status".into()));
            status["data"]["pid"].as_u64().expect("a process")
        }
    }

    impl Drop for World {
        fn drop(&mut self) {
            self.run(&["down", "--purge"]);
        }
    }

    #[test]
    fn up_again_finds_the_running_sandbox_and_down_leaves_nothing() {
        let world = World::new();
        world.check(&["status"], 1);
        world.check(&["up", "--no-deploy", "--ports", "auto"], 0);
        let pid = world.pid();
        world.check(&["up", "--no-deploy"], 0);
        assert_eq!(world.pid(), pid);
        let (variables, _) = world.check(&["status", "-o", "env"], 0);
        for name in
            ["GATEWAY_URL", "GATEWAY_HTTPS_URL", "ARM_URL", "TENANT_ID", "SUBSCRIPTION_ID", "CLIENT_ID"]
                .into_iter()
                .chain(["CLIENT_SECRET", "CA_FILE", "ADMIN_URL", "PROXY_URL", "ENVIRONMENT_FILE"])
        {
            assert!(variables.contains(&format!("APIMLAB_{name}=")), "{name} in {variables}");
        }
        assert!(variables.contains("\nKUBECONFIG="), "{variables}");
        world.check(&["down", "--purge"], 0);
        assert!(!world.state().exists());
        world.check(&["down"], 0);
    }

    #[test]
    fn a_killed_sandbox_is_noticed_and_replaced_on_the_same_ports() {
        let world = World::new();
        world.check(&["up", "--no-deploy", "--ports", "auto"], 0);
        let (before, _) = world.check(&["status", "-o", "env"], 0);
        let killed = Command::new("kill").args(["-9", &world.pid().to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()));
        // `down` returns when nobody holds the state folder any more.
        world.check(&["down"], 0);
        world.check(&["status"], 1);
        world.check(&["up", "--no-deploy"], 0);
        let (after, _) = world.check(&["status", "-o", "env"], 0);
        assert_eq!(before, after);
    }

    #[test]
    fn a_taken_port_is_named_and_nothing_is_left_behind() {
        let world = World::new();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (_, said) = world.check(&["up", "--no-deploy", "--ports", &port.to_string()], 69);
        assert!(said.contains(&port.to_string()) && said.contains("--ports auto"), "{said}");
        assert!(!world.state().exists());
    }

    #[test]
    fn a_docker_engine_that_is_not_there_is_named_and_nothing_is_left_behind() {
        let world = World::new();
        let output = world
            .command(&["up", "--no-deploy", "--ports", "auto", "--cluster", "kind"])
            .env("DOCKER_HOST", "unix:///no/such/docker.sock")
            .output()
            .expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(69), "{said}");
        assert!(said.contains("no Docker Engine answers at unix:///no/such/docker.sock"), "{said}");
        assert!(!world.state().exists());
    }

    #[test]
    fn images_of_containers_mean_nothing_to_a_sandbox_without_any() {
        let world = World::new();
        world.check(&["up", "--no-deploy", "--ports", "auto"], 0);
        for arguments in [&["image", "load", "nginx:1"][..], &["logs", "--collect", "logs"]] {
            let (_, said) = world.check(arguments, 1);
            assert!(said.contains("409"), "{said}");
        }
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let world = World::new();
        std::fs::create_dir(world.state()).expect("a folder");
        let file = world.state().join("thesis.txt");
        std::fs::write(&file, "mine").expect("written");
        for arguments in [&["up", "--no-deploy"][..], &["down", "--purge"]] {
            let (_, said) = world.check(arguments, 69);
            assert!(said.contains("not made by apimlab"), "{said}");
        }
        assert!(Path::new(&file).exists());
    }

    #[test]
    fn wrong_input_ends_with_its_code_and_changes_nothing() {
        let world = World::new();
        let broken = world.directory.path().join("scenario.yaml");
        std::fs::write(&broken, "name: broken\ntitel: typo\n").expect("written");
        let broken = broken.to_str().expect("text");
        let (_, said) = world.check(&["up", broken], 65);
        assert!(said.contains("scenario.yaml:") && said.contains("error[APL"), "{said}");
        for (arguments, code) in [
            (&["frobnicate"][..], 64),
            (&["status", "-o", "xml"], 64),
            (&["up", "--ports", "80"], 64),
            (&["up", "--cluster", "kinds"], 64),
            (&["bundle", "create"], 64),
            (&["bundle", "verify", "/no/such/bundle"], 69),
            (&["image", "load", "nginx:1"], 69),
            (&["logs", "--collect", "/tmp/x", "-f"], 64),
            (&["plan", "--cloud"], 64),
            (&["plan", "--subscription", "x"], 64),
            (&["destroy", "--cloud", "--subscription", "x"], 64),
            (&["up", "no/such/scenario"], 65),
            (&["plan"], 69),
            (&["verify"], 69),
            (&["kubeconfig"], 69),
            (&["curl", "http://10.10.1.5/"], 69),
            (&["plan", "--cloud", "--environment", "/no/such/file"], 69),
        ] {
            world.check(arguments, code);
        }
        assert!(!world.state().exists());
    }

    #[test]
    fn what_needs_no_sandbox_works_without_one() {
        let world = World::new();
        for arguments in [
            &["--help"][..],
            &["--version"],
            &["version", "-o", "json"],
            &["scenario", "list"],
            &["scenario", "schema"],
        ] {
            let (printed, said) = world.check(arguments, 0);
            assert!(!printed.is_empty() && said.is_empty(), "{arguments:?}: {said}");
        }
        for shell in ["bash", "fish", "zsh", "powershell"] {
            assert!(world.check(&["completions", shell], 0).0.contains("kubeconfig"), "{shell}");
        }
    }

    #[test]
    fn a_place_that_does_not_exist_is_refused_with_what_does() {
        let world = World::new();
        world.check(&["up", "--no-deploy", "--ports", "auto"], 0);
        for (arguments, text) in [
            (["curl", "--from", "nowhere", "http://10.10.1.5/"], "no subnet `nowhere`"),
            (["curl", "--from", "nowhere", "https://10.10.1.5/"], "no subnet `nowhere`"),
            (["curl", "--from", "internet", "http://example.com/"], "offline"),
            (["curl", "--from", "internet", "https://10.10.1.5/"], "10.10.1.5"),
        ] {
            let (printed, said) = world.check(&arguments, 1);
            assert!(printed.is_empty() && said.contains(text), "{arguments:?}: {said}");
        }
    }
}
