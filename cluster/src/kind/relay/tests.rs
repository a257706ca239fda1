//! The relay without Docker: who gets through, and where to.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{greeting, serve};

/// A relay for loopback addresses, and a server behind it that answers `hello` and goes.
async fn world() -> (SocketAddr, SocketAddrV4) {
    let listen = || async { TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port") };
    let (relay, server) = (listen().await, listen().await);
    let address = relay.local_addr().expect("an address");
    let SocketAddr::V4(target) = server.local_addr().expect("an address") else { panic!("no IPv4 address") };
    tokio::spawn(serve(relay, "secret".to_owned(), "127.0.0.0/8".parse().expect("a range")));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = server.accept().await {
            stream.write_all(b"hello").await.expect("written");
        }
    });
    (address, target)
}

#[tokio::test]
async fn who_shows_the_token_gets_through() {
    let (relay, target) = world().await;
    let mut stream = TcpStream::connect(relay).await.expect("connected");
    greeting::ask(&mut stream, "secret", target).await.expect("accepted");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("text");
    assert_eq!(answer, "hello");
}

#[tokio::test]
async fn who_does_not_gets_no_answer() {
    let (relay, target) = world().await;
    let long = "x".repeat(1000);
    for line in [
        format!("apimlab-relay wrong {target}\n"),
        format!("apimlab-relay secret {target} more\n"),
        format!("other secret {target}\n"),
        "apimlab-relay secret nowhere\n".to_owned(),
        "\n".to_owned(),
        long,
    ] {
        let mut stream = TcpStream::connect(relay).await.expect("connected");
        stream.write_all(line.as_bytes()).await.expect("written");
        let mut answer = Vec::new();
        // Closed, or cut off because more was sent than was read.
        drop(stream.read_to_end(&mut answer).await);
        assert!(answer.is_empty(), "{line}");
    }
}

#[tokio::test]
async fn addresses_elsewhere_and_closed_ports_are_refused_with_a_reason() {
    let (relay, _) = world().await;
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let SocketAddr::V4(gone) = closed.local_addr().expect("an address") else { panic!("no IPv4 address") };
    drop(closed);
    for (target, reason) in
        [(SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 80), "not an address of"), (gone, "refused")]
    {
        let mut stream = TcpStream::connect(relay).await.expect("connected");
        let error = greeting::ask(&mut stream, "secret", target).await.expect_err("refused").to_string();
        assert!(error.contains(reason), "{error}");
    }
}
