//! The installed `kubectl`, if there is one.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::world::World;

const MANIFEST: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1
        ports: [{containerPort: 80}]
        resources: {limits: {cpu: "0.5", memory: 512Mi}, requests: {cpu: 250m, memory: 50Mi}}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: "true"}
spec:
  type: LoadBalancer
  selector: {app: web}
  ports: [{port: 80}]
"#;

struct Kubectl {
    folder: std::path::PathBuf,
}

impl Kubectl {
    fn new(world: &World) -> Self {
        let folder = std::env::temp_dir().join(format!("cluster-kubectl-{}", world.address.port()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("config"), world.kubeconfig()).expect("a file");
        std::fs::write(folder.join("web.yaml"), MANIFEST).expect("a file");
        Self { folder }
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new("kubectl");
        command
            .args(arguments.split_whitespace())
            .current_dir(&self.folder)
            .env("KUBECONFIG", self.folder.join("config"))
            .env("HOME", &self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end: whether it succeeded, and all that it printed.
    async fn run(&self, arguments: &str) -> (bool, String) {
        let output = self.command(arguments).output();
        let output = tokio::time::timeout(Duration::from_mins(1), output).await;
        let output = output.unwrap_or_else(|_| panic!("kubectl {arguments} does not end")).expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        eprintln!("$ kubectl {arguments}\n{text}");
        (output.status.success(), text.into_owned())
    }

    async fn check(&self, arguments: &str, texts: &[&str]) -> String {
        let (success, output) = self.run(arguments).await;
        assert!(success, "kubectl {arguments}: {output}");
        for text in texts {
            assert!(output.contains(text), "kubectl {arguments}: {text} is not in\n{output}");
        }
        output
    }
}

impl Drop for Kubectl {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn is_installed() -> bool {
    let version = Command::new("kubectl").args(["version", "--client"]).stdin(Stdio::null()).output().await;
    let installed = version.is_ok_and(|output| output.status.success());
    if !installed {
        eprintln!("skipped: kubectl is not installed");
    }
    installed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_does_what_people_do_with_it() {
    if !is_installed().await {
        return;
    }
    let world = World::trusting().await;
    let kubectl = Kubectl::new(&world);
    kubectl.check("version", &["Server Version: v1.34.2"]).await;
    kubectl.check("apply -f web.yaml", &["deployment.apps/web created", "service/web created"]).await;
    kubectl.check("rollout status deploy/web --timeout=30s", &["successfully rolled out"]).await;
    kubectl.check("apply -f web.yaml", &["deployment.apps/web unchanged", "service/web unchanged"]).await;
    kubectl.check("get nodes,deploy,pods,svc -o wide", &["2/2", "Running"]).await;
    kubectl.check("get all", &["replicaset.apps/web-", "service/kubernetes"]).await;
    kubectl.check("describe svc web", &["Endpoints:", "LoadBalancer Ingress:", "10.10.1.5"]).await;
    kubectl.check("describe deploy web", &["ScalingReplicaSet", "25% max unavailable"]).await;
    kubectl.check("describe pod -l app=web", &["Image:", "nginx:1", "Scheduled"]).await;
    kubectl.check("get events", &["ScalingReplicaSet"]).await;
    kubectl.check("logs deploy/web --tail=1", &[]).await;
    kubectl.check("wait --for=condition=Available deploy/web --timeout=5s", &["condition met"]).await;
    kubectl.check("scale deploy/web --replicas=1", &["deployment.apps/web scaled"]).await;
    kubectl.check("annotate svc web c=d", &["service/web annotated"]).await;
    kubectl.check("label deploy web x=y", &["deployment.apps/web labeled"]).await;
    kubectl
        .check(
            "apply --server-side --force-conflicts -f web.yaml",
            &["deployment.apps/web serverside-applied"],
        )
        .await;
    kubectl.check("rollout status deploy/web --timeout=30s", &["successfully rolled out"]).await;
    kubectl.check("get deploy web -o jsonpath={.spec.replicas}", &["2"]).await;
    kubectl.check("rollout restart deploy/web", &["restarted"]).await;
    kubectl.check("rollout status deploy/web --timeout=60s", &["successfully rolled out"]).await;
    kubectl.check("api-resources", &["deployments", "svc", "apps/v1"]).await;
    kubectl.check("delete -f web.yaml --timeout=60s", &["deployment.apps \"web\" deleted"]).await;
    kubectl.check("get pods", &[]).await;
    world.embedded.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_watches_and_is_told_what_is_wrong() {
    if !is_installed().await {
        return;
    }
    let world = World::trusting().await;
    let kubectl = Kubectl::new(&world);
    let mut watch = kubectl.command("get configmaps -w --no-headers").spawn().expect("it runs");
    let mut lines = {
        use tokio::io::AsyncBufReadExt as _;
        tokio::io::BufReader::new(watch.stdout.take().expect("output")).lines()
    };
    let mut next = async || {
        let line = tokio::time::timeout(Duration::from_secs(30), lines.next_line()).await;
        line.expect("in time").expect("a line").unwrap_or_default()
    };
    assert!(next().await.starts_with("kube-root-ca.crt"));
    std::fs::write(
        kubectl.folder.join("map.yaml"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seen}\ndata: {a: '1'}\n",
    )
    .expect("a file");
    kubectl.check("apply -f map.yaml", &["configmap/seen created"]).await;
    assert!(next().await.starts_with("seen"));
    watch.kill().await.expect("killed");
    std::fs::write(
        kubectl.folder.join("wrong.yaml"),
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {replicaz: 1}\n",
    )
    .expect("a file");
    let (success, text) = kubectl.run("apply -f wrong.yaml").await;
    assert!(!success && text.contains("unknown field \"spec.replicaz\""), "{text}");
    let (success, text) = kubectl.run("create configmap x --from-literal=a=b").await;
    assert!(!success && text.contains("kubectl apply -f"), "{text}");
    world.embedded.shutdown().await;
}
