//! The command line: one file a verb, arguments → engine → view.

mod access;
mod check;
mod config;
mod confirm;
mod connect;
mod drill;
mod exposure;
mod generate;
mod plan;
mod planned;
mod playbooks;
mod policy;
mod prepare;
mod probe;
mod pull;
mod restore;
mod resume;
mod runs;
mod selection;
mod session;
mod snapshot;
mod steps;
mod trace;
mod typing;
mod verify;
mod watch;
mod whereabouts;
mod which;

use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::account::Actor;
use crate::failure::Exit;
use crate::view::{Color, Line, Printer, Tone};
use session::Session;

/// Pull the plug on an AWS account: see what it cuts and breaks, confirm each step, cut in a fixed
/// order, prove that the cut holds, and put everything back.
#[derive(Parser)]
#[command(name = "unplug", version, max_term_width = 100, arg_required_else_help = true, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    verb: Verb,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 bad input, 3 partly done, 4 something could not be looked at,
5 not confirmed, 6 another run works on the account, 7 no access, 130 interrupted.

At 3 am:    unplug plan               look; nothing is cut
            unplug pull               cut, step by step, each confirmed
            unplug restore --latest   put it back";

/// Headings of `--help`.
const CONNECTION: &str = "Connection";
const OUTPUT: &str = "Output";

/// Options of every verb.
#[expect(clippy::doc_markdown, reason = "--help shows these as they stand")]
#[derive(Args, Clone, Debug)]
pub struct Globals {
    /// Profile of the AWS configuration files, as for the AWS CLI
    #[arg(help_heading = CONNECTION, long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// Region to sign in from; which Regions are cut is said with --regions
    #[arg(help_heading = CONNECTION, long, global = true, value_name = "REGION")]
    region: Option<String>,
    /// Send the calls to this endpoint (an emulator, a proxy), STS's for a role too; the sign-in of IAM
    /// Identity Center still goes to AWS
    #[arg(help_heading = CONNECTION, long, global = true, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Other credentials for what lies outside the account: organization=PROFILE for IAM Identity Center and AWS
    /// Organizations (steps 110 and 700)
    #[arg(help_heading = CONNECTION, long, global = true, value_name = "NAME=PROFILE", value_parser = actor)]
    actor: Vec<(Actor, Option<String>)>,
    /// Where runs are recorded [default: $XDG_STATE_HOME/unplug, ~/.local/state/unplug]
    #[arg(long, global = true, value_name = "DIR", env = "UNPLUG_STATE_DIR")]
    state_dir: Option<std::path::PathBuf>,
    /// JSON instead of text: one object for a plan, one a line while running
    #[arg(help_heading = OUTPUT, long, global = true)]
    json: bool,
    /// When to use colours
    #[arg(help_heading = OUTPUT, long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
    /// Only what matters
    #[arg(help_heading = OUTPUT, short, long, global = true)]
    quiet: bool,
    /// Show every call on stderr
    #[arg(help_heading = OUTPUT, short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
}

/// `organization=org-admin`, or the name alone where no credentials are needed.
fn actor(text: &str) -> Result<(Actor, Option<String>), String> {
    match text.split_once('=') {
        Some((name, profile)) if !profile.is_empty() => Ok((name.parse()?, Some(profile.to_owned()))),
        Some(_) => Err(format!("{text:?} names no profile; it looks like organization=PROFILE")),
        None => Ok((text.parse()?, None)),
    }
}

#[derive(Subcommand)]
enum Verb {
    /// Rehearse on a simulated company; nothing leaves this machine
    Drill(drill::Drill),
    /// Look, rehearse, and print what would be cut; cut nothing
    Plan(plan::Plan),
    /// Could you pull the plug today? What would stop you, what nobody would see, what is open
    Check(check::Check),
    /// What can get in and out, by which way; of one interface hop by hop
    Exposure(exposure::Exposure),
    /// Who can do what, by which path; of one principal statement by statement
    Access(access::Access),
    /// What a key, a principal or an address did and made, by CloudTrail's event history
    Trace(trace::Trace),
    /// Make ahead what an incident needs: a break-glass role, the maintenance page, isolation groups and ACLs; each
    /// change confirmed
    Prepare(prepare::Prepare),
    /// Cut, stage by stage, each step confirmed
    Pull(pull::Pull),
    /// Go on with a pull that was interrupted
    Resume(resume::Resume),
    /// Put back what a run has cut
    Restore(restore::Restore),
    /// List the runs recorded on this machine
    Runs(runs::Runs),
    /// Show what a run did and what it still owes
    Show(runs::Show),
    /// Look again: does what a run has cut still hold?
    Verify(verify::Verify),
    /// Look again and again: say what somebody undoes, and cut it again if you want
    Watch(watch::Watch),
    /// Record the account: evidence, and input for plan --from and drill --from
    Snapshot(snapshot::Snapshot),
    /// The catalogue of steps, or one step's full text
    Steps(steps::Steps),
    /// List playbooks, or show and check one
    Playbooks(playbooks::Playbooks),
    /// The exact IAM policy for what a playbook does
    Policy(policy::Policy),
    /// Which settings apply, and where they come from
    Config(config::Config),
    /// Shell completions
    Completions(generate::Completions),
    /// The manual page
    Man(generate::Man),
}

