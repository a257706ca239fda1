//! The built-in workloads and how Pods end, over real connections.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use aks::Workload;
use network::{Fabric, Place};
use sim::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{ContainerSpec, ContainerState, PodSpec, RestartPolicy, Runtime};

fn runtime(images: Vec<Workload>) -> Arc<Runtime> {
    let place = Place::Cluster { cluster: "c".to_owned(), subnet: None };
    Runtime::new(images, Vec::new(), Arc::new(Fabric::new()), place, Clock::system())
}

fn pod(image: &str, env: &[(&str, &str)]) -> PodSpec {
    let container = ContainerSpec {
        name: "main".to_owned(),
        image: image.to_owned(),
        env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..ContainerSpec::default()
    };
    PodSpec {
        uid: "uid".to_owned(),
        namespace: "default".to_owned(),
        name: "pod-1".to_owned(),
        address: Ipv4Addr::new(10, 244, 0, 2),
        restart: RestartPolicy::Always,
        init: Vec::new(),
        containers: vec![container],
    }
}

async fn until<T>(runtime: &Runtime, what: &str, holds: impl Fn(&Runtime) -> Option<T>) -> T {
    let mut changed = runtime.changed();
    let wait = async {
        loop {
            changed.mark_unchanged();
            if let Some(value) = holds(runtime) {
                return value;
            }
            changed.changed().await.expect("the runtime lives");
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.unwrap_or_else(|_| panic!("{what}: never"))
}

/// Starts a Pod and waits until it is ready.
async fn ready(runtime: &Runtime, pod: PodSpec) -> SocketAddr {
    runtime.start(pod);
    until(runtime, "ready", |runtime| {
        let status = runtime.status("uid")?;
        let container = status.containers.first().filter(|container| container.ready)?;
        container.listens.first().map(|listening| listening.socket)
    })
    .await
}

async fn request(stream: &mut TcpStream, line: &str) {
    stream.write_all(format!("{line} HTTP/1.1\r\nHost: pod\r\n\r\n").as_bytes()).await.expect("sent");
}

/// Reads an answer with a length.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.expect("an answer");
        assert!(read > 0, "broken off: {text}");
        text += &String::from_utf8_lossy(&buffer[..read]);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        if body.len() >= length.parse().expect("a number") {
            return text;
        }
    }
}

async fn get(socket: SocketAddr, line: &str) -> String {
    let mut stream = TcpStream::connect(socket).await.expect("a connection");
    request(&mut stream, line).await;
    answer(&mut stream).await
}

#[tokio::test]
async fn httpbin_echoes_and_behaves_on_demand() {
    let runtime = runtime(Vec::new());
    let socket = ready(&runtime, pod("kennethreitz/httpbin", &[])).await;
    for (line, expected) in [
        (
            "GET /anything/x?a=1&a=2",
            &["200 OK", "\"method\": \"GET\"", "\"path\": \"/anything/x\"", "\"pod\": \"pod-1\""][..],
        ),
        ("DELETE /y", &["200 OK", "\"DELETE\"", "\"Host\": \"pod\""]),
        ("GET /status/418", &["418 I'm a teapot"]),
        ("GET /status/banana", &["400 Bad Request", "banana"]),
        ("GET /bytes/10", &["200 OK", "content-length: 10"]),
        ("GET /delay/0.01", &["200 OK", "\"path\": \"/delay/0.01\""]),
    ] {
        let answer = get(socket, line).await;
        assert!(expected.iter().all(|part| answer.contains(part)), "{line}: {answer}");
    }
    runtime.stop_all().await;
}

#[tokio::test]
async fn faulty_fails_as_often_as_it_is_told_and_on_request() {
    let runtime = runtime(Vec::new());
    let socket = ready(&runtime, pod("apimlab/faulty", &[("FAIL_EVERY", "3")])).await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(get(socket, "GET /").await.get(9..12).map(str::to_owned).expect("a status"));
    }
    assert_eq!(statuses, ["200", "200", "503", "200", "200", "503"]);
    assert!(get(socket, "GET /?status=429").await.starts_with("HTTP/1.1 429"));

    let mut stream = TcpStream::connect(socket).await.expect("a connection");
    request(&mut stream, "GET /?abort=true").await;
    let mut nothing = Vec::new();
    let read = stream.read_to_end(&mut nothing).await;
    assert!(read.is_err() || nothing.is_empty(), "the connection breaks without an answer");
}

#[tokio::test]
async fn wrong_settings_are_refused_with_the_name_of_the_variable() {
    let runtime = runtime(Vec::new());
    runtime.start(pod("apimlab/faulty", &[("FAIL_RATE", "often")]));
    let message = until(&runtime, "refused", |runtime| {
        match runtime.status("uid")?.containers.first()?.state.clone() {
            ContainerState::Waiting { reason, message } if reason == "RunContainerError" => Some(message),
            _ => None,
        }
    })
    .await;
    assert!(message.contains("FAIL_RATE is `often`"), "{message}");
}

