//! Deploying and verifying a scenario, on whatever target.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cloud::{Action, ApplyOptions, Outputs, Plan};
use sandbox::{Backend, Endpoint, StateFolder};
use scenarios::{Report as Verification, Scenario, Teach, VerifyOptions};

use crate::admin::{ImageOrder, Line};
use crate::commands::Context;
use crate::daemon::Running;
use crate::exit::{Exit, Failure};
use crate::progress::{Lines, Steps, seconds, titles};
use crate::target::Target;

/// The folder of journals in the state folder.
const JOURNAL_FOLDER: &str = "journal";

/// How often it is looked how far clusters are.
const REPORT_PAUSE: Duration = Duration::from_millis(500);

/// Makes the target what the scenario says, with a line for each resource.
pub async fn apply(context: &Context, target: &Target, scenario: &Scenario) -> anyhow::Result<Outputs> {
    if let Some(running) = &target.sandbox {
        running.admin.set_workloads(&scenario.workloads()).await?;
        need_images(context, running, scenario).await?;
    }
    let nodes = scenario.nodes(target.subscription());
    let begin = context.clock.elapsed();
    context.report.say(&format!("Deploying {} to {}", scenario.title(), target.client.environment().name));
    let folder = StateFolder::create(&context.config.absolute_state_dir())?;
    let options = ApplyOptions {
        journal: folder.file(JOURNAL_FOLDER),
        progress: Lines::new(Arc::clone(&context.report), titles(&nodes)),
        tags: BTreeMap::new(),
    };
    let outputs = tokio::select! {
        outputs = cloud::apply(&target.client, &nodes, &options) => outputs?,
        never = follow_clusters(context, target) => never,
    };
    let took = seconds(context.clock.elapsed().saturating_sub(begin));
    context.report.say(&format!("{} resources are as wanted ({took})", nodes.len()));
    Ok(outputs)
}

/// Has the images of the scenario's Pods and checks in all nodes, those of clusters to come as well. Says at once which
/// image cannot be had.
async fn need_images(context: &Context, running: &Running, scenario: &Scenario) -> anyhow::Result<()> {
    if running.settings.cluster.backend != Backend::Kind {
        return Ok(());
    }
    let order = ImageOrder { images: scenario.images(), always: true, ..ImageOrder::default() };
    let steps = Steps::new(Arc::clone(&context.report));
    running.admin.load_images(&order, &steps).await.map(drop)
}

/// Says what is done about clusters of containers, while somebody waits for them.
async fn follow_clusters(context: &Context, target: &Target) -> ! {
    let mut followed = Followed::default();
    let steps = Steps::new(Arc::clone(&context.report));
    followed.look(target, |_, _| {}).await;
    loop {
        context.clock.sleep(REPORT_PAUSE).await;
        followed.look(target, |text, percent| steps.step(text, percent)).await;
    }
}

/// What has been said about clusters of containers: the last line of each.
#[derive(Default)]
struct Followed(BTreeMap<String, Line>);

impl Followed {
    /// Says what is new.
    async fn look(&mut self, target: &Target, mut say: impl FnMut(&str, Option<u8>)) {
        let Some(running) = &target.sandbox else { return };
        let Ok(status) = running.admin.status().await else { return };
        for cluster in status.clusters {
            let Some(report) = cluster.report else { continue };
            let last = self.0.get(&cluster.name);
            for line in newer(&report.lines, last) {
                say(&format!("{}: {}", cluster.name, line.text), None);
            }
            if report.percent.is_some() {
                say(&format!("{}: {}", cluster.name, report.message), report.percent);
            }
            self.0.extend(report.lines.last().map(|line| (cluster.name, line.clone())));
        }
    }
}

/// The lines after the last one that was seen; all, if that is not there any more.
fn newer<'l>(lines: &'l [Line], seen: Option<&Line>) -> &'l [Line] {
    let from = seen.and_then(|seen| lines.iter().rposition(|line| line == seen)).map_or(0, |at| at + 1);
    lines.get(from..).unwrap_or_default()
}

/// Runs the scenario's checks, with a line for each.
pub async fn verify(
    context: &Context,
    target: &Target,
    scenario: &Scenario,
    teach: Teach,
) -> anyhow::Result<Verification> {
    context.report.say("Checks");
    let folder = StateFolder::create(&context.config.absolute_state_dir())?;
    let titles = scenario.checks().iter().map(|check| (check.id.to_string(), check.title.clone()));
    let progress = Lines::new(Arc::clone(&context.report), titles.collect());
    let options = VerifyOptions { teach, journal: folder.file(JOURNAL_FOLDER), progress };
    Ok(scenarios::verify(scenario, &target.client, options).await)
}

/// How a verification ends the program.
pub fn exit_of(verification: &Verification) -> Exit {
    if verification.ok() { Exit::Done } else { Exit::Wrong }
}

