//! Addresses on nodes that are no more than a table.

use std::collections::BTreeMap;
use std::sync::Mutex;

use futures_util::FutureExt as _;

use super::*;

/// Nodes with their addresses; a node without an entry is gone.
#[derive(Default)]
pub struct Nodes {
    pub present: Mutex<BTreeMap<String, BTreeSet<Ipv4Addr>>>,
    pub announced: Mutex<Vec<String>>,
}

impl Nodes {
    pub fn named(names: &[&str]) -> Arc<Self> {
        let nodes = Self::default();
        for name in names {
            nodes.restart(name);
        }
        Arc::new(nodes)
    }

    /// A restart takes the addresses away.
    pub fn restart(&self, name: &str) {
        self.present.lock().expect("no panic").insert(name.to_owned(), BTreeSet::new());
    }

    pub fn end(&self, name: &str) {
        self.present.lock().expect("no panic").remove(name);
    }

    pub fn on(&self, name: &str) -> Vec<String> {
        let present = self.present.lock().expect("no panic");
        present.get(name).into_iter().flatten().map(ToString::to_string).collect()
    }

    fn run(&self, node: &str, command: &[&str]) -> Result<String, String> {
        let mut present = self.present.lock().expect("no panic");
        let there = present.get_mut(node).ok_or("container is not running")?;
        match command {
            ["ip", "-o", "-4", "addr", "show", "dev", "eth0"] => {
                let line = |address: &Ipv4Addr| {
                    format!("7: eth0    inet {address}/32 scope global eth0\\       valid_lft forever\n")
                };
                let own = "7: eth0    inet 10.10.1.4/24 brd 10.10.1.255 scope global eth0\\       valid_lft forever\n";
                Ok(format!("{own}{}", there.iter().map(line).collect::<String>()))
            }
            ["ip", "addr", verb, address, "dev", "eth0"] => {
                let address = address.strip_suffix("/32").expect("a mask").parse().expect("an address");
                let changed = if *verb == "add" { there.insert(address) } else { there.remove(&address) };
                if changed { Ok(String::new()) } else { Err("RTNETLINK answers: File exists".into()) }
            }
            ["sh", "-c", script] => {
                assert!(script.contains("arping"), "{script}");
                self.announced.lock().expect("no panic").push(node.to_owned());
                Ok(String::new())
            }
            other => panic!("{other:?}"),
        }
    }
}

impl NodeExec for Nodes {
    fn exec<'a>(&'a self, node: &'a str, command: &'a [&'a str]) -> BoxFuture<'a, Result<String, String>> {
        std::future::ready(self.run(node, command)).boxed()
    }
}

fn wanted(last: u8, nodes: &[&str]) -> Wanted {
    let nodes = nodes.iter().map(|node| (*node).to_owned()).collect();
    Wanted { address: Ipv4Addr::new(10, 10, 1, last), nodes }
}

fn names() -> Vec<String> {
    vec!["a".to_owned(), "b".to_owned()]
}

#[tokio::test]
async fn addresses_come_move_come_back_and_go() {
    let nodes = Nodes::named(&["a", "b"]);
    let mut builtin = Builtin::new(nodes.clone());
    let both = [wanted(5, &[]), wanted(6, &["b"])];
    assert!(builtin.reconcile(&both, &names()).await.is_empty());
    assert_eq!((nodes.on("a"), nodes.on("b")), (vec!["10.10.1.5".into()], vec!["10.10.1.6".into()]));

    nodes.restart("a");
    builtin.reconcile(&both, &names()).await;
    assert_eq!(nodes.on("a"), ["10.10.1.5"], "a restarted node gets its addresses back");
    assert!(nodes.announced.lock().expect("no panic").is_empty(), "nothing has moved");

    nodes.end("a");
    let problems = builtin.reconcile(&both, &names()).await;
    assert_eq!(problems, ["node a does not answer: container is not running"]);
    assert_eq!(nodes.on("b"), ["10.10.1.5", "10.10.1.6"], "what was on a lost node moves");
    assert_eq!(*nodes.announced.lock().expect("no panic"), ["b"]);

    nodes.restart("a");
    builtin.reconcile(&both, &names()).await;
    assert!(nodes.on("a").is_empty(), "what has moved stays");
    builtin.reconcile(&both[1..], &names()).await;
    assert_eq!(nodes.on("b"), ["10.10.1.6"], "what is not wanted goes");
}

#[tokio::test]
async fn what_an_earlier_run_has_left_is_found_and_tidied() {
    let nodes = Nodes::named(&["a", "b"]);
    Builtin::new(nodes.clone()).reconcile(&[wanted(5, &["b"]), wanted(9, &[])], &names()).await;
    assert_eq!((nodes.on("a"), nodes.on("b")), (vec!["10.10.1.9".into()], vec!["10.10.1.5".into()]));
    Builtin::new(nodes.clone()).reconcile(&[wanted(5, &[])], &names()).await;
    assert_eq!((nodes.on("a"), nodes.on("b")), (vec![], vec!["10.10.1.5".to_owned()]));
}
