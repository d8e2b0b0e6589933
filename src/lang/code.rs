//! The codes of diagnostics. A code's doc comment is its page in the manual (`aksel explain AK0107`).
//!
//! Invariant: a number is given once and never again.
//! Invariant: a page says what is wrong, shows the mistake where it can be shown in a few lines, and says how to mend it.

/// Declares the codes with their pages.
macro_rules! codes {
    ($($(#[doc = $page:literal])+ $name:ident = $number:literal,)+) => {
        /// What kind of mistake a diagnostic reports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $page])+ $name = $number,)+ }

        impl Code {
            /// All codes, in the order of their numbers.
            pub const ALL: &[Code] = &[$(Code::$name,)+];

            /// The lines of the code's page.
            pub fn page(self) -> &'static [&'static str] {
                match self { $(Code::$name => &[$($page,)+],)+ }
            }
        }
    };
}

codes! {
    // 1-99: syntax.
    /// The text is not written as the language is.
    ///
    /// At the marked place something else had to stand: a name, an equals sign, a closing bracket, the end of the line. The
    /// cause may stand before the place: a quote or a bracket that was not closed is noticed where it can no longer be closed.
    /// Reading goes on with the next block, so that one run shows all such places.
    ///
    /// ```hcl
    /// locals {
    ///   zones = ["1", "2"     # the bracket is not closed
    /// }
    /// ```
    ///
    /// To mend it: complete what the message names. `aksel fmt` shows by its indentation where a bracket is open.
    Syntax = 1,
    /// Blocks, brackets or operators are nested deeper than any configuration needs.
    ///
    /// At most 250 things may be nested in one another, and at most 500 operations build on one another. Texts beyond are
    /// generated ones, and often broken.
    ///
    /// To mend it: give parts of the expression names in `locals`, or write long sums as `sum([...])`.
    NestingTooDeep = 2,
    /// A file in JSON syntax is no valid JSON, or has a value where JSON syntax wants one of another kind.
    ///
    /// In `.tf.json` files the root is an object, blocks are objects under their type and labels, and expressions are strings.
    ///
    /// ```json
    /// { "output": { "o": { "value": "${1 + 1}", } } }
    /// ```
    ///
    /// Here the comma before the brace is one too many.
    ///
    /// To mend it: correct the marked place; comments belong under the key `"//"`.
    JsonSyntax = 3,
    /// An argument is set twice in one block.
    ///
    /// ```hcl
    /// output "size" {
    ///   value = 1
    ///   value = 2
    /// }
    /// ```
    ///
    /// To mend it: remove one of the two. To change an argument without touching the file, write an override file
    /// (`override.tf`).
    Redefined = 4,

    // 100-199: configuration, expressions, types.
    /// An expression refers to something that is not declared.
    ///
    /// ```hcl
    /// variable "region" {}
    /// output "where" {
    ///   value = var.regoin
    /// }
    /// ```
    ///
    /// A module sees only its own declarations: what another module has comes through that module's outputs. An attribute
    /// must be one that the resource's type has.
    ///
    /// To mend it: correct the name, or declare what is missing in this module.
    UnknownReference = 101,
    /// A reference is not written as references are.
    ///
    /// A name alone means nothing: what it refers to stands before it. `var` and `local` need the name of a variable, `data`
    /// a type and a name.
    ///
    /// ```hcl
    /// output "where" {
    ///   value = region      # var.region, or "region" as a text
    /// }
    /// ```
    ///
    /// To mend it: write the whole reference, or put a text in quotes.
    InvalidReference = 102,
    /// An expression that must be known before anything is evaluated refers to something.
    ///
    /// Defaults of variables, backends and some settings are read first; no variable has a value then. Sources of modules may
    /// be made of variables with `const = true`.
    ///
    /// ```hcl
    /// variable "name" {
    ///   default = "web-${var.stage}"
    /// }
    /// ```
    ///
    /// To mend it: write the value out, or move the expression to `locals`.
    VariablesNotAllowed = 103,
    /// A block of this type cannot stand here.
    ///
    /// ```hcl
    /// output "o" {
    ///   value { a = 1 }      # an argument: value = { a = 1 }
    /// }
    /// ```
    ///
    /// Either the name is misspelt, or the block belongs elsewhere, or an argument was meant: arguments have an equals sign.
    /// Often a closing brace is missing further up, so that this block seems to stand inside of another one.
    ///
    /// To mend it: correct the name, or look for the missing brace.
    UnsupportedBlock = 104,
    /// A block has too few labels or too many.
    ///
    /// A `resource` and a `data` block have two, the type and a name; `variable`, `output`, `module` and `provider` have one;
    /// `locals` and `terraform` have none.
    ///
    /// ```hcl
    /// resource "terraform_data" {
    /// }
    /// ```
    ///
    /// To mend it: write the labels in quotes between the type of the block and its brace.
    BlockLabels = 105,
    /// A function is called that there is not.
    ///
    /// ```hcl
    /// output "o" {
    ///   value = uper("x")
    /// }
    /// ```
    ///
    /// The functions of the language are fixed; functions of a provider are called `provider::NAME::FUNCTION`, where NAME is
    /// one of the module's required providers.
    ///
    /// To mend it: correct the name.
    UnknownFunction = 106,
    /// An argument stands where none of that name belongs.
    ///
    /// ```hcl
    /// output "o" {
    ///   valu = 1
    /// }
    /// ```
    ///
    /// The name may be misspelt, belong to a nested block, or to another version of the provider.
    ///
    /// To mend it: take the name that the message proposes, or remove the argument.
    UnknownArgument = 107,
    /// An argument that must be given is missing.
    ///
    /// ```hcl
    /// output "o" {
    /// }
    /// ```
    ///
    /// An argument that is `null` counts as missing.
    ///
    /// To mend it: set the argument that the message names.
    MissingArgument = 108,
    /// A value has another type than the place needs.
    ///
    /// Numbers, bools and texts become one another where that loses nothing (`"5"` is the number 5); lists, sets and maps are
    /// converted element by element. `"five"` is no number, and a text is no list.
    ///
    /// ```hcl
    /// variable "count_of_nodes" {
    ///   type    = number
    ///   default = "five"
    /// }
    /// ```
    ///
    /// To mend it: write a value of the type that the message names. In a type, an attribute that may be left out is
    /// `optional(...)`.
    WrongType = 109,
    /// An expression could not be evaluated.
    ///
    /// An index is out of range, an attribute is not there, an operand is null, a number is divided by zero, two sides of a
    /// condition have nothing in common. The message shows the values that led to it.
    ///
    /// ```hcl
    /// output "third" {
    ///   value = ["a", "b"][2]
    /// }
    /// ```
    ///
    /// To mend it: correct the expression; where a value may be absent, `try(..., default)` or a condition takes care of it.
    Evaluation = 110,
    /// A function was called with arguments that it refuses.
    ///
    /// ```hcl
    /// output "o" {
    ///   value = cidrhost("10.0.0.0/33", 1)
    /// }
    /// ```
    ///
    /// The message names the argument and the reason. Results beyond all measure (texts of more than 64 MiB, a million
    /// combinations) are refused, too.
    ///
    /// To mend it: correct the argument. `can(...)` tells whether a call would succeed.
    FunctionCall = 111,
    /// Something is declared twice.
    ///
    /// ```hcl
    /// variable "a" {}
    /// variable "a" {}
    /// ```
    ///
    /// A name is given once in a module, in whichever of its files. Both places are shown.
    ///
    /// To mend it: rename or remove one of them. A file that is meant to change another one is named `override.tf`.
    Duplicate = 112,
    /// A resource or data source of this type is not known.
    ///
    /// ```hcl
    /// resource "azurerm_kubernetes_clustr" "aks" {
    /// }
    /// ```
    ///
    /// The provider has no such type; it may be misspelt, or new in a version that is not served yet.
    ///
    /// To mend it: correct the type. `azapi_resource` reaches types of Azure that `azurerm` does not have.
    UnknownType = 113,
    /// Declarations refer to each other in a circle.
    ///
    /// ```hcl
    /// locals {
    ///   a = local.b
    ///   b = local.a
    /// }
    /// ```
    ///
    /// None of them can be evaluated or created first. All members are listed.
    ///
    /// To mend it: cut one of the references, or split a resource so that the part that refers back stands in a second one.
    Cycle = 114,
    /// A block or argument contradicts another one, or is not valid where it stands.
    ///
    /// ```hcl
    /// resource "terraform_data" "a" {
    ///   provisioner "local-exec" {
    ///     when    = later      # create or destroy
    ///     command = "true"
    ///   }
    /// }
    /// ```
    ///
    /// To mend it: the message says what may stand at the marked place.
    InvalidConfiguration = 115,
    /// The value of a variable is missing, of the wrong type, or refused by a validation.
    ///
    /// ```hcl
    /// variable "stage" {
    ///   validation {
    ///     condition     = contains(["test", "prod"], var.stage)
    ///     error_message = "A stage is test or prod."
    ///   }
    /// }
    /// ```
    ///
    /// To mend it: give another value with `-var 'stage=test'`, in a `.tfvars` file, or as `TF_VAR_stage`.
    InvalidVariable = 116,
    /// The source of a module is not written as sources are, or leads nowhere.
    ///
    /// ```hcl
    /// module "m" {
    ///   source = "modules/m"      # a folder begins with ./ or ../
    /// }
    /// ```
    ///
    /// To mend it: write a local path with `./`, a registry address (`namespace/name/provider`) or a URL.
    ModuleSource = 117,
    /// A precondition, postcondition, check or validation does not hold.
    ///
    /// ```hcl
    /// resource "terraform_data" "a" {
    ///   lifecycle {
    ///     precondition {
    ///       condition     = terraform.workspace == "prod"
    ///       error_message = "This belongs into production."
    ///     }
    ///   }
    /// }
    /// ```
    ///
    /// The message is the author's. A `check` only warns.
    ///
    /// To mend it: change what the condition is about; the values at the place are shown.
    ConditionFailed = 118,
    /// `count` or `for_each` has a value that it cannot have.
    ///
    /// `count` is a whole number from 0, `for_each` a map or a set of texts. Neither may be sensitive or null.
    ///
    /// ```hcl
    /// resource "terraform_data" "a" {
    ///   for_each = ["x", "y"]
    /// }
    /// ```
    ///
    /// To mend it: write a list as `toset([...])`. With `-no-defer`, a value that is known only after apply is refused, too.
    InvalidRepetition = 119,
    /// Something is used that will go away.
    ///
    /// ```hcl
    /// resource "terraform_data" "a" {
    ///   depends_on = ["terraform_data.b"]
    /// }
    /// ```
    ///
    /// It still works.
    ///
    /// To mend it: write what the message proposes; here, the reference without quotes.
    Deprecated = 120,
    /// The source of a required provider cannot be the name of a provider.
    ///
    /// ```hcl
    /// terraform {
    ///   required_providers {
    ///     azurerm = { source = "hashicorp/terraform-provider-azurerm" }
    ///   }
    /// }
    /// ```
    ///
    /// To mend it: write `[host/][namespace/]type`, as in `hashicorp/azurerm`.
    InvalidProviderSource = 121,
    /// A version, or a constraint on versions, cannot be read.
    ///
    /// ```hcl
    /// terraform {
    ///   required_providers {
    ///     azurerm = { version = "latest" }
    ///   }
    /// }
    /// ```
    ///
    /// To mend it: write `"~> 4.0"`, `">= 4.1, < 5.0"` or a version alone.
    InvalidVersion = 122,
    /// A name has characters that names cannot have.
    ///
    /// ```hcl
    /// variable "my name" {}
    /// ```
    ///
    /// To mend it: use letters, digits, underscores and dashes, and begin with a letter or an underscore.
    InvalidName = 123,
    /// A condition judges nothing.
    ///
    /// ```hcl
    /// variable "a" {
    ///   validation {
    ///     condition     = true
    ///     error_message = "It never fails."
    ///   }
    /// }
    /// ```
    ///
    /// A validation must look at its variable, a precondition at something that may change.
    ///
    /// To mend it: refer to what is to be judged.
    InvalidCondition = 124,
    /// Something that people see has a sensitive value in it.
    ///
    /// ```hcl
    /// variable "password" {
    ///   default   = "hunter2"
    ///   sensitive = true
    /// }
    /// output "login" {
    ///   value = "admin:${var.password}"
    /// }
    /// ```
    ///
    /// To mend it: write `sensitive = true` in the output. If the value gives nothing away, wrap it in `nonsensitive(...)`. A
    /// message must do without it.
    SensitiveOutput = 125,
    /// An ephemeral value would be kept.
    ///
    /// Ephemeral values exist during a run only: they may go into provider blocks, provisioners, write-only arguments and
    /// ephemeral outputs, but not into state.
    ///
    /// ```hcl
    /// variable "token" { ephemeral = true }
    /// output "t" { value = var.token }
    /// ```
    ///
    /// To mend it: declare the output `ephemeral = true`, or use a write-only argument (`..._wo`).
    EphemeralValue = 126,
    /// The configuration needs a provider that there is not.
    ///
    /// ```hcl
    /// terraform {
    ///   required_providers {
    ///     cloud = { source = "nobody/cloud" }
    ///   }
    /// }
    /// resource "cloud_server" "a" {}
    /// ```
    ///
    /// To mend it: correct the source. `aksel providers` lists what the configuration asks for and who asks for it.
    MissingProvider = 127,
    /// A resource needs a configuration of its provider that is not there.
    ///
    /// It names an alias that no `provider` block has, or it is only in state and its module, with the provider block in it, is
    /// gone.
    ///
    /// ```hcl
    /// resource "terraform_data" "a" {
    ///   provider = terraform.west
    /// }
    /// ```
    ///
    /// To mend it: declare `provider "NAME" { alias = "west" }`, or pass it to the module with `providers`. To remove a resource,
    /// keep its provider block until it is destroyed.
    ProviderConfiguration = 128,
    /// A module is called that was not installed.
    ///
    /// ```hcl
    /// module "network" {
    ///   source  = "Azure/network/azurerm"
    ///   version = "~> 5.0"
    /// }
    /// ```
    ///
    /// To mend it: run `aksel init`. It is needed again after a source or a version has changed.
    ModuleNotInstalled = 129,
    /// A value is given for a variable that the root module does not declare.
    ///
    /// On the command line that is an error, in a file of values a warning.
    ///
    /// To mend it: correct the name, declare `variable "NAME" {}`, or remove the value.
    UndeclaredVariable = 130,
    /// aksel does not do this.
    ///
    /// `cloud` blocks and `action` blocks are read and refused, and so are experiments of single Terraform versions.
    ///
    /// ```hcl
    /// terraform {
    ///   cloud {}
    /// }
    /// ```
    ///
    /// To mend it: keep state in `backend "azurerm"`, and do without the feature.
    NotSupported = 131,
    /// There are too many blocks of a type, or too few.
    ///
    /// ```hcl
    /// check "health" {
    /// }
    /// ```
    ///
    /// A check needs an `assert`; a block that may stand once stands twice.
    ///
    /// To mend it: add or remove blocks until there are as many as the message says.
    BlockCount = 132,
    /// An override file changes what is not there, or what cannot be overridden.
    ///
    /// Files named `override.tf` or `..._override.tf` change blocks of the other files, and add none.
    ///
    /// ```hcl
    /// # override.tf
    /// locals { size = 3 }      # no other file has local.size
    /// ```
    ///
    /// To mend it: declare it in a normal file first.
    InvalidOverride = 133,

    // 200-299: planning and applying.
    /// The plan would destroy what the configuration protects.
    ///
    /// ```hcl
    /// resource "terraform_data" "a" {
    ///   lifecycle { prevent_destroy = true }
    /// }
    /// ```
    ///
    /// Something in the plan deletes it or replaces it. Look for `forces replacement`.
    ///
    /// To mend it: take back the change that forces the replacement, or set `prevent_destroy = false` if you mean it.
    PreventedDestroy = 201,
    /// A provider refused the configuration, or could not do what was planned.
    ///
    /// The message is the provider's. What was done before is in state.
    ///
    /// To mend it: correct what the message names, and plan again.
    Provider = 202,
    /// A `moved` or `removed` block, or an address given with an option, contradicts what there is.
    ///
    /// ```hcl
    /// moved {
    ///   from = terraform_data.a
    ///   to   = terraform_data.a
    /// }
    /// ```
    ///
    /// Something moves to where something is already, or from where something is still declared, or in a circle.
    ///
    /// To mend it: one `moved` block per rename, in the module that has both names; keep older ones as a chain.
    InvalidMove = 203,
    /// A saved plan no longer fits the state or the configuration.
    ///
    /// Between `plan -out` and `apply` something else was applied.
    ///
    /// To mend it: make a new plan. What was reviewed would not be what happens.
    StalePlan = 204,
    /// The run was told to end at once while something was under way.
    ///
    /// What was asked for may still be carried out by the other side.
    ///
    /// To mend it: run the command again. It looks up what was under way and takes it into state.
    Interrupted = 205,
    /// Only a part of the configuration was planned.
    ///
    /// With `-target` or `-replace`, what is not selected stays as it is, and the result may not fit the configuration.
    ///
    /// To mend it: run a plan without the option afterwards. Targets are for emergencies.
    Targeting = 206,
    /// A provider did not keep to what it had planned.
    ///
    /// That is a defect of the provider, not of the configuration. What it did is in state.
    ///
    /// To mend it: plan again, and report it with the message.
    InconsistentProvider = 207,
    /// A provisioner failed, or cannot run.
    ///
    /// ```hcl
    /// resource "terraform_data" "a" {
    ///   provisioner "local-exec" {
    ///     command = "exit 1"
    ///   }
    /// }
    /// ```
    ///
    /// What was created is marked as tainted and will be replaced by the next apply.
    ///
    /// To mend it: correct the command. `on_failure = continue` goes on in spite of a failure.
    Provisioner = 208,
    /// Objects leave the state without being destroyed.
    ///
    /// A `removed` block with `destroy = false` asks for it, or `lifecycle { destroy = false }`. They go on existing, and cost
    /// what they cost.
    ///
    /// To mend it: nothing, if it is meant; else remove the block.
    Forgotten = 209,
    /// An object cannot be taken over as the `import` block says.
    ///
    /// ```hcl
    /// import {
    ///   to = terraform_data.missing
    ///   id = "x"
    /// }
    /// ```
    ///
    /// There is no such object, the id or the identity is not in the form of its type, two imports have one target, or the
    /// target is not declared.
    ///
    /// To mend it: write a `resource` block for the target, and the id or the identity as the remote side writes it.
    InvalidImport = 210,
    /// An assertion of a `check` looks at something that is known only after the apply.
    ///
    /// It is judged at the end of the apply.
    ///
    /// To mend it: nothing, if it is meant; else let the condition look at what is known before.
    ConditionOpen = 211,

    // 300-399: state.
    /// A state file cannot be read or written, or belongs to something else.
    ///
    /// It is torn, has another lineage, was written by a newer version, or holds what the providers do not know.
    ///
    /// To mend it: see whether `terraform.tfstate.backup` is whole; `aksel state pull` shows what is there.
    State = 301,
    /// The state is locked by another run.
    ///
    /// Who holds the lock, since when and for what is shown.
    ///
    /// To mend it: wait (`-lock-timeout=5m`). If that run is dead, `aksel force-unlock ID` removes its lock.
    StateLocked = 302,
    /// The journal, in which every change is written down before it is made, cannot be used.
    ///
    /// Without it a crash could leave objects that nobody knows of: nothing is sent, or no more.
    ///
    /// To mend it: make room on the disk, and see who may write to the folder of the state. The next run settles what is open.
    Journal = 303,

    // 400-499: the checks that need the whole graph, and what the remote side said.
    /// Azure Resource Manager answered with an error.
    ///
    /// Its code and its message stand in the diagnostic word for word, with the block that asked for it. What was done until then
    /// is in state.
    ///
    /// To mend it: do what Azure's message says, and apply again; only the rest is done.
    Arm = 401,
    /// A cluster's API server answered with an error, or an object did not become ready.
    ///
    /// Reason and message are the server's.
    ///
    /// To mend it: for objects that do not become ready, `kubectl describe` them: the events name the cause.
    Cluster = 402,
    /// No credentials were found, or they were refused.
    ///
    /// Looked for are, in order, those of the provider block, of `ARM_...` variables, of the workload, of the machine and of
    /// `az login`.
    ///
    /// To mend it: `az login`, or set `ARM_CLIENT_ID`, `ARM_TENANT_ID` and `ARM_CLIENT_SECRET`. `-sandbox` needs none.
    Credentials = 403,
    /// An endpoint could not be reached.
    ///
    /// The name is not known, the connection is refused, or a proxy or firewall stands between.
    ///
    /// To mend it: see whether `curl` reaches the address from here; `HTTPS_PROXY` is heeded.
    Unreachable = 404,
    /// A value would be refused by the remote side.
    ///
    /// ```hcl
    /// resource "azurerm_container_registry" "acr" {
    ///   name                = "my-registry"      # letters and digits only
    ///   location            = "westeurope"
    ///   resource_group_name = "ml"
    ///   sku                 = "Basic"
    /// }
    /// ```
    ///
    /// Names, sizes and combinations are checked before anything is sent.
    ///
    /// To mend it: the message says what is valid.
    InvalidValue = 405,

    // 900-999: the command line and the machine.
    /// A command was called in a way that it does not understand.
    ///
    /// An option is misspelt, has a value that it cannot have, or contradicts another one.
    ///
    /// To mend it: `aksel COMMAND -help` lists its options.
    Usage = 901,
    /// A file or a folder could not be read or written.
    ///
    /// The system's own reason is in the message.
    ///
    /// To mend it: see whether the path is right and who may read and write it.
    Io = 902,
    /// The run was stopped or not approved.
    ///
    /// What had begun was finished and is in state; nothing else was started.
    ///
    /// To mend it: run the command again; it goes on where it stopped.
    Canceled = 903,
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AK{:04}", *self as u16)
    }
}

impl Code {
    /// The code of that name (`AK0107`, in either letter case).
    pub fn named(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.to_string().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_says_what_to_do() {
        for code in Code::ALL {
            let page = code.page();
            assert!(page.len() >= 4, "{code} is a line, not a page");
            assert!(page.iter().any(|line| line.starts_with(" To mend it: ")), "{code} has no way out");
            assert!(
                page.iter().all(|line| line.chars().count() <= 124),
                "{code} has a line that is too long"
            );
        }
    }

    #[test]
    fn numbers_rise_and_names_find_their_code() {
        assert!(Code::ALL.windows(2).all(|pair| (pair[0] as u16) < pair[1] as u16));
        assert_eq!(Code::named("ak0107"), Some(Code::UnknownArgument));
    }
}