#[tokio::test]
async fn a_stopping_pod_breaks_no_request() {
    let runtime = runtime(Vec::new());
    let socket = ready(&runtime, pod("apimlab/faulty", &[])).await;
    let mut idle = TcpStream::connect(socket).await.expect("a connection");
    request(&mut idle, "GET /").await;
    assert!(!answer(&mut idle).await.contains("connection: close"));
    let mut busy = TcpStream::connect(socket).await.expect("a connection");
    request(&mut busy, "GET /?delay=500").await;

    runtime.stop("uid", Duration::from_secs(30));
    let late = get(socket, "GET /late").await;
    assert!(late.starts_with("HTTP/1.1 200") && late.contains("connection: close"), "still accepts: {late}");
    let slow = answer(&mut busy).await;
    assert!(slow.starts_with("HTTP/1.1 200") && slow.contains("connection: close"), "{slow}");
    until(&runtime, "stopped", |runtime| runtime.status("uid")?.stopped.then_some(())).await;
    runtime.forget("uid");
    request(&mut idle, "GET /").await;
    let last = answer(&mut idle).await;
    assert!(last.starts_with("HTTP/1.1 200") && last.contains("connection: close"), "{last}");
    assert!(TcpStream::connect(socket).await.is_err(), "nothing accepts any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supervised_command_dies_when_our_end_of_its_input_closes() {
    // A supervisor in two lines of shell; the real one has its own tests.
    let supervisor = ["sh", "-c", "\"$@\" & cat; kill -9 $!; wait", "supervise"].map(str::to_owned).to_vec();
    let command = ["sh", "-c", "echo pid $$; exec sleep 600"].map(str::to_owned).to_vec();
    let place = Place::Cluster { cluster: "c".to_owned(), subnet: None };
    let images = vec![Workload { image: "local".to_owned(), command }];
    let runtime = Runtime::new(images, supervisor, Arc::new(Fabric::new()), place, Clock::system());
    runtime.start(pod("local", &[]));
    let mut log = until(&runtime, "a log", |runtime| runtime.logs("uid", "main")).await;
    let line = loop {
        match log.read().first() {
            Some(line) => break line.text.to_string(),
            None => assert!(log.wait().await),
        }
    };
    let pid: i32 = line.strip_prefix("pid ").and_then(|pid| pid.parse().ok()).expect("a pid");
    runtime.stop_all().await;
    let pid = rustix::process::Pid::from_raw(pid).expect("a pid");
    assert!(rustix::process::test_kill_process(pid).is_err(), "it is still there");
}

#[tokio::test]
async fn init_containers_run_first_and_hold_the_others_back_until_they_succeed() {
    let runtime = runtime(vec![
        Workload { image: "good".to_owned(), command: vec!["true".to_owned()] },
        Workload { image: "bad".to_owned(), command: vec!["false".to_owned()] },
    ]);
    for (uid, init, starts) in [("a", "good", true), ("b", "bad", false)] {
        let mut pod = pod("nginx", &[]);
        pod.uid = uid.to_owned();
        pod.restart = RestartPolicy::Never;
        pod.init = vec![ContainerSpec {
            name: "init".to_owned(),
            image: init.to_owned(),
            ..ContainerSpec::default()
        }];
        runtime.start(pod);
        let runs = until(&runtime, "the end of the first", |runtime| {
            let status = runtime.status(uid)?;
            let ended = status.init.first()?.state.terminated().map(|ended| ended.code)?;
            let runs = status.containers.first()?.state.is_running();
            (runs || ended != 0).then_some(runs)
        })
        .await;
        assert_eq!(runs, starts, "{init}");
    }
}

#[tokio::test]
async fn a_killed_pod_ends_at_once() {
    let runtime = runtime(Vec::new());
    let socket = ready(&runtime, pod("apimlab/faulty", &[])).await;
    let mut busy = TcpStream::connect(socket).await.expect("a connection");
    request(&mut busy, "GET /?delay=60000").await;
    runtime.stop("uid", Duration::from_mins(1));
    runtime.stop("uid", Duration::ZERO);
    until(&runtime, "stopped", |runtime| runtime.status("uid")?.stopped.then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_is_added_starts_a_waiting_pod_and_its_port_makes_it_ready() {
    let runtime = runtime(Vec::new());
    runtime.start(pod("shop/cart:v2", &[("TEXT", "hello")]));
    until(&runtime, "waiting", |runtime| match runtime.status("uid")?.containers.first()?.state.clone() {
        ContainerState::Waiting { reason, .. } if reason == "ErrImagePull" => Some(()),
        _ => None,
    })
    .await;
    let script = "import http.server, os, sys\n\
        class H(http.server.BaseHTTPRequestHandler):\n\
        \x20 def do_GET(self):\n\
        \x20   body = os.environ['TEXT'].encode()\n\
        \x20   self.send_response(200); self.send_header('content-length', str(len(body))); self.end_headers()\n\
        \x20   self.wfile.write(body)\n\
        http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), H).serve_forever()";
    let python =
        std::process::Command::new("python3").arg("--version").output().is_ok_and(|out| out.status.success());
    if !python {
        eprintln!("skipped: there is no python3 to run as a local command");
        return;
    }
    let command = ["python3", "-c", script].map(str::to_owned).to_vec();
    runtime.set_images(vec![Workload { image: "shop/*".to_owned(), command }]);
    let socket = until(&runtime, "ready", |runtime| {
        let status = runtime.status("uid")?;
        status.containers.first().filter(|container| container.ready)?;
        status.socket(8080)
    })
    .await;
    let mut stream = TcpStream::connect(socket).await.expect("a connection");
    request(&mut stream, "GET /").await;
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer");
    assert!(text.ends_with("hello"), "{text}");
    runtime.stop_all().await;
    assert!(TcpStream::connect(socket).await.is_err(), "the command is gone");
}
