//! Provisioners: commands that run on this machine when an object is created or before it is destroyed.
//!
//! Invariant: a command's output is handed on line by line, unless a secret went into the command.
//! Never: `file` and `remote-exec` are run; they are refused where they stand, with what to use instead.

use std::process::Stdio;

use aksel_lang::blocks::provisioner::{META, OnFailure, Provisioner, When};
use aksel_lang::blocks::resource::Resource;
use aksel_lang::code::Code;
use aksel_lang::decode::{BlockExpression, lower_block};
use aksel_lang::diagnostic::{Diagnostic, Diagnostics};
use aksel_lang::evaluate::Scope;
use aksel_lang::path::Path;
use aksel_lang::reference::{Reference, Subject};
use aksel_lang::schema::{AttributeSchema, BlockSchema, Presence};
use aksel_lang::source::Span;
use aksel_lang::types::{Text, Type};
use aksel_lang::value::{Marks, Value};
use aksel_provider::stop::{Stop, Urgency};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A provisioner with its arguments lowered.
pub(crate) struct ProvisionerProgram<'c> {
    pub(crate) block: &'c Provisioner,
    body: BlockExpression,
}

/// A command that is ready to run.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) kind: Text,
    pub(crate) on_failure: OnFailure,
    /// Where its failure is shown: at the beginning of its body.
    place: Span,
    program: Vec<String>,
    command: String,
    folder: Option<String>,
    environment: Vec<(String, String)>,
    secrecy: Secrecy,
    echo: Echo,
}

/// Whether a secret went into a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Secrecy {
    Open,
    /// A value of that kind did: `sensitive`, `ephemeral`.
    Hidden(&'static str),
}

/// Whether the command itself is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Echo {
    Shown,
    Quiet,
}

/// Lowers the provisioners of a resource; those that cannot run here are reported and left out.
pub(crate) fn lower_all<'c>(
    resource: &'c Resource,
    diagnostics: &mut Diagnostics,
) -> Vec<ProvisionerProgram<'c>> {
    lower_list(&resource.provisioners, diagnostics)
}

/// Lowers provisioners of a `resource` or `removed` block.
pub(crate) fn lower_list<'c>(
    blocks: &'c [Provisioner],
    diagnostics: &mut Diagnostics,
) -> Vec<ProvisionerProgram<'c>> {
    let mut all = Vec::new();
    for block in blocks {
        match &*block.kind.text {
            "local-exec" => {
                let body = lower_block(&block.body, &schema(), META, diagnostics);
                if block.when == When::Destroy {
                    check_references(&body, diagnostics);
                }
                all.push(ProvisionerProgram { block, body });
            }
            _ => diagnostics.push(refused(block)),
        }
    }
    all
}

/// When an object is destroyed, all else may be gone.
fn check_references(body: &BlockExpression, diagnostics: &mut Diagnostics) {
    body.expressions(&mut |expression| {
        let others = expression.references().into_iter().any(|reference| match &reference.subject {
            Subject::SelfObject
            | Subject::CountIndex
            | Subject::EachKey
            | Subject::Path(_)
            | Subject::Workspace
            | Subject::Applying => false,
            Subject::Variable(_)
            | Subject::Local(_)
            | Subject::Resource(_)
            | Subject::Module(_)
            | Subject::EachValue => true,
        });
        if others {
            diagnostics.push(
                Diagnostic::error(Code::InvalidConfiguration, "Invalid reference from destroy provisioner")
                    .detail("Destroy-time provisioners and their connection configurations may only reference attributes of the related resource, via 'self', 'count.index', or 'each.key'.\n\nReferences to other resources during the destroy phase can cause dependency cycles and interact poorly with create_before_destroy.")
                    .help("Keep what the command needs in the resource itself, as in `triggers_replace`, and read it with `self`.")
                    .at(expression.span),
            );
        }
    });
}

fn refused(block: &Provisioner) -> Diagnostic {
    let kind = &block.kind.text;
    let known = matches!(&**kind, "file" | "remote-exec");
    let error = Diagnostic::error(Code::Provisioner, "Missing required provisioner plugin")
        .detail(format!("This configuration requires provisioner plugin \"{kind}\", which isn't available."))
        .at(block.kind.span);
    match known {
        true => error.help("aksel opens no connection to machines: use cloud-init or a container image, or a `local-exec` that calls ssh."),
        false => error.help("`local-exec` is the provisioner that there is."),
    }
}

fn schema() -> BlockSchema {
    // What goes into a command is kept nowhere, so that it may be ephemeral.
    let attribute = |ty, presence| {
        let attribute = AttributeSchema::new(ty, presence);
        AttributeSchema { secrecy: aksel_lang::schema::Secrecy::WriteOnly, ..attribute }
    };
    let optional = |ty| attribute(ty, Presence::Optional);
    BlockSchema {
        attributes: [
            ("command".into(), attribute(Type::String, Presence::Required)),
            ("interpreter".into(), optional(Type::list(Type::String))),
            ("working_dir".into(), optional(Type::String)),
            ("environment".into(), optional(Type::map(Type::String))),
            ("quiet".into(), optional(Type::Bool)),
        ]
        .into(),
        ..BlockSchema::default()
    }
}