/// Shows what would be made and what it costs, and asks. The sandbox costs nothing and is not asked about.
pub async fn confirm(
    context: &Context,
    target: &Target,
    scenario: &Scenario,
    consent: Consent,
) -> anyhow::Result<()> {
    if target.sandbox.is_some() {
        return Ok(());
    }
    let plan = cloud::plan(&target.client, &scenario.nodes(target.subscription())).await?;
    context.report.say(&counts(&plan));
    for line in cost_lines(&plan) {
        context.report.say(&line);
    }
    if consent == Consent::Given || !plan.has_changes() {
        return Ok(());
    }
    match context.report.ask(&format!("Change {} as planned? [y/N]", plan.environment)).as_deref() {
        Some("y" | "Y" | "yes") => Ok(()),
        Some(_) => Err(Failure::new(Exit::Wrong, "nothing was changed").into()),
        None => Err(Failure::new(Exit::Usage, "there is no terminal to confirm this on")
            .help("look at `apimlab plan --cloud`, then add `--yes`")
            .into()),
    }
}

/// Whether the user agreed beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// With `--yes`.
    Given,
    /// Not yet.
    ToAsk,
}

impl Consent {
    /// What `--yes` means.
    pub const fn from_flag(yes: bool) -> Self {
        if yes { Self::Given } else { Self::ToAsk }
    }
}

/// How much a plan does.
pub fn counts(plan: &Plan) -> String {
    format!(
        "{}: {} to create, {} to update, {} unchanged, {} blocked",
        plan.environment,
        plan.count(Action::Create),
        plan.count(Action::Update),
        plan.count(Action::Unchanged),
        plan.count(Action::Blocked),
    )
}

/// What a plan comes to in Azure, in money and time.
pub fn cost_lines(plan: &Plan) -> Vec<String> {
    let changed: Vec<_> = plan.changes.iter().filter(|change| change.action != Action::Unchanged).collect();
    let mut lines = Vec::new();
    for change in &changed {
        let Some(price) = change.monthly_usd else { continue };
        let note = change.cost_note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
        lines.push(format!("  {}: about {price:.2} USD a month{note}", change.title));
    }
    let sum: f32 = changed.iter().filter_map(|change| change.monthly_usd).sum();
    if sum > 0.0 {
        lines.push(format!("  together about {sum:.2} USD a month until `apimlab destroy`"));
    }
    let minutes = changed.iter().map(|change| change.minutes).max().unwrap_or_default();
    if minutes > 1 {
        lines.push(format!("  the longest step takes about {minutes} minutes in Azure"));
    }
    lines
}

/// Where things are, and what to try next.
pub async fn summary(context: &Context, target: &Target, scenario: &Scenario, took: Duration) {
    let Some(running) = &target.sandbox else { return };
    let say = |text: &str| context.report.say(text);
    let url = |endpoint| running.settings.url(endpoint).unwrap_or_default();
    let path = running.admin.status().await.ok().and_then(|status| {
        status.services.first().and_then(|service| service.apis.first()).map(|api| api.path.clone())
    });
    let gateway = url(Endpoint::Gateway);
    say(&format!("{} is up and verified ({})\n", scenario.title(), seconds(took)));
    let shown = path.as_ref().map_or_else(|| gateway.clone(), |path| format!("{gateway}/{path}/"));
    say(&format!("  API         {shown}"));
    say(&format!("  Gateway     {gateway}  {}", url(Endpoint::GatewayHttps)));
    say(&format!("  ARM         {}", url(Endpoint::ResourceManager)));
    say(&format!("  State       {}\n", context.config.state_dir.display()));
    say("Try next");
    say(&format!("  curl {shown}"));
    say("  kubectl --kubeconfig \"$(apimlab kubeconfig -o path)\" get nodes,deploy,pods,svc -o wide");
    say("  apimlab verify --teach        break it as Azure breaks it, and repair it");
    say("  eval \"$(apimlab env)\"         variables for az, terraform, SDKs, kubectl and curl");
    say("  apimlab down                  stop it");
}

#[cfg(test)]
mod tests {
    use cloud::Change;

    use super::*;

    fn change(title: &str, action: Action, monthly_usd: Option<f32>, minutes: u32) -> Change {
        Change {
            key: title.to_owned(),
            title: title.to_owned(),
            action,
            reason: None,
            fields: Vec::new(),
            depends: Vec::new(),
            minutes,
            monthly_usd,
            cost_note: None,
            request: None,
        }
    }

    #[test]
    fn only_newer_lines_are_said() {
        let line = |at: &str, text: &str| Line { at: at.to_owned(), text: text.to_owned() };
        let lines = [line("1", "a"), line("2", "b"), line("3", "a")];
        for (seen, expected) in
            [(None, 3), (Some(line("1", "a")), 2), (Some(line("3", "a")), 0), (Some(line("0", "x")), 3)]
        {
            assert_eq!(newer(&lines, seen.as_ref()).len(), expected, "{seen:?}");
        }
    }

    #[test]
    fn costs_count_only_what_is_made() {
        let plan = Plan {
            plan_id: String::new(),
            environment: "azure".to_owned(),
            changes: vec![
                change("cluster", Action::Create, Some(100.0), 5),
                change("service", Action::Create, Some(48.5), 45),
                change("group", Action::Unchanged, Some(7.0), 90),
            ],
        };
        let lines = format!("{}\n{}", counts(&plan), cost_lines(&plan).join("\n"));
        for part in ["2 to create", "1 unchanged", "together about 148.50 USD", "45 minutes"] {
            assert!(lines.contains(part), "{part} in {lines}");
        }
    }
}