/// Parses, runs, prints the failure.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_run(&error),
    };
    let printer = Printer::new(cli.globals.color);
    log(cli.globals.verbose, printer);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            printer.err(&Line::toned(Tone::Bad, format!("error: cannot start: {error}")));
            return ExitCode::from(Exit::Failed.code());
        }
    };
    let exit = match runtime.block_on(run(cli, printer)) {
        Ok(exit) => exit,
        Err(failure) => {
            printer.err(&Line::new().and(Tone::Bad, "error: ").and(Tone::Plain, failure.error).indented(7));
            for detail in failure.details {
                printer.err(&Line::plain(format!("       {detail}")).indented(9));
            }
            for hint in failure.hints {
                let line = Line::new().and(Tone::Good, " hint: ").and(Tone::Plain, hint);
                printer.err(&line.indented(7).whole());
            }
            failure.exit
        }
    };
    let exit = if exit == Exit::Done && Printer::lost_output() {
        let text = "error: not all of the output could be written: is the device full?";
        printer.err(&Line::toned(Tone::Bad, text));
        Exit::Failed
    } else {
        exit
    };
    // A prompt or a read that still blocks a thread must not keep the process.
    runtime.shutdown_background();
    ExitCode::from(exit.code())
}

/// Help and the version, which somebody asked for, or what is wrong with the words.
fn not_run(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    let lost = printed.is_err_and(|error| error.kind() != std::io::ErrorKind::BrokenPipe);
    let exit = if lost { i32::from(Exit::Failed.code()) } else { error.exit_code() };
    ExitCode::from(u8::try_from(exit).unwrap_or(Exit::Usage.code()))
}

async fn run(cli: Cli, printer: Printer) -> Result<Exit, crate::failure::Failure> {
    let session = Session::new(cli.globals, printer);
    match cli.verb {
        Verb::Drill(verb) => Box::pin(verb.run(&session)).await,
        Verb::Plan(verb) => Box::pin(verb.run(&session)).await,
        Verb::Check(verb) => Box::pin(verb.run(&session)).await,
        Verb::Exposure(verb) => verb.run(&session).await,
        Verb::Access(verb) => verb.run(&session).await,
        Verb::Trace(verb) => verb.run(&session).await,
        Verb::Prepare(verb) => Box::pin(verb.run(&session)).await,
        Verb::Pull(verb) => Box::pin(verb.run(&session)).await,
        Verb::Resume(verb) => verb.run(&session).await,
        Verb::Restore(verb) => verb.run(&session).await,
        Verb::Runs(verb) => verb.run(&session),
        Verb::Show(verb) => verb.run(&session),
        Verb::Verify(verb) => verb.run(&session).await,
        Verb::Watch(verb) => verb.run(&session).await,
        Verb::Snapshot(verb) => verb.run(&session).await,
        Verb::Steps(verb) => verb.run(&session),
        Verb::Playbooks(verb) => verb.run(&session),
        Verb::Policy(verb) => verb.run(&session),
        Verb::Config(verb) => verb.run(&session),
        Verb::Completions(verb) => verb.run(&session, &mut Cli::command()),
        Verb::Man(verb) => verb.run(&session, Cli::command()),
    }
}

/// The command, for the generated pages and the test that compares them.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Logs of unplug itself only: the SDK's may hold headers.
fn log(verbose: bool, printer: Printer) {
    let level = if verbose { "unplug=debug" } else { "off" };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(level))
        .with_writer(std::io::stderr)
        .with_ansi(printer.colored_err())
        .without_time()
        .with_target(false)
        .init();
}