impl ProvisionerProgram<'_> {
    /// What the arguments refer to.
    pub(crate) fn references(&self) -> Vec<&Reference> {
        self.body.references()
    }

    /// Whether it runs at that time.
    pub(crate) fn runs(&self, when: When) -> bool {
        self.block.when == when
    }

    /// Checks the arguments as far as they are known.
    pub(crate) fn check(&self, scope: &dyn Scope, diagnostics: &mut Diagnostics) {
        self.body.evaluate(&schema(), scope, diagnostics);
    }

    /// Evaluates the arguments; `None` after an error.
    pub(crate) fn call(&self, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Option<Call> {
        let before = diagnostics.len();
        let value = self.body.evaluate(&schema(), scope, diagnostics);
        if diagnostics[before..].iter().any(Diagnostic::is_error) {
            return None;
        }
        let secret = value.marks_deep();
        let (value, _) = value.unmark_deep();
        let text = |name: &str| value.attribute(name).and_then(Value::as_str).map(str::to_owned);
        let Some(command) = text("command").filter(|command| !command.is_empty()) else {
            let error = Diagnostic::error(Code::Provisioner, "Invalid local-exec provisioner command");
            diagnostics.push(error.detail("The command must be a non-empty string.").at(self.block.header));
            return None;
        };
        let quiet = value.attribute("quiet").and_then(Value::as_bool) == Some(true);
        let secrecy = match (secret.contains(Marks::EPHEMERAL), secret.contains(Marks::SENSITIVE)) {
            (_, true) => Secrecy::Hidden("sensitive"),
            (true, false) => Secrecy::Hidden("ephemeral"),
            (false, false) => Secrecy::Open,
        };
        Some(Call {
            kind: self.block.kind.text.clone(),
            on_failure: self.block.on_failure,
            place: self.body.span_of(&Path::root()),
            program: interpreter(&value),
            command,
            folder: text("working_dir"),
            environment: environment(&value),
            secrecy,
            echo: if quiet { Echo::Quiet } else { Echo::Shown },
        })
    }
}

fn interpreter(value: &Value) -> Vec<String> {
    let written = value.attribute("interpreter").and_then(Value::as_slice).unwrap_or_default();
    let words: Vec<String> = written.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect();
    match words.is_empty() {
        false => words,
        true if cfg!(windows) => vec!["cmd".into(), "/C".into()],
        true => vec!["/bin/sh".into(), "-c".into()],
    }
}

fn environment(value: &Value) -> Vec<(String, String)> {
    let written = value.attribute("environment").and_then(Value::as_named);
    let pairs = written.into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.to_string(), value.as_str()?.to_owned()))).collect()
}

/// How a command ended.
pub(crate) type Ran = Result<(), String>;

/// Runs a command in a folder and hands on what it prints, line by line.
///
/// # Errors
/// What went wrong: it could not be started, or ended with another code than 0.
pub(crate) async fn run(
    call: &Call,
    folder: &std::path::Path,
    says: &(dyn Fn(&str) + Sync),
    stop: &Stop,
) -> Ran {
    if let Secrecy::Hidden(why) = call.secrecy {
        says(&suppressed(why));
    } else if call.echo == Echo::Shown {
        let shown: Vec<String> = call.program.iter().map(|word| format!("{word:?}")).collect();
        says(&format!("Executing: [{} {:?}]", shown.join(" "), call.command));
    } else {
        says("local-exec: Executing: Suppressed by quiet=true");
    }
    let mut child = start(call, folder).map_err(|error| failure(call, &error.to_string(), ""))?;
    let output = tokio::select! {
        output = listen(&mut child, call, says) => output,
        () = stop.reached(Urgency::Now) => {
            let _stopped = child.start_kill();
            return Err(failure(call, "interrupted", ""));
        }
    };
    match child.wait().await {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => {
            let status = status.to_string().replace("exit status: ", "exit status ");
            Err(failure(call, &status, &output))
        }
        Err(error) => Err(failure(call, &error.to_string(), &output)),
    }
}

fn start(call: &Call, folder: &std::path::Path) -> std::io::Result<Child> {
    let (program, words) = call.program.split_first().map_or(("/bin/sh", &[][..]), |(p, w)| (p.as_str(), w));
    let folder = call.folder.as_ref().map_or_else(|| folder.to_owned(), |inner| folder.join(inner));
    Command::new(program)
        .args(words)
        .arg(&call.command)
        .envs(call.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

/// Reads both streams to their ends.
async fn listen(child: &mut Child, call: &Call, says: &(dyn Fn(&str) + Sync)) -> String {
    let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) else { return String::new() };
    let (mut out, mut err) = (BufReader::new(out).lines(), BufReader::new(err).lines());
    let (mut out_open, mut err_open) = (true, true);
    let mut all = String::new();
    while out_open || err_open {
        let line = tokio::select! {
            line = out.next_line(), if out_open => { out_open = matches!(line, Ok(Some(_))); line }
            line = err.next_line(), if err_open => { err_open = matches!(line, Ok(Some(_))); line }
        };
        let Ok(Some(line)) = line else { continue };
        match call.secrecy {
            Secrecy::Open => says(&line),
            Secrecy::Hidden(why) => says(&suppressed(why)),
        }
        all.push_str(&line);
        all.push('\n');
    }
    all
}

fn suppressed(why: &str) -> String {
    format!("(output suppressed due to {why} value in config)")
}

fn failure(call: &Call, status: &str, output: &str) -> String {
    match call.secrecy {
        Secrecy::Hidden(why) => {
            format!("Error running command (suppressed due to {why} value in config): {status}.")
        }
        Secrecy::Open => format!("Error running command '{}': {status}. Output: {output}", call.command),
    }
}

/// The diagnostic of a command that failed.
pub(crate) fn failed(call: &Call, detail: String, address: &str) -> Diagnostic {
    let error = match call.on_failure {
        OnFailure::Fail => Diagnostic::error(Code::Provisioner, format!("{} provisioner error", call.kind)),
        OnFailure::Continue => {
            Diagnostic::warning(Code::Provisioner, format!("{} provisioner error", call.kind))
        }
    };
    error.detail(detail).at(call.place).about(address)
}
